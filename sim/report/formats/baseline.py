"""A run held against an earlier one: what moved, what only one of them has, and whether one model made both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sim import __version__
from sim.report.formats.metric_changes import MetricChange, metric_changes


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a comparison found. Scenarios are named by their ids, in the order of the run or of the baseline.

    Attributes:
        compared: In both.
        new: Run, and not in the baseline.
        missing: In the baseline, and not run.
        versions: The versions of the model, other than this one, that the baseline is of. "" where it does not say.
    """

    moved: tuple[MetricChange, ...]
    compared: tuple[str, ...]
    new: tuple[str, ...]
    missing: tuple[str, ...]
    versions: tuple[str, ...]

    def __str__(self) -> str:
        """All of it, a line each, the sum last."""
        lines = [f"{scenario}: not in the baseline" for scenario in self.new]
        lines += [f"{scenario}: in the baseline, not run" for scenario in self.missing]
        lines += [f"moved: {change}" for change in self.moved]
        lines += [self.version] * bool(self.version)
        lines.append(f"Baseline: moved metrics: {len(self.moved)}; scenarios compared: {len(self.compared)}")
        return "\n".join(lines)

    @property
    def version(self) -> str:
        """That another version of the model made the baseline. "" where this one did."""
        said = " and ".join(version or "unknown" for version in self.versions)
        return f"the baseline is of model version {said}, this run of {__version__}" if said else ""

    def of(self, scenario: str) -> tuple[MetricChange, ...]:
        """What moved of one scenario."""
        return tuple(change for change in self.moved if change.scenario == scenario)


def numbered(ids: Iterable[str]) -> list[str]:
    """What scenarios are called where several have one id, as variants of a lesson may: by their order.

    >>> numbered(["a", "b", "a"])
    ['a', 'b', 'a (2)']
    """
    seen: Counter[str] = Counter()
    names = []
    for name in ids:
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return names


def _named(objects: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    names = numbered(str(item["scenario"]) for item in objects)
    return [{**item, "scenario": name} for item, name in zip(objects, names, strict=True)]


def compare(
    before: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]], tolerance: float = 0.0
) -> Comparison:
    """An earlier run's objects (`sim.report.formats.jsonlines.baseline`) against this run's (`scenario_object`).

    Of several of one id the first is held against the first, the second against the second (`numbered`).
    `tolerance` is that of `metric_changes`.
    """
    before, now = _named(before), _named(now)
    earlier = {str(item["scenario"]): item for item in before}
    ran = dict.fromkeys(str(item["scenario"]) for item in now)
    said = dict.fromkeys(str(item.get("model_version", "")) for item in earlier.values())
    return Comparison(
        moved=tuple(metric_changes(before, now, tolerance)),
        compared=tuple(scenario for scenario in ran if scenario in earlier),
        new=tuple(scenario for scenario in ran if scenario not in earlier),
        missing=tuple(scenario for scenario in earlier if scenario not in ran),
        versions=tuple(version for version in said if version != __version__),
    )
