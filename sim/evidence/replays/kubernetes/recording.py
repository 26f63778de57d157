"""The form of a recorded case of Kubernetes: what is checked before any of it is replayed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sim import limits
from sim.errors import InputError, Problem
from sim.kubernetes.forms import (
    QUANTITY,
    TEXT,
    TRUTH,
    Fields,
    FormFindings,
    ListOf,
    MapOf,
    examine,
    is_quantity,
    shown,
    whole,
)
from sim.kubernetes.manifests import check_object
from sim.yamlnodes import KeyPath, dotted

_TAINT = Fields({"key": TEXT, "value": TEXT, "effect": TEXT}, ("key", "effect"))
_IMAGE = Fields({"names": ListOf(TEXT), "sizeBytes": whole(0, 2**63 - 1)})
_NODE = Fields(
    {
        "name": TEXT,
        "labels": MapOf(TEXT),
        "taints": ListOf(_TAINT),
        "images": ListOf(_IMAGE),
        "unschedulable": TRUTH,
        "cpu": QUANTITY,
        "memory": QUANTITY,
        "pods": QUANTITY,
    },
    ("name",),
)
_CLUSTER = Fields({"nodes": ListOf(_NODE)}, ("nodes",))


def check_case(case: Mapping[str, Any]) -> None:
    """Raises `InputError` with every problem of a case's cluster and its steps, each with its path in the case."""
    problems = [Problem(message, path=dotted(path)) for path, message in _problems(case)]
    if problems:
        raise InputError(problems)


def annotated_seconds(annotations: Mapping[str, Any], name: str, default: float) -> float:
    """What an annotation tells the recording's kubelet. Raises `InputError` where it is no number of seconds."""
    written = annotations.get(name, default)
    try:
        seconds = float(written)
    except (TypeError, ValueError):
        seconds = -1
    if not 0 <= seconds <= limits.RECORDED_SECONDS:
        raise InputError(
            f"{name} is {shown(written)}; expected a number of seconds from 0 to {limits.RECORDED_SECONDS}"
        )
    return seconds


def node_sizes(written: Mapping[str, Any]) -> dict[str, Any]:
    """What a recorded node has: its cores, memory, pods, and anything else it says a quantity of."""
    sizes: dict[str, Any] = {}
    for name, size in written.items():
        if name not in ("name", "labels"):
            sizes |= {
                inner: one
                for inner, one in (size.items() if isinstance(size, dict) else ((name, size),))
                if is_quantity(one)
            }
    return sizes


def _problems(case: Mapping[str, Any]) -> Iterator[tuple[KeyPath, str]]:
    findings = FormFindings()
    examine(case.get("cluster"), _CLUSTER, ("cluster",), findings)
    if case.get("cluster") is None:
        yield (), "missing key 'cluster', here or in common"
    yield from findings.wrong
    for number, step in enumerate(case["manifests"]):
        for path, message in _step(step):
            yield ("manifests", number, *path), message
    placed = case.get("replay") or []
    pairs = isinstance(placed, list) and all(
        isinstance(one, list) and len(one) == 2 and isinstance(one[0], str) and isinstance(one[1], str | None)
        for one in placed
    )
    if not pairs:
        yield ("replay",), f"{shown(placed)} does not fit; expected pairs of a pod and a node or null"


def _step(step: Any) -> Iterator[tuple[KeyPath, str]]:
    if not isinstance(step, dict):
        yield (), f"{shown(step)} does not fit; expected an object or a step"
        return
    findings = FormFindings()
    if "wait" in step:
        if not isinstance(step["wait"], int | float) or not 0 <= step["wait"] <= limits.RECORDED_SECONDS:
            yield ("wait",), f"{shown(step['wait'])} is no number of seconds from 0 to {limits.RECORDED_SECONDS}"
    elif "addnode" in step:
        examine(step["addnode"] or {}, _NODE, ("addnode",), findings)
        yield from findings.wrong
    elif "delete" not in step and "cordon" not in step:
        yield from check_object(step).wrong
