"""What `inspect` found in Kubernetes manifests, as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.printable import printable
from sim.report.grid import table

_PATHS = 12
"""Ignored fields of an object that are shown; all of them are in `--format json`."""


def manifest_lines(found: Mapping[str, Any]) -> list[str]:
    """Each object with the fields that the model leaves out."""
    objects = found["objects"]
    known = sum(1 for one in objects if one["modelled"])
    title = f"Kubernetes manifest: {len(objects)} objects, {known} of kinds that the model knows"
    rows = [(one["kind"], printable(one["name"]), f"{one['line']}", _ignored(one)) for one in objects]
    return [title, *table(("kind", "name", "line", "not read"), rows, right=(2,), wrap=True), ""]


def _ignored(one: Mapping[str, Any]) -> str:
    meant = one.get("meant", {})
    if not one["modelled"]:
        return f"all of it: the model does not know this kind{_hint(meant.get('kind'))}"
    paths = [f"{printable(path)}{_hint(meant.get(path))}" for path in one["ignored"][:_PATHS]]
    rest = len(one["ignored"]) - len(paths)
    return ", ".join([*paths, *([f"and {rest} more"] if rest else [])])


def _hint(meant: str | None) -> str:
    return f" (did you mean {meant!r}?)" if meant else ""
