"""The shape of a file of recorded swarm services: what is checked before any of it is replayed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sim import limits
from sim.errors import Problem
from sim.evidence.replays.fields import shown

_Found = Iterator[tuple[str, str]]
"""A place below the value that is looked at, and what is wrong there."""

_Shape = Callable[[Any], _Found]
"""Tells what is wrong with a value."""


def check_swarm_recording(data: Mapping[str, Any], file: str) -> list[Problem]:
    """Every problem of a recording, each with its path: `cases.3.specs.0.t`."""
    return [Problem(message, file, path=path) for path, message in _RECORDING(data)]


def _simple(expected: str, fits: Callable[[Any], bool]) -> _Shape:
    def check(value: Any) -> _Found:
        if not fits(value):
            yield "", f"expected {expected}, not {shown(value)}"

    return check


def _number(least: float, most: float) -> _Shape:
    return _simple(f"a number from {least:g} to {most:g}", lambda value: is_number(value) and least <= value <= most)


def _whole(least: int, most: int) -> _Shape:
    return _simple(
        f"a whole number from {least} to {most}",
        lambda value: isinstance(value, int) and not isinstance(value, bool) and least <= value <= most,
    )


def _one_of(*choices: Any) -> _Shape:
    return _simple(f"one of {', '.join(map(str, choices))}", lambda value: value in choices)


def _or(choice: Any, shape: _Shape) -> _Shape:
    """That very value, or the shape."""

    def check(value: Any) -> _Found:
        if value is not choice and value != choice:
            yield from shape(value)

    return check


def _list(of: _Shape, most: int = limits.SWARM_ENTRIES) -> _Shape:
    def check(value: Any) -> _Found:
        if not isinstance(value, list) or len(value) > most:
            yield "", f"expected a list of at most {most} entries, not {shown(value)}"
            return
        for number, entry in enumerate(value):
            yield from _below(str(number), of(entry))

    return check


def _map(of: _Shape) -> _Shape:
    def check(value: Any) -> _Found:
        if not isinstance(value, dict) or len(value) > limits.SWARM_ENTRIES:
            yield "", f"expected an object of at most {limits.SWARM_ENTRIES} entries, not {shown(value)}"
            return
        for key, entry in value.items():
            yield from _below(key, of(entry))

    return check


@dataclass(frozen=True)
class _Fields:
    """An object. Keys that are not named here are somebody else's."""

    needed: Mapping[str, _Shape]
    optional: Mapping[str, _Shape]

    def __call__(self, value: Any) -> _Found:
        if not isinstance(value, dict):
            yield "", f"expected an object, not {shown(value)}"
            return
        for key in self.needed:
            if key not in value:
                yield key, "it is missing"
        for key, shape in {**self.needed, **self.optional}.items():
            if key in value:
                yield from _below(key, shape(value[key]))


def _below(key: str, found: _Found) -> _Found:
    for path, message in found:
        yield f"{key}.{path}" if path else key, message


def _plain(value: Any, depth: int = 0) -> _Found:
    """What a description holds beside what is read of it: JSON, not nested too deeply."""
    if depth > limits.SWARM_DEPTH:
        yield "", f"it is nested more than {limits.SWARM_DEPTH} levels deep"
    elif isinstance(value, dict | list):
        for key, entry in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _below(str(key), _plain(entry, depth + 1))


def _all(*shapes: _Shape) -> _Shape:
    def check(value: Any) -> _Found:
        for shape in shapes:
            yield from shape(value)

    return check


def is_number(value: Any) -> bool:
    """Whether it is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


_TEXT = _simple("a text", lambda value: isinstance(value, str))
_TEXTS = _list(_TEXT)
_SECONDS = _number(0, limits.SWARM_SECONDS)
_NANOSECONDS = _or(None, _number(-(10**9), limits.SWARM_SECONDS * 10**9))
_COUNT = _whole(0, limits.SWARM_TASKS)
_BYTES = _whole(0, 2**63)

_UPDATE = _Fields(
    {},
    {
        "Parallelism": _COUNT,
        "Delay": _NANOSECONDS,
        "Monitor": _NANOSECONDS,
        "FailureAction": _one_of("pause", "continue", "rollback", ""),
        "MaxFailureRatio": _number(-1, 2),
        "Order": _one_of("start-first", "stop-first", ""),
    },
)

_CONTAINER = _Fields(
    {"Image": _TEXT},
    {
        "StopGracePeriod": _NANOSECONDS,
        "Healthcheck": _or(
            None,
            _Fields(
                {},
                {
                    "Test": _or(None, _TEXTS),
                    "Interval": _NANOSECONDS,
                    "Retries": _COUNT,
                    "StartPeriod": _NANOSECONDS,
                    "StartInterval": _NANOSECONDS,
                },
            ),
        ),
    },
)

_RESERVATIONS = _Fields(
    {},
    {
        "MemoryBytes": _BYTES,
        "NanoCPUs": _BYTES,
        "GenericResources": _or(None, _list(_map(_Fields({}, {"Kind": _TEXT, "Value": _or(None, _plain)})))),
    },
)

_PLACEMENT = _Fields(
    {},
    {
        "Constraints": _or(None, _TEXTS),
        "Preferences": _or(
            None, _list(_Fields({}, {"Spread": _Fields({}, {"SpreadDescriptor": _TEXT})}), limits.SWARM_PREFERENCES)
        ),
        "MaxReplicas": _COUNT,
        "Platforms": _or(None, _list(_Fields({}, {"OS": _TEXT, "Architecture": _TEXT}))),
    },
)

_TASK = _Fields(
    {"ContainerSpec": _CONTAINER},
    {
        "Resources": _or(None, _Fields({}, {"Reservations": _or(None, _RESERVATIONS)})),
        "RestartPolicy": _or(
            None,
            _Fields(
                {},
                {
                    "Condition": _one_of("none", "on-failure", "any", ""),
                    "Delay": _NANOSECONDS,
                    "MaxAttempts": _or(None, _COUNT),
                    "Window": _NANOSECONDS,
                },
            ),
        ),
        "Placement": _or(None, _PLACEMENT),
        "ForceUpdate": _COUNT,
        "Networks": _or(None, _list(_plain)),
    },
)

_MODE = _Fields(
    {},
    {
        "Replicated": _Fields({}, {"Replicas": _COUNT}),
        "Global": _plain,
        "ReplicatedJob": _Fields({}, {"MaxConcurrent": _or(None, _COUNT), "TotalCompletions": _or(None, _COUNT)}),
        "GlobalJob": _plain,
    },
)

_PORT = _Fields(
    {},
    {
        "Protocol": _TEXT,
        "TargetPort": _whole(0, 65535),
        "PublishedPort": _whole(0, 65535),
        "PublishMode": _one_of("host", "ingress", ""),
    },
)

_ENDPOINT = _Fields({}, {"Mode": _one_of("vip", "dnsrr", ""), "Ports": _or(None, _list(_PORT))})

SERVICE = _all(
    _Fields(
        {"Name": _TEXT, "TaskTemplate": _TASK, "Mode": _MODE},
        {
            "UpdateConfig": _or(None, _UPDATE),
            "RollbackConfig": _or(None, _UPDATE),
            "EndpointSpec": _or(None, _ENDPOINT),
        },
    ),
    _plain,
)
"""A service as the engine's API describes it."""

_ANSWER = _Fields({}, {"after": _SECONDS, "exit": _whole(0, 255)})
_BEHAVIOUR = {
    "runs": _or(None, _SECONDS),
    "exit": _whole(0, 255),
    "on_term": _or(None, _or("ignore", _ANSWER)),
    "ready_after": _or(None, _SECONDS),
    "unready_after": _or(None, _SECONDS),
}
_PROCESS = _Fields(
    {},
    {
        **_BEHAVIOUR,
        "default": _Fields({}, _BEHAVIOUR),
        "if_flag": _Fields({}, _BEHAVIOUR),
        "by_slot": _all(
            _map(_Fields({}, _BEHAVIOUR)),
            _simple("slots by number", lambda value: not isinstance(value, dict) or all(map(_is_slot, value))),
        ),
    },
)


def _is_slot(key: str) -> bool:
    return key.isascii() and key.isdigit() and len(key) < 10


def _is_words(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(word, str) for word in value))


_AVAILABILITY = _one_of("active", "pause", "drain")

_CASE = _Fields(
    {
        "id": _TEXT,
        "commands": _list(
            _Fields({"t": _SECONDS, "do": _simple("a text or a list of texts", _is_words)}, {}), limits.SWARM_COMMANDS
        ),
        "specs": _list(_Fields({"t": _SECONDS}, {"spec": SERVICE, "changed": _all(_map(_plain), _plain)})),
        "observed_s": _SECONDS,
    },
    {
        "processes": _map(_PROCESS),
        "expect": _all(_map(_plain), _plain),
        "not_counted": _map(_plain),
        "before": _Fields(
            {},
            {
                "availability": _AVAILABILITY,
                "task_history_limit": _whole(-1, limits.SWARM_TASKS),
                "labels": _map(_TEXT),
            },
        ),
    },
)

_RECORDING = _Fields(
    {"cases": _list(_CASE, limits.SWARM_CASES)},
    {"node": _Fields({}, {"cpus": _number(0, 10_000), "memory_bytes": _BYTES})},
)
