"""What a recorded case expects, beside what its run came to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sim.evidence.replays.counting import CountedItem
from sim.evidence.replays.swarm.recording import is_number
from sim.evidence.replays.swarm.run import SwarmCaseRun
from sim.evidence.replays.swarm.slots import matches, slot_histories, version_of
from sim.evidence.replays.swarm.times import (
    completed_after_last_runs,
    grace,
    most_at_once,
    order,
    replacements,
    restart_waits,
    slots_in_transition,
    waits_between_slots,
)
from sim.swarm.history import TaskRecord
from sim.swarm.housekeeping import NO_LONGER_FITS
from sim.swarm.states import TaskState

_REASONS = {
    "constraints not satisfied": "constraint",
    "insufficient resources": "insufficient resources",
    "host-mode port": "host port in use",
    "not available for new tasks": "node not available",
    "max replicas": "max replicas per node",
    "unsupported platform": "unsupported platform",
}
"""What pending tasks wait for, by what the scheduler's words hold."""

_FAILURES = {"non-zero exit": "exit code", "No such image": "no such image", NO_LONGER_FITS: "constraint"}
"""What tasks failed of, by what the agent's words hold."""


def case_items(run: SwarmCaseRun) -> Iterator[CountedItem]:
    """Every counted item of a case."""
    for key, expected in (run.case.get("expect") or {}).items():
        if key in _DIVIDED:
            yield from _DIVIDED[key](run, expected)
        else:
            yield _whole(key, _PREDICTED[key](run) if key in _PREDICTED else None, expected)


def _whole(path: str, predicted: Any, recorded: Any) -> CountedItem:
    return CountedItem(path, predicted, recorded, agrees(predicted, recorded))


def agrees(predicted: Any, recorded: Any) -> bool:
    """Whether they are equal; of a recorded pair of numbers, whether all that is predicted lies between."""
    if isinstance(recorded, list) and len(recorded) == 2 and all(map(is_number, recorded)):
        low, high = recorded
        found = predicted if isinstance(predicted, list) else [predicted]
        return bool(found) and all(is_number(one) and low <= one <= high for one in found)
    return bool(predicted == recorded)


def _tasks(run: SwarmCaseRun) -> list[TaskRecord]:
    return list(run.swarm.history.tasks.values())


def _ends_by_itself(run: SwarmCaseRun, version: str) -> bool:
    image = run.images.get(version.partition("+")[0])
    if image is None:
        return True
    parts = [image.default, *image.by_slot.values(), *([image.if_flag] if image.if_flag else [])]
    return any(one.runs is not None for one in parts)


def _entries(key: str, predicted: Mapping[Any, Any], recorded: Any) -> Iterator[CountedItem]:
    """An item for each entry of an object, or of a list."""
    pairs = recorded.items() if isinstance(recorded, dict) else enumerate(recorded)
    for name, value in pairs:
        yield _whole(f"{key}.{name}", predicted.get(name), value)


def _slots(run: SwarmCaseRun, expected: Any) -> Iterator[CountedItem]:
    for number, entry in enumerate(expected if isinstance(expected, list) else []):
        name = entry.get("service", run.main) if isinstance(entry, dict) else run.main
        slots = slot_histories(run.swarm.history.of_service(str(name)))
        yield CountedItem(f"slots.{number}", [list(map(str, slot)) for slot in slots], entry, matches(slots, entry))


def _running_at_end(run: SwarmCaseRun, expected: Any) -> Iterator[CountedItem]:
    running: dict[str, int] = {}
    for task in run.swarm.store.tasks.values():
        if task.state == TaskState.RUNNING and task.desired <= TaskState.COMPLETE:
            version = version_of(task.spec)
            running[version] = running.get(version, 0) + 1
    named = expected if isinstance(expected, dict) else {}
    left_out = " ".join(run.case.get("not_counted") or {}).split()
    others = {
        version: count
        for version, count in running.items()
        if version not in named and version not in left_out and not _ends_by_itself(run, version)
    }
    if not named:
        yield _whole("running_at_end", others, named)
        return
    for version in [*named, *others]:
        yield _whole(f"running_at_end.{version}", running.get(version, 0), named.get(version, 0))


def _while(run: SwarmCaseRun, expected: Any) -> Iterator[CountedItem]:
    ends = [at for at, _ in run.availabilities[1:]] + [run.swarm.env.now]
    periods = [
        (at, end, availability)
        for (at, availability), end in zip(run.availabilities, ends, strict=False)
        if availability != "active"
    ]
    for number, entry in enumerate(expected if isinstance(expected, list) else []):
        found: dict[str, Any] = {}
        if number < len(periods):
            begin, end, availability = periods[number]
            tasks = _tasks(run)
            found = {
                "availability": availability,
                "running": sum(_runs_at(task, end) for task in tasks),
                "started_meanwhile": sum(task.runs is not None and begin <= task.runs <= end for task in tasks),
            }
        fits = isinstance(entry, dict) and all(agrees(found.get(key), value) for key, value in entry.items())
        yield CountedItem(f"while.{number}", found, entry, fits)


def _runs_at(task: TaskRecord, moment: float) -> bool:
    return task.runs is not None and task.runs <= moment and (task.ended is None or task.ended > moment)


def _commands(run: SwarmCaseRun, expected: Any) -> Iterator[CountedItem]:
    for number, entry in enumerate(expected if isinstance(expected, list) else []):
        rc, error = run.results[number] if number < len(run.results) else (None, None)
        yield from _entries(f"commands.{number}", {"rc": rc, "error": error}, entry if isinstance(entry, dict) else {})


def _order(run: SwarmCaseRun, expected: Any) -> Iterator[CountedItem]:
    found = order(_tasks(run))
    for number, sentence in enumerate(expected if isinstance(expected, list) else []):
        yield CountedItem(f"order.{number}", found, sentence, sentence in found)


_DIVIDED: dict[str, Callable[[SwarmCaseRun, Any], Iterator[CountedItem]]] = {
    "slots": _slots,
    "running_at_end": _running_at_end,
    "while": _while,
    "commands": _commands,
    "order": _order,
}
"""Fields of which every entry is an item."""


def _update_states(run: SwarmCaseRun) -> list[str]:
    states = [state for _, state in run.updates(run.main)]
    return [state for number, state in enumerate(states) if number == 0 or states[number - 1] != state]


def _update_status(run: SwarmCaseRun) -> str | None:
    service = run.service(run.main)
    return None if service is None else service.update


def _words(run: SwarmCaseRun, known: Mapping[str, str], states: Sequence[TaskState]) -> list[str]:
    found = {
        word
        for task in _tasks(run)
        for state, reason in task.reasons
        if state in states
        for part, word in known.items()
        if part in reason
    }
    return sorted(found)


def _exit_code_when_stopped(run: SwarmCaseRun) -> int | list[int] | None:
    """Of processes that were asked to stop, and would not have ended by themselves."""
    codes = {
        task.exit
        for task in _tasks(run)
        if task.term_at is not None and task.exit is not None and not _ends_by_itself_in(run, task)
    }
    return codes.pop() if len(codes) == 1 else sorted(codes) or None


def _ends_by_itself_in(run: SwarmCaseRun, task: TaskRecord) -> bool:
    image = run.images.get(task.spec.image)
    return image is None or image.of(task.slot, False).runs is not None


def _per_slot(run: SwarmCaseRun) -> list[int]:
    return [len(slot) for slot in slot_histories(_tasks(run))]


def _restarts_made(run: SwarmCaseRun) -> int:
    """Restarts of one version in one slot, the most of them."""
    counts: dict[Any, int] = {}
    for task in _tasks(run):
        key = (task.service, task.slot, version_of(task.spec))
        counts[key] = counts.get(key, -1) + 1
    return max(counts.values(), default=0)


def _replicas_shown(run: SwarmCaseRun) -> list[str]:
    services = run.swarm.store.services.values()
    return [("job " if one.spec.is_job else "") + run.swarm.replicas_shown(one.spec.name) for one in services]


def _completed(tasks: Iterable[TaskRecord]) -> int:
    return sum(task.state == TaskState.COMPLETE for task in tasks)


_PREDICTED: dict[str, Callable[[SwarmCaseRun], Any]] = {
    "update_status": _update_status,
    "update_states": _update_states,
    "slots_in_transition": lambda run: slots_in_transition(_tasks(run)),
    "wait_between_slots": lambda run: waits_between_slots(_tasks(run)),
    "completed_after_last_runs": lambda run: completed_after_last_runs(_tasks(run), run.updates(run.main)),
    "slots_reached": lambda run: len({(one.service, one.slot, one.node) for _, one in replacements(_tasks(run))}),
    "restart_wait": lambda run: restart_waits(_tasks(run)),
    "grace": lambda run: grace(_tasks(run)),
    "tasks_in_the_slot": _per_slot,
    "restarts_made": _restarts_made,
    "exit_code_when_stopped": _exit_code_when_stopped,
    "pending_reason": lambda run: _words(run, _REASONS, [TaskState.PENDING]),
    "failure": lambda run: _words(run, _FAILURES, [TaskState.FAILED, TaskState.REJECTED]),
    "replicas_shown": _replicas_shown,
    "listed_at_end": lambda run: len(run.swarm.store.tasks),
    "completed_tasks": lambda run: _completed(_tasks(run)),
    "most_running_at_once": lambda run: most_at_once((one.runs, one.ended) for one in _tasks(run)),
}
"""Fields that are one item each."""
