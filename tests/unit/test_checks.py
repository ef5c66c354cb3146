# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of applications, of every kind, from the controller and by every shell of a guest: all find the same."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core import checks
from ansible_collections.evergreen.os_migration.plugins.plugin_utils import _checks, _probes
from ansible_collections.evergreen.os_migration.plugins.plugin_utils._wishes import Enrolment
from guest.windows import MISSING, find

from . import shops

Row = dict[str, Any]
Ports = Mapping[str, int]

SHELLS = {"dash": ["dash"], "bash": ["bash", "--posix"], "busybox": ["busybox", "sh"]}
POWERSHELL = pytest.param(
    "powershell",
    marks=[pytest.mark.skipif(not find(), reason=MISSING), pytest.mark.xdist_group("powershell")],
)
PLACES = ["controller", *SHELLS, POWERSHELL]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> shops.Authority:
    return shops.authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def ports(authority: shops.Authority) -> Iterator[Ports]:
    with ExitStack() as stack:
        contexts = {
            "plain": None,
            "good": authority.context(shops.NAME, 20),
            "other": authority.context("shop.example", 20),
            "ended": authority.context(shops.NAME, -1),
            "own": authority.context(shops.NAME, 20, signed=False),
        }
        served = {name: stack.enter_context(shops.serving(context)) for name, context in contexts.items()}
        yield {**served, "hangs": stack.enter_context(shops.hanging()), "closed": shops.closed()}


@pytest.fixture(scope="module", autouse=True)
def trusted(authority: shops.Authority) -> Iterator[None]:
    """This machine trusts the authority of the tests; no proxy is between it and itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(authority.file))
        patch.setenv("CURL_CA_BUNDLE", str(authority.file))
        patch.setenv("no_proxy", "localhost,127.0.0.1,.invalid")
        yield


def check(ports: Ports, **row: Any) -> Row:
    filled = {name: ports.get(value, value) if name == "port" else value for name, value in row.items()}
    if "url" in row:
        filled["url"] = row["url"].format(**ports)
    (made,) = checks.completed([{"name": "shop", **filled}], lambda: "127.0.0.1")
    return made


def script_of(one: Row, shell: str) -> str:
    """What a guest is sent for a check."""
    text = str(_checks._script(_checks.Asked(Enrolment("a", {}), one, shell))[0]["script"])
    assert text.isascii()
    return text


def understood(one: Row, code: int, said: str) -> Row:
    answer = dict(checks.understood(one, {"rc": code, "stdout": said}, True))
    assert (code, said.startswith("check ")) == (1 if answer["error"] else 0, True), said
    assert answer["error"] or answer["stdout"], said
    return answer


def by_shell(shell: str, one: Row, directory: Path, path: str = "") -> Row:
    """Make a check by a shell of a guest."""
    program, *options = SHELLS[shell]
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed (apt install {program})")
    (directory / "sent").write_text(script_of(one, "sh"), "ascii")
    done = subprocess.run(
        [str(shutil.which(program)), *options, str(directory / "sent")],
        env={**os.environ, **({"PATH": path} if path else {})},
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return understood(one, done.returncode, done.stdout + done.stderr)


def by_powershell(wanted: Mapping[str, Row], directory: Path) -> dict[str, Row]:
    """Make checks by one PowerShell: to start it costs more than all of them."""
    if not find():
        return {}
    for number, one in enumerate(wanted.values()):
        (directory / f"{number}.ps1").write_text(script_of(one, "powershell"), "ascii")
    driver = directory / "all.ps1"
    loop = 'foreach ($n in 0..%d) { $said = & "$PSScriptRoot/$n.ps1"; "$LASTEXITCODE $said" }'
    driver.write_text(loop % (len(wanted) - 1), "ascii")
    done = subprocess.run(
        [find(), "-NoProfile", "-NonInteractive", "-File", str(driver)],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.stderr == ""
    lines = [line.split(" ", 1) for line in done.stdout.splitlines()]
    return {name: understood(wanted[name], int(code), said) for name, (code, said) in zip(wanted, lines, strict=True)}


CASES: dict[str, tuple[Row, str]] = {
    "port open": ({"kind": "tcp", "port": "plain"}, ""),
    "port closed": ({"kind": "tcp", "port": "closed"}, "PortClosed"),
    "host unknown": ({"kind": "tcp", "address": "nosuch.invalid", "port": 80}, "NameUnknown"),
    "status": ({"kind": "http", "url": "http://127.0.0.1:{plain}/200"}, ""),
    "status wrong": ({"kind": "http", "url": "http://127.0.0.1:{plain}/503"}, "WrongStatus"),
    "status wanted": ({"kind": "http", "url": "http://127.0.0.1:{plain}/503", "status": [200, 503]}, ""),
    "redirect": ({"kind": "http", "url": "http://127.0.0.1:{plain}/leads"}, "WrongStatus"),
    "redirect wanted": ({"kind": "http", "url": "http://127.0.0.1:{plain}/leads", "status": 302}, ""),
    "text": ({"kind": "http", "url": "http://127.0.0.1:{plain}/text", "contains": "shop is open"}, ""),
    "odd text": ({"kind": "http", "url": "http://127.0.0.1:{plain}/text", "contains": shops.ODD}, ""),
    "text of an error": (
        {"kind": "http", "url": "http://127.0.0.1:{plain}/404", "status": 404, "contains": "open"},
        "",
    ),
    "text missing": ({"kind": "http", "url": "http://127.0.0.1:{plain}/text", "contains": "shop.is"}, "TextMissing"),
    "http hangs": ({"kind": "http", "url": "http://127.0.0.1:{plain}/hangs", "timeout": 1}, "NoAnswer"),
    "http closed": ({"kind": "http", "url": "http://127.0.0.1:{closed}/"}, "PortClosed"),
    "http unknown": ({"kind": "http", "url": "http://nosuch.invalid/"}, "NameUnknown"),
    "https": ({"kind": "http", "url": "https://localhost:{good}/200"}, ""),
    "https of its own": ({"kind": "http", "url": "https://localhost:{own}/200"}, "CertificateNotTrusted"),
    "certificate": ({"kind": "tls", "port": "good", "server_name": shops.NAME, "valid_days": 19}, ""),
    "certificate too short": (
        {"kind": "tls", "port": "good", "server_name": shops.NAME, "valid_days": 21},
        "CertificateEnds",
    ),
    "certificate ended": ({"kind": "tls", "port": "ended", "server_name": shops.NAME}, "CertificateEnds"),
    "certificate of another": ({"kind": "tls", "port": "other", "server_name": shops.NAME}, "CertificateOfAnother"),
    "certificate of its own": ({"kind": "tls", "port": "own", "server_name": shops.NAME}, "CertificateNotTrusted"),
    "certificate of an address": ({"kind": "tls", "port": "good", "server_name": "127.0.0.2"}, ""),
    "certificate of another address": (
        {"kind": "tls", "port": "good", "server_name": "127.0.0.3"},
        "CertificateOfAnother",
    ),
    "no tls": ({"kind": "tls", "port": "plain", "server_name": shops.NAME, "timeout": 3}, "NoTls"),
    "tls hangs": ({"kind": "tls", "port": "hangs", "server_name": shops.NAME, "timeout": 1}, "NoAnswer"),
    "tls closed": ({"kind": "tls", "port": "closed", "server_name": shops.NAME}, "PortClosed"),
}


def case(ports: Ports, name: str) -> Row:
    row = CASES[name][0]
    return check(ports, **row if "url" in row else {"address": "127.0.0.1", **row})


UNPROVEN = {"kind": "http", "url": "https://localhost:{own}/200", "validate_certs": False}


@pytest.fixture(scope="module")
def in_windows(ports: Ports, trusted: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    wanted = {name: case(ports, name) for name in CASES}
    return by_powershell({**wanted, "unproven": check(ports, **UNPROVEN)}, tmp_path_factory.mktemp("windows"))


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("place", PLACES)
def test_a_check_finds_the_same_from_everywhere(
    place: str, name: str, ports: Ports, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if place == "controller":
        (answer,) = _probes.probe_all([case(ports, name)])
    elif place == "powershell":
        answer = request.getfixturevalue("in_windows")[name]
    else:
        answer = by_shell(place, case(ports, name), tmp_path)
    error = answer["error"] or {}
    assert error.get("code", "") == CASES[name][1], answer
    if error:
        assert error["message"].endswith(f"seen from the {'controller' if place == 'controller' else 'guest'}.")
        assert error["remedy"]
    assert not (tmp_path / "injected").exists()
    assert "token" not in str(answer)


@pytest.mark.parametrize("shell", SHELLS)
def test_certificates_can_be_left_out_of_a_check(shell: str, ports: Ports, tmp_path: Path) -> None:
    one = check(ports, **UNPROVEN)
    assert [answer["error"] for answer in (by_shell(shell, one, tmp_path), *_probes.probe_all([one]))] == [None, None]


@pytest.mark.skipif(not find(), reason=MISSING)
@pytest.mark.xdist_group("powershell")
def test_where_certificates_cannot_be_left_out_this_is_told(in_windows: dict[str, Row]) -> None:
    """PowerShell 2.0 can do it for the whole process only."""
    assert in_windows["unproven"]["error"]["code"] == "CheckNotPossible"


NEEDED = {"tcp": "bash", "http": "curl", "tls": "openssl"}


@pytest.mark.parametrize("kind", NEEDED)
@pytest.mark.parametrize("shell", SHELLS)
def test_a_guest_without_a_check_s_program_says_so(shell: str, kind: str, tmp_path: Path) -> None:
    row = {"tcp": {"port": 1}, "http": {"url": "http://127.0.0.1/"}, "tls": {"server_name": "x"}}[kind]
    (tmp_path / "bin").mkdir()
    error = by_shell(shell, check({}, kind=kind, **row), tmp_path, path=str(tmp_path / "bin"))["error"]
    assert error["code"] == "CheckToolMissing"
    assert error["message"].startswith(f"{NEEDED[kind]} is not in this guest")
    assert "from: controller" in error["remedy"]


def test_a_server_that_sends_a_little_for_ever_is_left_in_time(ports: Ports) -> None:
    begun = time.monotonic()
    one = check(ports, kind="http", url="http://127.0.0.1:{plain}/drips", contains="never", timeout=1)
    (answer,) = _probes.probe_all([one])
    assert answer["error"]["code"] == "NoAnswer"
    assert time.monotonic() - begun < 3


# --- many, and again --------------------------------------------------------------------------------------------------


def test_a_thousand_checks_share_a_bounded_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    most, running, lock = 0, 0, threading.Lock()

    def slow(_check: Row) -> str:
        nonlocal most, running
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.01)
        with lock:
            running -= 1
        return "good"

    monkeypatch.setattr(_probes, "_PROBES", {"tcp": slow})
    answers = _probes.probe_all([check({}, kind="tcp", port=1)] * 1000)
    assert [answer["stdout"] for answer in answers] == ["good"] * 1000
    assert 1 < most <= _probes.THREADS


def test_what_never_ends_is_left_behind_within_one_bound_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def stuck(one: Row) -> str:
        if one["port"] == 2:
            over.wait(30)
        return "good"

    monkeypatch.setattr(_probes, "_PROBES", {"tcp": stuck})
    monkeypatch.setattr(_probes, "_RESOLVER_SLACK", 0.2)
    begun = time.monotonic()
    rows = [check({}, kind="tcp", port=port, timeout=1) for port in (1, 2, 1)]
    codes = [(answer["error"] or {}).get("code") for answer in _probes.probe_all(rows)]
    over.set()
    assert (codes, time.monotonic() - begun < 5) == ([None, "NoAnswer", None], True)


class Clock:
    """A clock that goes on when somebody sleeps."""

    def __init__(self) -> None:
        self.time, self.slept = 0.0, list[float]()

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


class Calls:
    """A batch whose guests answer as they are told."""

    writing, phase = True, "verify"

    def __init__(self, answer: Callable[[int], Row], writing: bool = True) -> None:
        self.sent: list[tuple[list[str], bool]] = []
        self.told: list[str] = []
        self._answer, self.writing = answer, writing

    def script(self, hosts: list[Enrolment], looking: bool = False, **_options: Any) -> Row:
        self.sent.append(([one.host for one in hosts], looking))
        answer = self._answer(len(self.sent))
        return {"results": [{"instance_id": one.instance_id, "state": "finished", **answer} for one in hosts]}

    def tell(self, line: str) -> None:
        self.told.append(line)

    def ask(self, clock: Clock, *rows: Row) -> list[Row]:
        one = Enrolment("web-1", {"instance_id": "i-1"})
        asked = [_checks.Asked(one, row, "sh") for row in rows]
        batch: Any = self
        return list(map(dict, _checks.Asking(batch, clock.now, clock.sleep).run(asked)["web-1"]))


FAILED = {"rc": 1, "stdout": "", "error": {"code": "ScriptFailed", "message": "It ended with 1.", "remedy": "Look."}}
DONE = {"rc": 0, "stdout": "", "error": None}


def test_a_check_that_succeeds_at_its_third_try_has_succeeded(ports: Ports) -> None:
    shops.Shop.calls = 0
    clock, calls = Clock(), Calls(lambda number: FAILED if number < 3 else DONE)
    rows = [
        check(ports, kind="http", url="http://127.0.0.1:{plain}/third", retries=3, delay=7),
        check(ports, script="true", retries=3, delay=4),
    ]
    answers = calls.ask(clock, *rows)
    assert [(one["error"], one["tries"]) for one in answers] == [(None, 3), (None, 3)]
    assert clock.time == 14
    assert calls.told == ["verify: checks are made again later: web-1"] * 3


def test_a_check_is_tried_no_more_than_it_may() -> None:
    for retries in (0, 2):
        clock, calls = Clock(), Calls(lambda number: FAILED)
        (answer,) = calls.ask(clock, check({}, script="false", retries=retries, delay=3))
        assert (answer["tries"], answer["error"]["code"], clock.time) == (retries + 1, "ScriptFailed", 3.0 * retries)


def test_a_check_that_could_not_be_run_has_failed() -> None:
    calls = Calls(lambda number: {"rc": None, "stdout": None, "error": None, "state": "planned"})
    (answer,) = calls.ask(Clock(), check({}, script="true"))
    assert answer["error"]["code"] == "CheckNotRun"


def test_in_check_mode_scripts_of_the_user_are_left_out_and_what_only_looks_is_asked(ports: Ports) -> None:
    calls = Calls(lambda number: {**DONE, "rc": None if number == 1 else 0}, writing=False)
    script, port, inside = calls.ask(
        Clock(),
        check({}, script="true"),
        check(ports, kind="tcp", port="plain"),
        check({}, kind="tcp", port=22, **{"from": "guest"}),
    )
    assert [one["planned"] for one in (script, port, inside)] == [True, False, False]
    assert [looking for _hosts, looking in calls.sent] == [False, True]
    assert (port["error"], inside["rc"]) == (None, 0)


def test_two_checks_with_one_script_are_one_call() -> None:
    calls = Calls(lambda number: DONE)
    answers = calls.ask(Clock(), check({}, script="true"), {**check({}, script="true"), "name": "again"})
    assert ([one["name"] for one in answers], calls.sent) == (["shop", "again"], [(["web-1"], False)])


# --- what is wrong with one -------------------------------------------------------------------------------------------

WRONG: list[tuple[Any, str]] = [
    ("a text", "it must be a list of checks"),
    ([{"script": "true"}], "check 1: name is missing: write a name"),
    ([{"name": "web"}], "the check 'web': script is missing: write the text of a script"),
    ([{"name": "web", "script": ["a"]}], "the check 'web': script is not right: write the text"),
    ([{"name": "web", "script": "x"}, {"name": "db", "kind": "tcp"}], "the check 'db': port is missing"),
    ([{"name": "web", "kind": "htp"}], "kind is 'htp': write script or tcp or http or tls"),
    ([{"name": "web", "port": 80}], "port is an option of kind tcp and tls, and this check is of kind script"),
    ([{"name": "web", "kind": "tcp", "prot": 80}], "there is no option prot: write port"),
    ([{"name": "web", "kind": "tcp", "port": 0}], "port is 0: write a whole number from 1 to 65535"),
    ([{"name": "web", "kind": "tcp", "port": True}], "port is True"),
    ([{"name": "web", "kind": "tcp", "port": 8.5}], "port is 8.5"),
    ([{"name": "web", "kind": "tcp", "port": 80, "address": "-x"}], "address is '-x': write a host name"),
    ([{"name": "web", "kind": "tcp", "port": 80, "retries": -1}], "retries is -1"),
    ([{"name": "web", "kind": "tcp", "port": 80, "timeout": "long"}], "timeout is 'long'"),
    ([{"name": "web", "script": "x", "from": "controller"}], "from is 'controller': write guest"),
    ([{"name": "web", "script": "x", "shell": "bash"}], "shell is 'bash': write sh or powershell"),
    ([{"name": "web", "kind": "http"}], "url is missing: write an address such as http://"),
    ([{"name": "web", "kind": "http", "url": "http://me:marked-secret@x/"}], "url is not right"),
    ([{"name": "web", "kind": "http", "url": "ftp://x/"}], "url is not right"),
    ([{"name": "web", "kind": "http", "url": "http://x/", "status": []}], "status is []"),
    ([{"name": "web", "kind": "http", "url": "http://x/", "contains": "a\nb"}], "write one line of text"),
    ([{"name": "web", "kind": "http", "url": "http://x/", "validate_certs": "maybe"}], "write true or false"),
    ([{"name": "web", "kind": "tls"}], "server_name is missing: write the name that the certificate has to be for"),
    ([{"name": "web", "kind": "tls", "address": "x", "valid_days": "soon"}], "valid_days is 'soon'"),
]


@pytest.mark.parametrize(("rows", "told"), WRONG)
def test_a_wrong_check_is_told_with_its_name_its_option_and_what_to_write(rows: Any, told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)) as caught:
        checks.completed(rows, lambda: "10.0.0.1")
    assert "marked-secret" not in str(caught.value)


def test_a_check_says_from_where_it_is_made_and_with_what() -> None:
    """The guest's own address is that of the guest; the controller's way to it is Ansible's."""
    rows = [
        {"name": "a", "script": "true"},
        {"name": "b", "kind": "tcp", "port": "22"},
        {"name": "c", "kind": "tcp", "port": 22, "from": "guest"},
        {"name": "d", "kind": "tls", "address": "shop.example"},
    ]
    a, b, c, d = checks.completed(rows, lambda: "10.0.0.1")
    assert (a["from"], a["shell"], a["timeout"], a["retries"]) == ("guest", "sh", 60, 0)
    assert (b["from"], b["address"], b["port"], b["timeout"]) == ("controller", "10.0.0.1", 22, 10)
    assert (c["from"], c["address"]) == ("guest", "127.0.0.1")
    assert (d["server_name"], d["port"], d["valid_days"]) == ("shop.example", 443, 0)


def test_every_fault_that_a_script_can_tell_has_its_remedy() -> None:
    for file in ("check.sh", "check.ps1"):
        text = (_checks.ROOT / "roles/verify/files" / file).read_text("utf-8")
        pattern = {"check.sh": r"\bbad ([A-Z]\w+)", "check.ps1": r"(?:Stop-Check '|check )([A-Z]\w+)"}[file]

        assert set(re.findall(pattern, text)) - {"CODE"} - set(checks.FAULTS) == set()
