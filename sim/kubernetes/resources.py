"""What containers ask for against what they may use, as the API server refuses it. It reads no form of a field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sim.kubernetes.forms import is_quantity, shown
from sim.kubernetes.quantities import nanos
from sim.yamlnodes import KeyPath

_CONTAINERS = ("initContainers", "containers")


def resource_problems(value: Mapping[str, Any]) -> Iterator[tuple[KeyPath, str]]:
    """Requests of an object's containers that are above their limits, or differ from them where they may not.

    Source: Kubernetes 1.32, the requirements of a container's resources in pkg/apis/core/validation/validation.go.
    """
    for path, spec in (
        (("spec",), _in(value, "spec")), (("spec", "template", "spec"), _in(value, "spec", "template", "spec"))
    ):  # fmt: skip
        for kind in _CONTAINERS:
            containers = spec.get(kind)
            for number, container in enumerate(containers if isinstance(containers, list) else ()):
                yield from _of_container(container, (*path, kind, number, "resources", "requests"))


def _of_container(container: Any, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    requests, most = (_in(container, "resources", name) for name in ("requests", "limits"))
    for name, asked in requests.items():
        limit = most.get(name)
        if limit is None or not is_quantity(asked) or not is_quantity(limit):
            continue
        if nanos(asked) > nanos(limit) and _overcommits(name):
            yield (*path, name), f"{shown(asked)} must be less than or equal to the {name} limit, {shown(limit)}"
        elif nanos(asked) != nanos(limit) and not _overcommits(name):
            yield (*path, name), f"{shown(asked)} must be equal to the {name} limit, {shown(limit)}"


def _overcommits(name: str) -> bool:
    """Whether a node may promise more of it than it has: neither huge pages nor what is not Kubernetes' own."""
    return ("/" not in name or "kubernetes.io/" in name) and not name.startswith("hugepages-")


def _in(value: Any, *path: str) -> Mapping[str, Any]:
    """The mapping at a path; an empty one where there is none."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}
