# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What assess wrote becomes a report in three languages, by the collection's own playbooks."""

from __future__ import annotations

import csv
import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from integration.harness import SECRET_KEY, Controller, Run, cloud, group, host, instance_id

FLEET = {"web-1": "centos-7", "web-2": "centos-7", "erp-1": "windows-2008r2"}
I686 = {"guest": {"packages": ["glibc-2.17-326.el7_9.i686", "zlib-1.2.7-21.el7_9.i686"]}}
FILES = {
    *("fleet.json", "fleet.csv", "findings.csv", "fleet.md", "fleet.html"),
    *(f"{name}.{end}" for name in ("fleet.ja", "fleet.zh") for end in ("csv", "md", "html")),
    *("findings.ja.csv", "findings.zh.csv"),
}
WANTED = {"os_migration_report_languages": ["en", "ja", "zh"], "report_date": "2026-11-22"}


@pytest.fixture(scope="module")
def controller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Controller]:
    more: dict[str, dict[str, Any]] = {"web-2": I686, "erp-1": {"guest": {"edition": "Enterprise"}}}
    groups = [group(name, system, **more.get(name, {})) for name, system in FLEET.items()]
    with cloud({"groups": groups}, tmp_path_factory.mktemp("cloud")) as running:
        hosts = {name: host(name, system) for name, system in FLEET.items()}
        yield Controller(running, tmp_path_factory.mktemp("user"), hosts)


def succeeded(run: Run, changed: int = 0) -> None:
    assert run.rc == 0, run.output
    assert ("changed=1" in run.output) == bool(changed)
    assert run.warnings == []


def document(controller: Controller) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((controller.reports / "fleet.json").read_text("utf-8"))
    return read


# The tests of this file are the steps of one story, in this order.


def test_without_an_assessment_there_is_no_report(controller: Controller) -> None:
    run = controller.play("report")
    assert run.rc != 0
    assert f"src: {controller.reports}/assess.json cannot be read" in run.failures["localhost"]
    assert "Traceback" not in run.output


def test_check_mode_writes_no_report(controller: Controller) -> None:
    assert list(controller.play("assess", "--check").failures) == ["web-2"]
    assert not controller.reports.exists()


def test_assess_leaves_the_report_and_names_the_page_also_when_hosts_fail(controller: Controller) -> None:
    run = controller.play("assess", **WANTED)
    assert list(run.failures) == ["web-2"]
    assert f"{controller.reports}/fleet.html" in run.output
    shown = {path.name for path in controller.reports.iterdir() if not path.name.startswith(".")}
    assert shown == {"assess.json", *FILES}


def test_the_report_tells_what_the_assessment_found(controller: Controller) -> None:
    report = document(controller)
    assert report["totals"]["states"]["blocked"] == 1
    assert report["totals"]["support"]["ended"] == len(FLEET)
    plans = {each["name"]: [hop["target"] for hop in each["hops"]] for each in report["instances"]}
    assert plans == {"web-1": ["alinux-3"], "web-2": ["alinux-3"], "erp-1": ["windows-2012r2", "windows-2016"]}
    (row,) = [row for row in report["blockers"] if row["stopped"]]
    assert (row["id"], row["count"]) == ("linux.i686_packages", 1)


def test_the_report_alone_can_be_written_elsewhere(controller: Controller, tmp_path: Path) -> None:
    source = str(controller.reports / "assess.json")
    succeeded(controller.play("report", "--check", report_dest=str(tmp_path / "new"), report_src=source))
    assert [*tmp_path.iterdir()] == []
    succeeded(controller.play("report", report_dest=str(tmp_path / "new"), report_src=source, report_formats=["csv"]))
    assert {path.name for path in (tmp_path / "new").iterdir()} == {"fleet.csv", "findings.csv"}


def test_a_later_assessment_of_one_host_reports_on_all(controller: Controller) -> None:
    succeeded(controller.play("assess", "--limit", "web-1", **WANTED))
    assert len(document(controller)["instances"]) == len(FLEET)


def test_every_language_tells_the_same_instances(controller: Controller) -> None:
    for name in ("fleet.csv", "fleet.ja.csv", "fleet.zh.csv"):
        rows = list(csv.reader((controller.reports / name).open(encoding="utf-8-sig", newline="")))
        assert {row[0] for row in rows[1:]} == {instance_id(each) for each in FLEET}
    pages = [(controller.reports / f"fleet{infix}.html").read_text("utf-8") for infix in ("", ".ja", ".zh")]
    assert all(instance_id(name) in page for page in pages for name in FLEET)
    assert len({page.split("<title>")[1].split("</title>")[0] for page in pages}) == len(pages)


def test_the_report_is_private_and_holds_no_secret(controller: Controller) -> None:
    for name in FILES:
        path = controller.reports / name
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert SECRET_KEY not in path.read_text("utf-8")


def test_the_same_facts_give_the_same_files(controller: Controller) -> None:
    before = {name: (controller.reports / name).stat().st_mtime_ns for name in FILES}
    succeeded(controller.play("report", **WANTED))
    assert {name: (controller.reports / name).stat().st_mtime_ns for name in FILES} == before


def test_a_comparison_tells_what_is_new(controller: Controller, tmp_path: Path) -> None:
    earlier = document(controller)
    earlier["instances"] = [each for each in earlier["instances"] if each["name"] != "erp-1"]
    archive = tmp_path / "fleet.json"
    archive.write_text(json.dumps(earlier), "utf-8")
    succeeded(controller.play("report", **WANTED, os_migration_report_previous=str(archive)))
    comparison = document(controller)["comparison"]
    assert comparison["added"] == [{"instance_id": instance_id("erp-1"), "name": "erp-1"}]
    assert comparison["unchanged"] == 2


def test_after_a_migration_the_report_tells_who_did_what_when(controller: Controller, tmp_path: Path) -> None:
    succeeded(controller.play("migrate", "--limit", "web-1"), changed=1)
    succeeded(controller.play("report", **WANTED))
    attempts = {each["name"]: each["attempts"] for each in document(controller)["instances"]}
    assert attempts["web-2"] == attempts["erp-1"] == []
    (attempt,) = attempts["web-1"]
    assert (attempt["attempt"], attempt["state"], len(attempt["works"])) == (1, "migrated", 1)
    (run,) = attempt["runs"]
    assert (run["phase"], run["state"], "@" in run["who"]) == ("migrate", "migrated", True)
    assert any(event["event"] == f"started job {attempt['works'][0]['id']}" for event in attempt["timeline"])
    for name in ("fleet.html", "fleet.ja.html", "fleet.md"):
        assert attempt["works"][0]["id"] in (controller.reports / name).read_text("utf-8")
    (tmp_path / "none").mkdir()
    succeeded(controller.play("report", **WANTED, report_results_dir=str(tmp_path / "none")))
    assert [each["attempts"] for each in document(controller)["instances"]] == [[], [], []]


def test_wrong_options_are_refused_before_anything_is_written(controller: Controller) -> None:
    assert "klingon" in controller.play("report", report_languages=["klingon"]).output
    assert "no day" in controller.play("report", report_date="tomorrow").failures["localhost"]
