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
    clouds = {"CloudError", "Transient", "TooLate", "Moved", "Unclear"}
    assert known == {"MigrationError", "OptionError", "MissingLibrary", "OutOfTime", *clouds}


def test_a_missing_library_is_told_with_its_name_when_its_provider_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rpc, "IMPORT_TRACEBACK", "Traceback: no module")
    with pytest.raises(MissingLibrary) as caught:
        rpc.Rpc(Connection("key", "secret", "", {}), "cn-hangzhou", lambda action, send, repeatable=True: send())
    assert (caught.value.library, caught.value.cause) == ("aliyun-python-sdk-core", "Traceback: no module")


@given(st.text())
def test_every_code_has_a_remedy(code: str) -> None:
    assert errors.remedy_for(code).endswith(".")


@given(st.sampled_from([code for code, _meaning, _source in errors.CODES]), st.text(max_size=5))
def test_a_code_of_the_table_counts_with_what_follows_a_dot_and_nothing_else(code: str, more: str) -> None:
    bare = code.removesuffix("*")
    known = errors.meaning_of(bare)
    longer = [other for other, _meaning, _source in errors.CODES if other.startswith(f"{bare}.")]
    if f"{bare}.{more}" not in longer:
        assert errors.meaning_of(f"{bare}.{more}") is known
    rest = bare.rpartition(".")[0]
    assert errors.meaning_of(f"{bare}Another") is (known if code.endswith("*") else errors.meaning_of(rest))


@given(st.text(), st.sampled_from([200, 400, 403, 404, 429, 500, 503]))
def test_what_is_in_no_table_is_a_fault_only_when_the_service_says_so(code: str, status: int) -> None:
    meaning = errors.meaning_of(code, status)
    if meaning is errors.Meaning.FINAL:
        assert status < 500
    assert errors.meaning_of("NoSuchCode", status) is (errors.Meaning.FAULT if status >= 500 else errors.Meaning.FINAL)


def test_every_code_stands_once_with_its_source() -> None:
    codes = [code for code, _meaning, _source in errors.CODES]
    assert len(codes) == len(set(codes))
    assert all(source for _code, _meaning, source in errors.CODES)


def test_a_more_special_remedy_stands_before_the_general_one() -> None:
    seen: list[str] = []
    for prefix, _unused in errors.REMEDIES:
        assert not [earlier for earlier in seen if prefix.startswith(earlier)], prefix
        seen.append(prefix)
