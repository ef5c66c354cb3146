# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every error carries the problem that a user is shown."""

from __future__ import annotations

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils import _errors
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.alicloud import errors, rpc
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.alicloud.connection import Connection
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Problem
from ansible_collections.evergreen.os_migration.plugins.module_utils._errors import (
    CloudError,
    MigrationError,
    MissingLibrary,
    Moved,
    OptionError,
    OutOfTime,
    Transient,
    Unclear,
)
from hypothesis import given
from hypothesis import strategies as st

PROBLEM = Problem("Code", "What happened.", "What to do.")


@pytest.mark.parametrize(
    "error",
    [
        OptionError("Message.", "Remedy."),
        MissingLibrary("boto3", "Traceback"),
        CloudError(PROBLEM),
        Moved(PROBLEM),
        Transient(PROBLEM, throttled=True),
        Unclear(PROBLEM),
    ],
    ids=lambda error: type(error).__name__,
)
def test_every_error_has_code_message_and_remedy(error: MigrationError) -> None:
    assert error.problem.code
    assert str(error) == error.problem.message
    assert error.problem.remedy


def test_what_passes_and_what_moved_are_a_cloud_s_errors_and_being_out_of_time_is_none() -> None:
    assert Transient(PROBLEM).whole_call
    assert Unclear(PROBLEM).whole_call
    assert not Moved(PROBLEM).whole_call
    assert not isinstance(OutOfTime(), MigrationError)
    known = {name for name, kind in vars(_errors).items() if isinstance(kind, type) and issubclass(kind, Exception)}
    clouds = {"CloudError", "Transient", "Moved", "Unclear"}
    assert known == {"MigrationError", "OptionError", "MissingLibrary", "OutOfTime", *clouds}


def test_a_missing_library_is_told_with_its_name_when_its_provider_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rpc, "IMPORT_TRACEBACK", "Traceback: no module")
    with pytest.raises(MissingLibrary) as caught:
        rpc.Rpc(Connection("key", "secret", "", {}), "cn-hangzhou", lambda action, send, repeatable=True: send())
    assert (caught.value.library, caught.value.cause) == ("aliyun-python-sdk-core", "Traceback: no module")


@given(st.text())
def test_every_code_has_a_remedy(code: str) -> None:
    assert errors.remedy_for(code).endswith(".")


@given(st.text(), st.sampled_from([200, 400, 403, 404, 429, 500, 503]))
def test_no_code_is_two_kinds_at_once(code: str, status: int) -> None:
    """A rate limit is asked first, then a fault, then a change of state, then who calls."""
    if errors.is_throttling(code):
        assert not errors.is_moved(code)
        assert not errors.is_refusal_of_caller(code)
    assert errors.is_fault(code, status) or status < 500


def test_a_more_special_remedy_stands_before_the_general_one() -> None:
    seen: list[str] = []
    for prefix, _unused in errors._REMEDIES:
        assert not [earlier for earlier in seen if prefix.startswith(earlier)], prefix
        seen.append(prefix)
