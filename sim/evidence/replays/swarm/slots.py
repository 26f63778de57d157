"""A slot's tasks in order, each as "version endstate", beside a pattern of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from sim.swarm.history import TaskRecord
from sim.swarm.spec import TaskSpec
from sim.swarm.states import TaskState

_STATES = {
    TaskState.NEW: "pending",
    TaskState.PENDING: "pending",
    TaskState.RUNNING: "running",
    TaskState.COMPLETE: "complete",
    TaskState.SHUTDOWN: "shutdown",
    TaskState.FAILED: "failed",
    TaskState.REJECTED: "rejected",
}
"""All others, from assigned to starting, are "waiting"."""

_NOT_OVER = ("pending", "waiting", "running", "shutdown", "removed")
"""What the last of several tasks that failed may be: it has not failed yet, or was stopped before."""


class TaskEnd(NamedTuple):
    """A task: its version and its state at the end of the observation."""

    version: str
    state: str

    def __str__(self) -> str:
        return f"{self.version} {self.state}"


def version_of(task: TaskSpec) -> str:
    """A task's version: its image's tag, and how often an update was forced."""
    return task.image + (f"+force{task.force}" if task.force else "")


def slot_histories(tasks: Iterable[TaskRecord]) -> list[list[TaskEnd]]:
    """The tasks of every slot, slots in the order of their numbers."""
    slots: dict[tuple[str, int], list[TaskRecord]] = {}
    for task in tasks:
        slots.setdefault((task.service, task.slot), []).append(task)
    return [[_end(task) for task in slots[key]] for key in sorted(slots)]


def _end(task: TaskRecord) -> TaskEnd:
    state = _STATES.get(task.state, "waiting")
    if task.removed and state not in ("complete", "failed", "rejected") and not _was_stopped_before(task):
        state = "removed"
    if state == "rejected" and task.ended is not None and not task.asked_to_stop:
        state = "failed"  # by the node itself, before it ran
    return TaskEnd(version_of(task.spec), state)


def _was_stopped_before(task: TaskRecord) -> bool:
    return task.state == TaskState.SHUTDOWN and task.over_when_removed


def matches(slots: Sequence[Sequence[TaskEnd]], expected: Any) -> bool:
    """Whether so many slots are as expected, or the slot of that number is."""
    if not isinstance(expected, dict) or not isinstance(expected.get("tasks"), list):
        return False
    patterns = [str(pattern) for pattern in expected["tasks"]]
    if "of" in expected:
        return bool(sum(_is(slot, patterns) for slot in slots) == expected["of"])
    number = expected.get("slot")
    if isinstance(number, str) and number.isdigit():
        number = int(number)
    return isinstance(number, int) and 0 < number <= len(slots) and _is(slots[number - 1], patterns)


def _is(slot: Sequence[TaskEnd], patterns: Sequence[str]) -> bool:
    """Whether the patterns, one after the other, take up all of a slot's tasks."""
    ways = {0}
    for pattern in patterns:
        version, _, state = pattern.partition(" ")
        if state.endswith("+"):
            ways = {end for begin in ways for end in _several(slot, begin, version, state[:-1])}
        else:
            ways = {begin + 1 for begin in ways if begin < len(slot) and slot[begin] == (version, state)}
    return len(slot) in ways


def _several(slot: Sequence[TaskEnd], begin: int, version: str, state: str) -> Iterator[int]:
    """Where one or more tasks of a state may end; the last of several may not be over yet."""
    at = begin
    while at < len(slot) and slot[at] == (version, state):
        at += 1
        yield at
    if at > begin and at < len(slot) and slot[at].version == version and slot[at].state in _NOT_OVER:
        yield at + 1
