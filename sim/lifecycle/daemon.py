"""The engine's own end and return: what becomes of its containers (moby, `Shutdown` and `restore`, read at 26.1.5).

An engine that is told to end stops its containers first. One that is killed leaves them running; when it is back it
stops them, and that counts as a stop by hand. With live restore it leaves them alone both times. When it is back it
starts, by their policy, those that ever ran. Back-off and count begin anew.
"""

from __future__ import annotations

from dataclasses import dataclass

from simpy.events import AllOf

from sim.lifecycle.container import Container
from sim.lifecycle.engine import Engine
from sim.lifecycle.supervisor import Steps

NO_STATUS = 255
"""The exit code that the engine writes down where nobody can tell it one."""


@dataclass(frozen=True, slots=True)
class DaemonRestart:
    """How the engine ends and returns.

    Attributes:
        graceful: Whether it is told to end (TERM); else it is killed.
        live_restore: Whether containers are to outlive it.
        power_loss: Whether the host loses its power too.
        down: Seconds from its end to its return; an estimate, some hosts boot in between.
    """

    graceful: bool = True
    live_restore: bool = False
    power_loss: bool = False
    down: float = 5.0


def end_daemon(engine: Engine, how: DaemonRestart) -> Steps:
    """Let the engine end."""
    if how.graceful and not how.live_restore:
        engine.shutting_down = True
        running = [container for container in engine.containers.values() if container.running]
        yield AllOf(engine.env, [engine.env.process(_stopped(engine, container)) for container in running])
    engine.up = False
    for container in engine.containers.values():
        if container.waiting is not None:
            container.waiting.cancel()
            container.waiting = None
        if container.monitor is not None:
            container.monitor.stop()


def return_daemon(engine: Engine, how: DaemonRestart) -> Steps:
    """Let the engine come back; it answers when this is over."""
    if how.power_loss:
        for container in engine.containers.values():
            if container.tree is not None:
                container.tree.vanish()
    yield engine.env.timeout(how.down)
    engine.up, engine.shutting_down = True, False
    there = list(engine.containers.values())
    yield AllOf(engine.env, [engine.env.process(_restored(engine, container, how)) for container in there])
    again = [container for container in there if _starts_again(container)]
    yield AllOf(
        engine.env, [engine.env.process(engine.start_container(container, by_hand=True)) for container in again]
    )
    for container in there:
        if container not in again and not (how.live_restore and container.alive):
            engine.auto_remove(container)


def _stopped(engine: Engine, container: Container) -> Steps:
    yield from engine.stop_container(container, told=None)


def _restored(engine: Engine, container: Container, how: DaemonRestart) -> Steps:
    if container.alive and not how.live_restore:
        yield from engine.stop_container(container, told=None)
        container.manager = None
    elif container.alive and container.state == "running" and container.monitor is not None:
        container.monitor.start()
    if container.running:
        container.manager = None
        if not container.alive:
            engine.set_exited(container, NO_STATUS if container.missed is None else container.missed)
    container.missed = None


def _starts_again(container: Container) -> bool:
    if container.running or container.state == "removed" or not container.started_before:
        return False
    return container.policy.wants(
        container.exit_code, container.restart_count, stopped_by_hand=container.stopped_by_hand
    )
