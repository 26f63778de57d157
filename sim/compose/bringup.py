"""How long a project takes until all of it works, what is in the way, and what fails where nobody waits.

A compose file does not say how long a service takes to be ready. So that is given. A health check finds a service
unhealthy until it is ready. A service that starts before what it depends on is ready may need it: then it ends with an
error, and its restart policy decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import cast

from simpy.events import AnyOf

from sim import limits
from sim.compose.commands.client import ComposeClient, UpOptions
from sim.compose.commands.converging import ProjectHost
from sim.compose.commands.members import ProjectMember
from sim.compose.hosting import HostedProject, ProjectNode
from sim.compose.reading.files import DiskFiles, ProjectFiles
from sim.compose.reading.model import COMPLETED, HEALTHY, ComposeProject, ComposeService
from sim.compose.stretches import LivedContainer, ServiceStretch, stretches
from sim.engine.environment import Environment
from sim.lifecycle.container import CommandResult, Container
from sim.lifecycle.engine import Engine
from sim.lifecycle.process import ProbePiece, ProcessSpec, SignalHandling, job
from sim.lifecycle.supervisor import Steps
from sim.never import NEVER

FAILS_AFTER = 1.0
"""Seconds until a service notices that what it needs is not there: an assumption, as no file says it."""

_LOOK, _PATIENCE = 0.25, 3600.0
"""Seconds between two looks whether all is ready, and after `up` until what is not ready is given up."""

_INTERRUPTED = CommandResult(130, "interrupted")


@dataclass(frozen=True)
class Behaviour:
    """What a service does, which its file does not say.

    Attributes:
        ready: Seconds from its start until it works.
        runs: Seconds until it ends, of a job.
        needs: Whether it ends with an error where something that it depends on is not ready.
    """

    ready: float = 0.0
    runs: float | None = None
    needs: bool = True


@dataclass(frozen=True)
class BroughtUp:
    """What came of it. Seconds since `up`; `NEVER` for what did not happen.

    Attributes:
        code, error: Of `up`, as its time is. One that takes longer than `limits.COMPOSE_WATCHED` is interrupted.
        early: Services that were started before something they depend on was ready, with that.
        path: Services that each waited for the next one before it, from the first started to the last ready.
        crashes: Ends with an error.
        stretches: What each container lived through.
        memory: Bytes that the containers hold in the end, with what their engine holds for them. 0 where they were
            not brought up on a host.
    """

    code: int
    error: str | None
    up: float
    started: Mapping[str, float]
    ready: Mapping[str, float]
    early: tuple[tuple[str, str], ...]
    path: tuple[str, ...]
    crashes: int
    stretches: tuple[ServiceStretch, ...]
    memory: float = 0.0

    @property
    def all_ready(self) -> float:
        """When the last service was ready."""
        return max(self.ready.values(), default=0.0)


@dataclass(frozen=True, slots=True)
class _NeedingSpec(ProcessSpec):
    """A process that ends with an error where others are not ready when it starts."""

    others_ready: Callable[[], bool] = lambda: True
    starts: Callable[[ProcessSpec], int] = lambda _: 0
    decided: dict[int, ProcessSpec] = field(default_factory=dict)

    def at_start(self, number: int) -> ProcessSpec:
        """What it does at that start. It is asked before, too: what counts is how things stand at the start itself."""
        if number not in self.decided or number >= self.starts(self):
            fine = ProcessSpec(probe=self.probe, runs=self.runs, on=self.on)
            self.decided[number] = fine if self.others_ready() else job(FAILS_AFTER, 1)
        return self.decided[number]


_STOPS = {"TERM": SignalHandling()}
"""A service ends in an orderly way when it is asked to."""


class ProjectRun:
    """One time that a project is brought up.

    Attributes:
        engine: It runs the containers.
        host: What docker compose sees of where it runs them.
        node: Where the containers run. None for starts of a fixed time.
    """

    def __init__(
        self,
        project: ComposeProject,
        behaviours: Mapping[str, Behaviour],
        hosted: HostedProject | None,
        files: ProjectFiles,
    ) -> None:
        self.project, self.behaviours = project, behaviours
        env = Environment()
        self.node = ProjectNode(hosted, env, self._service_of) if hosted else None
        self.engine = Engine(env, starting=self.node)
        self.host = ProjectHost(self.engine, self._spec, lambda _: True, files, lambda _: True)

    def run(self) -> BroughtUp:
        """Bring it up. What is made elsewhere is there: volumes, networks, images."""
        for name, volume in self.project.volumes.items():
            if f"volumes.{name}" in self.project.external:
                self.engine.storage.volume(volume)
        env = self.engine.env
        process = env.process(self._up())
        env.run(AnyOf(env, [process, env.timeout(limits.COMPOSE_WATCHED)]))
        result = cast("CommandResult", process.value) if process.triggered else _INTERRUPTED
        up = env.now if process.triggered else NEVER
        while not self._settled() and env.now < up + _PATIENCE:
            env.run(env.now + _LOOK)
        started = {name: self._started(name) for name in self.project.services}
        return BroughtUp(
            code=result.code,
            error=result.error,
            up=up,
            started=started,
            ready={name: self._ready(name) for name in self.project.services},
            early=tuple(self._early(started)),
            path=tuple(reversed(list(self._path()))),
            crashes=sum(one.code != 0 for member in self.host.members.made for one in member.container.exits),
            stretches=tuple(self._stretches()),
            memory=self.node.memory if self.node else 0.0,
        )

    def _up(self) -> Steps:
        if self.node is not None:
            yield from self.node.pull(self.project.services)
        client = ComposeClient(self.host)
        return (yield client.perform(client.up(self.project, UpOptions(detached=True))))

    def _service_of(self, container: Container) -> str:
        return next(one.service.name for one in self.host.members.made if one.container is container)

    def behaviour(self, name: str) -> Behaviour:
        """What a service does."""
        return self.behaviours.get(name, Behaviour())

    def _spec(self, name: str) -> ProcessSpec:
        behaviour = self.behaviour(name)
        probe = (ProbePiece(ok=False), ProbePiece(since=behaviour.ready))
        if not behaviour.needs:
            return ProcessSpec(probe=probe, runs=behaviour.runs, on=_STOPS)
        return _NeedingSpec(
            probe=probe,
            runs=behaviour.runs,
            on=_STOPS,
            others_ready=lambda: self._others_ready(name),
            starts=self._starts,
        )

    def _starts(self, spec: ProcessSpec) -> int:
        return next((len(one.starts) for one in self.engine.made.values() if one.spec is spec), 0)

    def _others_ready(self, name: str) -> bool:
        return all(self._ready(other) <= self.engine.env.now for other in self._asked(name))

    def _asked(self, name: str) -> list[str]:
        """What a service may ask something of: it depends on it for more than the order of starts."""
        services = self.project.services
        return [other for other, one in services[name].depends_on.items() if other in services and not one.order_only]

    def members(self, name: str) -> list[ProjectMember]:
        """The containers that were made for a service, in order."""
        return [one for one in self.host.members.made if one.service.name == name]

    def _ready(self, name: str) -> float:
        """When the last container of a service is ready as things stand; a job's when it has ended well."""
        behaviour = self.behaviour(name)
        times = []
        for member in self.members(name):
            container = member.container
            if behaviour.runs is not None:
                times.append(min((one.at for one in container.exits if one.code == 0), default=NEVER))
            elif container.state == "running" and not self._will_crash(member):
                times.append(container.starts[-1] + behaviour.ready)
            else:
                times.append(NEVER)
        return max(times, default=0.0 if self.project.services[name].scale == 0 else NEVER)

    def _will_crash(self, member: ProjectMember) -> bool:
        spec = member.container.spec
        return isinstance(spec, _NeedingSpec) and spec.at_start(len(member.container.starts) - 1).exit != 0

    def _stretches(self) -> Iterator[ServiceStretch]:
        for member in self.host.members.made:
            behaviour = self.behaviour(member.service.name)
            yield from stretches(
                LivedContainer(
                    member.service.name,
                    member.number,
                    member.container,
                    behaviour.ready,
                    behaviour.runs is not None,
                ),
                self.engine.events,
                self.engine.env.now,
            )

    def _settled(self) -> bool:
        """Whether all has been ready for a moment, or what is not will not be."""
        now = self.engine.env.now
        for name in self.project.services:
            ready = self._ready(name)
            waits = any(member.container.running for member in self.members(name))
            if ready >= now and (ready != NEVER or waits):
                return False
        return True

    def _started(self, name: str) -> float:
        return min((at for member in self.members(name) for at in member.container.starts[:1]), default=NEVER)

    def _early(self, started: Mapping[str, float]) -> Iterator[tuple[str, str]]:
        for name in self.project.services:
            for other in self._asked(name):
                if started[name] != NEVER and started[name] < self._was_ready(other):
                    yield name, other

    def _was_ready(self, name: str) -> float:
        """When the first start of a service had made it ready."""
        behaviour, started = self.behaviour(name), self._started(name)
        return self._ready(name) if behaviour.runs is not None else started + behaviour.ready

    def _path(self) -> Iterator[str]:
        """From the last that was ready back to one that waited for nothing."""
        services = self.project.services
        if not services:
            return
        name: str | None = max(services, key=lambda one: (self._ready(one), one))
        while name is not None:
            yield name
            others = [other for other in services[name].depends_on if other in services]
            held = {other: self._held_until(services[name], other) for other in others}
            name = max(held, key=lambda one: (held[one], one)) if held else None

    def _held_until(self, service: ComposeService, other: str) -> float:
        """When what one service waits for of another had happened."""
        condition = service.depends_on[other].condition
        if condition == COMPLETED:
            return min((one.at for member in self.members(other) for one in member.container.exits), default=NEVER)
        if condition == HEALTHY:
            names = {member.container.name for member in self.members(other)}
            events = [event for event in self.engine.events if event.kind == "health" and event.container in names]
            return max((event.at for event in events if event.detail == "healthy"), default=NEVER)
        return self._started(other)


def bring_up(
    project: ComposeProject,
    behaviours: Mapping[str, Behaviour],
    hosted: HostedProject | None = None,
    files: ProjectFiles | None = None,
) -> BroughtUp:
    """`docker compose up -d` of a project, and what comes after, until all is ready or will never be.

    Args:
        hosted: Where its containers run. None for starts that all take the time of recorded ones.
    """
    return ProjectRun(project, behaviours, hosted, files or DiskFiles()).run()
