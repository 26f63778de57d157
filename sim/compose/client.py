"""docker compose's commands on one engine: up, create, start, stop, restart, down, rm, kill, pause, run, exec, scale.

Each is work that ends with a `CommandResult`, as the commands of `sim.lifecycle.engine` are. A project comes read
(`sim.compose.project`); what is wrong with it ends a command before it does anything. Source: pkg/compose and
cmd/compose of docker/compose v2.26.1.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from simpy.events import AnyOf, Event, Process

from sim.compose.attaching import Attached
from sim.compose.cancelling import CalledOffError, CommandError, Context, Work, together
from sim.compose.converging import (
    Convergence,
    CreateOptions,
    ProjectHost,
    check_images,
    make_container,
    stop_and_remove,
    used_volumes,
)
from sim.compose.members import ProjectMember, by_number
from sim.compose.model import COMPLETED, ComposeProject, ServiceDependency
from sim.compose.starting import start_services
from sim.compose.traversal import dependency_graph, in_dependency_order, selected
from sim.compose.waiting import RUNNING_OR_HEALTHY, wait_for
from sim.lifecycle.container import CommandResult
from sim.lifecycle.engine import Engine, EngineCommand
from sim.lifecycle.process import ProcessSpec

INTERRUPTED, _KILLED = 130, 137


@dataclass(frozen=True)
class UpOptions:
    """How a project is brought up.

    create: how containers are made. scale: containers by service, over what the file says. detached: whether the
    command ends once they are started. wait: until they run and are healthy, for so many seconds at most where
    `wait_timeout` is not 0. no_deps: without what the named services depend on. abort_on_exit: stop all when one ends.
    exit_code_from: the service whose exit code counts.
    """

    create: CreateOptions = field(default_factory=CreateOptions)
    scale: Mapping[str, int] = field(default_factory=dict)
    detached: bool = False
    wait: bool = False
    wait_timeout: float = 0.0
    no_deps: bool = False
    abort_on_exit: bool = False
    exit_code_from: str = ""


class ComposeClient:
    """Gives commands for one project on one host."""

    def __init__(self, host: ProjectHost) -> None:
        self.host, self.env = host, host.engine.env

    def perform(self, command: Callable[[Context], Work], signals: Collection[tuple[float, str]] = ()) -> Process:
        """Begin a command now; the process's value is its `CommandResult`.

        signals: what the command gets, each after so many seconds. INT and TERM call it off, KILL ends it at once.
        """
        return self.env.process(self._performed(command, signals))

    def _performed(self, command: Callable[[Context], Work], signals: Collection[tuple[float, str]]) -> EngineCommand:
        begun, context = self.env.now, Context(self.env)
        killed = self.env.event()
        for after, signal in signals:
            self.env.process(self._signalled(after, partial(self._signal, context, signal, killed)))
        work = self.env.process(self._ended(command(context), context))
        yield AnyOf(self.env, [work, killed])
        result = work.value if work.triggered else CommandResult(_KILLED, "killed")
        assert isinstance(result, CommandResult)
        return replace(result, seconds=self.env.now - begun)

    def _signal(self, context: Context, signal: str, killed: Event) -> None:
        if signal == "KILL":
            killed.succeed()
        elif context.forward is not None:
            context.forward(signal)
        else:
            context.call_off()

    def _signalled(self, after: float, act: Callable[[], object]) -> Work:
        yield self.env.timeout(after)
        act()

    def _ended(self, work: Work, context: Context) -> EngineCommand:
        try:
            code = yield from work
        except CommandError as failure:
            if context.called_off or isinstance(failure, CalledOffError):
                return CommandResult(INTERRUPTED, "interrupted")
            return CommandResult(failure.code, failure.category)
        if context.called_off:
            return CommandResult(INTERRUPTED, "interrupted")
        return CommandResult(int(code or 0))

    def up(self, project: ComposeProject, options: UpOptions) -> Callable[[Context], Work]:
        """`docker compose up`."""

        def work(context: Context) -> Work:
            chosen = self._chosen(project, options.create.services, with_dependencies=not options.no_deps)
            if not chosen.services:
                raise CommandError("no service selected")
            chosen = scaled(chosen, options.scale)
            if options.exit_code_from and options.exit_code_from not in chosen.services:
                raise CommandError("no such service")
            yield from Convergence(self.host, chosen, options.create).run(context)
            if options.detached or options.wait:
                yield from self._started(context, chosen, options)
                return 0
            return (yield from self._attached(context, chosen, options))

        return work

    def create(self, project: ComposeProject, options: UpOptions) -> Callable[[Context], Work]:
        """`docker compose create`, and `up --no-start`."""

        def work(context: Context) -> Work:
            chosen = scaled(self._chosen(project, options.create.services), options.scale)
            yield from Convergence(self.host, chosen, options.create).run(context)

        return work

    def scale(self, project: ComposeProject, numbers: Mapping[str, int]) -> Callable[[Context], Work]:
        """`docker compose scale SERVICE=NUMBER...`."""

        def work(context: Context) -> Work:
            chosen = scaled(self._chosen(project, tuple(numbers)), numbers)
            yield from Convergence(self.host, chosen, CreateOptions(services=tuple(numbers), inherit=False)).run(
                context
            )
            yield from start_services(self.host, context, chosen)

        return work

    def start(self, project: ComposeProject, services: Collection[str] = ()) -> Callable[[Context], Work]:
        """`docker compose start`."""

        def work(context: Context) -> Work:
            yield from start_services(self.host, context, self._chosen(project, services))

        return work

    def stop(
        self, project: ComposeProject, services: Collection[str] = (), timeout: float | None = None
    ) -> Callable[[Context], Work]:
        """`docker compose stop`: those that depend on others first."""

        def work(context: Context) -> Work:
            chosen = self._chosen(project, services)
            yield from stop_services(self.host, context, chosen, services or chosen.services, timeout)

        return work

    def restart(
        self,
        project: ComposeProject,
        services: Collection[str] = (),
        timeout: float | None = None,
        *,
        no_deps: bool = False,
    ) -> Callable[[Context], Work]:
        """`docker compose restart`, and of what depends on it with `restart: true`. Nothing is waited for."""

        def work(context: Context) -> Work:
            chosen = _enabled(project, services)
            bound = {
                name: replace(
                    service, depends_on={other: one for other, one in service.depends_on.items() if one.restart}
                )
                for name, service in chosen.services.items()
            }
            if not set(services) <= bound.keys():
                raise CommandError("no such service")
            wanted = set(services) if services and no_deps else dependents(bound, services)
            kept = {name: service for name, service in bound.items() if name in wanted}
            yield from in_dependency_order(context, kept, visit)

        def visit(context: Context, name: str) -> Work:
            engine = self.host.engine
            there = self.host.members.there([name])
            commands = (engine.restart(member.container.name, timeout=timeout) for member in there)
            yield from together(context, (context.ask(engine, command) for command in commands))

        return work

    def down(
        self,
        project: ComposeProject,
        services: Collection[str] = (),
        *,
        volumes: bool = False,
        remove_orphans: bool = False,
        timeout: float | None = None,
    ) -> Callable[[Context], Work]:
        """`docker compose down`. Containers of services that the file does not have stay, but for `remove_orphans`."""

        def work(context: Context) -> Work:
            chosen = self._chosen(project, services)
            there = self.host.members.there(one_offs=remove_orphans)
            only = dependents(chosen.services, services) if services else None
            yield from in_dependency_order(context, chosen.services, visit, against=True, only=only)
            known = {*chosen.services, *chosen.disabled}
            orphans = [one for one in there if one.service.name not in known] if remove_orphans else []
            yield from together(context, (self._removed(context, one, timeout) for one in orphans), calls_off=False)
            if volumes:
                self._remove_volumes(chosen)

        def visit(context: Context, name: str) -> Work:
            there = self.host.members.there([name], one_offs=remove_orphans)
            parts = (self._removed(context, one, timeout, volumes=volumes) for one in there)
            yield from together(context, parts, calls_off=False)

        return work

    def remove(
        self, project: ComposeProject, services: Collection[str] = (), *, volumes: bool = False, stop: bool = False
    ) -> Callable[[Context], Work]:
        """`docker compose rm`: of containers that do not run."""

        def work(context: Context) -> Work:
            chosen = self._chosen(project, services)
            if stop:
                yield from stop_services(self.host, context, chosen, services or chosen.services)
            engine = self.host.engine
            there = self.host.members.there(services or chosen.services)
            commands = (
                engine.rm(one.container.name, volumes=volumes)
                for one in there
                if not one.container.running and one.service.name in chosen.services
            )
            yield from together(context, (context.ask(engine, command) for command in commands))

        return work

    def kill(
        self, project: ComposeProject, services: Collection[str] = (), signal: str = "KILL"
    ) -> Callable[[Context], Work]:
        """`docker compose kill`."""
        return self._each(project, services, lambda name: self.host.engine.kill(name, signal=signal), one_offs=True)

    def pause(self, project: ComposeProject, services: Collection[str] = ()) -> Callable[[Context], Work]:
        """`docker compose pause`."""
        return self._each(project, services, self.host.engine.pause)

    def unpause(self, project: ComposeProject, services: Collection[str] = ()) -> Callable[[Context], Work]:
        """`docker compose unpause`."""
        return self._each(project, services, self.host.engine.unpause)

    def run(
        self,
        project: ComposeProject,
        name: str,
        *,
        spec: ProcessSpec | None = None,
        auto_remove: bool = False,
        no_deps: bool = False,
        detached: bool = False,
    ) -> Callable[[Context], Work]:
        """`docker compose run`: brings up what the service depends on, and then one container of its own.

        spec: what it does, where it is not the service's own command.
        """

        def work(context: Context) -> Work:
            chosen = self._chosen(project, (name,), with_dependencies=not no_deps)
            service = replace(chosen.services[name], restart="no", scale=1, ports=())
            others = {other: one for other, one in chosen.services.items() if other != name}
            rest = replace(chosen, services=others, disabled={**chosen.disabled, name: service})
            yield from Convergence(self.host, rest, CreateOptions(inherit=False)).run(context)
            if others:
                yield from start_services(self.host, context, rest)
            check_images(self.host, chosen)
            there = self.host.members.there(one_offs=True)
            if not no_deps:
                yield from wait_for(context, chosen, service.depends_on, there)
            label = f"{project.name}-{name}-run-{len(self.host.engine.made)}"
            member = yield from make_container(
                self.host, context, chosen, service, label, 1, one_off=True, auto_remove=auto_remove, spec=spec
            )
            engine = self.host.engine
            context.forward = lambda signal: _pass_on(engine, member, signal)
            started = engine.start(member.container.name, attached=not detached)
            result = yield engine.perform(started)
            if result.error and not member.container.exits:
                raise CommandError(result.error)
            return result.code

        return work

    def execute(self, project: ComposeProject, name: str, spec: ProcessSpec) -> Callable[[Context], Work]:
        """`docker compose exec`, in the first container that runs."""

        def work(context: Context) -> Work:
            self._chosen(project, ())
            context.check()
            there = by_number(self.host.members.there([name], one_offs=True, stopped=False))
            if not there:
                raise CommandError("not running")
            result = yield self.host.engine.perform(self.host.engine.execute(there[0].container.name, spec))
            if result.error:
                raise CommandError(result.error, result.code)
            return result.code

        return work

    def _started(self, context: Context, project: ComposeProject, options: UpOptions) -> Work:
        """Start, and where asked for wait until everything runs and is healthy."""
        yield from start_services(self.host, context, project)
        if not options.wait:
            return
        jobs = {
            other
            for service in project.services.values()
            for other, one in service.depends_on.items()
            if one.condition == COMPLETED
        }
        awaited = {
            name: ServiceDependency(COMPLETED if name in jobs else RUNNING_OR_HEALTHY) for name in project.services
        }
        limited = context.derive()
        if options.wait_timeout:
            self.env.process(self._signalled(options.wait_timeout, limited.call_off))
        yield from wait_for(limited, project, awaited, self.host.members.there())
        context.check()
        if limited.called_off:
            raise CommandError("wait timeout")

    def _attached(self, context: Context, project: ComposeProject, options: UpOptions) -> Work:
        named = options.create.services
        watched = [one for one in self.host.members.there() if not named or one.service.name in named]
        stop = stop_services(self.host, Context(self.env), project, named or project.services)
        attached = Attached(self.host.engine, watched, options.exit_code_from)
        aborts = options.abort_on_exit or bool(options.exit_code_from)
        return (yield from attached.run(context, start_services(self.host, Context(self.env), project), stop, aborts))

    def _chosen(
        self, project: ComposeProject, services: Collection[str], *, with_dependencies: bool = True
    ) -> ComposeProject:
        """The project with the services that a command names. Raises `CommandError`."""
        if project.findings.wrong:
            first = project.findings.wrong[0]
            raise CommandError(first.kind, first.code)
        chosen = selected(project, services, dependencies=with_dependencies)
        if chosen is None:
            raise CommandError("no such service")
        return chosen

    def _each(
        self,
        project: ComposeProject,
        services: Collection[str],
        command: Callable[[str], EngineCommand],
        *,
        one_offs: bool = False,
    ) -> Callable[[Context], Work]:
        """A command for every container that runs, at once."""

        def work(context: Context) -> Work:
            chosen = self._chosen(project, services)
            there = self.host.members.there(services or chosen.services, one_offs=one_offs, stopped=False)
            asked = (context.ask(self.host.engine, command(one.container.name)) for one in there)
            yield from together(context, asked)

        return work

    def _removed(
        self, context: Context, member: ProjectMember, timeout: float | None, *, volumes: bool = False
    ) -> Work:
        yield from stop_and_remove(self.host.engine, context, member, timeout=timeout, volumes=volumes)

    def _remove_volumes(self, project: ComposeProject) -> None:
        """Those that the file declares; of one that is in use docker compose only warns."""
        left = [container.files for container in self.host.engine.containers.values()]
        for name in used_volumes(project):
            if f"volumes.{name}" not in project.external:
                self.host.engine.storage.remove(project.volumes[name], left)


def stop_services(
    host: ProjectHost,
    context: Context,
    project: ComposeProject,
    services: Collection[str],
    timeout: float | None = None,
) -> Work:
    """Stop the containers of some services, those that depend on others first."""

    def visit(inner: Context, name: str) -> Work:
        stops = (host.engine.stop(one.container.name, timeout=timeout) for one in host.members.there([name]))
        yield from together(inner, (inner.ask(host.engine, stop) for stop in stops))

    yield from in_dependency_order(context, project.services, visit, against=True, only=services)


def _pass_on(engine: Engine, member: ProjectMember, signal: str) -> None:
    """A signal to `run` goes to its container."""
    if member.container.running:
        engine.perform(engine.kill(member.container.name, signal=signal))


def scaled(project: ComposeProject, numbers: Mapping[str, int]) -> ComposeProject:
    """The project with other numbers of containers. Raises `CommandError` for a service that is not there."""
    if not numbers.keys() <= project.services.keys():
        raise CommandError("no such service")
    services = {
        name: replace(service, scale=numbers.get(name, service.scale)) for name, service in project.services.items()
    }
    return replace(project, services=services)


def dependents(services: Mapping[str, object], names: Collection[str]) -> set[str]:
    """Some services and all that depend on them; all services where none is named."""
    if not names:
        return set(services)
    import networkx as nx

    graph = dependency_graph(services)  # type: ignore[arg-type]
    return {found for name in names for found in (name, *nx.descendants(graph, name))}


def _enabled(project: ComposeProject, services: Collection[str]) -> ComposeProject:
    """The project with the profiles of some services active."""
    if project.findings.wrong:
        first = project.findings.wrong[0]
        raise CommandError(first.kind, first.code)
    profiles = {one for name in services if name in project.disabled for one in project.disabled[name].profiles}
    more = {name: one for name, one in project.disabled.items() if not profiles.isdisjoint(one.profiles)}
    return replace(project, services={**project.services, **more})
