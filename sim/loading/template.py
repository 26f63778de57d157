"""One scenario at many places of its parameters: what a change does not touch is checked once and not again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sim import limits, studies
from sim.loading import reader
from sim.loading.assignments import places, unbounded
from sim.loading.document import Document, Path_
from sim.loading.envelope import BODY, ENVELOPE
from sim.loading.overrides import changed, with_values
from sim.scenario import Part, Scenario


class ScenarioTemplate:
    """A scenario with open places.

    paths: as `sim.loading.assignments.places` takes them. Raises `InputError` where one names nothing.
    """

    def __init__(self, scenario: Scenario, paths: Sequence[str]) -> None:
        self.scenario = scenario = unbounded(scenario)
        self.paths = tuple(paths)
        self._places = [places(scenario, path) for path in paths]
        self._quick = all(_is_quick(scenario, place) for found in self._places for place in found)
        self._own = reader.own_catalog(scenario.document.get("catalog"), scenario.folder, Document("", {}), [])
        self._checked: dict[str, Any] = {}
        self._merged = [self._labels(scenario.document, number) for number in range(len(scenario.parts))]

    def at(self, values: Sequence[Any]) -> Scenario:
        """The checked scenario with these values, in the order of the paths.

        It is what `sim.loading.assignments.assign` gives. Raises `InputError` as that does.
        """
        placed = [
            (path, place, value)
            for path, found, value in zip(self.paths, self._places, values, strict=True)
            for place in found
        ]
        return self._quickly(placed) or with_values(self.scenario, placed)

    def fits(self, values: Sequence[Any]) -> bool:
        """Whether each value is one that its place takes. They may not go together all the same."""
        document = self._document(zip(self._places, values, strict=True))
        for number, part in enumerate(self.scenario.parts):
            study = studies.study(part.study)
            for label, merged in self._labels(document, number).items():
                if merged == self._merged[number][label]:
                    continue
                given = reader.beside(merged, self.scenario.folder)
                _, problems = reader.variant(
                    study, given, self.scenario.folder, self._own, Document("", {}), joint=lambda _: _TOGETHER
                )
                if any(problem.path != _TOGETHER[0] for problem in problems):
                    return False
        return self._runs(document)

    def _document(self, placed: Iterable[tuple[Iterable[Path_], Any]]) -> Any:
        document: Any = self.scenario.document
        for found, value in placed:
            for place in found:
                document = changed(document, place, value)
        return document

    @staticmethod
    def _runs(document: Mapping[str, Any]) -> bool:
        """Whether the seed and the number of replications are what a scenario takes."""
        seed, replications = document.get("seed", 1), document.get("replications", 1)
        return _whole(seed, 0, 2**63 - 1) and _whole(replications, 1, limits.REPLICATIONS)

    def _quickly(self, placed: Sequence[tuple[str, Path_, Any]]) -> Scenario | None:
        """The same from the labels that changed alone. None where anything is to be said about it."""
        document = self._document(((place,), value) for _, place, value in placed)
        if not self._quick or not self._runs(document):
            return None
        parts = []
        for number, part in enumerate(self.scenario.parts):
            variants = self._variants(document, number, part)
            if variants is None:
                return None
            parts.append(part if variants == part.variants else replace(part, variants=variants))
        return replace(
            self.scenario,
            parts=tuple(parts),
            seed=document.get("seed", 1),
            replications=document.get("replications", 1),
            document=document,
        )

    def _variants(self, document: Mapping[str, Any], number: int, part: Part) -> dict[str, Any] | None:
        study = studies.study(part.study)
        variants = dict(part.variants)
        for label, merged in self._labels(document, number).items():
            if merged == self._merged[number][label]:
                continue
            key = _key(number, merged)
            checked = self._checked.get(key)
            if checked is None:
                given = reader.beside(merged, self.scenario.folder)
                checked, problems = reader.variant(study, given, self.scenario.folder, self._own, Document("", {}))
                if problems:
                    return None
                self._remember(key, checked)
            variants[label] = checked
        return variants

    def _remember(self, key: str, checked: Any) -> None:
        if len(self._checked) >= _REMEMBERED:
            self._checked.clear()
        if key:
            self._checked[key] = checked

    def _labels(self, document: Mapping[str, Any], number: int) -> dict[str, dict[str, Any]]:
        """What is written for each label of a part."""
        part = document["parts"][number] if "parts" in document else document
        base = {key: value for key, value in part.items() if key not in _NO_PARAMETERS}
        compare = part.get("compare") or {part["study"]: {}}
        return {label: base | (changes or {}) for label, changes in compare.items()}


def leaves_the_comparison(scenario: Scenario, path: str) -> bool:
    """Whether a path names parameters, "seed" or "replications": then every value of it has the same labels.

    Raises `InputError` where it names nothing.
    """
    return all(_is_quick(scenario, place) for place in places(scenario, path))


_REMEMBERED = 1_000
"""Labels whose parameters are kept once they are checked: along an axis that they do not have, they are the same."""

_TOGETHER: Path_ = ("values that do not go together",)

_NO_PARAMETERS = {*BODY, *ENVELOPE}


def _is_quick(scenario: Scenario, place: Path_) -> bool:
    """Whether a change at a place leaves everything but the parameters and the numbers of runs as it is."""
    if place in (("seed",), ("replications",)):
        return True
    inner = place[2:] if place[0] == "parts" else place
    if inner[:1] == ("compare",):
        return len(inner) > 2 and any(inner[1] in part.variants for part in scenario.parts)
    return bool(inner) and inner[0] not in _NO_PARAMETERS


def _key(part: int, merged: Mapping[str, Any]) -> str:
    """What tells a label's parameters from others. "" where an object of a program is among them."""
    try:
        return f"{part} {json.dumps(merged)}"
    except TypeError:
        return ""


def _whole(value: Any, least: int, most: int) -> bool:
    return type(value) is int and least <= value <= most
