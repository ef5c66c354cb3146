# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTML that is safe by construction: text is escaped unless this module made it."""

from __future__ import annotations

from html import escape
from typing import TypeAlias

Attribute: TypeAlias = str | int | float


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def markup(content: str) -> Markup:
    """Return ``content`` as HTML; plain text is escaped."""
    return content if isinstance(content, Markup) else Markup(escape(content))


def join(*contents: str) -> Markup:
    """Return the contents one after the other."""
    return Markup("".join(map(markup, contents)))


def tag(element: str, *contents: str, **attributes: Attribute) -> Markup:
    """Return an element. ``class_`` stands for ``class``, and ``data_value`` for ``data-value``."""
    return Markup(f"<{element}{''.join(map(_attribute, attributes.items()))}>{join(*contents)}</{element}>")


def _attribute(item: tuple[str, Attribute]) -> str:
    name, value = item
    return f' {name.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
