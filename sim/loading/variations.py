"""Checks that what a lesson changes, for a question or by a student's seed, can be run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sim.errors import InputError, Problem
from sim.loading.document import Document, Path_
from sim.loading.overrides import override
from sim.scenario import Scenario


def problems(scenario: Scenario, document: Document, known: Iterable[Problem] = ()) -> list[Problem]:
    """What is wrong with every change of the lesson that no run can be made with.

    Args:
        known: What is wrong with the scenario itself, which each change meets again.
    """
    told = {(problem.path, problem.message) for problem in known}
    return [
        document.problem(f"{path}: {problem.message}" if problem.path != path else problem.message, place)
        for place, path, value in _changes(scenario)
        for problem in _problems(scenario, {path: value})
        if (problem.path, problem.message) not in told
    ]


def _changes(scenario: Scenario) -> Iterator[tuple[Path_, str, Any]]:
    """The place of each change in the document, the parameter's path and its value."""
    if scenario.lesson is None:
        return
    for number, question in enumerate(scenario.lesson.quiz):
        for path, value in question.change.items():
            yield ("lesson", "quiz", number, "change", path), path, value
    for path, values in scenario.lesson.vary.items():
        for number, value in enumerate(values):
            yield ("lesson", "vary", path, number), path, value


def _problems(scenario: Scenario, change: Mapping[str, Any]) -> tuple[Problem, ...]:
    try:
        override(scenario, change)
    except InputError as error:
        return tuple(error.problems)
    return ()
