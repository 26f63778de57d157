"""Where an exploration starts: what the shipped scenarios compare, each label a configuration with a name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sim.loading.envelope import BODY, ENVELOPE
from sim.scenario import Part, Scenario


@dataclass(frozen=True)
class Preset:
    """One label of a part of a scenario.

    Attributes:
        scenario: Where it is from.
        part: Which part of it.
        label: Which label of that.
    """

    scenario: Scenario
    part: int
    label: str

    @property
    def name(self) -> str:
        """What a link calls it: "taxonomy.docker"."""
        return f"{self.scenario.id}.{self.label}"

    @property
    def of(self) -> Part:
        """The part it is a label of."""
        return self.scenario.parts[self.part]

    @property
    def parameters(self) -> Any:
        """Its checked parameters."""
        return self.of.variants[self.label]

    @property
    def written(self) -> dict[str, Any]:
        """Its parameters as the scenario's file has them, those of all labels first."""
        document = self.scenario.document
        part: Mapping[str, Any] = document["parts"][self.part] if "parts" in document else document
        shared = {key: value for key, value in part.items() if key not in (*BODY, *ENVELOPE)}
        return shared | dict((part.get("compare") or {}).get(self.label) or {})

    @property
    def first(self) -> tuple[str, ...]:
        """The parameters that its lesson lets a reader change, and those that its labels differ in."""
        asked = [path.rpartition(".")[2] for path in self.of.controls]
        document = self.scenario.document
        part: Mapping[str, Any] = document["parts"][self.part] if "parts" in document else document
        compared = [name for changes in (part.get("compare") or {}).values() for name in changes or {}]
        return tuple(dict.fromkeys([*asked, *compared]))

    @property
    def maxima(self) -> Mapping[str, float]:
        """The most that its lesson offers of some parameters, in SI units."""
        return {path.rpartition(".")[2]: most for path, most in self.of.maxima.items()}


def presets(study: str, scenarios: Iterable[Scenario]) -> dict[str, Preset]:
    """The starting points of a study by name, in the order of the scenarios and of their labels."""
    found: dict[str, Preset] = {}
    for scenario in scenarios:
        for number, part in enumerate(scenario.parts):
            if part.study == study:
                for label in part.variants:
                    one = Preset(scenario, number, label)
                    found.setdefault(one.name, one)
    return found


def explored_studies(scenarios: Iterable[Scenario]) -> tuple[str, ...]:
    """The studies that the scenarios ask, each once, in their order."""
    return tuple(dict.fromkeys(part.study for scenario in scenarios for part in scenario.parts))
