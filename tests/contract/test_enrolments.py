# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Instances become known to the service of the works, and nobody else's enrolment is taken for their own."""

from __future__ import annotations

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.base import Cloud
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import CommandResult, Enrolment

from .bed import Bed
from .common import enrolments, found_works


def enrolment(cloud: Cloud, bed: Bed, role: str) -> Enrolment | None:
    return found_works(cloud, bed, role)[1]


def enrolled(cloud: Cloud, bed: Bed, role: str, os_type: str) -> Enrolment | None:
    """Enrol an instance, wait for the script's end, and return what its result names."""
    port = enrolments(cloud, bed)
    invocation = port.enrol([bed.ids[role]], os_type, f"enrol-{role}")

    def result() -> CommandResult:
        return cloud.agents.results(invocation, [bed.ids[role]])[bed.ids[role]]

    bed.until(lambda: result().status == "finished")
    assert not [code for code in bed.codes() if code in str((invocation, result()))]
    return port.enrolled(result())


def test_there_is_no_enrolment_where_none_is_needed(bed: Bed, cloud: Cloud) -> None:
    assert (enrolment(cloud, bed, "imported") is None) == (not bed.traits.enrols)


def test_an_instance_s_own_enrolment_is_found_and_read(bed: Bed, cloud: Cloud) -> None:
    port, found = enrolments(cloud, bed), enrolment(cloud, bed, "imported")
    assert found is not None
    assert (found.state, bool(found.id), bool(found.said)) == ("ready", True, True)
    assert port.read([found.id]) == {found.id: found}


@pytest.mark.parametrize("role", ["linux", "twin"])
def test_nobody_else_s_enrolment_is_taken_for_an_instance_s_own(bed: Bed, cloud: Cloud, role: str) -> None:
    enrolments(cloud, bed)
    assert found_works(cloud, bed, role) == ((), Enrolment("absent"))


def test_an_enrolment_is_busy_while_a_work_holds_it(bed: Bed, cloud: Cloud) -> None:
    enrolments(cloud, bed)
    found = enrolment(cloud, bed, "in_console")
    assert found is not None
    assert found.state == "busy"


@pytest.mark.parametrize("os_type", ["linux", "windows"])
def test_an_instance_is_enrolled_in_its_guest(bed: Bed, cloud: Cloud, os_type: str) -> None:
    named = enrolled(cloud, bed, os_type, os_type)
    assert named is not None
    assert (named.state, named.said) == ("pending", "")
    bed.until(lambda: enrolments(cloud, bed).read([named.id])[named.id].state == "ready")
    assert enrolment(cloud, bed, os_type) == enrolments(cloud, bed).read([named.id])[named.id]


def test_one_code_serves_a_whole_run(bed: Bed, cloud: Cloud) -> None:
    assert enrolled(cloud, bed, "linux", "linux")
    assert enrolled(cloud, bed, "windows", "windows")
    assert len(bed.codes()) <= 1


@pytest.mark.parametrize("said", ["", "Failed!", "Import Source Server [] Successfully!", "[s-x; rm -rf]", "\0"])
def test_a_result_that_names_no_enrolment_made_none(bed: Bed, cloud: Cloud, said: str) -> None:
    assert enrolments(cloud, bed).enrolled(CommandResult("finished", 0, said)) is None


def test_more_enrolments_than_one_call_takes_are_read_and_no_ids_are_none(bed: Bed, cloud: Cloud) -> None:
    port, found = enrolments(cloud, bed), enrolment(cloud, bed, "imported")
    assert found is not None
    unknown = [bed.unknown("enrolment", number) for number in range(120)]
    assert list(port.read([*unknown, found.id])) == [found.id]
    assert port.read([]) == {}
