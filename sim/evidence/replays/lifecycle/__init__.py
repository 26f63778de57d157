"""Recorded lives of containers, replayed: starts, exits, waits, signals, health, restarts of the engine, storage.

The recording says what each container's processes do and what was done from outside. This module and those beside it
translate that to `sim.lifecycle` and count; every rule is the model's. The recording's `not_counted` is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from sim import limits
from sim.errors import InputError, Problem
from sim.evidence.replays.counting import CountedItem, Tally
from sim.evidence.replays.fields import Effort, RecordedFields
from sim.evidence.replays.lifecycle.cases import case_items, run_case
from sim.evidence.replays.lifecycle.daemon import daemon_items
from sim.evidence.replays.lifecycle.storage import storage_items
from sim.lifecycle.dialect import DOCKER, PODMAN, Dialect

KIND = "lifecycle"
RECORDINGS: tuple[str, ...] = ("recorded_lifecycles.json",)

_Counted = Iterator[tuple[str, list[CountedItem]]]


def holds(data: Mapping[str, Any]) -> bool:
    """Whether a file's object is a recording of containers' lives; any of its four parts is enough."""
    if any(key in data for key in ("daemon_restart", "storage", "podman")):
        return True
    cases = data.get("cases")
    first = cases[0] if isinstance(cases, list) and cases else None
    return isinstance(first, dict) and {"container", "process", "actions"} <= first.keys()


def replay(data: Mapping[str, Any], file: str) -> Tally:
    """Replay a recording. Raises `InputError` with everything wrong with it."""
    recording = RecordedFields(data, file, "", Effort(limits.LIFECYCLE_EVENTS))
    tally = Tally(KIND)
    problems: list[Problem] = []
    for part, items in _PARTS.items():
        try:
            cases = recording.objects(part, most=limits.LIFECYCLE_EVENTS)
        except InputError as error:
            problems += error.problems
            continue
        for case in cases:
            with tally.playing(partial(case.text, "id"), problems):
                for name, counted in items(case):
                    tally.count(name, counted)
    if problems:
        raise InputError(problems)
    return tally


def _case(dialect: Dialect) -> Callable[[RecordedFields], _Counted]:
    def items(case: RecordedFields) -> _Counted:
        yield case.text("id"), list(case_items(case, run_case(case, dialect)))

    return items


def _daemon_restart(restart: RecordedFields) -> _Counted:
    kind = restart.text("restart_kind")
    for name, items in daemon_items(restart):
        yield f"{kind}: {name}", items


def _storage(case: RecordedFields) -> _Counted:
    yield case.text("id"), list(storage_items(case))


_PARTS: Mapping[str, Callable[[RecordedFields], _Counted]] = {
    "cases": _case(DOCKER),
    "daemon_restart": _daemon_restart,
    "storage": _storage,
    "podman": _case(PODMAN),
}
