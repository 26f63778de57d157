"""The shape of a recorded case of Kubernetes' controllers: what is checked before any of it is replayed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sim import limits
from sim.errors import InputError, Problem
from sim.evidence.replays.kubernetes.cases import Case
from sim.kubernetes.forms import shown
from sim.kubernetes.manifests import check_object
from sim.yamlnodes import dotted

ShapeProblems = Iterator[tuple[str, str]]
"""A place in the case, and what is wrong there."""

_NEEDS = {
    "patch": ("kind", "name", "body"),
    "create": (),
    "delete": ("kind", "name"),
    "relabel": ("which", "labels"),
    "annotate": ("which", "key", "value"),
    "taint": ("taint",),
    "untaint": ("taint",),
    **dict.fromkeys(("evict", "deletepod", "unready", "fail", "succeed"), ("which",)),
}
"""What an action has beside `at` and `do`."""
_OBJECTS = {"body", "labels"}
_SIZES = {"replicas", "parallelism", "completions", "maxReplicas"}
_NO_MOMENT = f"{{}} is no number of seconds from 0 to {limits.RECORDED_CASE}"


def checked(case: Case, *, ends: str, more: Callable[[Case], ShapeProblems] | None = None) -> None:
    """Raise `InputError` with every problem of a case's shape.

    Args:
        case: with the file's common part.
        ends: the field that says until when it runs.
        more: what else a family looks at.
    """
    problems = [*_manifests(case), *_actions(case), *_end(case, ends), *(more(case) if more is not None else ())]
    if problems:
        raise InputError([Problem(message, path=path) for path, message in problems])


def is_number(value: Any) -> bool:
    """Whether it is a number."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _manifests(case: Case) -> ShapeProblems:
    for number, manifest in enumerate(case["manifests"]):
        metadata = manifest.get("metadata") if isinstance(manifest, dict) else None
        name = metadata.get("name") if isinstance(metadata, dict) else None
        if not isinstance(name, str) or not isinstance(manifest.get("kind"), str):
            yield f"manifests.{number}", "expected an object with kind and metadata.name"
            continue
        for path, message in check_object(manifest).wrong:
            yield f"manifests.{number}.{dotted(path)}", message
        yield from _sizes(manifest, f"manifests.{number}")


def _actions(case: Case) -> ShapeProblems:
    actions = case.get("actions")
    if not isinstance(actions, list):
        yield "actions", f"expected a list, not {shown(actions)}"
        return
    for number, action in enumerate(actions):
        if not isinstance(action, dict) or not isinstance(action.get("do"), str):
            yield f"actions.{number}", "expected an object with at and do"
            continue
        if not _is_moment(action.get("at")):
            yield f"actions.{number}.at", _NO_MOMENT.format(shown(action.get("at")))
        yield from _sizes(action.get("body"), f"actions.{number}.body")
        for name in _NEEDS.get(action["do"], ()):
            if name not in action:
                yield f"actions.{number}.{name}", f"it is missing; {action['do']} needs it"
            elif name in _OBJECTS and not isinstance(action[name], dict):
                yield f"actions.{number}.{name}", f"expected an object, not {shown(action[name])}"


def _end(case: Case, field: str) -> ShapeProblems:
    if case.get(field) != "complete" and not _is_moment(case.get(field)):
        yield field, _NO_MOMENT.format(shown(case.get(field)))


def _is_moment(value: Any) -> bool:
    return is_number(value) and 0 <= value <= limits.RECORDED_CASE


def _sizes(value: Any, path: str) -> ShapeProblems:
    """Numbers of pods that are asked for anywhere in an object."""
    waiting = [(path, value)]
    while waiting:
        place, one = waiting.pop()
        if not isinstance(one, dict):
            continue
        for key, found in one.items():
            if key in _SIZES and is_number(found) and found > limits.RECORDED_PODS:
                yield f"{place}.{key}", f"it is {found}; at most {limits.RECORDED_PODS} pods are replayed"
            waiting.append((f"{place}.{key}", found))


def named_nodes_problems(case: Case) -> ShapeProblems:
    """What is wrong with a cluster whose nodes have names and capacities."""
    about = case.get("cluster", {})
    nodes = about.get("nodes", {}) if isinstance(about, dict) else None
    if not isinstance(nodes, dict) or not all(isinstance(one, dict) for one in nodes.values()):
        yield "cluster.nodes", "expected an object of capacities by node"


def one_deployment(case: Case) -> ShapeProblems:
    """What is wrong with a rollout: it is one Deployment's."""
    yield from named_nodes_problems(case)
    if sum(isinstance(one, dict) and one.get("kind") == "Deployment" for one in case["manifests"]) != 1:
        yield "manifests", "expected one Deployment"


def zone_problems(case: Case) -> ShapeProblems:
    """What is wrong with a cluster that is a zone, its nodes, and other zones beside it."""
    about = case.get("cluster")
    if not isinstance(about, dict) or not isinstance(about.get("zone"), str) or not _is_texts(about.get("nodes")):
        yield "cluster", "expected zone and a list of nodes"
        return
    for number, action in enumerate(case["actions"] if isinstance(case.get("actions"), list) else ()):
        numbers = action.get("nodes", []) if isinstance(action, dict) else []
        known = range(1, len(about["nodes"]) + 1)
        if not isinstance(numbers, list) or any(isinstance(one, int) and one not in known for one in numbers):
            yield f"actions.{number}.nodes", f"expected numbers from 1 to {len(about['nodes'])}"
    renewed = case.get("last_lease_renewal_t") or {}
    if not isinstance(renewed, dict) or not all(is_number(one) for one in renewed.values()):
        yield "last_lease_renewal_t", "expected an object of seconds by node"


def trace_problems(case: Case) -> ShapeProblems:
    """What is wrong with an autoscaler's cluster and its metrics."""
    about = case.get("cluster") or {}
    count = about.get("nodes", 0) if isinstance(about, dict) else None
    if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= limits.RECORDED_NODES:
        yield "cluster.nodes", f"expected a whole number from 0 to {limits.RECORDED_NODES}, not {shown(count)}"
    trace = case.get("metrics_trace")
    if not isinstance(trace, list):
        yield "metrics_trace", f"expected a list, not {shown(trace)}"
        return
    for number, one in enumerate(trace):
        if not isinstance(one, list) or len(one) != 2 or not is_number(one[0]) or not isinstance(one[1], dict):
            yield f"metrics_trace.{number}", "expected seconds and an object"
        elif not all(is_number(one[1][name]) for name in ("total", "perpod") if name in one[1]):
            yield f"metrics_trace.{number}", "expected total or perpod in thousandths of a core"


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)
