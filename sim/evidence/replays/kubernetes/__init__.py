"""Recordings of the Kubernetes control plane: rollouts, placements, workloads, failing nodes, autoscaling.

A file has cases of one family. Each family is replayed by a module of its own; what is the same for all is here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sim.errors import InputError, Problem
from sim.evidence.replays.counting import CountedItem, Tally
from sim.evidence.replays.fields import shown
from sim.evidence.replays.kubernetes import hpa as kubernetes_hpa
from sim.evidence.replays.kubernetes import nodes as kubernetes_nodes
from sim.evidence.replays.kubernetes import rollouts as kubernetes_rollouts
from sim.evidence.replays.kubernetes import scheduling as kubernetes_scheduling
from sim.evidence.replays.kubernetes import workloads as kubernetes_workloads
from sim.evidence.replays.kubernetes.expectations import counted

KIND = "kubernetes"
RECORDINGS: tuple[str, ...] = (
    "kubernetes_scheduling.json",
    "kubernetes_rollouts.json",
    "kubernetes_workloads.json",
    "kubernetes_nodes.json",
    "kubernetes_hpa.json",
)

CaseFamily = Callable[[Mapping[str, Any]], Iterable[CountedItem]]
"""Replays one case, its common part merged in, and counts its items. Raises `InputError` for a case of another form."""

FAMILIES: dict[str, CaseFamily] = {
    "scheduling": kubernetes_scheduling.replay_case,
    "rollouts": kubernetes_rollouts.replay_case,
    "workloads": kubernetes_workloads.replay_case,
    "nodes": kubernetes_nodes.replay_case,
    "hpa": kubernetes_hpa.replay_case,
}
"""By the name that a file gives its family."""


def holds(data: Mapping[str, Any]) -> bool:
    """Whether a file's object is a recording of Kubernetes."""
    return isinstance(data.get("family"), str) and "cases" in data


def replay(data: Mapping[str, Any], file: str) -> Tally:
    """Replay it. Raises `InputError` naming what is wrong with the file."""
    family = FAMILIES.get(data["family"])
    if family is None:
        message = f"no family {data['family']!r}; there are {', '.join(FAMILIES)}"
        raise InputError(Problem(message, file, path="family"))
    cases, common = data["cases"], data.get("common", {})
    problems = _wrong_shape(cases, common, file)
    if problems:
        raise InputError(problems)
    tally = Tally(KIND)
    for number, case in enumerate(cases):
        name = case["id"]
        try:
            tally.count(f"{data['family']}: {name}", list(family({**common, **case})))
        except InputError as error:
            places = [(f"cases.{number}.{one.path}".rstrip("."), one.message) for one in error.problems]
            raise InputError([Problem(f"{text} (case {name!r})", file, path=path) for path, text in places]) from None
        except Exception as error:  # noqa: BLE001 -- whatever the model stumbles over is told of the case
            tally.stumble(f"{data['family']}: {name}", error, counted(case["expect"], {}))
    return tally


def _wrong_shape(cases: Any, common: Any, file: str) -> list[Problem]:
    if not isinstance(common, dict):
        return [Problem(f"expected an object, not {shown(common)}", file, path="common")]
    if not isinstance(cases, list) or not cases:
        return [Problem(f"expected a list of at least one case, not {shown(cases)}", file, path="cases")]
    wrong = [
        number
        for number, case in enumerate(cases)
        if not isinstance(case, dict)
        or not isinstance(case.get("id"), str)
        or not isinstance(case.get("manifests"), list)
        or not isinstance(case.get("expect"), dict)
    ]
    return [Problem("expected id, manifests and expect", file, path=f"cases.{number}") for number in wrong]
