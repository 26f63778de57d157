"""One configuration, or two side by side, as a scenario. What a page offers of their parameters, and what it takes."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sim import studies
from sim.errors import InputError, Problem
from sim.exploring.presets import Preset
from sim.loading import Control, from_document, from_page
from sim.loading.overrides import set_to, waited_for
from sim.loading.parameters import fields, written_all
from sim.scenario import Scenario, Text

SIDES = ("a", "b")
"""The labels of the two configurations. Where there is one it is "a"."""

_OTHERWISE: Any = object()


@dataclass(frozen=True)
class Configuration:
    """A preset and what is different from it.

    Attributes:
        preset: Where it starts.
        changes: A parameter's name and its value in written form, in the order of the parameters.
    """

    preset: Preset
    changes: tuple[tuple[str, str], ...] = ()

    @property
    def study(self) -> str:
        """The study that runs."""
        return self.preset.of.study

    @property
    def written(self) -> dict[str, str]:
        """Every parameter in its written form, as far as it is one that a page sets."""
        every = written_all(self.preset.parameters)
        return {name: every[name] for name in settable(self.study)} | dict(self.changes)


@dataclass(frozen=True)
class Exploration:
    """What is explored: one configuration, or two of the same study under one seed."""

    a: Configuration
    b: Configuration | None = None

    @property
    def sides(self) -> dict[str, Configuration]:
        """The configurations by their labels."""
        return {"a": self.a} if self.b is None else {"a": self.a, "b": self.b}


def settable(study: str) -> dict[str, Control]:
    """The parameters of a study that a page sets, by name: no structure, and nothing that is the path of a file."""
    every = fields(studies.study(study).parameters)
    return {name: one for name, one in every.items() if one.kind != "structure" and not one.file}


def offered(exploration: Exploration, side: str) -> tuple[Control, ...]:
    """The controls of a side, those that its lesson is about first. A path is "a.instances"."""
    preset = exploration.sides[side].preset
    runs = len(exploration.sides) * _replications(exploration)
    known = settable(preset.of.study)
    order = [name for name in preset.first if name in known]
    controls = []
    for name in dict.fromkeys([*order, *known]):
        control = set_to(known[name], f"{side}.{name}", getattr(preset.parameters, name))
        most = preset.maxima.get(name, waited_for(control, runs))
        controls.append(dataclasses.replace(control, maximum=most))
    return tuple(controls)


def explored(exploration: Exploration, title: Text, labels: Mapping[str, Text], seed: int | None = None) -> Scenario:
    """The scenario of an exploration, checked.

    It bears the id and the seed of the first preset's scenario. So the same configuration has the same numbers there.

    Args:
        title: What it asks.
        labels: What the sides are called. None where the catalog's names do.
        seed: Another seed than the preset's.

    Raises `InputError`. A problem's path is that of the control, "b.instances".
    """
    own = exploration.a.preset.scenario
    sides = {side: one.preset.written for side, one in exploration.sides.items()}
    shared = {
        key: value
        for key, value in sides["a"].items()
        if all(parameters.get(key, _OTHERWISE) == value for parameters in sides.values())
    }
    document: dict[str, Any] = {
        "id": own.id,
        "concept": own.concept,
        "title": _written(title),
        "summary": _written(own.summary),
        "study": exploration.a.study,
        **shared,
        "compare": {
            side: {key: value for key, value in parameters.items() if key not in shared}
            for side, parameters in sides.items()
        },
        "labels": {side: _written(text) for side, text in labels.items()},
        "seed": own.seed if seed is None else seed,
        "replications": own.replications,
    }
    changes = {f"{side}.{name}": value for side, one in exploration.sides.items() for name, value in one.changes}
    controls = [control for side in exploration.sides for control in offered(exploration, side)]
    base = from_document(document, own.file, own.folder)
    try:
        return from_page(base, changes, controls)
    except InputError as error:  # it is answered at the control, whose path need not be said again
        raise InputError([_without_path(one) for one in error.problems]) from None


def _without_path(problem: Problem) -> Problem:
    said = f"{problem.path}: "
    if not problem.message.startswith(said):
        return problem
    return dataclasses.replace(problem, message=problem.message.removeprefix(said))


def of_lesson(preset: Preset, changed: Scenario) -> Configuration:
    """The configuration of a label as a lesson runs it, whose controls a reader may have changed."""
    runs = written_all(changed.parts[preset.part].variants[preset.label])
    before = written_all(preset.parameters)
    known = settable(preset.of.study)
    return Configuration(preset, tuple((name, runs[name]) for name in known if runs[name] != before[name]))


def _replications(exploration: Exploration) -> int:
    return exploration.a.preset.scenario.replications if studies.study(exploration.a.study).random else 1


def _written(text: Text) -> dict[str, str]:
    return {"en": text.en, **({"ja": text.ja} if text.ja else {})}
