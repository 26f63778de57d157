"""One recorded container, replayed: its actions are given to the model's engine, and what came out is compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from simpy.events import Process

from sim import limits
from sim.evidence.replays.counting import CountedItem
from sim.evidence.replays.fields import RecordedFields, is_number, shown
from sim.evidence.replays.lifecycle.actions import Begin, OneContainer, action_of
from sim.evidence.replays.lifecycle.inputs import options_of, process_of
from sim.lifecycle.container import CommandResult, Container
from sim.lifecycle.dialect import Dialect
from sim.lifecycle.engine import Engine
from sim.lifecycle.supervisor import Steps

NAME = "recorded"

_SLOWER, _LATER = 1.1, 0.35
"""A recorded wait from exit to start is at most the back-off times the one plus the other; so the recording says."""

_STARTS = ("run", "start")


@dataclass
class CaseRun:
    """A replayed case: the engine after it, the results of its actions, and the model's time of the recorded 0."""

    engine: Engine
    results: list[Process | None]
    zero: float
    zombies: int | None = None

    @property
    def container(self) -> Container | None:
        """The container, removed or not; None where it was never made."""
        return self.engine.made.get(NAME)

    def result(self, number: int) -> CommandResult | None:
        """What an action gave back; None where it gives nothing back, or has not by the end."""
        process = self.results[number] if number < len(self.results) else None
        return process.value if process is not None and process.triggered else None


def run_case(case: RecordedFields, dialect: Dialect) -> CaseRun:
    """Let the engine live through a recorded case."""
    engine = Engine(dialect=dialect)
    actions = case.objects("actions")
    observed = case.number("observed_s", least=0, most=limits.LIFECYCLE_SECONDS)
    ats = [action.number("at", 0, most=limits.LIFECYCLE_SECONDS, least=-limits.LIFECYCLE_SECONDS) for action in actions]
    zero = max(0.0, -min(ats, default=0.0)) + engine.times.start
    run = CaseRun(engine, [None] * len(actions), zero)
    times = _times(actions, ats, zero, engine.times.start)
    spec = process_of(case.object("process", default={}))
    it = OneContainer(engine, options_of(case.object("container", default={}), NAME, spec), spec)
    for number, (action, at) in enumerate(zip(actions, times, strict=True)):
        engine.env.process(_at(run, number, at, action_of(action, it), action))
    run_until(engine, zero + observed, case)
    return run


def run_until(engine: Engine, end: float, place: RecordedFields) -> None:
    """Let time pass. Refused where more happens than the limit allows."""
    while engine.env.peek() <= end:
        place.spend()
        engine.env.step()
    if engine.env.now < end:
        engine.env.run(end)


def _times(actions: list[RecordedFields], ats: list[float], zero: float, start: float) -> list[float]:
    """When the actions begin, so that the first start ends at the recorded 0."""
    first = next((n for n, action in enumerate(actions) if action.values.get("do") in _STARTS), len(actions))
    begin = zero - start
    return [min(zero + at, begin) if n < first else begin if n == first else zero + at for n, at in enumerate(ats)]


def _at(run: CaseRun, number: int, at: float, begin: Begin, action: RecordedFields) -> Steps:
    yield run.engine.env.timeout(at)
    started = begin()
    if started is None:
        return
    run.results[number] = process = run.engine.perform(started)
    result: CommandResult = yield process
    if action.values["do"] == "top" and result.prints:
        run.zombies = int(result.prints)


def case_items(case: RecordedFields, run: CaseRun) -> Iterator[CountedItem]:
    """Every field that the recording expects and that counts."""
    expected = case.object("expect")
    left_out = case.object("not_counted", default={})
    if "*" in left_out:
        return
    for key in expected.values:
        if key in left_out:
            continue
        compare = _COMPARED.get(key)
        if compare is None:
            yield CountedItem(key, None, expected.values[key], False)
            continue
        predicted, agrees = compare(run, expected, key)
        yield CountedItem(key, predicted, expected.values[key], agrees)


_Compared = tuple[Any, bool]
_Comparison = Callable[[CaseRun, RecordedFields, str], _Compared]


def in_range(expected: RecordedFields, key: str, value: float | None) -> bool:
    """Whether a value lies in an expected [low, high]."""
    low, high = _range(expected, key, expected.values[key])
    return value is not None and low <= value <= high


def _range(expected: RecordedFields, key: str, value: Any) -> tuple[float, float]:
    if not (isinstance(value, list) and len(value) >= 2 and is_number(value[0]) and is_number(value[1])):
        expected.refuse(key, f"expected [low, high], not {shown(value)}")
    return value[0], value[1]


def _ranged(value: Callable[[CaseRun], float | None]) -> _Comparison:
    def compare(run: CaseRun, expected: RecordedFields, key: str) -> _Compared:
        found = value(run)
        return found, in_range(expected, key, found)

    return compare


def _equal(value: Callable[[CaseRun], Any]) -> _Comparison:
    def compare(run: CaseRun, expected: RecordedFields, key: str) -> _Compared:
        found = value(run)
        return found, found == expected.values[key] and type(found) is type(expected.values[key])

    return compare


def _of(read: Callable[[Container], Any], otherwise: Any = None) -> Callable[[CaseRun], Any]:
    return lambda run: read(run.container) if run.container is not None else otherwise


def _exits(run: CaseRun, expected: RecordedFields, key: str) -> _Compared:
    found = [end.code for end in run.container.exits] if run.container else []
    want = expected.values[key]
    if isinstance(want, dict):
        every = expected.object(key).whole("every")
        return found, bool(found) and all(code == every for code in found)
    return found, found == expected.listed(key)


def _exit_at(run: CaseRun, expected: RecordedFields, key: str) -> _Compared:
    found = [end.at - run.zero for end in run.container.exits] if run.container else []
    wanted = [(_range(expected, key, want) if want is not None else None) for want in expected.listed(key)]
    agrees = len(found) >= len(wanted) and all(
        want is None or want[0] <= at <= want[1] for at, want in zip(found, wanted, strict=False)
    )
    return found, agrees


def _took(run: CaseRun, expected: RecordedFields, key: str) -> _Compared:
    wanted = expected.object(key)
    found = {
        number: result.seconds if (result := run.result(_number(wanted, number))) else None for number in wanted.values
    }
    held = [number for number, want in wanted.values.items() if want is not None]
    return found, all(in_range(wanted, number, found[number]) for number in held)


def _number(fields: RecordedFields, key: str) -> int:
    if not (key.isascii() and key.isdigit() and len(key) < 6):
        fields.refuse(key, f"expected the number of an action, not {shown(key)}")
    return int(key)


def _per_action(value: Callable[[CommandResult], Any]) -> _Comparison:
    def compare(run: CaseRun, expected: RecordedFields, key: str) -> _Compared:
        wanted = expected.listed(key)
        found = [None if (result := run.result(n)) is None else value(result) for n in range(len(wanted))]
        return found, all(want is None or want == got for want, got in zip(wanted, found, strict=True))

    return compare


def _prints(run: CaseRun, expected: RecordedFields, key: str) -> _Compared:
    wanted = expected.object(key)
    found = {
        number: result.prints if (result := run.result(_number(wanted, number))) else None for number in wanted.values
    }
    return found, found == wanted.values


def _waits(run: CaseRun, expected: RecordedFields, key: str) -> _Compared:
    """The model's back-off before each restart, against those that are recorded without doubt."""
    wanted = expected.object(key).listed("back_off")
    found = list(run.container.back_offs) if run.container else []
    agrees = all(
        want is None or (number < len(found) and is_number(want) and abs(found[number] - want) < 1e-9)
        for number, want in enumerate(wanted)
    )
    return found, agrees


def _grace(run: CaseRun, expected: RecordedFields, key: str) -> _Compared:
    found = run.container.graces[0] if run.container and run.container.graces else None
    return found, found == expected.object(key).number("value")


def _health_changes(run: CaseRun, expected: RecordedFields, key: str) -> _Compared:
    found = [(event.at - run.zero, event.detail) for event in run.engine.events if event.kind == "health"]
    wanted = expected.listed(key)
    same_number = len(found) >= len(wanted) if key.endswith("_begin") else len(found) == len(wanted)
    agrees = same_number
    for want, (at, status) in zip(wanted, found, strict=False):
        low, high = _range(expected, key, want)
        agrees = agrees and low <= at <= high and want[2:] == [status]
    return found, agrees


def _zombies(run: CaseRun) -> int | None:
    if run.zombies is not None:
        return run.zombies
    return run.container.tree.zombies if run.container and run.container.tree else None


def _no_back_off(container: Container) -> bool:
    return bool(container.back_offs) and not any(container.back_offs)


def _at_least(run: CaseRun, expected: RecordedFields, key: str) -> _Compared:
    found = len(run.container.starts) if run.container else 0
    return found, found >= expected.whole(key)


def _of_monitor(name: str) -> Callable[[CaseRun], Any]:
    return _of(lambda container: getattr(container.monitor, name, None))


def _of_tree(read: Callable[[Any], Any]) -> Callable[[CaseRun], Any]:
    return _of(lambda container: read(container.tree) if container.tree is not None else None)


_COMPARED: Mapping[str, _Comparison] = {
    "starts": _ranged(_of(lambda container: len(container.starts), 0)),
    "starts_at_least": _at_least,
    "restart_count": _ranged(_of(lambda container: container.restart_count)),
    "probes": _ranged(_of_monitor("probes")),
    "failing_streak": _ranged(_of_monitor("failing_streak")),
    "first_probe": _ranged(_of_monitor("first_probe")),
    "exits": _exits,
    "exit_at": _exit_at,
    "took": _took,
    "waits": _waits,
    "no_back_off": _equal(_of(_no_back_off)),
    "health_changes": _health_changes,
    "health_changes_begin": _health_changes,
    "grace": _grace,
    "rc": _per_action(lambda result: result.code),
    "errors": _per_action(lambda result: result.error),
    "prints": _prints,
    "stays_down": _equal(_of(lambda container: container.why_down)),
    "state": _equal(_of(lambda container: container.state, "never made")),
    "exit_code": _equal(_of(lambda container: container.exit_code)),
    "health": _equal(_of(lambda container: container.health)),
    "oom_killed": _equal(_of(lambda container: container.oom_killed)),
    "signals": _equal(_of(lambda container: container.signals)),
    "zombies": _equal(_zombies),
    "child_ends_with_main": _equal(_of_tree(lambda tree: tree.killed_children > 0)),
    "child_prints": _equal(_of_tree(lambda tree: bool(tree.printed))),
}
