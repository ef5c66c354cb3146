# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an import printed is told as a problem with a remedy, and never shown itself."""

from __future__ import annotations

import json

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.alicloud.client import (
    IMPORTED,
    problem_of,
    trouble_of,
)


@pytest.mark.parametrize(
    ("printed", "code"),
    [
        ("ERROR InvalidAccessKeyId.NotFound: Specified access key is not found.", "ImportForbidden"),
        ("Forbidden.SubUser: User not authorized", "ImportForbidden"),
        ("IllegalTimestamp: The input parameter Timestamp is not valid", "ImportClockWrong"),
        ("InvalidAccountStatus.NotEnoughBalance", "ImportNoBalance"),
        ("Rsync not found. Please install rsync.", "ImportNoRsync"),
        ("Import Source Server Failed! The activation code is invalid, expired or used up.", "ActivationCodeRefused"),
        ("ActivationCode expired", "ActivationCodeRefused"),
        ("curl: (6) Could not resolve host: smc-service.aliyuncs.com", "ImportNoNetwork"),
        ("curl: (7) Failed to connect to smc-service.aliyuncs.com port 443", "ImportNoNetwork"),
        ("wget: unable to resolve host address 'smc-service.aliyuncs.com'", "ImportNoNetwork"),
        ("Temporary failure in name resolution", "ImportNoNetwork"),
        ("dial tcp 1.2.3.4:443: connect: network is unreachable", "ImportNoNetwork"),
        ("The remote name could not be resolved: 'smc-service.aliyuncs.com'", "ImportNoNetwork"),
        ("Unable to connect to the remote server", "ImportNoNetwork"),
        ("sh: 1: acs-plugin-manager: not found", "ImportNoPlugin"),
        ("bash: acs-plugin-manager: command not found", "ImportNoPlugin"),
        ("The term 'acs-plugin-manager.exe' is not recognized as the name of a cmdlet", "ImportNoPlugin"),
        ("go2aliyun_client is already running.", "ImportClientRuns"),
        ("This operating system is not supported.", "ImportUnsupported"),
    ],
)
def test_what_an_import_printed_is_told_with_a_remedy_and_never_itself(printed: str, code: str) -> None:
    found = problem_of(f"begin\n{printed}\nend")
    assert found is not None
    assert found.code == code
    assert found.remedy
    assert printed not in found.text


@pytest.mark.parametrize("printed", ["", "Failed!", "exit status 1", "the code of activation", "\0"])
def test_of_what_nobody_knows_nothing_is_said(printed: str) -> None:
    assert problem_of(printed) is None


def test_the_line_of_success_is_the_documented_one() -> None:
    found = IMPORTED.search("x\nImport Source Server [s-bp18x8751kgz2oyh1234] Successfully!\n")
    assert found is not None
    assert found[1] == "s-bp18x8751kgz2oyh1234"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            json.dumps({"error_code": "S1", "error_msg": "Rsync not found. Please install rsync."}),
            "S1: Rsync not found",
        ),
        (json.dumps({"error_code": "S1"}), "S1"),
        ("", ""),
        ("not json", ""),
        ("[1]", ""),
        (None, ""),
    ],
)
def test_what_a_source_says_of_itself_is_told(said: str | None, told: str) -> None:
    assert trouble_of({"StatusInfo": said}).startswith(told)
    assert bool(trouble_of({"StatusInfo": said})) == bool(told)
