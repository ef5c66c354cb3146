# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the agents in guests do to scripts and to what they print, as read in their public sources.

Cloud Assistant's is aliyun_assist_client, Systems Manager's amazon-ssm-agent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

#: What a scenario calls the trouble of a disk that takes no file.
DISK_FULL = "disk_full"
#: How long a program that outlives a time-out goes on, in seconds.
OUTLIVES_SECONDS = 600.0
#: Bytes that Cloud Assistant sends while a script runs; at its end the last ones that fit follow.
SENT_EARLY = 6000
#: What Systems Manager keeps of an output, and how it ends one that was longer.
KEPT, CUT_MARK = 24_000, b"\n--output truncated--"
#: The code page in which Windows PowerShell reads a script without a byte order mark.
_ANSI = {"zh-CN": "gbk", "zh-TW": "cp950", "ja-JP": "cp932"}


@dataclass(frozen=True)
class Refusal:
    """Why a script is not run: what the agent says, or the exit code and what the shell prints."""

    rc: int | None = None
    output: str = ""
    error_code: str = ""
    error_info: str = ""


@dataclass(frozen=True)
class Habits:
    """One agent. ``restarts`` and ``powers_off`` are exit codes by family; one that ``runs_again`` repeats the script.

    ``arrives`` is what comes of an output, with how many bytes of it do not; ``read`` what Windows PowerShell makes of
    a script, and ``sent`` the bytes that come of what it prints, by the guest's language. A program that a script
    started ``outlives`` a time-out in guests of these families.
    """

    arrives: Callable[[bytes, int], tuple[bytes, int]]
    refusals: Mapping[str, Refusal]
    restarts: Mapping[str, int]
    powers_off: Mapping[str, int]
    runs_again: bool
    read: Callable[[str, str], str]
    sent: Callable[[str, str], bytes]
    outlives: frozenset[str]


def with_a_hole(output: bytes, limit: int) -> tuple[bytes, int]:
    """What arrives of an output, and how many bytes of its middle were dropped."""
    dropped = max(0, len(output) - limit)
    return (output[:SENT_EARLY] + output[-(limit - SENT_EARLY) :] if dropped else output), dropped


def without_its_end(output: bytes, limit: int) -> tuple[bytes, int]:
    """What arrives of an output whose end is cut off."""
    dropped = max(0, len(output) - min(limit, KEPT))
    return (output[:-dropped] + CUT_MARK if dropped else output), dropped


def _read_as_gbk(script: str, language: str) -> str:
    """The file is GBK unless the system is American, and has no byte order mark."""
    if language == "en-US":
        return script.encode().decode("cp1252", "replace")
    return script.encode("gbk", "replace").decode(_ANSI.get(language, "cp1252"), "replace")


def _sent_as_gbk(output: str, language: str) -> bytes:
    """UTF-8 that a script printed is taken for GBK unless the system is American."""
    return output.encode() if language == "en-US" else output.encode().decode("gbk", "replace").encode()


_POLICY = Refusal(1, "File C:\\ProgramData\\script.ps1 cannot be loaded. It is not digitally signed.\r\n")
_NOEXEC = Refusal(126, "sh: /usr/local/share/aliyun-assist/work/script/task.sh: Permission denied\n")
_RESTARTS = {"linux": 194, "windows": 3010}

CLOUD_ASSISTANT = Habits(
    arrives=with_a_hole,
    refusals={
        "policy": _POLICY,
        "noexec": _NOEXEC,
        "exists": Refusal(error_code="ScriptFileExisted", error_info="The script file exists already."),
    },
    restarts=_RESTARTS,
    powers_off={"linux": 193, "windows": 3009},
    runs_again=False,
    read=_read_as_gbk,
    sent=_sent_as_gbk,
    outlives=frozenset({"linux", "windows"}),
)
SYSTEMS_MANAGER = Habits(
    arrives=without_its_end,
    refusals={
        "policy": _POLICY,
        "noexec": _NOEXEC,
        DISK_FULL: Refusal(error_code="Failed", error_info="failed to create script file"),
    },
    restarts=_RESTARTS,
    powers_off={},
    runs_again=True,
    read=lambda script, language: script,
    sent=lambda output, language: output.encode(),
    outlives=frozenset({"windows"}),
)
#: The troubles that a scenario can give a guest.
TROUBLES = tuple(dict.fromkeys([*CLOUD_ASSISTANT.refusals, *SYSTEMS_MANAGER.refusals]))
