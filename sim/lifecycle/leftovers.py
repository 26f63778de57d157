"""What a removal leaves of a database that was used for an afternoon on the host, in a machine or in a container.

A container's part is that of `sim.lifecycle.storage`. On the host the packages of Debian 13 decide, in a virtual
machine its disk. An account of a virtual machine or a container is none of the host's.
"""

from __future__ import annotations

from typing import Literal

from sim.lifecycle.container import ContainerOptions
from sim.lifecycle.engine import Engine
from sim.lifecycle.process import server
from sim.lifecycle.storage import ContainerMount

ToolPlace = Literal["host", "machine", "container"]
ToolRemoval = Literal[
    "kept",
    "apt_remove",
    "apt_remove_all",
    "apt_purge",
    "undefine",
    "undefine_storage",
    "rm",
    "rm_volumes",
    "auto_remove",
]
ToolVolume = Literal["none", "anonymous", "named"]
LeftThing = Literal["server", "program", "configuration", "data", "account"]
LEFT_THINGS: tuple[LeftThing, ...] = ("server", "program", "configuration", "data", "account")
LeftState = Literal["stays", "kept", "gone", "never"]
"""It stays though it was removed; it was kept on purpose; it is gone; it never was on the host."""

REMOVALS: dict[ToolPlace, tuple[ToolRemoval, ...]] = {
    "host": ("kept", "apt_remove", "apt_remove_all", "apt_purge"),
    "machine": ("kept", "undefine", "undefine_storage"),
    "container": ("kept", "rm", "rm_volumes", "auto_remove"),
}
"""What there is to remove it by."""

SOURCES: dict[ToolPlace, str] = {
    "host": "https://packages.debian.org/trixie/postgresql-common",
    "machine": "https://www.libvirt.org/manpages/virsh.html#undefine",
    "container": "https://docs.docker.com/reference/cli/docker/container/rm/",
}
"""Where the rules can be read: postgresql-common 278 and postgresql-17 17.12, libvirt 11, Docker 26."""

_APT: dict[ToolRemoval, set[LeftThing]] = {
    # `postgresql` is an empty package that asks for postgresql-17. pg_updateaptconfig tells apt never to remove
    # automatically what has a cluster, so autoremove does not touch the server either.
    "apt_remove": {"server", "program", "configuration", "data", "account"},
    # prerm stops the server. Without "purge" postrm does nothing.
    "apt_remove_all": {"configuration", "data", "account"},
    # postrm drops the clusters if debconf's question is answered with its default. No script deletes the account.
    "apt_purge": {"account"},
}


def left(
    place: ToolPlace, removal: ToolRemoval, volume: ToolVolume = "anonymous", *, image_removed: bool = False
) -> dict[LeftThing, LeftState]:
    """What becomes of each thing.

    Args:
        volume: Of a container: none for a script, which is no server and keeps no data. Else whether it has a name.
        image_removed: Of a container: whether `docker image rm` follows.
    """
    if place == "container":
        return _container(removal, volume, image_removed=image_removed)
    if removal == "kept":
        states: dict[LeftThing, LeftState] = dict.fromkeys(LEFT_THINGS, "kept")
    elif place == "host":
        states = {thing: "stays" if thing in _APT[removal] else "gone" for thing in LEFT_THINGS}
    else:
        states = dict.fromkeys(LEFT_THINGS, "stays" if removal == "undefine" else "gone") | {"server": "gone"}
    return states | {"account": "never"} if place == "machine" else states


def _container(removal: ToolRemoval, volume: ToolVolume, *, image_removed: bool) -> dict[LeftThing, LeftState]:
    """The engine runs a server for two hours, stops it and removes it. Its configuration lies beside its data."""
    mount = ContainerMount("image VOLUME" if volume == "anonymous" else "named", "/var/lib/postgresql/data", "pgdata")
    engine = Engine()
    engine.perform(
        engine.run(
            ContainerOptions("db", auto_remove=removal == "auto_remove", mounts=() if volume == "none" else (mount,)),
            server(),
        )
    )
    engine.env.run(7_200)
    if removal != "kept":
        engine.finish(engine.stop("db"))
    if removal in ("rm", "rm_volumes"):
        engine.finish(engine.rm("db", volumes=removal == "rm_volumes"))
    there: LeftState = "kept" if removal == "kept" or volume == "named" else "stays"
    data: LeftState = "never" if volume == "none" else there if engine.storage.volumes else "gone"
    return {
        "server": "never" if volume == "none" else "kept" if engine.containers else "gone",
        "program": "gone" if image_removed else "kept" if removal == "kept" else "stays",
        "configuration": data,
        "data": data,
        "account": "never",
    }
