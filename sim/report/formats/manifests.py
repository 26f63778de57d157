"""What `inspect` found in Kubernetes manifests, as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sim.printable import printable
from sim.report.formats.composing import counted
from sim.report.grid import table

_PATHS = 12
"""Ignored fields of an object that are shown; all of them are in `--format json`."""


def manifest_lines(found: Mapping[str, Any]) -> list[str]:
    """Totals, each object with the fields that the model leaves out, and warnings."""
    objects = found["objects"]
    rows = [(one["kind"], printable(one["name"]), f"{one['line']}", _pods(one), _ignored(one)) for one in objects]
    columns = ("kind", "name", "line", "pods", "not read")
    warned = [f"  {printable(one['path'])}: {printable(one['message'])}" for one in found["warnings"]]
    told = ["", "may not be meant", *warned] if warned else []
    return [_totals(objects), *table(columns, rows, right=(2, 3), wrap=True), *told, ""]


def _totals(objects: Sequence[Mapping[str, Any]]) -> str:
    known = [one for one in objects if one["modelled"]]
    asking = _asking(known)
    pods = sum(one["pods"] or 0 for one in asking)
    on_nodes = sum(1 for one in asking if _on_each_node(one))
    left_out = sum(len(one["ignored"]) for one in known)
    title = f"Kubernetes manifest: {counted(len(objects), 'object')}, {len(known)} of kinds that the model knows"
    each = f" and {on_nodes} on each node" if on_nodes else ""
    return f"{title}; {counted(pods, 'pod')}{each}; {counted(left_out, 'field')} not read"


def _asking(known: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The objects that ask for pods, but those that are made by another of them: its pods are the same."""
    asking = [one for one in known if "pods" in one]
    there = {(one["kind"], one["name"], one.get("namespace")) for one in asking}
    return [one for one in asking if _owner(one) not in there]


def _owner(one: Mapping[str, Any]) -> tuple[str, str, str | None] | None:
    owner = one.get("controller")
    return (owner["kind"], owner["name"], one.get("namespace")) if owner else None


def _pods(one: Mapping[str, Any]) -> str:
    return "1 a node" if _on_each_node(one) else f"{one.get('pods', '')}"


def _on_each_node(one: Mapping[str, Any]) -> bool:
    return "pods" in one and one["pods"] is None


def _ignored(one: Mapping[str, Any]) -> str:
    meant = one.get("meant", {})
    if not one["modelled"]:
        return f"all of it: the model does not know this kind{_hint(meant.get('kind'))}"
    first = one["ignored"][:_PATHS]
    told = dict.fromkeys((*first, *meant))  # what is meant may be below a path that is told, or after the first
    paths = [f"{printable(path)}{_hint(meant.get(path))}" for path in told]
    rest = sum(1 for path in one["ignored"] if path not in told)
    return ", ".join([*paths, *([f"and {rest} more"] if rest else [])])


def _hint(meant: str | None) -> str:
    return f" (did you mean {meant!r}?)" if meant else ""
