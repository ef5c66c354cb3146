# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet page: one harmless file that needs nothing beside itself, and works in a real browser."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from string import Template
from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.contents import WORDS as FACTS
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.proof import VERDICTS
from ansible_collections.evergreen.os_migration.plugins.module_utils._report import charts, page
from ansible_collections.evergreen.os_migration.plugins.module_utils._report.document import build
from browser import devtools
from browser.reports import TODAY, fleet_report, result
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[2]
REPORT = ROOT / "report"
PARTS = {name: (REPORT / name).read_text("utf-8") for name in ("page.html", "page.css", "page.js")}
WORDS = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted((REPORT / "words").glob("*.json"))}
HOSTILE = "</script></style><img src=x onerror=alert(1)>\"'&amp;{date}${title}\u2028"
LOADING_ELEMENTS = {"img", "link", "iframe", "object", "embed", "base", "video", "audio", "source"}

Json = dict[str, Any]


class Elements(HTMLParser):
    """The elements of a page, and the texts of those that hold data, style and script."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self._inside = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self._inside = dict(attrs).get("id") or tag

    def handle_data(self, data: str) -> None:
        self.texts[self._inside] = self.texts.get(self._inside, "") + data

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""


def shown(report: Json, language: str = "en") -> str:
    return page.render(report, WORDS[language], PARTS)


def embedded(text: str) -> Json:
    data: Json = json.loads(Elements(text).texts["data"])
    return data


def unpacked(data: Json) -> list[Json]:
    """The instances as the page's script reads them."""

    def told(columns: list[str], places: list[int]) -> Json:
        return {name: data["pool"][place] for name, place in zip(columns, places, strict=True)}

    def attempt(row: list[Any]) -> Json:
        count = len(data["attempt_columns"])
        lists = zip(data["attempt_lists"].items(), row[count:], strict=True)
        shown = {name: [told(columns, each) for each in rows] for (name, columns), rows in lists}
        return {**told(data["attempt_columns"], row[:count]), **shown}

    return [
        {
            **told(data["columns"][:-2], row[:-2]),
            "findings": [told(data["finding_columns"], found) for found in row[-2]],
            "attempts": [attempt(each) for each in row[-1]],
        }
        for row in data["rows"]
    ]


def without_changed(instance: Json) -> Json:
    """An instance as the table has it: that a run changed something is left out, its end tells that."""
    attempts = [
        {**each, "runs": [{name: run[name] for name in run if name != "changed"} for run in each["runs"]]}
        for each in instance["attempts"]
    ]
    return {**instance, "attempts": attempts}


def with_texts(value: Any, text: str, kept: tuple[str, ...] = ()) -> Any:
    """The same data with every free text replaced."""
    if isinstance(value, dict):
        return {name: each if name in kept else with_texts(each, text, kept) for name, each in value.items()}
    if isinstance(value, list):
        return [with_texts(each, text, kept) for each in value]
    return text if isinstance(value, str) else value


def hostile_report() -> Json:
    """A report on twelve instances in which every text that somebody else has written attacks the page."""
    structure = ("date", "previous_date", "ends", "severity", "os", "state")
    return {**with_texts(fleet_report(12, WORDS["en"]), HOSTILE, structure), "date": "2026-11-22"}


@pytest.fixture(scope="module")
def small() -> Json:
    return fleet_report(12, WORDS["en"])


# --- the file --------------------------------------------------------------------------------------------------------


def test_ten_thousand_instances_fit_into_six_megabytes() -> None:
    assert len(shown(fleet_report(10_000, WORDS["ja"]), "ja").encode()) < 6_000_000


def test_the_table_has_every_value_of_the_report(small: Json) -> None:
    assert unpacked(embedded(shown(small))) == [without_changed(each) for each in small["instances"]]
    assert any(each["attempts"] for each in small["instances"])


def test_nothing_is_loaded_from_anywhere(small: Json) -> None:
    elements = Elements(shown(small))
    assert not LOADING_ELEMENTS & {tag for tag, _attributes in elements.found}
    assert not any("src" in attributes for _tag, attributes in elements.found)
    assert {attributes["href"] for _tag, attributes in elements.found if "href" in attributes} == {"#instances"}
    assert not re.search(r"url\(|@import|@font-face", PARTS["page.css"])
    assert not re.search(r"fetch\(|XMLHttpRequest|import\(|WebSocket|innerHTML|eval\(", PARTS["page.js"])


def test_the_policy_permits_only_the_page_s_own_style_and_script(small: Json) -> None:
    elements = Elements(shown(small))
    policy = next(attributes["content"] for _tag, attributes in elements.found if "http-equiv" in attributes)
    hashes = {name: b64encode(sha256(elements.texts[name].encode()).digest()).decode() for name in ("style", "script")}
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{hashes['style']}'; script-src 'sha256-{hashes['script']}'; "
        "base-uri 'none'; form-action 'none'"
    )


def test_texts_cannot_become_markup(small: Json) -> None:
    harmless, attacked = Elements(shown(small)), Elements(shown(hostile_report()))
    assert {tag for tag, _attributes in attacked.found} <= {tag for tag, _attributes in harmless.found}
    assert not any(name.startswith("on") for _tag, attributes in attacked.found for name in attributes)
    assert unpacked(json.loads(attacked.texts["data"]))[0]["name"] == HOSTILE


@given(st.text())
def test_any_text_survives(text: str) -> None:
    entry = {**result(1, changed=False), "name": text or "x"}
    assert unpacked(embedded(shown(build([entry], TODAY))))[0]["name"] == (text or "x")


def test_half_a_surrogate_pair_does_not_keep_the_page_from_being_written() -> None:
    entry = {**result(1, changed=False), "name": "web\ud83d"}
    assert "web?" in shown(build([entry], TODAY)).encode().decode()


def test_a_fleet_without_instances_has_a_page() -> None:
    assert unpacked(embedded(shown(build([], TODAY)))) == []


def test_a_state_without_a_word_is_shown_as_it_is() -> None:
    entry = {**result(1, changed=False), "state": "sleeping"}
    assert "sleeping" in charts.shares(build([entry], TODAY), flat_words("en"))


def test_there_is_no_comparison_without_an_earlier_report(small: Json) -> None:
    title = WORDS["en"]["page"]["comparison_title"].format(date="2026-10-01")
    assert title in shown(small)
    assert title not in shown({**small, "comparison": None})


def test_a_waiver_is_shown_once_with_all_its_instances() -> None:
    waiver = {"reason": "Tested", "owner": "Ops", "expires": "2027-01-01"}
    found = {"id": "linux.selinux", "severity": "warning", "evidence": "", "waiver": waiver}
    entries = [{**result(number, changed=False), "name": f"host-{number}", "findings": [found]} for number in (1, 2)]
    table = charts.waivers(build(entries, TODAY), flat_words("en"))
    assert table.count("Tested") == 1
    assert "host-1, host-2" in table


# --- words -----------------------------------------------------------------------------------------------------------


def flat_words(language: str) -> dict[str, str]:
    return {name.replace(".", "_"): text for name, text in WORDS[language]["words"].items()} | WORDS[language]["page"]


def used_words() -> set[str]:
    """The words that the page's parts name in full."""
    python = Path(charts.__file__ or "").read_text("utf-8")
    own_marks = {*page._SECTIONS, "date", "headline", "policy", "style", "script", "data"}
    return (
        (set(Template(PARTS["page.html"]).get_identifiers()) - own_marks)
        | set(re.findall(r"words\.([a-z_]+)", PARTS["page.js"]))
        | set(re.findall(r'words\["([a-z_]+)"\]', python))
    )


@pytest.mark.parametrize("language", WORDS)
def test_every_word_of_the_page_is_there(language: str) -> None:
    assert used_words() <= set(flat_words(language))


@pytest.mark.parametrize("language", WORDS)
def test_no_word_of_the_page_is_there_for_nothing(language: str) -> None:
    sources = "".join([*PARTS.values(), *(Path(part.__file__ or "").read_text("utf-8") for part in (charts, page))])
    columns = {f"column_{name}" for name in ("hops", "os", "plan", "state")}
    changes = {name for name in WORDS["en"]["page"] if name.startswith("comparison_")}
    shares = {"support_title", "state_title"}
    proofs = {f"proof_{name}" for name in FACTS.values()} | {f"verdict_{name}" for name in VERDICTS}
    assert [
        name
        for name in WORDS[language]["page"]
        if not re.search(rf"\b{name}\b", sources) and name not in columns | changes | shares | proofs
    ] == []


@pytest.mark.parametrize("language", WORDS)
def test_words_take_the_same_values_in_every_language(language: str) -> None:
    def taken(words: Json) -> dict[str, list[str]]:
        return {name: sorted(re.findall(r"\{(\w+)\}", text)) for name, text in words.items()}

    assert taken(WORDS[language]["page"]) == taken(WORDS["en"]["page"])


# --- in a browser ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[devtools.Page]:
    if devtools.executable() is None:
        pytest.skip(f"no browser is installed: none of {', '.join(devtools.NAMES)} is on the PATH")
    with devtools.browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture
def saved(tmp_path: Path) -> Callable[[Json, str], Path]:
    def save(report: Json, language: str) -> Path:
        path = tmp_path / f"fleet.{language}.html"
        path.write_text(shown(report, language), "utf-8")
        return path

    return save


Saved = Callable[[Json, str], Path]
NAMES_SHOWN = "[...document.querySelectorAll('#table .toggle')].map(each => each.textContent)"
COLUMN_SHOWN = "[...document.querySelectorAll('#table tbody .column-{}')].map(each => each.textContent)"
FILTER = "form = document.forms[0]; form.elements.{0}.value = {1}; form.dispatchEvent(new Event('input'))"
#: Texts whose contrast with what is behind them is below 4.5 to 1; colours are read as their browser blends them.
FAINT = """
(() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgb = (color, behind) => {
    canvas.fillStyle = behind; canvas.fillRect(0, 0, 1, 1);
    canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data.slice(0, 3)];
  };
  const css = (color) => `rgb(${color})`;
  const behind = (element) => element
    ? css(rgb(getComputedStyle(element).backgroundColor, behind(element.parentElement))) : "white";
  const light = (color) => color.map((part) => part / 255)
    .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
  const ownText = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  return [...document.querySelectorAll("body *:not(script):not(:disabled)")]
    .filter((element) => element.checkVisibility() && ownText(element))
    .filter((element) => {
      const ground = behind(element);
      const style = getComputedStyle(element);
      const ink = rgb(element.closest("svg") ? style.fill : style.color, ground);
      const [high, low] = [light(ink), light(rgb(ground, "white"))].sort((left, right) => right - left);
      return (high + 0.05) / (low + 0.05) < 4.5;
    })
    .map((element) => element.outerHTML.slice(0, 200));
})()
"""


def test_every_instance_has_a_row(tab: devtools.Page, saved: Saved, small: Json) -> None:
    tab.open(saved(small, "en"))
    assert tab.run(NAMES_SHOWN) == [each["name"] for each in small["instances"]]
    assert tab.complaints == []


def test_a_large_fleet_is_shown_by_the_page(tab: devtools.Page, saved: Saved) -> None:
    report = fleet_report(2_000, WORDS["zh"])
    tab.open(saved(report, "zh"))
    tab.run("document.querySelector('#pages [value=\"1\"]').click()")
    assert tab.run(NAMES_SHOWN) == [each["name"] for each in report["instances"][100:200]]


def test_a_column_s_head_sorts_by_it_and_back(tab: devtools.Page, saved: Saved) -> None:
    report = fleet_report(300, WORDS["en"])
    tab.open(saved(report, "en"))
    head = "document.querySelector('th.column-snapshot_gib')"
    sizes = sorted(f"{each['snapshot_gib']:,}" for each in report["instances"])
    for direction, reverse in (("ascending", False), ("descending", True)):
        tab.run(f"{head}.firstChild.click()")
        assert tab.run(f"{head}.getAttribute('aria-sort')") == direction
        ordered = sorted(sizes, key=lambda text: int(text.replace(",", "")), reverse=reverse)
        assert tab.run(COLUMN_SHOWN.format("snapshot_gib")) == ordered[:100]


@pytest.mark.parametrize("field", ["state", "os"])
def test_a_choice_shows_only_what_matches(tab: devtools.Page, saved: Saved, small: Json, field: str) -> None:
    tab.open(saved(small, "en"))
    wanted = small["instances"][0][field]
    tab.run(FILTER.format(field, json.dumps(wanted)))
    assert tab.run(NAMES_SHOWN) == [each["name"] for each in small["instances"] if each[field] == wanted]


def test_a_search_finds_names_and_evidence(tab: devtools.Page, saved: Saved, small: Json) -> None:
    tab.open(saved(small, "en"))
    tab.run(FILTER.format("text", json.dumps("SHOP.example 00003")))
    assert tab.run(NAMES_SHOWN) == [small["instances"][3]["name"]]
    evidence = next(found["evidence"] for each in small["instances"] for found in each["findings"])
    tab.run(FILTER.format("text", json.dumps(evidence)))
    assert tab.run(NAMES_SHOWN)


def test_a_chart_leads_to_its_instances(tab: devtools.Page, saved: Saved, small: Json) -> None:
    tab.open(saved(small, "en"))
    blocker = small["blockers"][0]
    link = f"document.querySelector('[data-filter=finding][data-value=\"{blocker['id']}\"]')"
    tab.run(f"{link}.click(); new Promise(setTimeout)")
    assert len(tab.run(NAMES_SHOWN)) == blocker["count"]


def test_a_row_unfolds_its_findings_with_their_remedies(tab: devtools.Page, saved: Saved, small: Json) -> None:
    tab.open(saved(small, "en"))
    place, instance = next((at, each) for at, each in enumerate(small["instances"]) if each["findings"])
    toggle = f"document.querySelectorAll('.toggle')[{place}]"
    tab.run(f"{toggle}.click()")
    details = tab.run("document.querySelector('.details').textContent")
    for found in instance["findings"]:
        assert found["evidence"] in details
        assert small["findings"][found["id"]]["remedy"] in details
    tab.run(f"{toggle}.click()")
    assert tab.run("document.querySelector('.details')") is None


def test_a_row_unfolds_its_attempts_the_last_one_open_and_those_before_folded(
    tab: devtools.Page, saved: Saved, small: Json
) -> None:
    tab.open(saved(small, "en"))
    place, instance = next((at, each) for at, each in enumerate(small["instances"]) if len(each["attempts"]) > 1)
    assert tab.run("document.querySelectorAll('.attempt').length") == 0
    tab.run(f"document.querySelectorAll('.toggle')[{place}].click()")
    shown_of = "[...document.querySelectorAll('.attempt')].map(each => [each.textContent, each.open])"
    (last, is_open), (first, first_is_open) = tab.run(shown_of)
    assert (is_open, first_is_open) == (True, False)
    assert last.startswith("Attempt 2 Migrated")
    assert "Attempt 1" in first
    for text, attempt in ((first, instance["attempts"][0]), (last, instance["attempts"][1])):
        for value in (*(event["event"] for event in attempt["timeline"]), *(work["id"] for work in attempt["works"])):
            assert value in text
        assert attempt["runs"][0]["who"] in text
    assert "MigrationFailed: It broke." in first
    tab.run("document.querySelectorAll('.attempt summary')[1].click()")
    assert [opened for _text, opened in tab.run(shown_of)] == [True, True]


def test_how_the_last_attempt_ended_is_told_in_the_row_where_the_assessment_says_something_else(
    tab: devtools.Page, saved: Saved, small: Json
) -> None:
    tab.open(saved(small, "en"))
    column = tab.run(COLUMN_SHOWN.format("state"))
    for instance, text in zip(small["instances"], column, strict=True):
        last = instance["attempts"][-1:]
        differs = bool(last) and last[0]["state"] != instance["state"]
        assert ("Attempt" in text) == differs


def test_paper_gets_every_row_that_matches(tab: devtools.Page, saved: Saved) -> None:
    tab.open(saved(fleet_report(300, WORDS["en"]), "en"))
    tab.run("dispatchEvent(new Event('beforeprint'))")
    assert len(tab.run(NAMES_SHOWN)) == 300
    tab.run("dispatchEvent(new Event('afterprint'))")
    assert len(tab.run(NAMES_SHOWN)) == 100


@pytest.mark.parametrize("width", [360, 390, 900, 1200])
@pytest.mark.parametrize("language", WORDS)
def test_nothing_is_wider_than_the_window(tab: devtools.Page, saved: Saved, language: str, width: int) -> None:
    tab.open(saved(fleet_report(60, WORDS[language]), language), width, 844)
    tab.run("document.querySelectorAll('details').forEach(each => { each.open = true })")
    tab.run("document.getElementById('all-details').click()")
    assert tab.run("document.documentElement.scrollWidth") <= width
    beyond = "each => each.getBoundingClientRect().right > innerWidth + 1"
    elements = f"[...document.querySelectorAll('main *')].filter({beyond})"
    assert tab.run(f"{elements}.map(each => each.outerHTML.slice(0, 200))") == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_text_has_enough_contrast(tab: devtools.Page, saved: Saved, dark: bool) -> None:
    tab.open(saved(fleet_report(40, WORDS["en"]), "en"), dark=dark)
    tab.run("document.getElementById('all-details').click()")
    assert tab.run(FAINT) == []


def test_the_theme_can_be_switched(tab: devtools.Page, saved: Saved, small: Json) -> None:
    tab.open(saved(small, "en"))
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    before = tab.run(ground)
    tab.run("document.getElementById('theme').click()")
    assert tab.run(ground) != before
    tab.run("document.getElementById('theme').click()")
    assert tab.run(ground) == before


def test_hostile_texts_stay_texts(tab: devtools.Page, saved: Saved) -> None:
    tab.open(saved(hostile_report(), "en"))
    tab.run("document.getElementById('all-details').click()")
    assert tab.run("document.images.length") == 0
    assert tab.run(NAMES_SHOWN) == [HOSTILE] * 12
    assert tab.complaints == []
