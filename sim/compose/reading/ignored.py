"""What a compose file says that the model has no use for: named, never dropped in silence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sim.compose.reading.paths import Places
from sim.yamlnodes import dotted

_SERVICE = (
    "build", "command", "configs", "container_name", "depends_on", "deploy.replicas", "deploy.restart_policy.condition",
    "deploy.restart_policy.max_attempts", "entrypoint", "env_file", "environment", "extends", "healthcheck", "image",
    "init", "links", "network_mode", "ports", "profiles", "pull_policy", "restart", "scale", "secrets",
    "stop_grace_period", "stop_signal", "volumes", "volumes_from",
)  # fmt: skip

_USED = Places(
    {
        **{f"services.*.{key}": True for key in _SERVICE},
        "services.*.networks.*": True,
        **{f"services.*.{key}": True for key in ("ipc", "pid", "uts", "cgroup")},
        **{f"{kind}.*.{key}": True for kind in ("volumes", "networks") for key in ("external", "name")},
        **{
            f"{kind}.*.{key}": True
            for kind in ("secrets", "configs")
            for key in ("external", "name", "file", "environment", "content")
        },
        "name": True,
        "include": True,
    }
)
"""Every place that says when, how often or whether a container starts, or that something must be there."""

_NOT_INSIDE = Places(
    {
        "services.*.build.*": True,
        "services.*.networks.*.*": True,
        "services.*.ports.*.mode": True,
        "services.*.ports.*.name": True,
        "services.*.ports.*.app_protocol": True,
        "services.*.volumes.*.consistency": True,
        "services.*.volumes.*.volume": True,
        "services.*.volumes.*.tmpfs": True,
        "services.*.volumes.*.image": True,
        "services.*.volumes.*.bind.propagation": True,
        "services.*.volumes.*.bind.selinux": True,
        "services.*.secrets.*.uid": True,
        "services.*.secrets.*.gid": True,
        "services.*.secrets.*.mode": True,
        "services.*.configs.*.uid": True,
        "services.*.configs.*.gid": True,
        "services.*.configs.*.mode": True,
    }
)
"""Places inside those that change nothing of it: how an image is built, rights, aliases."""


def ignored(document: Any) -> list[str]:
    """Dotted paths of all that a document says and the model leaves out, in its order. A whole branch is one path."""
    return [dotted(path) for path in _left_out(document, ())]


def _left_out(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    if path and (_NOT_INSIDE.at(path) or not _USED.leads_on(path)) and not _inside(path):
        yield path
    elif isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _left_out(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            if isinstance(item, dict):
                yield from _left_out(item, (*path, index))


def _inside(path: tuple[str | int, ...]) -> bool:
    """Whether a path is inside one that is used, and not left out of it."""
    used = any(_USED.at(path[:length]) for length in range(1, len(path) + 1))
    return used and not _NOT_INSIDE.at(path)
