# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From options to instances, credentials and clouds; what is wrong with them is said before anything is asked."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.evergreen.os_migration.plugins.doc_fragments.instances import ModuleDocFragment as Instances
from ansible_collections.evergreen.os_migration.plugins.doc_fragments.planning import ModuleDocFragment as Planning
from ansible_collections.evergreen.os_migration.plugins.doc_fragments.progress import ModuleDocFragment as Progress
from ansible_collections.evergreen.os_migration.plugins.doc_fragments.providers import several, together
from ansible_collections.evergreen.os_migration.plugins.module_utils import _options
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds import PROVIDERS, alicloud
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.alicloud.connection import (
    Connection,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.alicloud.options import (
    WORDS,
    connection,
    transport,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.base import Caller, Options, Provider
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.goal import Goal, Offer, in_words
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Item, Place
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.rules import RULES
from ansible_collections.evergreen.os_migration.plugins.module_utils._errors import OptionError
from ansible_collections.evergreen.os_migration.plugins.module_utils._options import (
    COMMAND,
    INFO,
    MIGRATION,
    PRECHECK,
    SNAPSHOT,
    STACK,
    STACK_INFO,
    SWEEP,
    check_numbers,
    clouds,
    items,
    migration_goal,
    offers,
    rates,
    requests_per_second,
    script,
)
from ansible_collections.evergreen.os_migration.plugins.modules import (
    guest_command,
    instance_info,
    instance_snapshot,
    instance_sweep,
    os_migration,
    precheck_info,
    stack,
    stack_info,
)

ID = "i-bp1abcdefghij0123456"
KEYS = {"access_key": "LTAIgiven", "secret_key": "given-secret"}
PROFILES = [
    {"name": "default", "mode": "AK", "access_key_id": "LTAIdefault", "access_key_secret": "default-secret"},
    {
        "name": "shop",
        "mode": "StsToken",
        "access_key_id": "STS.shop",
        "access_key_secret": "shop-secret",
        "sts_token": "shop-token",
    },
    {"name": "role", "mode": "RamRoleArn", "access_key_id": "LTAIrole", "access_key_secret": "role-secret"},
    {"name": "empty", "mode": "AK", "access_key_id": "", "access_key_secret": ""},
]
ENVIRONMENT = [
    *(
        f"ALIBABA_CLOUD_{name}"
        for name in ("ACCESS_KEY_ID", "ACCESS_KEY_SECRET", "SECURITY_TOKEN", "REGION_ID", "PROFILE")
    ),
    *(f"ALICLOUD_{name}" for name in ("ACCESS_KEY", "SECRET_KEY", "SECURITY_TOKEN", "REGION", "PROFILE")),
]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home directory of its own, and none of the caller's credentials."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def profiles(home: Path) -> Callable[[str], None]:
    def write(text: str) -> None:
        (home / ".aliyun").mkdir(exist_ok=True)
        (home / ".aliyun/config.json").write_text(text, encoding="utf-8")

    write(json.dumps({"current": "default", "profiles": PROFILES}))
    return write


def options(spec: Mapping[str, Any] | None = None, **given: Any) -> dict[str, Any]:
    """Return the options as Ansible hands them to a module, os_migration unless another spec is given."""
    given.setdefault("instances", [{"instance_id": ID, "region": "cn-hangzhou"}])
    result = ArgumentSpecValidator(dict(spec or MIGRATION)).validate(given)
    assert not result.error_messages
    return dict(result.validated_parameters)


class Connected:
    """Stands in for an adapter: remembers what it would have connected to."""

    def __init__(self, options: Options, place: Place, call: Caller) -> None:
        self.options, self.place, self.call = options, place, call


def provider(**other: Any) -> Provider:
    """Return Alibaba Cloud as a provider that connects to nothing, or another one that is like it."""
    return replace(alicloud.PROVIDER, **{"connect": Connected, **other})


TOY = provider(name="toy", ids=re.compile("toy-[0-9]+"))
PLACE = Place("alicloud", "", "cn-hangzhou")


def known(monkeypatch: pytest.MonkeyPatch, *providers: Provider) -> None:
    """Let the collection know only these providers."""
    monkeypatch.setattr(_options, "PROVIDERS", {each.name: each for each in providers or (provider(),)})


def connecting(given: Options, monkeypatch: pytest.MonkeyPatch) -> Callable[[Place], Any]:
    known(monkeypatch)
    return clouds(given, lambda place: lambda action, send, repeatable=True: send())


def connected(profile: str = "", /, **given: Any) -> Connection:
    """Return how the account of a profile is reached."""
    return connection(options(alicloud=given)["alicloud"], profile)


def refusal(act: Callable[[], object]) -> OptionError:
    with pytest.raises(OptionError) as caught:
        act()
    problem = caught.value.problem
    assert problem.code
    assert problem.message
    assert problem.remedy
    return caught.value


# --- instances --------------------------------------------------------------------------------------------------------


def test_an_instance_s_own_words_go_before_the_call_s() -> None:
    given = options(
        target="alinux-3",
        alicloud={"region": "cn-beijing"},
        instances=[
            {"instance_id": "i-1"},
            {"instance_id": "i-2", "region": "cn-shanghai", "profile": "shop", "target": "anolis-8"},
        ],
    )
    assert items(given) == [
        Item("i-1", "cn-beijing", "alicloud", "", "alinux-3"),
        Item("i-2", "cn-shanghai", "alicloud", "shop", "anolis-8"),
    ]


def test_modules_without_a_target_take_instances_too() -> None:
    assert items(options(INFO)) == [Item(ID, "cn-hangzhou", "alicloud")]


@pytest.mark.parametrize("again", [ID, f" {ID} "])
def test_an_instance_that_is_named_twice_is_refused_by_its_name(again: str) -> None:
    twice = options(instances=[{"instance_id": ID}, {"instance_id": "i-2"}, {"instance_id": again}])
    assert ID in str(refusal(lambda: items(twice)))


@pytest.mark.parametrize(
    "instance_id", ["i-0123456789abcdef0", "i-0123abcd", " i-0123456789abcdef0\n", "eci-0123abcd", "4711", "toy-1"]
)
def test_an_id_that_is_not_surely_a_provider_s_own_is_not_looked_for_there(
    instance_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = options(instances=[{"instance_id": instance_id, "region": "eu-west-1"}], alicloud=KEYS)
    (item,) = items(given)
    assert item.provider == ""
    remedy = refusal(lambda: connecting(given, monkeypatch)(item.place)).problem.remedy
    assert "Set provider" in remedy
    assert "alicloud" in remedy


@pytest.mark.parametrize("instance_id", [ID, "i-0123456789abcdefg", "i-0123abcg", "i-25skktcp4"])
def test_an_id_tells_its_provider(instance_id: str) -> None:
    assert items(options(instances=[{"instance_id": instance_id}]))[0].provider == "alicloud"


def test_an_id_that_two_providers_could_have_given_tells_none(monkeypatch: pytest.MonkeyPatch) -> None:
    several = {"instances": [{"instance_id": ID}, {"instance_id": "toy-1"}], "alicloud": {}, "toy": {"region": "here"}}
    known(monkeypatch, provider(), TOY)
    assert [(item.provider, item.region) for item in items(several)] == [("alicloud", ""), ("toy", "here")]
    known(monkeypatch, provider(), replace(TOY, ids=re.compile(".*")))
    assert [item.provider for item in items(several)] == ["", "toy"]


def test_a_named_provider_goes_before_what_the_id_looks_like() -> None:
    named = {"instance_id": "i-0123abcd", "provider": "alicloud"}
    assert items(options(instances=[named]))[0].provider == "alicloud"


def test_a_provider_that_is_not_supported_is_refused_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    given = options(instances=[{"instance_id": ID, "provider": "aws", "region": "eu-west-1"}], alicloud=KEYS)
    error = refusal(lambda: connecting(given, monkeypatch)(items(given)[0].place))
    assert "aws" in str(error)
    assert "alicloud" in error.problem.remedy


def test_an_instance_without_a_region_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    given = options(instances=[{"instance_id": ID}], alicloud=KEYS)
    error = refusal(lambda: connecting(given, monkeypatch)(items(given)[0].place))
    assert "region" in str(error)
    assert "alicloud.region" in error.problem.remedy


# --- credentials ------------------------------------------------------------------------------------------------------


def test_given_keys_are_used() -> None:
    made = connected(**KEYS, security_token="token")
    assert (made.access_key, made.secret_key, made.security_token) == ("LTAIgiven", "given-secret", "token")
    assert connected(**KEYS).security_token == ""


def test_no_credentials_are_refused_with_every_way_to_give_them() -> None:
    for incomplete in ({}, {"access_key": "LTAIgiven"}, {"secret_key": "given-secret"}):
        remedy = refusal(lambda: connected(**incomplete)).problem.remedy  # noqa: B023
        assert all(word in remedy for word in ("access_key", "profile", "ALIBABA_CLOUD_ACCESS_KEY_ID"))


@pytest.mark.usefixtures("profiles")
@pytest.mark.parametrize(
    ("profile", "given", "expected"),
    [
        ("", KEYS, "LTAIgiven"),
        ("", {"profile": "default"}, "LTAIdefault"),
        ("", {**KEYS, "profile": "default"}, "LTAIgiven"),
        ("", {"access_key": "LTAIgiven", "profile": "default"}, "LTAIdefault"),
        ("shop", KEYS, "STS.shop"),
        ("shop", {"profile": "default"}, "STS.shop"),
    ],
)
def test_an_instance_s_profile_goes_before_given_keys_and_they_before_the_call_s_profile(
    profile: str, given: dict[str, str], expected: str
) -> None:
    assert connected(profile, **given).access_key == expected


@pytest.mark.usefixtures("profiles")
def test_a_profile_brings_its_whole_set_of_keys() -> None:
    made = connected("shop", **KEYS, security_token="of the given keys")
    assert (made.access_key, made.secret_key, made.security_token) == ("STS.shop", "shop-secret", "shop-token")
    assert connected("default", **KEYS, security_token="of the given keys").security_token == ""


@pytest.mark.usefixtures("profiles")
@pytest.mark.parametrize("profile", ["nonesuch", "role", "empty"])
def test_a_profile_without_usable_keys_is_refused_and_the_others_are_named(profile: str) -> None:
    error = refusal(lambda: connected(profile, **KEYS))
    assert profile in str(error)
    assert "shop" in error.problem.remedy
    assert "secret" not in f"{error}{error.problem}"


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "7", "{}", '{"profiles": 1}', '{"profiles": [{}]}', '{"profiles": ["x"]}', "\xff"]
)
def test_a_profiles_file_that_cannot_be_read_is_a_problem_and_no_traceback(
    profiles: Callable[[str], None], text: str
) -> None:
    profiles(text)
    assert "config.json" in str(refusal(lambda: connected("shop")))


def test_a_profiles_file_that_is_not_there_is_a_problem_and_no_traceback() -> None:
    assert "config.json" in str(refusal(lambda: connected("shop")))


@pytest.mark.parametrize(
    ("names", "family"),
    [
        (("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN"), "new"),
        (("ALICLOUD_ACCESS_KEY", "ALICLOUD_SECRET_KEY", "ALICLOUD_SECURITY_TOKEN"), "old"),
    ],
)
def test_keys_and_region_come_from_either_family_of_variables(
    monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...], family: str
) -> None:
    for name, value in zip(names, ("key", "secret", "token"), strict=True):
        monkeypatch.setenv(name, f"{value}-{family}")
    monkeypatch.setenv("ALIBABA_CLOUD_REGION_ID" if family == "new" else "ALICLOUD_REGION", "cn-beijing")
    made = connected()
    assert (made.access_key, made.secret_key, made.security_token) == (
        f"key-{family}",
        f"secret-{family}",
        f"token-{family}",
    )
    assert items(options(instances=[{"instance_id": ID}]))[0].region == "cn-beijing"


def test_an_option_goes_before_the_variable_and_the_new_variable_before_the_old(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALICLOUD_ACCESS_KEY", "old")
    monkeypatch.setenv("ALICLOUD_SECRET_KEY", "old")
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "new")
    assert connected().access_key == "new"
    assert connected(access_key="given").access_key == "given"


def test_what_must_stay_secret_is_marked_for_ansible() -> None:
    assert {name: spec.get("no_log") for name, spec in INFO["alicloud"]["options"].items() if "no_log" in spec} == {
        "access_key": False,
        "secret_key": True,
        "security_token": True,
    }
    made = Connection("LTAIkey", "secret", "token", {})
    assert made.secrets == ("secret", "token")
    assert Connection("LTAIkey", "secret", "", {}).secrets == ("secret",)


# --- clouds -----------------------------------------------------------------------------------------------------------


def test_https_and_checked_certificates_are_the_default() -> None:
    made = connected(**KEYS)
    assert made.validate_certs is True
    assert dict(made.endpoints) == {}


def test_endpoints_are_for_all_services_or_for_one() -> None:
    made = connected(**KEYS, endpoint="https://all", endpoints={"smc": "https://smc"})
    assert dict(made.endpoints) == {"*": "https://all", "smc": "https://smc"}


def test_there_is_one_connection_per_account_and_region_and_its_caller_is_the_place_s(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known(monkeypatch)
    given = options(alicloud=KEYS)
    asked: list[Place] = []

    def caller_for(place: Place) -> Caller:
        asked.append(place)
        return lambda action, send, repeatable=True: send()

    cloud_for = clouds(given, caller_for)
    places = [PLACE, PLACE._replace(region="cn-beijing"), PLACE._replace(profile="shop")]
    found = [cloud_for(place) for place in (*places, *places)]
    assert found[:3] == found[3:]
    assert len({id(cloud) for cloud in found}) == 3
    assert asked == places
    assert all(isinstance(cloud, Connected) and cloud.options is given for cloud in found)


def test_every_thread_gets_the_same_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    together = threading.Barrier(2)

    def connect(options: Options, place: Place, call: Caller) -> Any:
        together.wait(10)
        return Connected(options, place, call)

    known(monkeypatch, provider(connect=connect))
    cloud_for = clouds(options(alicloud=KEYS), lambda place: lambda action, send, repeatable=True: send())
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(cloud_for(PLACE))) for _unused in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(found) == 2
    assert found[0] is found[1]


def test_one_account_s_missing_profile_does_not_hide_the_others() -> None:
    cloud_for = clouds(options(alicloud=KEYS), lambda place: lambda action, send, repeatable=True: send())
    refusal(lambda: cloud_for(PLACE._replace(profile="shop")))
    assert cloud_for(PLACE)


def test_the_options_need_no_provider_s_library() -> None:
    program = f"import sys; import {_options.__name__}; print([name for name in sys.modules if 'aliyunsdk' in name])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_each_provider_has_its_own_number_of_calls_per_second() -> None:
    assert requests_per_second(options(alicloud={"requests_per_second": 7}))("alicloud") == 7
    assert requests_per_second(options())("alicloud") == 20


def test_documented_limits_of_actions_are_known_with_their_source_and_what_the_user_saw_wins() -> None:
    known = rates(options())("alicloud")
    assert (known["DescribeSnapshots"].per_minute, known["DescribeSnapshots"].scope) == (1000, "region")
    assert all(rate.source for rate in known.values())
    seen = rates(options(alicloud={"rates": {"DescribeSnapshots": "2000", "RunCommand": 300}}))("alicloud")
    assert (seen["DescribeSnapshots"].per_minute, seen["RunCommand"].per_minute) == (2000, 300)
    assert seen["AttachDisk"] == known["AttachDisk"]


# --- goals, scripts, numbers ------------------------------------------------------------------------------------------


def test_the_goal_says_what_the_options_say() -> None:
    codes = {"linux": {194: "restart", 193: "power_off"}, "windows": {3010: "restart", 3009: "power_off"}}
    own = {"words": WORDS, "exit_codes": codes, "drills": frozenset({"linux"})}
    offered = {"alicloud": Offer({"smc": ("smc", "smc_watch")}, ("reset_disks",), **own)}
    assert migration_goal(options()) == Goal(offers=offered)
    given = options(
        state="committed",
        on_failure="rollback",
        rollback_to="hop",
        retry=True,
        hop_timeout=60,
        delete_smc_snapshots=True,
        smc={"import_command": {"linux": "import {activation_code}", "windows": ""}},
    )
    assert migration_goal(given) == Goal(
        state="committed",
        on_failure="rollback",
        rollback_to="hop",
        retry=True,
        hop_timeout=60,
        delete_service_points=True,
        offers={"alicloud": replace(offered["alicloud"], enrols=frozenset({"linux"}))},
    )


def test_who_watches_does_no_hop_itself() -> None:
    offer = migration_goal(options(smc={"transport": "watch"})).offer("alicloud")
    assert offer.follows
    assert offer.methods == {"smc": ("smc_watch",)}
    assert not migration_goal(options()).offer("alicloud").follows


def test_rows_may_name_the_services_of_the_providers() -> None:
    row = {"source": "rhel-9", "target": "rhel-10"}
    assert migration_goal(options(paths=[row])).paths[-1].service == "smc"
    assert "alicloud has smc" in str(refusal(lambda: migration_goal(options(paths=[{**row, "service": "ssm"}]))))


def test_modules_without_services_have_the_words_too() -> None:
    assert offers(options(INFO))["alicloud"].words == WORDS


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_provider_has_a_word_for_all_that_the_core_speaks_of(name: str) -> None:
    provider = PROVIDERS[name]
    words = provider.offer({}).words
    texts = [text for rule in RULES for text in (rule.message, rule.remedy)]
    assert [text for text in texts if re.search(r"\{\w+\}", in_words(text, words))] == []
    assert provider.any_region
    assert next(iter(provider.options)) == name


def test_an_import_command_that_is_empty_is_none() -> None:
    given = options(smc={"import_command": {"linux": "", "windows": "import {activation_code}"}})
    assert dict(transport(given["smc"]).import_commands) == {"windows": "import {activation_code}"}


def test_a_script_goes_as_it_was_given() -> None:
    given = options(COMMAND, script="  echo 1\n", timeout=5, username="app")
    made = script(given)
    assert (made.content, made.shell, made.timeout, made.username, made.working_directory) == (
        "  echo 1\n",
        "sh",
        5,
        "app",
        "",
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_running", 0),
        ("poll_interval", 0),
        ("poll_interval", -1.5),
        ("hop_timeout", 0),
        ("timeout", -1),
        ("progress_interval", 0),
        ("alicloud", {"requests_per_second": 0}),
        ("alicloud", {"rates": {"RunCommand": 0}}),
        ("alicloud", {"rates": {"RunCommand": "many"}}),
        ("alicloud", {"timeout": 0}),
    ],
)
def test_a_number_that_makes_no_sense_is_refused_by_its_name(name: str, value: Any) -> None:
    named = next(iter(value)) if isinstance(value, dict) else name
    assert named in str(refusal(lambda: check_numbers(options(**{name: value}))))


@pytest.mark.parametrize("spec", [INFO, COMMAND, PRECHECK, SNAPSHOT, MIGRATION])
def test_the_defaults_make_sense(spec: Mapping[str, Any]) -> None:
    given = {"script": "true"} if spec is COMMAND else {}
    check_numbers(options(spec, **given))


# --- documentation ----------------------------------------------------------------------------------------------------


def described(spec: Mapping[str, Any], key: str) -> dict[str, Any]:
    """The names, types and defaults of options and of theirs."""
    return {
        name: (option.get("type", "str"), option.get("default"), described(option.get(key) or {}, key))
        for name, option in spec.items()
    }


@pytest.mark.parametrize(
    ("module", "spec", "fragments"),
    [
        (instance_info, INFO, [Instances.DOCUMENTATION]),
        (guest_command, COMMAND, [Instances.DOCUMENTATION]),
        (precheck_info, PRECHECK, [Instances.PLANNED, Planning.DOCUMENTATION]),
        (instance_snapshot, SNAPSHOT, [Instances.KEPT, Progress.DOCUMENTATION]),
        (instance_sweep, SWEEP, [Instances.DOCUMENTATION, Progress.DOCUMENTATION]),
        (os_migration, MIGRATION, [Instances.TARGETED, Planning.DOCUMENTATION, Progress.DOCUMENTATION]),
        (stack, STACK, []),
        (stack_info, STACK_INFO, []),
    ],
)
def test_every_option_is_documented_as_it_is(module: Any, spec: Mapping[str, Any], fragments: list[str]) -> None:
    clouds = [together(PROVIDERS.values()), *([several(PROVIDERS.values())] if "connections" in spec else [])]
    texts = (*clouds, *fragments, module.DOCUMENTATION)
    documented = {name: option for text in texts for name, option in yaml.safe_load(text).get("options", {}).items()}
    assert described(documented, "suboptions") == described(spec, "options")


def test_providers_are_documented_together_also_one_that_says_nothing_of_itself() -> None:
    found = yaml.safe_load(together([*PROVIDERS.values(), replace(TOY, title="the toy")]))
    assert {name: option["type"] for name, option in found["options"].items()} == {"alicloud": "dict", "toy": "dict"}
    assert "the toy" in found["options"]["toy"]["description"]
    assert found["requirements"]
