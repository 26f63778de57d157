"""Any configuration as a scenario: it says what the lesson says, takes what a page offers, and compares."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim import limits, studies
from sim.batch.run import run
from sim.catalog.load import hosts
from sim.errors import InputError
from sim.exploring.catalogued import catalogued
from sim.exploring.configuration import (
    Configuration,
    Exploration,
    explored,
    of_lesson,
    offered,
    settable,
)
from sim.exploring.presets import Preset, explored_studies, presets
from sim.loading import controls, load, load_text, override
from sim.report.controlnames import about, options
from sim.report.explored import difference_rows, said_difference, said_interval, side_names
from sim.report.style import Language
from sim.scenario import Scenario, Text

FOLDER = Path(__file__).parents[2] / "scenarios"
SCENARIOS = sorted([*FOLDER.glob("*.yaml"), *FOLDER.glob("presets/*.yaml")])  # as the page "Explore" has them
ASKED = Text(en="What is it?")


@pytest.fixture(scope="module")
def shipped() -> list[Scenario]:
    return [load(path) for path in SCENARIOS]


def preset(name: str) -> Preset:
    scenario, _, label = name.partition(".")
    read = load(scenario)
    part = next(number for number, part in enumerate(read.parts) if label in part.variants)
    return Preset(read, part, label)


def alone(name: str, **changes: str) -> Exploration:
    return Exploration(Configuration(preset(name), tuple(changes.items())))


def test_every_study_has_presets_and_every_preset_is_the_lesson_s_own_parameters(shipped: list[Scenario]) -> None:
    assert set(explored_studies(shipped)) == set(studies.NAMES)
    for study in studies.NAMES:
        there = presets(study, shipped)
        assert there, study
        for one in there.values():
            (part,) = explored(Exploration(Configuration(one)), ASKED, {}).parts
            assert part.variants == {"a": one.parameters}, one.name


def test_no_parameter_is_called_as_another_part_of_a_link_is() -> None:
    taken = {
        "lang",
        "size",
        "show",
        "projector",
        "locked",
        "notes",
        "model",
        "seed",
        "undo",
        "study",
        "preset",
        "embed",
    }
    for study in studies.NAMES:
        assert not taken & set(settable(study)), study


def test_the_same_configuration_has_the_lesson_s_numbers() -> None:
    (lesson,) = run("taxonomy", replications=3)
    scenario = explored(alone("taxonomy.docker"), ASKED, {})
    assert (scenario.seed, scenario.replications) == (1, 20)
    (own,) = run(scenario, replications=3)
    for statistic in ("p50", "min", "max"):
        mine, theirs = own.metric("a", "startup_time", statistic), lesson.metric("docker", "startup_time", statistic)
        assert mine.value == theirs.value


def test_two_configurations_of_different_lessons_stand_side_by_side() -> None:
    both = Exploration(Configuration(preset("taxonomy.docker")), Configuration(preset("snapshot.disk")))
    scenario = explored(both, ASKED, side_names(both))
    assert scenario.parts[0].variants == {
        "a": preset("taxonomy.docker").parameters,
        "b": preset("snapshot.disk").parameters,
    }
    assert load_text("\n".join(["# the file that a page gives away"]) + "\n" + _yaml(scenario)).parts == scenario.parts


def _yaml(scenario: Scenario) -> str:
    from dashboard.sharing.share import _yaml as written

    return written(scenario.document, scenario.id)


def test_a_change_is_read_as_a_file_is() -> None:
    scenario = explored(alone("memory-ledger.vm", instances="7", guest_memory="2 GiB", same_image="false"), ASKED, {})
    parameters = scenario.parts[0].variants["a"]
    assert (parameters.instances, parameters.guest_memory, parameters.same_image) == (7, 2 * 2**30, False)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"instances": "lots"}, "expected a whole number"),
        ({"technology": "dokcer"}, "docker"),
        ({"host": "/etc/passwd.toml"}, "no"),
        ({"file": "/etc/passwd"}, "no control"),
        ({"instances": "100000"}, "more than a page offers"),
        ({"network": "wifi"}, "one of none, bridge"),
    ],
)
def test_what_a_page_does_not_offer_is_answered_at_its_control(changes: dict[str, str], says: str) -> None:
    with pytest.raises(InputError, match=says) as refused:
        explored(alone("taxonomy.docker", **changes), ASKED, {})
    assert {problem.path for problem in refused.value.problems} == {f"a.{name}" for name in changes}


def test_a_message_at_a_control_does_not_name_it_by_the_page_s_own_letter() -> None:
    with pytest.raises(InputError, match="give a duration too") as refused:
        explored(alone("memory-ledger.vm", ksm="true"), ASKED, {})
    (problem,) = refused.value.problems
    assert problem.path == "a.ksm"
    assert "a." not in problem.message


def test_values_that_do_not_go_together_are_answered_at_one_of_them() -> None:
    with pytest.raises(InputError, match="too many") as refused:
        explored(alone("taxonomy.kvm", instances="900"), ASKED, {})
    assert {problem.path for problem in refused.value.problems} == {"a.instances"}


def test_two_sides_share_what_a_page_waits_for() -> None:
    one = next(c for c in offered(alone("taxonomy.docker"), "a") if c.path == "a.instances")
    both = Exploration(Configuration(preset("taxonomy.docker")), Configuration(preset("taxonomy.kvm")))
    two = next(c for c in offered(both, "b") if c.path == "b.instances")
    assert (one.maximum, two.maximum) == (limits.STARTS / 20, limits.STARTS / 40)


def test_a_lesson_s_bounds_hold_where_it_is_explored() -> None:
    (hop,) = (c for c in offered(alone("microservices.many"), "a") if c.path == "a.hop")
    assert hop.maximum == 0.02


def test_a_lesson_s_changes_are_found_again() -> None:
    lesson = load("memory-ledger")
    changed = override(lesson, {"instances": "33"})
    vm = of_lesson(Preset(lesson, 0, "vm"), changed)
    assert vm.changes == (("instances", "33"),)
    assert of_lesson(Preset(lesson, 0, "vm"), lesson).changes == ()


def test_the_difference_is_the_paired_ratio_of_what_the_study_is_about() -> None:
    both = Exploration(Configuration(preset("taxonomy.docker")), Configuration(preset("taxonomy.kvm")))
    (outcome,) = run(explored(both, ASKED, side_names(both)), replications=6)
    a, b = (outcome.metric(side, "startup_time", "p50").value for side in ("a", "b"))
    ratio = outcome.ratio("b", "startup_time", "p50")
    assert ratio is not None
    assert ratio.low is not None
    assert ratio.high is not None
    assert ratio.low < b / a < ratio.high
    said = said_difference(outcome, "en")
    assert "B has" in said
    assert "paired over 6 replications" in said_interval(outcome, "en")
    assert "Bは" in said_difference(outcome, "ja")
    (row,) = (row for row in difference_rows(outcome, "en") if row["Measured"].startswith("Time to ready"))
    assert row["Paired ratio"].startswith("B = ")
    assert "–" in row["95 % interval"]


def test_the_same_on_both_sides_is_said_to_be_the_same() -> None:
    both = Exploration(Configuration(preset("taxonomy.docker")), Configuration(preset("taxonomy.docker")))
    (outcome,) = run(explored(both, ASKED, {}), replications=6)
    assert "alike" in said_difference(outcome, "en")
    assert {row["Paired ratio"] for row in difference_rows(outcome, "en")} == {"="}
    assert {row["95 % interval"] for row in difference_rows(outcome, "en")} == {""}
    assert said_interval(outcome, "en") == "The ratio is the same in each of 6 replications."


def test_one_replication_has_no_interval() -> None:
    both = Exploration(Configuration(preset("taxonomy.docker")), Configuration(preset("taxonomy.kvm")))
    assert said_interval(run(explored(both, ASKED, {}), replications=1)[0], "en") == ""


def test_sides_are_called_by_what_they_differ_in() -> None:
    changed = Configuration(preset("memory-ledger.vm"), (("instances", "30"),))
    names = side_names(Exploration(Configuration(preset("memory-ledger.vm")), changed))
    assert names["a"].en.startswith("A · 20")
    assert names["b"].en.startswith("B · 30")
    assert side_names(alone("memory-ledger.vm")) == {}


def test_the_catalog_says_what_a_parameter_is_that_is_left_out() -> None:
    found = catalogued(preset("taxonomy.kvm").parameters)
    guest = load("taxonomy").parts[0].variants["kvm"]
    assert found["guest_memory"].value > 0
    assert found["cores"].value == 8 if guest.host == "laptop" else found["cores"].value > 0
    assert "guest_memory" not in catalogued(preset("taxonomy.docker").parameters)


def test_what_a_parameter_means_is_said_in_both_languages() -> None:
    for study in studies.NAMES:
        for name, control in settable(study).items():
            assert about(control, "en") == control.description, f"{study}.{name}"
            assert about(control, "ja") != control.description, f"{study}.{name}"


def test_one_side_that_the_catalog_does_not_name_is_called_as_its_preset_or_by_what_is_changed() -> None:
    functions = load(FOLDER / "presets" / "functions.yaml")
    ten = Preset(functions, 0, "ten")
    changes: tuple[tuple[tuple[str, str], ...], ...] = ((), (("keep_alive", "5 min"),), (("keep_alive", "10 min"),))
    names = [side_names(Exploration(Configuration(ten, changed))) for changed in changes]
    assert [name["a"].en for name in names] == ["kept for 10 minutes", "keep-alive: 5 min", "kept for 10 minutes"]
    assert side_names(alone("taxonomy.docker")) == {}


@pytest.mark.parametrize(
    ("language", "name"), [("en", "Server: 52 cores, 384 GB (RunD)"), ("ja", "サーバー（52コア、384 GB、RunD）")]
)
def test_hosts_are_offered_by_the_name_the_catalog_has_and_chosen_by_their_id(language: Language, name: str) -> None:
    lesson = load(FOLDER / "taxonomy.yaml")
    host = next(one for one in controls(lesson) if one.path.rpartition(".")[2] == "host")
    assert options(host, language)["rund"] == name
    assert set(options(host, language)) >= set(hosts())
