"""Every page in Streamlit's AppTest: it opens, follows its link and its controls, and answers what it cannot use."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from sim.loading import load
from sim.report.shown import memory as ledger
from sim.report.texts import tr
from sim.scenario import Choice, Scenario, Text
from tests.dashboard.apptest import (
    PATHS,
    ROOT,
    SCENARIOS,
    charts,
    click,
    drawings,
    error,
    opened,
    pictured,
    texts,
    title,
)

pytestmark = pytest.mark.usefixtures("runs_once")


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("path", PATHS)
def test_every_page_opens_in_both_languages(path: str, lang: str) -> None:
    at = opened(path, lang=lang)
    assert not at.exception
    assert not at.error
    assert any("\u3040" <= letter <= "\u30ff" for letter in title(at)) == (lang == "ja")


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_shows_a_finding_a_figure_and_its_claims(name: str) -> None:
    at = opened("scenarios", scenario=name, show="1")
    assert not at.exception
    assert not at.error
    question = opened("scenarios", scenario=name)
    assert title(question) != title(at)
    assert pictured(at) or any("<table" in element.proto.body for element in at.get("html"))
    [claims] = [key for key in at.session_state._state.filtered_state if key.endswith(":expectations")]
    at.session_state[claims] = True
    at.run()
    assert texts(at).count("✓ held") == len(load(ROOT / "scenarios" / f"{name}.yaml").expect)


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_the_course_page_has_a_card_for_each_lesson_in_order_and_the_plan_of_a_class(lang: str) -> None:
    from sim.catalog.tables.course import blocks, chapters

    at = opened("course", lang=lang)
    links = [element.proto for element in at.get("page_link")]
    named = [lesson.id for chapter in chapters() for lesson in chapter.lessons if lesson.id in SCENARIOS]
    numbers = [int(link.label.partition(" ")[0]) for link in links]
    assert numbers == list(range(1, len(SCENARIOS) + 1))
    opens = [re.search("scenario=([a-z-]+)", link.query_string) for link in links]
    assert [found[1] if found else link.page for found, link in zip(opens, links, strict=True)] == named
    assert all(("lang=ja" in link.query_string) == (lang == "ja") for link in links)
    table = next(element.value for element in at.markdown if element.value.startswith("| ") and "|---" in element.value)
    assert len(table.splitlines()) == 2 + len(blocks())
    assert at.get("download_button")


def test_a_page_asks_before_the_run_and_finds_after_it() -> None:
    at = opened("taxonomy")
    assert title(at).endswith("?")
    assert at.button(key="taxonomy:run").disabled
    for label in ("docker", "firecracker", "lxc", "kvm", "esxi", "virtualbox"):
        at.pills(key="taxonomy:predict").select(label).run()
    click(at, "taxonomy:run")
    assert not title(at).endswith("?")
    assert "of 6 correctly" in texts(at)
    click(at, "taxonomy:again")
    assert title(at).endswith("?")


def test_lanes_are_empty_until_the_run() -> None:
    def numbers(at: AppTest) -> int:
        return sum(json.dumps(spec).count("totalSeconds") + len(spec["layer"]) for spec in charts(at))

    assert numbers(opened("taxonomy")) < numbers(opened("taxonomy", show="1"))


def test_the_right_answer_of_a_quiz_is_told_from_the_wrong_one() -> None:
    at = opened("taxonomy", show="1")
    quiz = at.radio(key="taxonomy:quiz:0")
    verdicts = {}
    for option in range(len(quiz.options)):
        at.radio(key="taxonomy:quiz:0").set_value(option).run()
        verdicts[option] = (len(at.success), len(at.warning))
    assert sorted(verdicts.values()) == [(0, 1)] * (len(verdicts) - 1) + [(1, 0)]


def test_a_wrong_answer_rings_its_place_in_the_figure_until_it_is_right() -> None:
    at = opened("taxonomy", show="1")
    look, here = tr("figure.ring.look", "en", place="QEMU/KVM · user space"), tr("figure.ring.here", "en")
    assert here not in str(charts(at))
    at.radio(key="taxonomy:quiz:0").set_value(1).run()
    assert here in str(charts(at))
    assert look in at.warning[0].value
    at.radio(key="taxonomy:quiz:0").set_value(2).run()
    assert here not in str(charts(at))
    assert look not in str(at.success[0].value)


def test_the_figure_turns_to_what_a_ring_is_in() -> None:
    at = opened("scenarios", scenario="compose", show="1")
    assert at.selectbox(key="compose:compose:of").value == "written"
    at.radio(key="compose:quiz:1").set_value(0).run()
    assert not at.exception
    assert at.selectbox(key="compose:compose:of").value == "restarting"
    assert at.query_params["of"] == "restarting"
    assert tr("figure.ring.here", "en") in str(charts(at))


def test_a_link_with_an_answer_shows_what_was_chosen_of_the_figure_after_it() -> None:
    def drawn(**link: Any) -> AppTest:
        return opened("scenarios", scenario="compose", show="1", of="machines", **link)

    assert drawn(quiz=",1").selectbox(key="compose:compose:of").value == "machines"
    at = drawn()
    at.radio(key="compose:quiz:1").set_value(0).run()
    assert at.selectbox(key="compose:compose:of").value == "restarting", "a reader's own answer turns it"


def test_a_control_changes_the_run_and_the_link() -> None:
    at = opened("taxonomy", show="1")
    before = charts(at)
    at.number_input(key="taxonomy:instances").set_value(8).run()
    assert not at.exception
    assert at.query_params["instances"] == "8"
    assert charts(at) != before
    click(at, "taxonomy:reset")
    assert "instances" not in at.query_params
    assert charts(at)[0] == before[0]


def test_a_link_sets_a_control() -> None:
    at = opened("taxonomy", show="1", instances="8", page_cache="cold")
    assert at.number_input(key="taxonomy:instances").value == 8
    assert "8" in texts(at).partition("changed:")[2].partition("\n")[0]


def test_inside_a_lecture_the_link_alone_sets_the_conditions() -> None:
    plain, many = (charts(opened("taxonomy", embed=True, show="1", **link)) for link in ({}, {"instances": "8"}))
    assert plain != many


def test_inside_a_lecture_a_value_that_cannot_be_used_is_answered() -> None:
    at = opened("taxonomy", embed=True, show="1", instances="-3")
    assert not at.exception
    assert "-3" in error(at)


def test_inside_a_lecture_there_is_no_text_column_and_one_line_of_provenance() -> None:
    at = opened("taxonomy", embed=True, show="1")
    assert not at.expander
    assert not at.radio
    assert "seed 1" in at.caption[-1].value


def test_a_scenario_that_is_not_there_is_named_with_those_that_are() -> None:
    at = opened("scenarios", scenario="boot-strom")
    assert not at.exception
    assert "boot-strom" in error(at)
    assert "taxonomy" in error(at)


def test_the_language_button_keeps_the_page_and_is_in_the_link() -> None:
    at = opened("taxonomy", show="1")
    click(at, "language")
    assert at.query_params["lang"] == "ja"
    assert "マイクロVM" in title(at)
    click(at, "language")
    assert "lang" not in at.query_params


@pytest.mark.parametrize(
    ("locale", "link", "lang", "written"),
    [
        ("ja-JP", {}, "ja", "ja"),
        ("ja", {}, "ja", "ja"),
        ("ja-JP", {"lang": "en"}, "en", "en"),
        ("de-DE", {}, "en", ""),
        ("de-DE", {"lang": "ja"}, "ja", "ja"),
        ("ja-JP", {"model": "0.1.0"}, "en", "en"),  # "Share" wrote it, of a page in English
        ("ja-JP", {"embed": True}, "en", "en"),  # a slide's frame has its author's language
    ],
)
def test_a_link_without_a_language_is_in_the_one_that_the_browser_asks_for(
    locale: str, link: dict[str, Any], lang: str, written: str
) -> None:
    at = opened("taxonomy", locale=locale, **link)
    assert any("\u3040" <= letter <= "\u30ff" for letter in title(at)) == (lang == "ja")
    assert at.query_params.get("lang", "") == written


def test_a_reader_of_a_japanese_browser_may_choose_english_and_keeps_it_on_a_reload() -> None:
    at = opened("taxonomy", locale="ja-JP")
    click(at, "language")
    assert at.query_params["lang"] == "en"
    again = opened("taxonomy", locale="ja-JP", lang="en")
    assert title(again) == title(opened("taxonomy"))


def test_links_to_other_lessons_keep_english_where_the_browser_asks_for_japanese() -> None:
    for locale, kept in (("ja-JP", True), ("en-GB", False)):
        (grid, *_) = (one.proto.body for one in opened("comparison", locale=locale, lang="en").get("html"))
        assert ("lang=en" in grid) == kept


def test_size_is_kept_between_a_smallest_and_a_largest() -> None:
    for asked, used in (("1.25", "1.25"), ("99", "2.0"), ("0", "0.8"), ("nan", "1.0"), ("big", "1.0")):
        at = opened(size=asked)
        assert not at.exception
        assert f"calc({used} *" in at.get("html")[0].proto.body


def test_figures_take_the_theme_of_the_reader() -> None:
    light, dark = (json.dumps(charts(opened("taxonomy", show="1", dark=theme))) for theme in (False, True))
    assert "#15181D" in light
    assert "#ECEDEF" in dark
    assert "#15181D" not in dark


def test_a_value_that_cannot_be_used_is_answered_and_the_last_run_stays() -> None:
    at = opened("density", show="1")
    before = pictured(at)
    at.text_input(key="density:overcommit").set_value("lots").run()
    assert not at.exception
    assert "lots" in error(at)
    assert "last valid run" in texts(at)
    assert pictured(at) == before
    at.text_input(key="density:overcommit").set_value("1.5").run()
    assert not at.error
    assert pictured(at) != before


def test_a_link_with_a_value_that_cannot_be_used_still_shows_a_figure() -> None:
    default = pictured(opened("density", show="1"))
    for embed in (False, True):
        at = opened("density", show="1", overcommit="lots", embed=embed)
        assert "lots" in error(at)
        assert "The default is shown instead" in error(at)
        assert "last valid run" not in texts(at)
        assert embed or pictured(at) == default
    at.run()
    assert "The default is shown instead" in error(at)


def test_a_value_of_a_link_that_is_none_of_the_choices_names_the_default_it_is_replaced_by() -> None:
    at = opened("density", show="1", host="laptp")
    assert at.error[0].proto.title == "This value of the link cannot be used"
    assert "'laptp'" in error(at)
    assert "The default is shown instead: Server: 32 cores, 64 GiB." in error(at)
    said = error(opened("density", show="1", host="laptp", lang="ja"))
    assert "既定値を表示しています：サーバー（32コア、64 GiB）" in said


def ledger_lesson(**predict: Any) -> Scenario:
    shipped = load(ROOT / "scenarios" / "memory-ledger.yaml")
    assert shipped.lesson is not None
    prediction = replace(shipped.lesson.predict, **({"choices": ()} | predict))
    return replace(shipped, lesson=replace(shipped.lesson, predict=prediction))


def test_the_ledger_opens_on_the_ruler_that_its_lesson_asks_about() -> None:
    assert ledger.asked(ledger_lesson(guess="vm.physical_total.value")) == "physical"
    assert ledger.asked(ledger_lesson(guess="container.marginal.value")) == "physical"
    assert ledger.asked(ledger_lesson(rank="configured_total.value")) == "configured"
    assert ledger.asked(load(ROOT / "scenarios" / "memory-ledger.yaml")) == "rss"
    both = "vm.pss_total.value < vm.physical_total.value"
    choice = Choice(text=Text(en="a", ja="b"), holds=both)
    assert ledger.asked(ledger_lesson(choices=(choice, choice))) == "rss"
    assert ledger.asked(replace(ledger_lesson(), lesson=None)) == "rss"


def test_a_comparisons_names_are_those_of_the_scenario_in_the_readers_language() -> None:
    for lang, name in (("en", "Next version"), ("ja", "次のバージョン")):
        at = opened("scenarios", scenario="registry", show="1", lang=lang)
        assert name in json.dumps(charts(at), ensure_ascii=False)
        assert "next app" not in json.dumps(charts(at))
        assert name in at.selectbox(key="registry:distribution:of").options
        assert "next_app" not in at.selectbox(key="registry:distribution:of").options
    at = opened("scenarios", scenario="overcommit", show="1", lang="ja")
    assert any(control.label.startswith("Docker、上限あり") for control in at.text_input)


def test_inside_a_lecture_figures_are_lower() -> None:
    link = {"scenario": "instruction-order", "show": "1"}
    tall, low = (charts(opened("scenarios", embed=embed, **link))[0]["height"] for embed in (False, True))
    assert low["step"] < tall["step"]
    for path in ("memory-ledger", "density"):
        shapes = []
        for embed in (False, True):
            svg = drawings(opened(path, show="1", embed=embed))[0]
            width, height = map(float, re.findall(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)[0])
            shapes.append(height / width)
        assert shapes[1] < shapes[0], path  # that they fit a frame is measured in the browser


def test_every_constraint_is_shown_when_asked_for() -> None:
    near, every = (json.dumps(charts(opened("density", show="1", **link))) for link in ({}, {"every": "true"}))
    assert len(near) < len(every)


def test_the_ruler_of_the_ledger_is_a_word_of_the_link_in_both_languages() -> None:
    for lang in ("en", "ja"):
        at = opened("memory-ledger", show="1", ruler="pss", lang=lang)
        assert at.segmented_control(key="memory-ledger:memory:ruler").value == "pss"
        assert at.query_params["ruler"] == "pss"
        assert drawings(at) != drawings(opened("memory-ledger", show="1", lang=lang))


@pytest.mark.parametrize(
    ("link", "found"),
    [
        ({}, "Editing requirements.txt re-runs 5 of 11 steps"),
        ({"how": "touch"}, "content, not at time stamps"),
        ({"how": "mode"}, "A chmod of requirements.txt re-runs 5 of 11 steps"),
        ({"file": "README.md"}, "Nothing re-runs"),
        ({"file": "none"}, "Nothing is edited yet"),
        ({"file": "src/app.py"}, "Editing app.py re-runs 3 of 11 steps"),
        ({"file": "web/index.js"}, "Editing index.js re-runs 2 to 3 of 11 steps"),
    ],
)
def test_the_lab_finds_what_an_edit_costs(link: dict[str, str], found: str) -> None:
    at = opened("layers", show="1", **link)
    assert not at.exception
    assert found in title(at)


def test_an_edit_that_was_built_is_known_when_it_comes_back() -> None:
    at = opened("layers", show="1")
    click(at, "lab:keep")
    assert "Nothing re-runs" in title(at)
    at.selectbox(key="lab:file").set_value("requirements.txt").run()
    at.segmented_control(key="lab:how").set_value("content").run()
    assert at.text_area[0].value == "flask\ngunicorn\n"
    assert "remembers every build" in title(at)
    click(at, "lab:undo")
    click(at, "lab:undo")
    click(at, "lab:undo")
    assert "re-runs 5 of 11" in title(at)


def test_reset_goes_back_to_the_lesson_s_own_edit() -> None:
    at = opened("layers", show="1", file="src/app.py", how="touch")
    click(at, "lab:reset")
    assert "Editing requirements.txt" in title(at)
    assert "file" not in at.query_params


def test_a_builder_of_the_link_is_used() -> None:
    at = opened("layers", show="1", builder="legacy")
    assert not at.exception
    assert at.selectbox(key="lab:builder").value == "legacy"


def test_a_file_that_a_step_needs_is_missed_when_deleted() -> None:
    at = opened("layers", show="1", how="delete")
    assert not at.exception
    assert "requirements.txt" in error(at)


def test_what_the_first_page_says_of_its_scenarios_is_what_they_hold() -> None:
    said = texts(opened())
    ledger, race = (load(ROOT / "scenarios" / f"{name}.yaml") for name in ("memory-ledger", "taxonomy"))
    instances = ledger.document["instances"]
    assert f"{instances} equal instances, 4 rulers" in said
    assert f"{len(race.document['compare'])} technologies, from VMware ESXi 6 to Docker" in said
    assert f"**{len(SCENARIOS)} scenarios**" in said


def test_a_ruler_s_note_is_not_said_beside_an_explanation_of_the_same() -> None:
    assert "Resident set size" not in texts(opened("memory-ledger", show="1"))
    assert "Proportional set size" in texts(opened("memory-ledger", show="1", ruler="pss"))


def test_one_replication_is_not_counted() -> None:
    assert "replication" not in texts(opened("memory-ledger", show="1"))
    assert "20 replications" in texts(opened("taxonomy", show="1"))


@pytest.mark.parametrize(("lang", "heading"), [("en", "The first 500\u202fms"), ("ja", "最初の500\u202fミリ秒")])
def test_the_lens_is_named_by_a_round_number(lang: str, heading: str) -> None:
    at = opened("taxonomy", show="1", lang=lang)
    assert any(heading in element.proto.body for element in at.get("html"))
    slow = opened("taxonomy", show="1", lang=lang, image="pull")
    assert not slow.exception
    named = [element.proto.body for element in slow.get("html") if re.search("enlarged|拡大", element.proto.body)]
    assert not [body for body in named if re.search(r"\d\.0\u202f", body)]


@pytest.mark.parametrize(
    ("context", "file"),
    [
        ("report/Dockerfile.multi-stage", "report.py"),
        ("own/Dockerfile", "app.py"),
        ("shop/Dockerfile", "requirements.txt"),
    ],
)
def test_a_link_names_what_the_lab_builds(context: str, file: str) -> None:
    at = opened("layers", show="1", context=context)
    assert not at.exception
    assert not at.error
    assert file in title(at)
    assert at.selectbox(key="lab:context").value == context


def test_a_build_argument_of_its_own_is_said_to_be_the_cause() -> None:
    at = opened("layers", show="1", file="none")
    at.session_state["lab:text"] = "ARG VERSION=1\n" + at.session_state["lab:text"].replace(
        "WORKDIR /app", "ARG VERSION\nWORKDIR /app"
    )
    at.run()
    click(at, "lab:keep")
    assert "Nothing re-runs" in title(at)
    at.text_input(key="lab:arg:VERSION").set_value("2").run()
    assert "A new value of VERSION re-runs" in title(at)
    click(at, "lab:undo")
    assert "Nothing re-runs" in title(at)
    click(at, "lab:redo")
    assert "A new value of VERSION re-runs" in title(at)


def test_another_base_image_edits_its_line() -> None:
    at = opened("layers", show="1", file="none")
    at.selectbox(key="lab:base:8").set_value("python:3.12-slim").run()
    assert "FROM python:3.12-slim" in at.session_state["lab:text"]
    assert "This Dockerfile re-runs" in title(at)


def test_a_suggestion_says_what_it_saves_and_taking_it_saves_that() -> None:
    at = opened("layers", show="1", context="report/Dockerfile.source-first")
    said = texts(at)
    assert "saves ≈" in said.partition("What would have saved time here")[2]

    def seconds(page: AppTest) -> float:
        outcome = page.session_state["lab:valid"].outcome
        return float(outcome.metric("yours", "rebuild_time").value)

    before, promised = seconds(at), at.session_state["lab:advice"][1][0].seconds
    click(at, "lab:take:0")
    assert seconds(at) == pytest.approx(before - promised)
    assert promised > 1
