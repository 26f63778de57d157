"""Whoever answers a question of a shipped lesson wrongly is shown a place in its figure, in words too."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from sim.classroom.look import Look, derived, look, look_predicted
from sim.classroom.predicted import Said, ranking
from sim.classroom.seeds import what_if
from sim.outcome import Outcome
from sim.report import words
from sim.report.ring import place
from sim.report.shown import of_study, request
from sim.report.shown.ring import RingFound, find, with_rings
from sim.report.style import LANGUAGES, Style
from sim.report.texts import tr
from sim.scenario import Scenario
from tests import shipped

SCENARIOS = sorted((Path(__file__).resolve().parents[3] / "scenarios").glob("*.yaml"))

WITHOUT: dict[tuple[str, str], str] = {}
"""(lesson, question) whose answer no figure shows, with the reason."""


@cache
def outcomes(path: Path) -> tuple[Scenario, tuple[Outcome, ...]]:
    scenario = shipped.read(path)
    return scenario, shipped.outcomes(scenario, 1)


def wrong(path: Path) -> Iterator[tuple[str, Look | None]]:
    """Each wrong answer of a lesson by its question, and where to look after it."""
    scenario, parts = outcomes(path)
    assert scenario.lesson is not None
    values = words.values(*parts)
    for chosen, choice in enumerate(scenario.lesson.predict.choices):
        if not words.holds(choice.holds, values):
            yield "predict", look_predicted(scenario.lesson.predict, Said(choice=chosen), parts[0], values)
    for number, question in enumerate(scenario.lesson.quiz, 1):
        asked = values
        if question.change:
            asked = words.values(*shipped.outcomes(what_if(scenario, question), 1))
        for chosen, choice in enumerate(question.choices):
            if not words.holds(choice.holds, asked):
                yield f"{number}", look(question, chosen, asked)


@pytest.mark.parametrize("path", [path for path in SCENARIOS if shipped.read(path).lesson], ids=lambda path: path.stem)
def test_every_wrong_answer_is_corrected_by_a_ring_round_a_mark_and_in_words(path: Path) -> None:
    scenario, parts = outcomes(path)
    for question, wanted in wrong(path):
        if (path.stem, question) in WITHOUT:
            continue
        assert wanted is not None, question
        for language in LANGUAGES:
            found = [ringed(scenario, outcome, wanted, Style(language=language)) for outcome in parts]
            assert any(changed for _, changed in found), f"{question}: {wanted.wanted} is in no drawing"
            told = "".join(ring.said for ring, _ in found)
            assert tr("figure.ring.look", language, place="|").partition("|")[0] in told
            assert "{" not in told


def ringed(scenario: Scenario, outcome: Outcome, wanted: Look, style: Style) -> tuple[RingFound, bool]:
    """What is found in a part, and whether its drawings are others with it."""
    study = of_study(outcome.study)
    found = find(request(scenario, outcome, style), study, wanted.wanted)
    drawings = study.after(request(scenario, outcome, style, picked=dict(found.picked)))
    return found, with_rings(drawings, found.places, style) != drawings


def test_a_right_answer_is_ringed_nowhere() -> None:
    scenario, parts = outcomes(next(path for path in SCENARIOS if path.stem == "taxonomy"))
    values = words.values(*parts)
    assert scenario.lesson is not None
    question = scenario.lesson.quiz[0]
    (right,) = [n for n, choice in enumerate(question.choices) if words.holds(choice.holds, values)]
    assert look(question, right, values) is None
    order = tuple(ranking(parts[0].labels, scenario.lesson.predict.rank, values))
    assert look_predicted(scenario.lesson.predict, Said(order=order), parts[0], values) is None


def test_of_an_order_the_label_that_was_furthest_off_is_shown() -> None:
    scenario, parts = outcomes(next(path for path in SCENARIOS if path.stem == "taxonomy"))
    values = words.values(*parts)
    assert scenario.lesson is not None
    first, *others = ranking(parts[0].labels, scenario.lesson.predict.rank, values)
    wanted = look_predicted(scenario.lesson.predict, Said(order=(*others, first)), parts[0], values)
    assert wanted is not None
    assert wanted.wanted == ((place(label=first),),)


def test_an_order_of_some_labels_alone_is_corrected_too() -> None:
    """A link that was written by hand may have `said=docker,lxc`."""
    scenario, parts = outcomes(next(path for path in SCENARIOS if path.stem == "taxonomy"))
    values = words.values(*parts)
    assert scenario.lesson is not None
    first, second, *_, last = ranking(parts[0].labels, scenario.lesson.predict.rank, values)
    assert look_predicted(scenario.lesson.predict, Said(order=(first, second)), parts[0], values) is None
    wanted = look_predicted(scenario.lesson.predict, Said(order=(first, last)), parts[0], values)
    assert wanted is not None
    assert wanted.wanted == ((place(label=last),),)


@pytest.mark.parametrize(
    ("holds", "subjects"),
    [
        ("kvm.userland_time.p50 > max(kvm.kernel_time.p50, kvm.machine_time.p50)", ["kvm.userland_time"]),
        ("2 * crun.init_time.p50 <= docker.init_time.p50 < 30 * crun.init_time.p50", ["docker.init_time"]),
        ("docker.instances.value == docker.limit_pids.value", ["docker.instances", "docker.limit_pids"]),
        ("a.x.value / b.x.value > 2 and c.y.value == 0", ["a.x", "b.x", "c.y"]),
    ],
)
def test_the_place_is_that_of_what_an_expression_says_something_of(holds: str, subjects: list[str]) -> None:
    found = [candidates[0] for candidates in derived(holds)]
    assert found == [place(label=name.split(".")[0], metric=name.split(".")[1]) for name in subjects]
