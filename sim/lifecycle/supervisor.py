"""What an engine does by itself: it starts containers, sees them end, restarts and removes them.

The commands that people type are in `sim.lifecycle.engine`. The rules are moby's (`daemon/start.go`, `kill.go`,
`monitor.go`, `delete.go`), read at 26.1.5.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from simpy import Environment
from simpy.events import Event

from sim.engine import environment
from sim.lifecycle.container import (
    Container,
    ContainerExit,
    ContainerOptions,
    LifecycleEvent,
    RestartManager,
    WhyDown,
)
from sim.lifecycle.creating import swap_limit
from sim.lifecycle.dialect import DOCKER, Dialect
from sim.lifecycle.health import HealthMonitor, HealthStatus
from sim.lifecycle.pending import Pending
from sim.lifecycle.policy import parse_policy
from sim.lifecycle.process import ProbePiece, ProcessSpec
from sim.lifecycle.starting import refused_start, what_runs
from sim.lifecycle.storage import ContainerFiles, Storage
from sim.lifecycle.tree import CgroupLimits, ProcessTree

Steps = Generator[Event, Any, Any]
"""Work that takes simulated time."""


@dataclass(frozen=True, slots=True)
class EngineTimes:
    """What an engine's own work takes, in seconds.

    Attributes:
        start: From the command to the running process. Recorded starts took 0.1 to 0.3 s.
        execute: From `exec`, or from a probe's turn, to its end where its process takes no time. Recorded ones took
            0.05 s.
    """

    start: float = 0.2
    execute: float = 0.05


class StartProcess(Protocol):
    """What gets a container's process to run on its host."""

    def begin(self, container: Container) -> Steps:
        """Work until the process runs."""

    def ended(self, container: Container) -> None:
        """The process that `begin` got to run has ended."""


class FixedStart:
    """Starts that all take the same time, as where recordings are replayed."""

    def __init__(self, env: Environment, seconds: float) -> None:
        self._env, self._seconds = env, seconds

    def begin(self, _: Container) -> Steps:
        """The process runs after that time."""
        yield self._env.timeout(self._seconds)

    def ended(self, _: Container) -> None:
        """Nothing is held."""


class Supervisor:
    """An engine's containers and what becomes of them.

    Attributes:
        env: The simulated time.
        times: What the engine's own work takes.
        dialect: Docker or Podman.
        images: The files of each image, by path. An image that is not among them is empty.
        starting: What gets processes to run. Where none is given, starts take `times.start`.
        storage: Volumes and the host's folders.
        containers: Those there are, by name.
        made: Those that ever were, by name; of several that had a name, the last.
        events: What happened, in order.
        up: Whether the engine runs itself.
        shutting_down: Whether it is about to end.
    """

    def __init__(
        self,
        env: Environment | None = None,
        *,
        times: EngineTimes | None = None,
        dialect: Dialect = DOCKER,
        images: Mapping[str, Mapping[str, str]] | None = None,
        starting: StartProcess | None = None,
    ) -> None:
        self.env: Environment = env or environment.Environment()
        self.times = times or EngineTimes()
        self.starting = starting or FixedStart(self.env, self.times.start)
        self.dialect = dialect
        self.images = dict(images or {})
        self.storage = Storage()
        self.containers: dict[str, Container] = {}
        self.made: dict[str, Container] = {}
        self.events: list[LifecycleEvent] = []
        self.up = True
        self.shutting_down = False

    def note(self, container: Container, kind: str, detail: object = "") -> None:
        """Write down an event."""
        self.events.append(LifecycleEvent(self.env.now, container.name, kind, str(detail)))

    def make(self, options: ContainerOptions, spec: ProcessSpec) -> Container:
        """Make a container that nothing speaks against (`sim.lifecycle.creating`)."""
        image = self.images.get(options.image, {})
        others = {name: container.files for name, container in self.containers.items()}
        mounted = self.storage.mount(options.mounts, image, others)
        files = ContainerFiles(image, mounted, read_only=options.read_only)
        container = Container(
            env=self.env,
            options=replace(options, name=options.name or f"container{len(self.made) + 1}"),
            spec=spec,
            policy=parse_policy(options.restart),
            limits=CgroupLimits(options.memory_mb or None, options.pids_limit or None),
            files=files,
            swap_mb=swap_limit(options.memory_mb, options.memory_and_swap_mb),
        )
        self.containers[container.name] = self.made[container.name] = container
        self.note(container, "create")
        return container

    def settled(self, container: Container) -> Steps:
        """Wait while a start locks the container."""
        while container.starting is not None:
            yield container.starting

    def start_container(self, container: Container, *, by_hand: bool) -> Steps:
        """Start it; a start by hand lets back-off and count begin anew.

        Returns:
            Nothing, or the exit code of a command that could not start it.
        """
        yield from self.settled(container)
        if container.state == "removed" or (by_hand and container.running):
            return None
        container.starting = self.env.event()
        if by_hand:
            container.restart_count = 0
            container.manager = None
            container.stopped_by_hand = False
        spec = container.spec.at_start(len(container.starts))
        refused = refused_start(spec, init=container.options.init)
        if refused is None:
            container.begun.append(self.env.now)
            yield from self.starting.begin(container)
            self._started(container)
        else:
            self._failed(container, refused[0])
        locked, container.starting = container.starting, None
        locked.succeed()
        return self.dialect.refused_run(spec.start_error, refused[1]) if refused and spec.start_error else None

    def ask(self, container: Container, signal: str, told: WhyDown | None) -> Steps:
        """Send a signal through the engine; the container must be running.

        Args:
            told: Why the container is down if it ends now.
        """
        yield from self.settled(container)
        if not container.running:
            return
        stops = self.dialect.stops(signal, container.options.stop_signal)
        thaws = stops and container.state == "paused"
        restarting = container.state == "restarting"
        container.told = told
        if not self.shutting_down:
            container.stopped_by_hand = True
        if stops:
            self._cancel(container)
        if restarting or container.tree is None:
            return
        container.signals.append(signal)
        self.note(container, "kill", signal)
        container.tree.one.signal(signal)
        if thaws:
            self.thaw(container)

    def thaw(self, container: Container) -> None:
        """Let a paused container go on."""
        container.become("running")
        self.note(container, "unpause")
        if container.monitor:
            container.monitor.resume()
        if container.tree:
            container.tree.thaw()

    def set_exited(self, container: Container, code: int) -> None:
        """Take it for ended, with no restart to come."""
        container.exit_code = code
        container.become("exited")

    def rename(self, container: Container, name: str) -> None:
        """Give it another name that nobody has (`docker rename`)."""
        del self.containers[container.name]
        container.options = replace(container.options, name=name)
        self.containers[name] = self.made[name] = container

    def remove(self, container: Container, *, volumes: bool) -> None:
        """Remove a container that does not run; with its volumes without a name, if asked for."""
        if self.containers.get(container.name) is container:
            del self.containers[container.name]
        container.become("removed")
        if volumes:
            self.storage.release(container.files, [other.files for other in self.containers.values()])
        self.note(container, "destroy")

    def manager_of(self, container: Container) -> RestartManager:
        """What decides over its restarts."""
        if container.manager is None:
            container.manager = RestartManager(container.policy, container.restart_count, self.dialect.back_off())
        return container.manager

    def auto_remove(self, container: Container) -> None:
        """Remove it now that it ended, if it was created so."""
        if container.options.auto_remove and container.state != "removed":
            self.remove(container, volumes=True)

    def _started(self, container: Container) -> None:
        spec = what_runs(container.spec.at_start(len(container.starts)), init=container.options.init)
        container.files.started()
        done = container.files.perform(spec.files)
        container.error, container.printed = done.error, done.printed
        if done.failed:
            spec = replace(spec, runs=0.0, exit=1)
        container.tree = ProcessTree(
            self.env,
            spec,
            container.limits,
            lambda code: self._ended(container, code),
            lambda: self._out_of_memory(container),
            init=container.options.init,
            host_pids=container.options.host_pids,
        )
        container.started_before, container.restarting_by_hand = True, False
        container.started_at = self.env.now
        container.starts.append(self.env.now)
        container.exit_code, container.oom_killed = 0, False
        container.told = container.why_down = None
        container.become("running")
        self.note(container, "start")
        self._watch(container)
        container.tree.start()

    def _watch(self, container: Container) -> None:
        check = container.options.health
        if check is None or container.options.no_health:
            return
        if container.monitor is None:
            container.monitor = HealthMonitor(
                self.env,
                check,
                lambda number, since: self._probed(container, number, since),
                self.times.execute,
                lambda status: self._health_changed(container, status),
            )
        container.monitor.start()

    def _probed(self, container: Container, number: int, since: float) -> ProbePiece:
        return container.spec.at_start(len(container.starts) - 1).found_by_probe(number, since)

    def _health_changed(self, container: Container, status: HealthStatus) -> None:
        self.note(container, "health", status)
        container.tell()

    def _failed(self, container: Container, code: int) -> None:
        container.why_down = "cannot start"
        if self.dialect.refused_is_exit_code and container.exit_code == 0:
            container.exit_code = code
        self.auto_remove(container)

    def _out_of_memory(self, container: Container) -> None:
        container.oom_killed = True
        self.note(container, "oom")

    def _ended(self, container: Container, code: int) -> None:
        """The main process ended (moby, `handleContainerExit`)."""
        self.starting.ended(container)
        if not self.up:
            container.missed = code
            return
        ran = self.env.now - container.started_at
        container.exits.append(ContainerExit(self.env.now, code, ran))
        if container.monitor:
            container.monitor.stop()
        by_hand = self.shutting_down or container.stopped_by_hand
        wait = self.manager_of(container).wait_after(code, ran, stopped_by_hand=by_hand)
        self.note(container, "die", code)
        container.exit_code = code
        if wait is None:
            container.why_down = self._why_down(container, code)
            container.become("exited")
            if not container.restarting_by_hand:
                self.auto_remove(container)
            return
        container.restart_count += 1
        container.back_offs.append(wait)
        container.waiting = Pending(self.env, wait, lambda: self._restart(container))
        container.become("restarting")

    def _restart(self, container: Container) -> None:
        container.waiting = None
        self.env.process(self._restarted(container))

    def _restarted(self, container: Container) -> Steps:
        last = container.exit_code
        refused = yield from self.start_container(container, by_hand=False)
        if refused is not None and container.state == "restarting":
            self.set_exited(container, last)

    def _cancel(self, container: Container) -> None:
        """No more restarts until the next start by hand; one that waits does not come."""
        self.manager_of(container).cancelled = True
        if container.waiting is not None:
            container.waiting.cancel()
            container.waiting = None
            container.why_down = self._why_down(container, container.exit_code)
            container.become("exited")
            self.auto_remove(container)

    def _why_down(self, container: Container, code: int) -> WhyDown:
        if container.told is not None:
            return container.told
        if container.policy.name == "no":
            return "policy no"
        if container.policy.name == "on-failure" and not self.manager_of(container).cancelled:
            return "exit 0 under on-failure" if code == 0 else "retries used up"
        return "signal by command"
