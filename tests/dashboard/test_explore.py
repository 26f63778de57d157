"""The page that explores any study: its controls, comparisons, presets, undo, and what its link holds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.packed import pack
from dashboard.sharing import share
from dashboard.view import View
from sim import limits, studies
from sim.batch import run as batch
from sim.loading import load_text
from tests.dashboard.apptest import ROOT, click, error, forget_runs, opened, pictured, texts, title, unescaped


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    forget_runs()
    yield
    forget_runs()


def explore(**link: str) -> AppTest:
    return opened("explore", **link)


def b(**link: str) -> dict[str, str]:
    """The parameters of a link that are B's."""
    return {f"b.{name}": value for name, value in link.items()}


def query(at: AppTest) -> dict[str, str]:
    return {name: str(value[0] if isinstance(value, list) else value) for name, value in at.query_params.items()}


def errors(at: AppTest) -> str:
    return "\n".join(unescaped(one.value) for one in at.error)


def again(at: AppTest) -> AppTest:
    """The page as a reload or another browser opens it: a new session, the same address."""
    return explore(**query(at))


def seen(at: AppTest) -> tuple[str, list[object]]:
    return title(at), pictured(at)


@pytest.mark.parametrize("study", studies.NAMES)
def test_every_study_is_explored_without_a_lesson(study: str) -> None:
    at = explore(study=study)
    assert not at.exception
    assert not at.error
    assert pictured(at) or at.get("html"), study
    assert title(at).endswith("?")


def test_a_control_changes_what_runs_and_the_link_says_so() -> None:
    at = explore(study="memory", preset="memory-ledger.vm")
    before = seen(at)
    at.number_input(key="explore:a.instances").set_value(7).run()
    assert query(at)["instances"] == "7"
    assert "Instances = 7" in texts(at)
    assert seen(at) != before
    assert seen(again(at)) == seen(at)


def test_bounds_unit_preset_and_source_stand_at_a_number() -> None:
    at = explore(study="memory", preset="memory-ledger.vm")
    said = "\n".join(str(element.proto.body) for element in at.get("html"))
    assert "1 to 2,000 · the preset: 20" in said
    assert re.search(r"from 0 B · in the catalog: 1 GiB", said), "the guest's own memory, which is left out"
    hints = {widget.label: widget.proto.help for widget in at.number_input}
    assert hints["Instances"] == "How many instances there are."


@pytest.mark.parametrize(
    ("link", "says"),
    [
        ({"study": "memory", "instances": "lots"}, "lots"),
        ({"study": "startup", "instances": "100000"}, "100000"),
        ({"study": "startup", "guest_memory": "much"}, "much"),
        ({"study": "startup", "technology": "dokcer"}, "dokcer"),
        ({"study": "nope"}, "nope"),
        ({"study": "memory", "preset": "nope.vm"}, "nope.vm"),
        ({"study": "memory", "preset": "memory-ledger.vm", "ksm": "true"}, "give a duration too"),
        ({"study": "memory", **b(preset="memory-ledger.container", nope="1")}, "b.nope"),
        ({"study": "memory", **b(preset="nope")}, "nope"),
        ({"study": "memory", **b(preset="memory-ledger.container", instances="lots")}, "lots"),
        ({"study": "memory", "undo": "rubbish"}, "undo"),
        ({"study": "memory", "seed": "x"}, "'x' is no seed"),
    ],
)
def test_what_cannot_be_used_is_named_and_a_figure_is_shown(link: Mapping[str, str], says: str) -> None:
    at = explore(**link)
    assert not at.exception
    assert says in errors(at), errors(at)
    assert pictured(at)


def test_what_is_wrong_with_the_side_that_is_not_shown_is_named_by_its_letter() -> None:
    at = explore(study="memory", **b(preset="memory-ledger.vm", guest_memory="much"))
    at.segmented_control(key="explore:shown").set_value("a").run()
    assert "b.guest_memory: 'much'" in errors(at).replace("\\_", "_")


def test_no_run_takes_longer_than_a_page_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PAGE_SECONDS", -1)
    at = explore(study="memory")
    assert "the most that a page spends on one run" in errors(at)
    assert not at.exception


def test_a_bad_value_keeps_the_last_figure() -> None:
    at = explore(study="memory", preset="memory-ledger.vm")
    at.number_input(key="explore:a.instances").set_value(7).run()
    good = pictured(at)
    at.text_input(key="explore:a.guest_memory").set_value("much").run()
    assert "much" in error(at)
    assert pictured(at) == good
    assert query(at)["guest_memory"] == "much"


def test_compare_holds_what_is_set_as_a_and_lets_b_be_changed() -> None:
    at = explore(study="memory", preset="memory-ledger.container", instances="30")
    click(at, "explore:compare")
    assert "alike" in title(at)
    assert query(at)["b.instances"] == "30"
    at.selectbox(key="explore:b.technology").set_value("podman").run()
    assert not at.error
    assert "Physical memory" in title(at)
    assert "alike" not in title(at)
    assert "B · Podman" in str(pictured(at)), "both are lanes of one figure"
    assert "A · Docker" in str(pictured(at))
    assert "technology" not in query(at)
    assert query(at)["b.technology"] == "podman"
    assert seen(again(at)) == seen(at)


def test_both_sides_run_under_one_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    ran = []
    real = batch.run
    monkeypatch.setattr(batch, "run", lambda scenario, **more: ran.append(scenario) or real(scenario, **more))
    explore(study="startup", preset="taxonomy.docker", seed="7", **b(preset="snapshot.disk"))
    (scenario,) = ran
    assert scenario.seed == 7
    assert list(scenario.parts[0].variants) == ["a", "b"]


def test_a_comparison_is_turned_round_and_ended() -> None:
    at = explore(study="memory", preset="memory-ledger.container", **b(preset="memory-ledger.vm", instances="30"))
    click(at, "explore:swap")
    here = query(at)
    assert (here.get("preset", "memory-ledger.vm"), here["instances"]) == ("memory-ledger.vm", "30")
    assert here["b.preset"] == "memory-ledger.container"
    assert "b.instances" not in here
    click(at, "explore:keep:b")
    assert query(at)["preset"] == "memory-ledger.container"
    assert not [name for name in query(at) if name.startswith("b.")]
    assert title(at).endswith("?")


def test_a_preset_starts_a_side_anew_and_leaves_the_other() -> None:
    at = explore(
        study="memory", preset="memory-ledger.vm", instances="9", **b(preset="memory-ledger.vm", instances="8")
    )
    at.selectbox(key="explore:b.preset").set_value("ksm.quiet").run()
    assert query(at)["b.preset"] == "ksm.quiet"
    assert "b.instances" not in query(at)
    assert query(at)["instances"] == "9"


def test_every_change_can_be_undone_and_done_again() -> None:
    at = explore(study="memory", preset="memory-ledger.vm")
    states = [query(at)]
    at.number_input(key="explore:a.instances").set_value(7).run()
    states.append(query(at))
    click(at, "explore:compare")
    states.append(query(at))
    at.toggle(key="explore:b.same_image").set_value(False).run()
    states.append(query(at))
    at.selectbox(key="explore:study").set_value("density").run()
    states.append(query(at))

    def plainly(link: Mapping[str, str]) -> dict[str, str]:
        return {name: value for name, value in link.items() if name not in ("undo", "ruler")}

    assert plainly(states[4]) == {"study": "density"}
    for state in states[3::-1]:
        click(at, "explore:undo")
        assert plainly(query(at)) == plainly(state)
        assert not at.exception
    assert at.button(key="explore:undo").disabled
    for state in states[1:]:
        click(at, "explore:redo")
        assert plainly(query(at)) == plainly(state)
    assert at.button(key="explore:redo").disabled


def test_undo_outlives_a_reload_and_is_not_shared() -> None:
    at = explore(study="memory", preset="memory-ledger.vm")
    for instances in (7, 8, 9):
        at.number_input(key="explore:a.instances").set_value(instances).run()
    click(at, "explore:undo")
    later = again(at)
    assert later.number_input(key="explore:a.instances").value == 8
    click(later, "explore:undo")
    assert later.number_input(key="explore:a.instances").value == 7
    click(later, "explore:redo")
    click(later, "explore:redo")
    assert later.number_input(key="explore:a.instances").value == 9
    assert "undo" in query(later)
    later.session_state["share:menu"] = True
    later.run()
    shared = [str(element.proto) for element in later.get("bidi_component")]
    assert "undo=" not in "".join(shared)


def test_a_strange_step_of_a_link_is_refused() -> None:
    for step in ({"instances": 7}, {"nope": "7"}, {"instances": "7" * (limits.LINK + 1)}, 3):
        at = explore(study="memory", undo=pack({"past": [step]}))
        assert "undo" in error(at), step
        assert at.button(key="explore:undo").disabled
        assert not at.exception


def test_a_lesson_s_own_changes_can_be_undone() -> None:
    at = opened("memory-ledger", show="1")
    at.number_input(key="memory-ledger:instances").set_value(5).run()
    at.toggle(key="memory-ledger:same_image").set_value(False).run()
    click(at, "memory-ledger:undo:undo")
    assert at.toggle(key="memory-ledger:same_image").value is True
    assert at.number_input(key="memory-ledger:instances").value == 5
    later = opened("memory-ledger", **query(at))
    click(later, "memory-ledger:undo:undo")
    assert later.number_input(key="memory-ledger:instances").value == 20
    click(later, "memory-ledger:undo:redo")
    click(later, "memory-ledger:undo:redo")
    assert later.toggle(key="memory-ledger:same_image").value is False
    click(later, "memory-ledger:reset")
    assert later.number_input(key="memory-ledger:instances").value == 20
    click(later, "memory-ledger:undo:undo")
    assert later.number_input(key="memory-ledger:instances").value == 5


def test_a_lesson_is_compared_as_it_runs_now() -> None:
    at = opened("memory-ledger", show="1", instances="30")
    (link,) = (one for one in at.get("page_link") if one.proto.label == "Compare with…")
    assert "preset=memory-ledger.vm" in link.proto.query_string
    for part in ("study=memory", "instances=30", "b.preset=memory-ledger.container", "b.instances=30"):
        assert part in link.proto.query_string


def test_the_scenario_to_download_is_what_is_seen() -> None:
    at = explore(
        study="startup", preset="taxonomy.docker", instances="3", **b(preset="taxonomy.kvm", page_cache="cold")
    )
    scenario = at.session_state["shown:now"].scenario
    view = View(lang="en", size=1.0, dark=False, embed=False, show=True)
    (take,) = share._scenario_file(at.session_state["shown:now"], view)
    assert take.file == "taxonomy.yaml", "it names no other files"
    text = str(take.make())
    read = load_text(text, folder=ROOT / "scenarios")
    assert read.parts == scenario.parts
    assert (read.seed, read.replications) == (scenario.seed, scenario.replications)
    assert read.parts[0].variants["a"].instances == 3
    assert read.parts[0].variants["b"].page_cache == "cold"


def test_inside_a_lecture_the_link_alone_decides() -> None:
    link = {"study": "memory", "preset": "memory-ledger.vm", "instances": "7", **b(preset="memory-ledger.container")}
    at = opened("explore", embed=True, **link)
    assert not at.exception
    assert not at.number_input
    assert not at.button
    assert title(at) == title(explore(**link))


@pytest.mark.parametrize(
    ("link", "says"),
    [
        ({"study": "memory", "guest_memory": "much"}, "much"),
        ({"study": "nope"}, "nope"),
        ({"study": "memory", "preset": "nope"}, "preset: 'nope'"),
        ({"study": "memory", **b(preset="nope")}, "b.preset: 'nope'"),
        ({"study": "memory", **b(preset="memory-ledger.vm", nope="1")}, "b.nope"),
    ],
)
def test_inside_a_lecture_what_cannot_be_used_is_named_above_the_figure(link: dict[str, str], says: str) -> None:
    at = opened("explore", embed=True, **link)
    assert says in errors(at)
    assert pictured(at)


def test_it_is_read_in_japanese() -> None:
    at = explore(lang="ja", study="memory", preset="memory-ledger.vm", **b(preset="memory-ledger.container"))
    assert "です。" in title(at)
    assert at.number_input(key="explore:b.instances").label == "インスタンス数"
