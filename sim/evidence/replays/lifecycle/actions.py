"""The recorded actions on one container, translated to the engine's commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sim.evidence.replays.fields import RecordedFields
from sim.evidence.replays.lifecycle.inputs import process_of, signal_of
from sim.lifecycle.container import ContainerOptions
from sim.lifecycle.engine import Engine, EngineCommand
from sim.lifecycle.process import ProcessSpec

Begin = Callable[[], EngineCommand | None]
"""Begins an action; None where it is no command of the engine's."""


@dataclass(frozen=True, slots=True)
class OneContainer:
    """The container that actions are about, and the engine that has it."""

    engine: Engine
    options: ContainerOptions
    spec: ProcessSpec

    @property
    def name(self) -> str:
        """Its name."""
        return self.options.name


def action_of(action: RecordedFields, it: OneContainer) -> Begin:
    """What an action does. It is read at once, so that a file is refused whole.

    A look from outside does nothing, and neither does what the model has no word for.
    """
    translate = _ACTIONS.get(action.text("do"))
    return translate(action, it) if translate is not None else lambda: None


def _run(action: RecordedFields, it: OneContainer) -> Begin:
    client = tuple((got.number("after", 0, least=0), got.text("signal")) for got in action.objects("client_gets"))
    attached = action.flag("attached")
    return lambda: it.engine.run(it.options, it.spec, attached=attached, client_gets=client)


def _create(_: RecordedFields, it: OneContainer) -> Begin:
    return lambda: it.engine.create(it.options, it.spec)


def _start(action: RecordedFields, it: OneContainer) -> Begin:
    attached = action.flag("attached")
    return lambda: it.engine.start(it.name, attached=attached)


def _stop(action: RecordedFields, it: OneContainer) -> Begin:
    timeout, signal = action.maybe("timeout", action.number), signal_of(action, "signal", "")
    return lambda: it.engine.stop(it.name, timeout=timeout, signal=signal)


def _restart(action: RecordedFields, it: OneContainer) -> Begin:
    timeout, signal = action.maybe("timeout", action.number), signal_of(action, "signal", "")
    return lambda: it.engine.restart(it.name, timeout=timeout, signal=signal)


def _kill(action: RecordedFields, it: OneContainer) -> Begin:
    signal = signal_of(action, "signal", "KILL")
    return lambda: it.engine.kill(it.name, signal=signal)


def _host_kill(action: RecordedFields, it: OneContainer) -> Begin:
    """A signal that the host sends to process 1, past the engine."""
    signal = signal_of(action, "signal", "KILL")

    def begin() -> None:
        container = it.engine.containers.get(it.name)
        if container is not None and container.tree is not None:
            container.tree.one.signal(signal)

    return begin


def _rm(action: RecordedFields, it: OneContainer) -> Begin:
    force, volumes = action.flag("force"), action.flag("volumes")
    return lambda: it.engine.rm(it.name, force=force, volumes=volumes)


def _update(action: RecordedFields, it: OneContainer) -> Begin:
    restart = action.maybe("restart", action.text)
    memory, both = (action.maybe(key, action.number) for key in ("memory_mb", "memory_and_swap_mb"))
    pids = action.maybe("pids_limit", lambda key: action.whole(key, least=-1))
    return lambda: it.engine.update(
        it.name, restart=restart, memory_mb=memory, memory_and_swap_mb=both, pids_limit=pids
    )


def _execute(action: RecordedFields, it: OneContainer) -> Begin:
    spec, detached = process_of(action.object("process", default={})), action.flag("detached")
    return lambda: it.engine.execute(it.name, spec, detached=detached)


_ACTIONS: Mapping[str, Callable[[RecordedFields, OneContainer], Begin]] = {
    "run": _run,
    "create": _create,
    "start": _start,
    "stop": _stop,
    "restart": _restart,
    "kill": _kill,
    "host kill": _host_kill,
    "rm": _rm,
    "update": _update,
    "exec": _execute,
    "pause": lambda _, it: lambda: it.engine.pause(it.name),
    "unpause": lambda _, it: lambda: it.engine.unpause(it.name),
    "wait": lambda _, it: lambda: it.engine.wait(it.name),
    "top": lambda _, it: lambda: it.engine.top(it.name),
}
