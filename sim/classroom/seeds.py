"""What a seed varies of a lesson: the values it is run with, its random numbers, the order of the answers."""

from __future__ import annotations

from typing import Any

from sim.engine.seeds import SeedTree
from sim.loading import override
from sim.scenario import Question, Scenario


def seed_of(student: str) -> int:
    """The seed of a student, from 1 to 999,999,999, by the id that the student has in a class.

    It is short enough to be copied by hand.

    >>> seed_of("s1234567") == seed_of(" S1234567 ") != seed_of("s1234568")
    True
    """
    name = " ".join(student.split()).casefold()
    return SeedTree(0).child("student", name).stream("seed").randrange(1, 10**9)


def for_seed(scenario: Scenario, seed: int | None) -> Scenario:
    """The scenario with the values that the seed chooses from the lesson's `vary`. None changes nothing."""
    if seed is None:
        return scenario
    changes: dict[str, Any] = {"seed": seed}
    if scenario.lesson is not None:
        place = SeedTree(seed).child("lesson", scenario.id)
        for path, values in scenario.lesson.vary.items():
            changes[path] = place.stream(path).choice(values)
    return override(scenario, changes)


def what_if(scenario: Scenario, question: Question) -> Scenario:
    """The scenario as a question changes it. What the lesson's author wrote changes it, and nothing of a reader's."""
    return override(scenario, question.change)


def order(scenario_id: str, question: str, choices: int, seed: int | None) -> tuple[int, ...]:
    """The order that the answers of a question are shown in: as the file has them without a seed.

    Args:
        question: Its id, "predict" or its number.
    """
    shown = list(range(choices))
    if seed is not None:
        SeedTree(seed).child("lesson", scenario_id, "order").stream(question).shuffle(shown)
    return tuple(shown)
