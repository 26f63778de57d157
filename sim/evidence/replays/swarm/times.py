"""Times and orders that a recorded case expects, from the lives of its tasks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from sim.swarm.history import TaskRecord
from sim.swarm.states import UpdateState

STOP_FIRST = "old task ended before the new one runs"
START_FIRST = "new task runs before the old one is ended"


def _slots(tasks: Iterable[TaskRecord]) -> list[list[TaskRecord]]:
    slots: dict[tuple[str, int], list[TaskRecord]] = {}
    for task in tasks:
        slots.setdefault((task.service, task.slot), []).append(task)
    return list(slots.values())


def replacements(tasks: Iterable[TaskRecord]) -> list[tuple[TaskRecord, TaskRecord]]:
    """Of every slot each last task of a description, with the first of the next one."""
    found = []
    for slot in _slots(tasks):
        for old, new in pairwise(slot):
            if not old.same_description(new):
                found.append((old, new))
    return found


def _first_replacements(tasks: Iterable[TaskRecord]) -> list[tuple[TaskRecord, TaskRecord]]:
    return [found[0] for slot in _slots(tasks) if (found := replacements(slot))]


def order(tasks: Iterable[TaskRecord]) -> list[str]:
    """Which order holds in every slot that was updated."""
    pairs = _first_replacements(tasks)
    if not pairs:
        return []
    stop = all(new.runs is None or (old.ended is not None and old.ended <= new.runs) for old, new in pairs)
    start = all(new.runs is not None and (old.ended is None or new.runs <= old.ended) for old, new in pairs)
    return [sentence for sentence, holds in ((STOP_FIRST, stop), (START_FIRST, start)) if holds]


def slots_in_transition(tasks: Iterable[TaskRecord]) -> int:
    """Most new tasks at a time that were made and did not run yet."""
    return most_at_once((new.made, new.runs) for _, new in replacements(tasks))


def most_at_once(spans: Iterable[tuple[float | None, float | None]]) -> int:
    """Most spans that overlap. One without a begin is none, one without an end goes on."""
    edges = sorted(
        edge
        for begin, end in spans
        if begin is not None
        for edge in ((begin, 1), (float("inf") if end is None else end, -1))
    )
    most = now = 0
    for _, step in edges:
        now += step
        most = max(most, now)
    return most


def waits_between_slots(tasks: Iterable[TaskRecord]) -> list[float]:
    """From each new task's running to the making of the next slot's."""
    new = sorted((new for _, new in _first_replacements(tasks)), key=lambda task: task.made)
    return [later.made - task.runs for task, later in pairwise(new) if task.runs is not None]


def completed_after_last_runs(
    tasks: Iterable[TaskRecord], updates: Sequence[tuple[float, UpdateState]]
) -> float | None:
    """From the last new task's running to the end of the update."""
    done = [at for at, state in updates if state in ("completed", "rollback_completed")]
    ran = [new.runs for _, new in replacements(tasks) if new.runs is not None and done and new.runs <= done[-1]]
    return done[-1] - max(ran) if ran else None


def restart_waits(tasks: Iterable[TaskRecord]) -> list[float]:
    """From the end of each task that was replaced by one of its description to the running of that."""
    return [
        new.runs - old.ended
        for slot in _slots(tasks)
        for old, new in pairwise(slot)
        if old.same_description(new) and old.ended is not None and new.runs is not None
    ]


def grace(tasks: Iterable[TaskRecord]) -> list[float]:
    """From TERM to KILL, of those that were killed."""
    return [task.kill_at - task.term_at for task in tasks if task.kill_at is not None and task.term_at is not None]
