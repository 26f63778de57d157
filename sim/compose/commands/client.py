"""docker compose's commands on one engine: up, create, start, stop, restart, down, rm, kill, pause, run, exec, scale.

Each is work that ends with a `CommandResult`, as the commands of `sim.lifecycle.engine` are. A project comes read
(`sim.compose.reading.project`); what is wrong with it ends a command before it does anything. Source: pkg/compose and
cmd/compose of docker/compose v2.26.1.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace

from sim.compose.commands.attaching import Attached
from sim.compose.commands.cancelling import CommandContext, CommandError, CommandWork, ComposeCommand, together
from sim.compose.commands.converging import (
    Convergence,
    CreateOptions,
    ProjectHost,
    check_images,
    make_container,
    stop_and_remove,
    used_volumes,
)
from sim.compose.commands.members import ProjectMember, by_number
from sim.compose.commands.performing import CommandRunner
from sim.compose.commands.selecting import chosen, dependents, enabled, scaled
from sim.compose.commands.starting import start_services
from sim.compose.commands.stopping import stop_services
from sim.compose.commands.traversal import in_dependency_order
from sim.compose.commands.waiting import RUNNING_OR_HEALTHY, wait_for
from sim.compose.reading.model import COMPLETED, ComposeProject, ServiceDependency
from sim.lifecycle.engine import Engine, EngineCommand
from sim.lifecycle.process import ProcessSpec


@dataclass(frozen=True)
class UpOptions:
    """How a project is brought up.

    Attributes:
        create: How containers are made.
        scale: Containers by service, over what the file says.
        detached: Whether the command ends once they are started.
        wait: Until they run and are healthy, for so many seconds at most where `wait_timeout` is not 0.
        no_deps: Without what the named services depend on.
        abort_on_exit: Stop all when one ends.
        exit_code_from: The service whose exit code counts.
    """

    create: CreateOptions = field(default_factory=CreateOptions)
    scale: Mapping[str, int] = field(default_factory=dict)
    detached: bool = False
    wait: bool = False
    wait_timeout: float = 0.0
    no_deps: bool = False
    abort_on_exit: bool = False
    exit_code_from: str = ""


class ComposeClient(CommandRunner):
    """Gives commands for one project on one host."""

    def __init__(self, host: ProjectHost) -> None:
        super().__init__(host.engine.env)
        self.host = host

    def up(self, project: ComposeProject, options: UpOptions) -> ComposeCommand:
        """`docker compose up`."""

        def work(context: CommandContext) -> CommandWork:
            wanted = chosen(project, options.create.services, dependencies=not options.no_deps)
            if not wanted.services:
                raise CommandError("no service selected")
            wanted = scaled(wanted, options.scale)
            if options.exit_code_from and options.exit_code_from not in wanted.services:
                raise CommandError("no such service")
            yield from Convergence(self.host, wanted, options.create).run(context)
            if options.detached or options.wait:
                yield from self._started(context, wanted, options)
                return 0
            return (yield from self._attached(context, wanted, options))

        return work

    def create(self, project: ComposeProject, options: UpOptions) -> ComposeCommand:
        """`docker compose create`, and `up --no-start`."""

        def work(context: CommandContext) -> CommandWork:
            wanted = scaled(chosen(project, options.create.services), options.scale)
            yield from Convergence(self.host, wanted, options.create).run(context)

        return work

    def scale(self, project: ComposeProject, numbers: Mapping[str, int]) -> ComposeCommand:
        """`docker compose scale SERVICE=NUMBER...`."""

        def work(context: CommandContext) -> CommandWork:
            wanted = scaled(chosen(project, tuple(numbers)), numbers)
            yield from Convergence(self.host, wanted, CreateOptions(services=tuple(numbers), inherit=False)).run(
                context
            )
            yield from start_services(self.host, context, wanted)

        return work

    def start(self, project: ComposeProject, services: Collection[str] = ()) -> ComposeCommand:
        """`docker compose start`."""

        def work(context: CommandContext) -> CommandWork:
            yield from start_services(self.host, context, chosen(project, services))

        return work

    def stop(
        self, project: ComposeProject, services: Collection[str] = (), timeout: float | None = None
    ) -> ComposeCommand:
        """`docker compose stop`: those that depend on others first."""

        def work(context: CommandContext) -> CommandWork:
            wanted = chosen(project, services)
            yield from stop_services(self.host, context, wanted, services or wanted.services, timeout)

        return work

    def restart(
        self,
        project: ComposeProject,
        services: Collection[str] = (),
        timeout: float | None = None,
        *,
        no_deps: bool = False,
    ) -> ComposeCommand:
        """`docker compose restart`, and of what depends on it with `restart: true`. Nothing is waited for."""

        def work(context: CommandContext) -> CommandWork:
            wanted = enabled(project, services)
            bound = {
                name: replace(
                    service, depends_on={other: one for other, one in service.depends_on.items() if one.restart}
                )
                for name, service in wanted.services.items()
            }
            if not set(services) <= bound.keys():
                raise CommandError("no such service")
            names = set(services) if services and no_deps else dependents(bound, services)
            kept = {name: service for name, service in bound.items() if name in names}
            yield from in_dependency_order(context, kept, visit)

        def visit(context: CommandContext, name: str) -> CommandWork:
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
    ) -> ComposeCommand:
        """`docker compose down`. Containers of services that the file does not have stay, but for `remove_orphans`."""

        def work(context: CommandContext) -> CommandWork:
            wanted = chosen(project, services)
            there = self.host.members.there(one_offs=remove_orphans)
            only = dependents(wanted.services, services) if services else None
            yield from in_dependency_order(context, wanted.services, visit, against=True, only=only)
            known = {*wanted.services, *wanted.disabled}
            orphans = [one for one in there if one.service.name not in known] if remove_orphans else []
            yield from together(context, (self._removed(context, one, timeout) for one in orphans), calls_off=False)
            if volumes:
                self._remove_volumes(wanted)

        def visit(context: CommandContext, name: str) -> CommandWork:
            there = self.host.members.there([name], one_offs=remove_orphans)
            parts = (self._removed(context, one, timeout, volumes=volumes) for one in there)
            yield from together(context, parts, calls_off=False)

        return work

    def remove(
        self, project: ComposeProject, services: Collection[str] = (), *, volumes: bool = False, stop: bool = False
    ) -> ComposeCommand:
        """`docker compose rm`: of containers that do not run."""

        def work(context: CommandContext) -> CommandWork:
            wanted = chosen(project, services)
            if stop:
                yield from stop_services(self.host, context, wanted, services or wanted.services)
            engine = self.host.engine
            there = self.host.members.there(services or wanted.services)
            commands = (
                engine.rm(one.container.name, volumes=volumes)
                for one in there
                if not one.container.running and one.service.name in wanted.services
            )
            yield from together(context, (context.ask(engine, command) for command in commands))

        return work

    def kill(self, project: ComposeProject, services: Collection[str] = (), signal: str = "KILL") -> ComposeCommand:
        """`docker compose kill`."""
        return self._each(project, services, lambda name: self.host.engine.kill(name, signal=signal), one_offs=True)

    def pause(self, project: ComposeProject, services: Collection[str] = ()) -> ComposeCommand:
        """`docker compose pause`."""
        return self._each(project, services, self.host.engine.pause)

    def unpause(self, project: ComposeProject, services: Collection[str] = ()) -> ComposeCommand:
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
    ) -> ComposeCommand:
        """`docker compose run`: brings up what the service depends on, and then one container of its own.

        Args:
            spec: What it does, where it is not the service's own command.
        """

        def work(context: CommandContext) -> CommandWork:
            wanted = chosen(project, (name,), dependencies=not no_deps)
            service = replace(wanted.services[name], restart="no", scale=1, ports=())
            others = {other: one for other, one in wanted.services.items() if other != name}
            rest = replace(wanted, services=others, disabled={**wanted.disabled, name: service})
            yield from Convergence(self.host, rest, CreateOptions(inherit=False)).run(context)
            if others:
                yield from start_services(self.host, context, rest)
            check_images(self.host, wanted)
            there = self.host.members.there(one_offs=True)
            if not no_deps:
                yield from wait_for(context, wanted, service.depends_on, there)
            label = f"{project.name}-{name}-run-{len(self.host.engine.made)}"
            member = yield from make_container(
                self.host, context, wanted, service, label, 1, one_off=True, auto_remove=auto_remove, spec=spec
            )
            engine = self.host.engine
            context.forward = lambda signal: _pass_on(engine, member, signal)
            started = engine.start(member.container.name, attached=not detached)
            result = yield engine.perform(started)
            if result.error and not member.container.exits:
                raise CommandError(result.error)
            return result.code

        return work

    def execute(self, project: ComposeProject, name: str, spec: ProcessSpec) -> ComposeCommand:
        """`docker compose exec`, in the first container that runs."""

        def work(context: CommandContext) -> CommandWork:
            chosen(project, ())
            context.check()
            there = by_number(self.host.members.there([name], one_offs=True, stopped=False))
            if not there:
                raise CommandError("not running")
            result = yield self.host.engine.perform(self.host.engine.execute(there[0].container.name, spec))
            if result.error:
                raise CommandError(result.error, result.code)
            return result.code

        return work

    def _started(self, context: CommandContext, project: ComposeProject, options: UpOptions) -> CommandWork:
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
            self.env.process(self.after_a_while(options.wait_timeout, limited.call_off))
        yield from wait_for(limited, project, awaited, self.host.members.there())
        context.check()
        if limited.called_off:
            raise CommandError("wait timeout")

    def _attached(self, context: CommandContext, project: ComposeProject, options: UpOptions) -> CommandWork:
        named = options.create.services
        watched = [one for one in self.host.members.there() if not named or one.service.name in named]
        stop = stop_services(self.host, CommandContext(self.env), project, named or project.services)
        attached = Attached(self.host.engine, watched, options.exit_code_from)
        aborts = options.abort_on_exit or bool(options.exit_code_from)
        return (
            yield from attached.run(context, start_services(self.host, CommandContext(self.env), project), stop, aborts)
        )

    def _each(
        self,
        project: ComposeProject,
        services: Collection[str],
        command: Callable[[str], EngineCommand],
        *,
        one_offs: bool = False,
    ) -> ComposeCommand:
        """A command for every container that runs, at once."""

        def work(context: CommandContext) -> CommandWork:
            wanted = chosen(project, services)
            there = self.host.members.there(services or wanted.services, one_offs=one_offs, stopped=False)
            asked = (context.ask(self.host.engine, command(one.container.name)) for one in there)
            yield from together(context, asked)

        return work

    def _removed(
        self, context: CommandContext, member: ProjectMember, timeout: float | None, *, volumes: bool = False
    ) -> CommandWork:
        yield from stop_and_remove(self.host.engine, context, member, timeout=timeout, volumes=volumes)

    def _remove_volumes(self, project: ComposeProject) -> None:
        """Those that the file declares; of one that is in use docker compose only warns."""
        left = [container.files for container in self.host.engine.containers.values()]
        for name in used_volumes(project):
            if f"volumes.{name}" not in project.external:
                self.host.engine.storage.remove(project.volumes[name], left)


def _pass_on(engine: Engine, member: ProjectMember, signal: str) -> None:
    """A signal to `run` goes to its container."""
    if member.container.running:
        engine.perform(engine.kill(member.container.name, signal=signal))
