"""Strategic merge patches: maps merge, null takes away, and some lists merge by a key.

Source: Kubernetes 1.32, the patchMergeKey tags of api/core/v1/types.go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_MERGE_KEYS = {
    "containers": "name",
    "initContainers": "name",
    "ephemeralContainers": "name",
    "volumes": "name",
    "env": "name",
    "volumeMounts": "mountPath",
    "volumeDevices": "devicePath",
    "imagePullSecrets": "name",
    "hostAliases": "ip",
    "topologySpreadConstraints": "topologyKey",
    "conditions": "type",
    "ownerReferences": "uid",
    "ports": "containerPort",
}
"""The lists that merge, with the key that tells their entries apart. Other lists are replaced."""


def merged(base: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `patch` merged into it.

    >>> merged({"a": {"x": 1, "y": 2}}, {"a": {"y": None, "z": 3}})
    {'a': {'x': 1, 'z': 3}}
    >>> merged({"containers": [{"name": "c", "image": "app:v1"}]}, {"containers": [{"name": "c", "image": "app:v2"}]})
    {'containers': [{'name': 'c', 'image': 'app:v2'}]}
    """
    result = dict(base)
    for name, value in patch.items():
        if name.startswith("$"):
            continue
        if value is None:
            result.pop(name, None)
        else:
            result[name] = _merged_value(name, base.get(name), value)
    return result


def _merged_value(name: str, old: Any, new: Any) -> Any:
    if isinstance(new, Mapping):
        if new.get("$patch") == "replace" or not isinstance(old, Mapping):
            return merged({}, new)
        return merged(old, new)
    key = _MERGE_KEYS.get(name)
    if key and isinstance(old, list) and isinstance(new, list) and all(isinstance(entry, Mapping) for entry in new):
        return _merged_list(old, new, key)
    return new


def _merged_list(old: Sequence[Any], new: Sequence[Mapping[str, Any]], key: str) -> list[Any]:
    """The patch's entries come first, then what only the old list has: so the API server orders them."""
    before = {entry.get(key): entry for entry in old if isinstance(entry, Mapping)}
    taken = {entry.get(key) for entry in new}
    result: list[Any] = []
    for entry in new:
        if entry.get("$patch") == "delete":
            continue
        was = before.get(entry.get(key))
        result.append(merged(was, entry) if was is not None else merged({}, entry))
    return result + [entry for entry in old if not isinstance(entry, Mapping) or entry.get(key) not in taken]
