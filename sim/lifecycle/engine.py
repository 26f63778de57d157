"""The engine's commands: run, create, start, stop, kill, restart, pause, rm, update, exec, wait, top.

Each is work that ends with a `CommandResult`; `Engine.perform` starts it as a SimPy process. So several containers and
several who command them share one simulated time:

>>> from sim.lifecycle.process import server
>>> engine = Engine()
>>> begun = engine.perform(engine.run(ContainerOptions("web"), server(stops=False)))
>>> engine.env.run(1)
>>> stopped = engine.finish(engine.stop("web"))
>>> engine.containers["web"].exit_code, stopped.seconds
(137, 10.0)

The rules are moby's (`daemon/stop.go`, `kill.go`, `restart.go`, `pause.go`, `delete.go`, `update.go`, `exec.go`), read
at 26.1.5. A command waits where the engine locks a container: while that is being started.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from functools import partial
from typing import Any, cast

from simpy.events import AnyOf, Event, Process

from sim.errors import InputError
from sim.lifecycle.container import CommandResult, Container, ContainerOptions, WhyDown
from sim.lifecycle.creating import refused_creation, refused_memory
from sim.lifecycle.pending import Pending
from sim.lifecycle.policy import parse_policy
from sim.lifecycle.process import ProcessSpec
from sim.lifecycle.signals import parse_signal
from sim.lifecycle.starting import what_runs
from sim.lifecycle.supervisor import Steps, Supervisor

EngineCommand = Generator[Event, Any, CommandResult]
"""A command at work."""

DEFAULT_GRACE = 10.0
"""Seconds from the stop signal to KILL where nothing else is said."""


_REFUSED_RUN = 125
"""The exit code of a `run` or `create` that the engine refuses."""


class _FailedError(Exception):
    """A command that the engine refuses: the category, and an exit code of its own where it has one."""

    def __init__(self, category: str, code: int | None = None) -> None:
        super().__init__(category)
        self.category, self.code = category, code


class Engine(Supervisor):
    """An engine with its commands."""

    def perform(self, command: EngineCommand) -> Process:
        """Start a command now. The process's value is its result, with the seconds it took."""
        return self.env.process(self._timed(command))

    def finish(self, command: EngineCommand) -> CommandResult:
        """Give a command and let time pass until it is done."""
        process = self.perform(command)
        self.env.run(process)
        return cast("CommandResult", process.value)

    def run(
        self,
        options: ContainerOptions,
        spec: ProcessSpec,
        *,
        attached: bool = False,
        client_gets: tuple[tuple[float, str], ...] = (),
    ) -> EngineCommand:
        """`docker run`; with `attached` without -d, until the container ends.

        Args:
            client_gets: Signals that the attached command gets, after so many seconds; it passes them on.
        """
        container = self._created(options, spec)
        if attached:
            for after, signal in client_gets:
                Pending(self.env, after, partial(self._pass_on, container, signal))
        return (yield from self._begin(container, attached=attached, failed=None))

    def create(self, options: ContainerOptions, spec: ProcessSpec) -> EngineCommand:
        """`docker create`."""
        self._created(options, spec)
        yield self.env.timeout(0)
        return CommandResult()

    def start(self, name: str, *, attached: bool = False) -> EngineCommand:
        """`docker start`; with `attached` until the container ends."""
        container = self._named(name)
        yield from self.settled(container)
        if container.state == "paused":
            raise _FailedError("paused")
        return (yield from self._begin(container, attached=attached, failed=self.dialect.failed))

    def stop(self, name: str, *, timeout: float | None = None, signal: str = "") -> EngineCommand:
        """`docker stop`: the stop signal, and KILL after the timeout."""
        container = self._named(name)
        yield from self.settled(container)
        yield from self.stop_container(container, timeout=timeout, signal=signal)
        return CommandResult()

    def kill(self, name: str, *, signal: str = "KILL") -> EngineCommand:
        """`docker kill`."""
        container = self._named(name)
        sent = self._signal(signal)
        yield from self.settled(container)
        if not container.running:
            raise _FailedError("not running")
        if sent == "KILL":
            yield from self._kill(container, "signal by command")
        else:
            yield from self.ask(container, sent, "signal by command")
        return CommandResult()

    def restart(self, name: str, *, timeout: float | None = None, signal: str = "") -> EngineCommand:
        """`docker restart`: stop if it runs, and start."""
        container = self._named(name)
        yield from self.settled(container)
        if container.running:
            container.restarting_by_hand = True
            yield from self.stop_container(container, timeout=timeout, signal=signal)
        refused = yield from self.start_container(container, by_hand=True)
        return self._could_not_start(container, self.dialect.failed) if refused is not None else CommandResult()

    def pause(self, name: str) -> EngineCommand:
        """`docker pause`."""
        container = self._named(name)
        yield from self.settled(container)
        if not container.running or container.state == "restarting":
            raise _FailedError("restarting" if container.running else "not running")
        if container.state == "paused":
            raise _FailedError("already paused")
        container.become("paused")
        if container.tree:
            container.tree.freeze()
        if container.monitor:
            container.monitor.stop()
        self.note(container, "pause")
        return CommandResult()

    def unpause(self, name: str) -> EngineCommand:
        """`docker unpause`."""
        container = self._named(name)
        yield from self.settled(container)
        if container.state != "paused":
            raise _FailedError("not paused")
        self.thaw(container)
        return CommandResult()

    def rm(self, name: str, *, force: bool = False, volumes: bool = False) -> EngineCommand:
        """`docker rm`; `force` kills it first, `volumes` takes its volumes without a name too."""
        container = self._named(name)
        yield from self.settled(container)
        if container.running and not force:
            raise _FailedError(container.state, self.dialect.removal_of_running)
        if container.running:
            yield from self._kill(container, "removed by command")
        container.why_down = "removed by command"
        if container.state != "removed":
            self.remove(container, volumes=volumes)
        return CommandResult()

    def update(
        self,
        name: str,
        *,
        restart: str | None = None,
        memory_mb: float | None = None,
        memory_and_swap_mb: float | None = None,
        pids_limit: int | None = None,
    ) -> EngineCommand:
        """`docker update`. A restart that waits comes all the same."""
        container = self._named(name)
        yield from self.settled(container)
        refusal = refused_memory(memory_mb, memory_and_swap_mb)
        if refusal is None and memory_mb and not memory_and_swap_mb and memory_mb > container.swap_mb:
            refusal = "memory above swap limit"
        if refusal is None and memory_mb and container.tree and container.alive and container.tree.held_mb > memory_mb:
            refusal = "memory in use"  # cgroup v1 refuses it; under v2 processes would be killed
        if refusal is not None:
            raise _FailedError(refusal)
        if restart is not None:
            self._set_policy(container, restart)
        container.limits.memory_mb = memory_mb or container.limits.memory_mb
        container.swap_mb = memory_and_swap_mb or container.swap_mb
        if pids_limit is not None:
            container.limits.pids = pids_limit if pids_limit > 0 else None
        return CommandResult()

    def execute(self, name: str, spec: ProcessSpec, *, detached: bool = False) -> EngineCommand:
        """`docker exec`: another process in a running container. It ends with the container at the latest."""
        container = self._named(name)
        yield from self.settled(container)
        if container.state != "running":
            raise _FailedError(container.state if container.running else "not running")
        yield self.env.timeout(self.times.execute)
        refused = spec.start_error if spec.start_error not in ("exec format", "interpreter missing") else None
        if refused is not None:
            code = self.dialect.failed if detached else self.dialect.refused_exec(refused)
            return CommandResult(code, refused)
        if not container.alive or container.tree is None:
            raise _FailedError("not running")
        self.note(container, "exec")
        runs = what_runs(spec, init=False)
        done = container.files.look(runs.files)
        if done.failed:
            runs = replace(runs, runs=0.0, exit=1)
        over = self.env.event()
        container.tree.execute(runs, lambda code: _go_off(over, code))
        code = 0 if detached else (yield over)
        return CommandResult(code, done.error, done.printed)

    def wait(self, name: str) -> EngineCommand:
        """`docker wait`: until it does not run; prints its exit code."""
        container = self._named(name)
        if container.running:
            yield container.ended
        else:
            yield self.env.timeout(0)
        return CommandResult(prints=str(container.exit_code))

    def top(self, name: str) -> EngineCommand:
        """`docker top`: prints how many of its processes nobody collected."""
        container = self._named(name)
        yield from self.settled(container)
        if container.tree is None or not container.running or container.state == "restarting":
            raise _FailedError("restarting" if container.running else "not running")
        return CommandResult(prints=str(container.tree.zombies))

    def stop_container(
        self,
        container: Container,
        *,
        timeout: float | None = None,
        signal: str = "",
        told: WhyDown | None = "stopped by command",
    ) -> Steps:
        """The stop signal, then KILL if the container has not ended after its timeout."""
        yield from self.settled(container)
        if not container.running:
            return
        sent = self._signal(signal or container.options.stop_signal or "TERM")
        grace = next((s for s in (timeout, container.options.stop_timeout) if s is not None), DEFAULT_GRACE)
        ended = container.ended
        yield from self.ask(container, sent, told)
        if not ended.triggered:
            yield ended if grace < 0 else AnyOf(self.env, [ended, self.env.timeout(grace)])
        if not ended.triggered:
            container.graces.append(grace)
            yield from self._kill(container, told)
        self.note(container, "stop")

    def _kill(self, container: Container, told: WhyDown | None) -> Steps:
        ended = container.ended
        yield from self.ask(container, "KILL", told)
        if container.running and not ended.triggered:
            yield ended

    def _created(self, options: ContainerOptions, spec: ProcessSpec) -> Container:
        refusal = refused_creation(options, spec) or self._refused_names(options)
        if refusal is not None:
            raise _FailedError(refusal, _REFUSED_RUN)
        return self.make(options, spec)

    def _refused_names(self, options: ContainerOptions) -> str | None:
        if options.name in self.containers:
            return "name in use"
        taken = [mount.name for mount in options.mounts if mount.type == "from container"]
        return "no such container" if any(name not in self.containers for name in taken) else None

    def _begin(self, container: Container, *, attached: bool, failed: int | None) -> EngineCommand:
        """Start it, and wait for its end if asked to. failed: the exit code where it cannot start; else the start's."""
        already = container.running
        ended = container.ended
        refused = yield from self.start_container(container, by_hand=True)
        if refused is not None:
            return self._could_not_start(container, refused if failed is None else failed)
        if not attached or already:
            return CommandResult()
        yield ended
        return CommandResult(container.exits[-1].code, container.error, container.printed)

    def _could_not_start(self, container: Container, code: int) -> CommandResult:
        return CommandResult(code, container.spec.at_start(len(container.starts)).start_error)

    def _pass_on(self, container: Container, signal: str) -> None:
        if container.running:
            self.env.process(self.ask(container, self._signal(signal), None))

    def _set_policy(self, container: Container, restart: str) -> None:
        try:
            policy = parse_policy(restart)
        except InputError:
            raise _FailedError("bad restart policy") from None
        if container.options.auto_remove and policy.name != "no":
            raise _FailedError("conflicting options")
        container.policy = self.manager_of(container).policy = policy

    def _named(self, name: str) -> Container:
        if not self.up:
            raise _FailedError("engine down")
        container = self.containers.get(name)
        if container is None:
            raise _FailedError("no such container")
        return container

    def _signal(self, text: str) -> str:
        try:
            return parse_signal(text)
        except InputError:
            raise _FailedError("bad signal") from None

    def _timed(self, command: EngineCommand) -> EngineCommand:
        begun = self.env.now
        try:
            result = yield from command
        except _FailedError as failed:
            code = self.dialect.failed if failed.code is None else failed.code
            result = CommandResult(code, failed.category)
        return replace(result, seconds=self.env.now - begun)


def _go_off(event: Event, value: int) -> None:
    event.succeed(value)
