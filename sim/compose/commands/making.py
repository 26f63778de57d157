"""What a service's container is created with. Source: `getCreateConfigs`, pkg/compose/create.go of v2.26.1."""

from __future__ import annotations

import re
from dataclasses import replace

from sim.compose.commands.cancelling import CommandError
from sim.compose.reading.files import ProjectFiles
from sim.compose.reading.model import ComposeProject, ComposeService, ServiceMount
from sim.lifecycle.container import Container, ContainerOptions
from sim.lifecycle.health import HealthCheck
from sim.lifecycle.storage import ContainerMount

_IMAGE = re.compile(
    r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::[0-9]+)?/)?"
    r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*"
    r"(?::[\w][\w.-]{0,127})?(?:@[A-Za-z0-9+.\-_]+:[0-9a-fA-F]{32,})?"
)
"""An image's name (distribution/reference)."""


def is_image_name(text: str) -> bool:
    """Whether a text can name an image.

    >>> is_image_name("quay.io:443/a/b:1"), is_image_name("t/base:")
    (True, False)
    """
    return len(text) < 1000 and _IMAGE.fullmatch(text) is not None


def options_of(
    project: ComposeProject, service: ComposeService, name: str, files: ProjectFiles, replaced: Container | None = None
) -> ContainerOptions:
    """What the engine is asked for.

    Args:
        replaced: The container whose volumes without a name go on in this one.

    Raises `CommandError` where something of the host is missing.
    """
    mounts = [_mount(project, mount, files) for mount in service.mounts]
    inherited = _unnamed(replaced)
    mounts = [
        replace(mount, type="named", name=inherited[mount.at])
        if mount.type == "anonymous" and mount.at in inherited
        else mount
        for mount in mounts
    ]
    mounts += _granted(project, service, files)
    return ContainerOptions(
        name=name,
        image=service.image,
        restart=service.restart,
        stop_signal=service.stop_signal,
        stop_timeout=None if service.stop_grace is None else float(int(service.stop_grace)),
        init=service.init,
        health=_health(service),
        mounts=tuple(mounts),
    )


def _granted(project: ComposeProject, service: ComposeService, files: ProjectFiles) -> list[ContainerMount]:
    """Secrets and configs that are files of the host."""
    mounts = []
    for kind, names, known in (
        ("secret", service.secrets, project.secrets),
        ("config", service.configs, project.configs),
    ):
        for name in names:
            path = known.get(name, "")
            if f"{kind}s.{name}" in project.external:
                raise CommandError(f"external {kind}")
            if path and not files.exists(path):
                raise CommandError("bind source missing")
            at = f"/run/secrets/{name}" if kind == "secret" else f"/{name}"
            mounts += [ContainerMount("bind", at, source=path, read_only=True)] if path else []
    return mounts


def _mount(project: ComposeProject, mount: ServiceMount, files: ProjectFiles) -> ContainerMount:
    if mount.kind == "bind":
        if not mount.create and not files.exists(mount.source):
            raise CommandError("bind source missing")
        return ContainerMount("bind", mount.target, source=mount.source, read_only=mount.read_only)
    if mount.kind == "tmpfs":
        return ContainerMount("tmpfs", mount.target, read_only=mount.read_only)
    if mount.source:
        name = project.volumes.get(mount.source, mount.source)
        return ContainerMount("named", mount.target, name=name, read_only=mount.read_only)
    return ContainerMount("anonymous", mount.target, read_only=mount.read_only)


def _unnamed(container: Container | None) -> dict[str, str]:
    """The volumes without a name of a container, by where they are mounted."""
    if container is None:
        return {}
    return {
        place.at: place.volume.name
        for place in container.files.mounted
        if place.volume is not None and place.volume.kind != "named"
    }


def _health(service: ComposeService) -> HealthCheck | None:
    check = service.health
    if check is None or not check.runs:
        return None
    return HealthCheck(
        interval=check.interval or 0.0,
        timeout=check.timeout or 0.0,
        retries=check.retries or 0,
        start_period=check.start_period or 0.0,
        start_interval=check.start_interval or 0.0,
    )
