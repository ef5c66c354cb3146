# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the agent in a guest does to scripts and to what they print, as read in the source of aliyun_assist_client."""

from __future__ import annotations

#: Bytes that are sent while a script runs; at its end the last ones that fit follow, so the middle is missing.
SENT_EARLY = 6000
#: Exit codes after which the agent restarts the guest, or powers it off, once the result is sent.
RESTARTS = {"linux": 194, "windows": 3010}
POWERS_OFF = {"linux": 193, "windows": 3009}
#: Why a script is not run at all: exit code and what the agent or the shell prints.
REFUSALS = {
    "policy": (1, "File C:\\ProgramData\\aliyun\\script.ps1 cannot be loaded. It is not digitally signed.\r\n"),
    "noexec": (126, "sh: /usr/local/share/aliyun-assist/work/script/task.sh: Permission denied\n"),
}
DISK_FULL = "disk_full"
#: How long a program that outlives a time-out goes on, in seconds.
OUTLIVES_SECONDS = 600.0


def with_a_hole(output: bytes, limit: int) -> tuple[bytes, int]:
    """What arrives of an output, and how many bytes of its middle were dropped."""
    dropped = max(0, len(output) - limit)
    return (output[:SENT_EARLY] + output[-(limit - SENT_EARLY) :] if dropped else output), dropped


def script_as_read(script: str, language: str) -> str:
    """What Windows PowerShell reads: the file is GBK unless the system is American, and has no byte order mark."""
    if language == "en-US":
        return script.encode().decode("cp1252", "replace")
    return script.encode("gbk", "replace").decode("gbk")


def output_as_sent(output: str, language: str) -> bytes:
    """UTF-8 that a script printed is taken for GBK unless the system is American."""
    return output.encode() if language == "en-US" else output.encode().decode("gbk", "replace").encode()
