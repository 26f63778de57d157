"""Makes the containers of a project what its services say. Source: pkg/compose/convergence.go and create.go of v2.26.1.

A container is made anew where its service or its image changed, where that is asked for, and where one was made anew
that its service depends on. A new one takes the place of the old before the old is stopped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from sim import limits
from sim.compose.commands.cancelling import CommandContext, CommandError, CommandWork, together
from sim.compose.commands.making import is_image_name, options_of
from sim.compose.commands.members import ProjectMember, ProjectMembers
from sim.compose.commands.traversal import in_dependency_order
from sim.compose.reading.files import ProjectFiles
from sim.compose.reading.model import ComposeProject, ComposeService
from sim.errors import InputError
from sim.lifecycle.container import Container
from sim.lifecycle.engine import Engine
from sim.lifecycle.process import ProcessSpec

Recreation = Literal["diverged", "force", "never"]
"""When containers that are there are made anew."""

BUILD_FAILED, PULL_FAILED = 17, 18
"""Exit codes of docker compose where an image cannot be built, or pulled (pkg/compose/metrics.go)."""


@dataclass(frozen=True)
class CreateOptions:
    """How containers are made.

    Attributes:
        services: Those that a command names; empty for all.
        recreate: When theirs are made anew.
        dependencies: When those of what they depend on are.
        inherit: Whether volumes without a name go on.
        timeout: Seconds to stop old ones.
    """

    services: tuple[str, ...] = ()
    recreate: Recreation = "diverged"
    dependencies: Recreation = "diverged"
    inherit: bool = True
    remove_orphans: bool = False
    timeout: float | None = None


@dataclass
class ProjectHost:
    """What a project is brought up on.

    Attributes:
        engine: It runs the containers.
        spec: What the containers of a service do; it is asked when one is made.
        images: Whether the engine has an image.
        pulls: Whether it can be pulled.
        networks: Whether a network is there that the project does not make.
        files: What is on the host.
        members: The containers made so far.
    """

    engine: Engine
    spec: Callable[[str], ProcessSpec]
    images: Callable[[str], bool]
    files: ProjectFiles
    pulls: Callable[[str], bool] = lambda _: False
    networks: Callable[[str], bool] = lambda _: True
    members: ProjectMembers = field(default_factory=ProjectMembers)


class Convergence:
    """One time that containers are made what they should be."""

    def __init__(self, host: ProjectHost, project: ComposeProject, options: CreateOptions) -> None:
        self.host, self.project, self.options = host, project, options
        self._forced: set[str] = set()

    def run(self, context: CommandContext) -> CommandWork:
        """Make, make anew and remove. Raises `CommandError`, and `InputError` for too many containers."""
        many = sum(max(0, service.scale) for service in self.project.services.values())
        if many > limits.COMPOSE_CONTAINERS:
            raise InputError(f"{many:,} containers of a project are too many; expected {limits.COMPOSE_CONTAINERS:,}")
        check_images(self.host, self.project)
        used = {name for service in self.project.services.values() for name in service.networks}
        for name in sorted(used):
            if f"networks.{name}" in self.project.external and not self.host.networks(self.project.networks[name]):
                raise CommandError("no such network")
        for name in used_volumes(self.project):
            storage = self.host.engine.storage
            if f"volumes.{name}" in self.project.external and self.project.volumes[name] not in storage.volumes:
                raise CommandError("no such volume")
            storage.volume(self.project.volumes[name])
        if self.options.remove_orphans:
            known = {*self.project.services, *self.project.disabled}
            orphans = [one for one in self.host.members.there(one_offs=True) if one.service.name not in known]
            yield from together(context, (self._removed(context, one) for one in orphans), calls_off=False)
        yield from in_dependency_order(context, self.project.services, self._service)

    def _service(self, context: CommandContext, name: str) -> CommandWork:
        service = self.project.services[name]
        if service.scale > 1 and service.container_name:
            raise CommandError("name in use")
        self._check_shared(service)
        there = self.host.members.there([name])
        there = sorted(there, key=lambda one: (not self._is_obsolete(one, service), one.number))
        parts = [self._kept(context, one, service) for one in there[: service.scale]]
        parts += [self._removed(context, one) for one in there[service.scale :]]
        first = max((one.number for one in there), default=0) + 1
        parts += [
            self._new(context, service, number) for number in range(first, first + max(0, service.scale - len(there)))
        ]
        yield from together(context, parts)

    def _check_shared(self, service: ComposeService) -> None:
        """A namespace of another service can be shared where that has a container."""
        other = service.network_mode.removeprefix("service:")
        if other != service.network_mode and not self.host.members.there([other]):
            raise CommandError("container missing")

    def _is_obsolete(self, member: ProjectMember, service: ComposeService) -> bool:
        wanted = not self.options.services or service.name in self.options.services
        recreate = self.options.recreate if wanted else self.options.dependencies
        if recreate == "never":
            return False
        return recreate == "force" or service.name in self._forced or member.hash != service.hash

    def _kept(self, context: CommandContext, member: ProjectMember, service: ComposeService) -> CommandWork:
        if self._is_obsolete(member, service):
            yield from self._recreated(context, member, service)
        elif member.state == "paused":
            yield from context.ask(self.host.engine, self.host.engine.start(member.container.name))

    def _recreated(self, context: CommandContext, member: ProjectMember, service: ComposeService) -> CommandWork:
        engine, old = self.host.engine, member.container
        name = container_name(self.project, service, member.number)
        fresh = yield from self._made(context, service, member.number, f"{len(engine.made)}_{name}", old)
        yield from context.ask(engine, engine.stop(old.name, timeout=self.options.timeout))
        yield from context.ask(engine, engine.rm(old.name))
        engine.rename(fresh.container, name)
        self.host.members.label(fresh)
        self._forced |= {other for other, one in self.project.services.items() if service.name in one.depends_on}

    def _new(self, context: CommandContext, service: ComposeService, number: int) -> CommandWork:
        yield from self._made(context, service, number, container_name(self.project, service, number))

    def _made(
        self,
        context: CommandContext,
        service: ComposeService,
        number: int,
        name: str,
        replaced: Container | None = None,
    ) -> CommandWork:
        inherited = replaced if self.options.inherit else None
        return (yield from make_container(self.host, context, self.project, service, name, number, inherited))

    def _removed(self, context: CommandContext, member: ProjectMember) -> CommandWork:
        yield from stop_and_remove(self.host.engine, context, member, timeout=self.options.timeout)


def make_container(
    host: ProjectHost,
    context: CommandContext,
    project: ComposeProject,
    service: ComposeService,
    name: str,
    number: int,
    replaced: Container | None = None,
    *,
    one_off: bool = False,
    auto_remove: bool = False,
    spec: ProcessSpec | None = None,
) -> CommandWork:
    """Create a container of a service; the value is its `ProjectMember`."""
    if not service.builds and not host.images(service.image) and not host.pulls(service.image):
        raise CommandError("image missing")
    options = replace(options_of(project, service, name, host.files, replaced), auto_remove=auto_remove)
    yield from context.ask(host.engine, host.engine.create(options, spec or host.spec(service.name)))
    granted = {*(f"secrets.{name}" for name in service.secrets), *(f"configs.{name}" for name in service.configs)}
    member = ProjectMember(host.engine.containers[name], service, number, service.hash, service.image, one_off)
    host.members.add(member)
    if granted & project.unset:  # they are copied into the container that is there
        raise CommandError("variable missing")
    return member


def stop_and_remove(
    engine: Engine,
    context: CommandContext,
    member: ProjectMember,
    *,
    timeout: float | None = None,
    volumes: bool = False,
) -> CommandWork:
    """Stop a container and remove it."""
    name = member.container.name
    yield from context.ask(engine, engine.stop(name, timeout=timeout))
    if member.state != "removed":
        yield from context.ask(engine, engine.rm(name, force=True, volumes=volumes))


def container_name(project: ComposeProject, service: ComposeService, number: int) -> str:
    """What a service's container is called."""
    return service.container_name or f"{project.name}-{service.name}-{number}"


def check_images(host: ProjectHost, project: ComposeProject) -> None:
    """Raises `CommandError` where a service has no image, a name that is none, or one that cannot be had."""
    for service in project.services.values():
        if service.image and not is_image_name(service.image):
            raise CommandError("bad image name")
    for service in project.services.values():
        context = (service.config.get("build") or {}).get("context", "") if service.builds else ""
        missing = isinstance(context, str) and context.startswith("/") and not host.files.exists(context)
        if missing and not (service.image and host.images(service.image)):
            raise CommandError("build context missing", BUILD_FAILED)
    built = {service.image for service in project.services.values() if service.builds}
    for service in project.services.values():
        there = host.images(service.image) and service.pull_policy != "always"
        if service.builds or service.image in built or there or service.pull_policy in ("never", "build"):
            continue
        if not host.pulls(service.image):
            raise CommandError("image missing", PULL_FAILED)


def used_volumes(project: ComposeProject) -> list[str]:
    """The volumes that services mount, as the file calls them: docker compose makes and removes no others."""
    mounted = [mount.source for service in project.services.values() for mount in service.mounts]
    return [name for name in project.volumes if name in set(mounted)]
