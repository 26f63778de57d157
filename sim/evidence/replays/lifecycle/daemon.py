"""A recorded restart of the engine, replayed with all of its containers in one simulated time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from simpy.events import AllOf

from sim import limits
from sim.evidence.replays.counting import CountedItem
from sim.evidence.replays.fields import RecordedFields
from sim.evidence.replays.lifecycle.actions import Begin, OneContainer, action_of
from sim.evidence.replays.lifecycle.cases import in_range, run_until
from sim.evidence.replays.lifecycle.inputs import options_of, process_of
from sim.lifecycle.container import Container
from sim.lifecycle.daemon import DaemonRestart, end_daemon, return_daemon
from sim.lifecycle.engine import Engine
from sim.lifecycle.supervisor import Steps
from sim.lifecycle.tree import ProcessTree

SETTLED = 10.0
"""Seconds from the first command until the engine ends; by then, what ends at once is in a wait of 6.4 s."""

LOOKED_AT = 15.0
"""Seconds from the engine's answer until the containers are looked at; the recording says so."""

_LOOP = ("running", "restarting")


@dataclass
class _Seen:
    """What was seen of a container."""

    before: str
    alive_while_down: bool
    tree: ProcessTree | None


def daemon_items(restart: RecordedFields) -> Iterator[tuple[str, list[CountedItem]]]:
    """Every container of a recorded restart, with the items that count."""
    engine = Engine()
    containers = restart.objects("containers")
    names = [f"c{number}" for number in range(len(containers))]
    prepared = [_prepared(engine, container, name) for container, name in zip(containers, names, strict=True)]
    how = DaemonRestart(
        graceful=restart.text("daemon_signal").removeprefix("SIG") != "KILL",
        live_restore=restart.flag("live_restore"),
        power_loss=restart.flag("power_loss"),
    )
    seen: dict[str, _Seen] = {}
    over = engine.env.process(_restart(engine, prepared, how, seen))
    while not over.processed:
        if engine.env.peek() > limits.LIFECYCLE_SECONDS:
            restart.refuse("", f"it is not over after {limits.LIFECYCLE_SECONDS} s")
        run_until(engine, engine.env.peek(), restart)
    run_until(engine, engine.env.now + LOOKED_AT, restart)
    for container, name in zip(containers, names, strict=True):
        yield container.text("case"), list(_items(container, seen.get(name), engine.made.get(name)))


def _restart(engine: Engine, prepared: list[Steps], how: DaemonRestart, seen: dict[str, _Seen]) -> Steps:
    yield AllOf(engine.env, [engine.env.process(steps) for steps in prepared])
    yield engine.env.timeout(max(SETTLED - engine.env.now, 1.0))
    before = {name: container.state for name, container in engine.made.items()}
    yield from end_daemon(engine, how)
    for name, container in engine.made.items():
        seen[name] = _Seen(before[name], container.alive, container.tree)
    yield from return_daemon(engine, how)


def _prepared(engine: Engine, recorded: RecordedFields, name: str) -> Steps:
    """The actions before the engine ends, each begun when the one before is done."""
    spec = process_of(recorded.object("process", default={}))
    it = OneContainer(engine, options_of(recorded.object("container", default={}), name, spec), spec)
    return _one_by_one(engine, [action_of(action, it) for action in recorded.objects("prep")])


def _one_by_one(engine: Engine, actions: list[Begin]) -> Steps:
    for begin in actions:
        command = begin()
        if command is not None:
            yield engine.perform(command)
        yield engine.env.timeout(0.5)


def _items(recorded: RecordedFields, seen: _Seen | None, container: Container | None) -> Iterator[CountedItem]:
    expected = recorded.object("expect")
    left_out = recorded.object("not_counted", default={})
    for key, want in expected.values.items():
        if key in left_out or "*" in left_out:
            continue
        if key == "restart_count":
            found: Any = container.restart_count if container else None
            yield CountedItem(key, found, want, in_range(expected, key, found))
            continue
        found = _found(key, seen, container)
        loop = want == "restart loop" and found in _LOOP
        yield CountedItem(key, found, want, loop or (found == want and type(found) is type(want)))


def _found(key: str, seen: _Seen | None, container: Container | None) -> Any:
    if container is None or seen is None:
        return "never made" if key in ("before", "after") else None
    return {
        "before": seen.before,
        "alive_while_down": seen.alive_while_down,
        "after": container.state,
        "same_process": container.tree is seen.tree,
        "exit_code": container.exit_code,
        "oom_killed": container.oom_killed,
        "health": container.health,
    }.get(key)
