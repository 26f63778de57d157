"""Where a container's files are, and what its removal leaves of them.

A path lies in the container's own layer, in a volume, in a folder of the host or in memory. Files are texts by absolute
path, for what matters here is which of them outlive what.

The rules are moby's (26.1). Volumes are made and filled when a container is created. A volume without a name goes with
`rm -v` and `--rm`, unless another container uses it. `volume prune` takes those with the anonymous label, which
`-v PATH` and VOLUME give and `--mount` does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from sim import limits
from sim.lifecycle.process import FileAction

MountType = Literal["anonymous", "named", "bind", "tmpfs", "image VOLUME", "unnamed by --mount", "from container"]
VolumeKind = Literal["named", "anonymous", "unnamed"]

_FOLDER = re.compile(r"(/|~|\.\.?(/|$))")
_VOLUME_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")

ENGINE_FILES = ("/etc/hostname", "/etc/hosts", "/etc/resolv.conf")
"""What the engine mounts into every container, over whatever is mounted at /etc."""

INIT_LAYER = (*ENGINE_FILES, "/etc/mtab")
"""What the engine's init layer puts over every image."""


@dataclass(frozen=True, slots=True)
class ContainerMount:
    """Something mounted in a container.

    Attributes:
        type: What it is.
        at: Where it is mounted; of no use for "from container".
        name: The volume's name, or the container whose volumes are taken.
        source: The host's folder.
        read_only: Whether nobody may write there.
    """

    type: MountType
    at: str = ""
    name: str = ""
    source: str = ""
    read_only: bool = False

    def refusal(self) -> str | None:
        """What an engine has against it when a container is created, by category; None where nothing."""
        if self.type == "from container":
            return None
        if not self.at.startswith("/"):
            return "mount path not absolute"
        if self.type == "named" and not _VOLUME_NAME.fullmatch(self.name):
            return "bad volume name"
        if self.type == "bind" and not _FOLDER.match(self.source):
            return "bad volume name"  # a source that is no path is taken for a volume's name
        return None


@dataclass(eq=False)
class Volume:
    """A volume. Its kind says whether it has a name of its own, and if not, whether it carries the anonymous label."""

    name: str
    kind: VolumeKind
    files: dict[str, str] = field(default_factory=dict)


@dataclass(eq=False)
class MountedFiles:
    """A place in a container that is not its own layer. Paths in `files` begin behind `at`."""

    at: str
    files: dict[str, str]
    read_only: bool = False
    volume: Volume | None = None
    in_memory: bool = False


@dataclass(frozen=True, slots=True)
class FilesDone:
    """What came of a process's file actions: its exit code where one failed, what it printed, what was wrong."""

    failed: bool
    printed: str
    error: str | None = None


class ContainerFiles:
    """What a container sees: its layer over its image, and what is mounted over that."""

    def __init__(self, image: Mapping[str, str], mounted: list[MountedFiles], *, read_only: bool = False) -> None:
        self.layer = dict.fromkeys(INIT_LAYER, "") | dict(image)
        self.mounted = sorted(mounted, key=lambda place: len(place.at))
        self.read_only = read_only
        self.log: list[str] = []

    def started(self) -> None:
        """A start: what is in memory is empty, and the engine's files are where it mounts them."""
        for place in self.mounted:
            if place.in_memory:
                place.files.clear()
        for path in ENGINE_FILES:
            files, inner, _ = self._where(path)
            files.setdefault(inner, "")

    def perform(self, actions: tuple[FileAction, ...]) -> FilesDone:
        """Do what the main process does with files, and keep what it prints in the log."""
        done = self.look(actions)
        self.log = [*self.log, *done.printed.splitlines()][-limits.LIFECYCLE_LOG :]
        return done

    def look(self, actions: tuple[FileAction, ...]) -> FilesDone:
        """Do what another process does with files, up to the first that fails. What is none of these is passed over."""
        lines: list[str] = []
        error = None
        for action in actions:
            try:
                lines += self._do(*action)
            except _RefusedError as refused:
                error = str(refused)
                break
        return FilesDone(error is not None, "\n".join(lines), error)

    def _where(self, path: str) -> tuple[dict[str, str], str, bool]:
        for place in reversed(self.mounted):
            if path == place.at or path.startswith(place.at.rstrip("/") + "/"):
                return place.files, path[len(place.at.rstrip("/")) :], place.read_only
        return self.layer, path, self.read_only

    def _do(self, what: str, path: str, text: str = "x") -> Iterator[str]:
        files, inner, read_only = self._where(path)
        if what in ("write", "append", "remove") and read_only:
            raise _RefusedError("read-only")
        if what in ("read", "count", "remove") and inner not in files:
            raise _RefusedError("no such file")
        if what in ("write", "append"):
            before = files.get(inner, "") if what == "append" else ""
            if len(before) + len(text) >= limits.LIFECYCLE_FILE:
                raise _RefusedError("no space left")
            files[inner] = f"{before}{text}\n"
        elif what == "remove":
            del files[inner]
        elif what == "read":
            yield from files[inner].splitlines()
        elif what == "count":
            yield str(files[inner].count("\n"))
        elif what == "list":
            yield from self._listed(path)

    def _listed(self, path: str) -> list[str]:
        folder = path.rstrip("/") + "/"
        files, inner, _ = self._where(folder)
        names = {name[len(inner) :].split("/")[0] for name in files if name.startswith(inner)}
        names |= {place.at[len(folder) :].split("/")[0] for place in self.mounted if place.at.startswith(folder)}
        return sorted(name for name in names if name and not name.startswith("."))


class _RefusedError(Exception):
    """A file action that fails."""


class Storage:
    """A host's volumes and folders, which outlive containers.

    Attributes:
        volumes: By name.
        host: Files of the host's folders, each folder's by path behind it.
    """

    def __init__(self) -> None:
        self.volumes: dict[str, Volume] = {}
        self.host: dict[str, dict[str, str]] = {}
        self._made = 0

    def volume(self, name: str, kind: VolumeKind = "named") -> Volume:
        """The volume of that name; it is made where there is none. Without a name, a new one."""
        if not name:
            self._made += 1
            name = f"{self._made:064x}"
        return self.volumes.setdefault(name, Volume(name, kind))

    def mount(
        self, mounts: tuple[ContainerMount, ...], image: Mapping[str, str], others: Mapping[str, ContainerFiles]
    ) -> list[MountedFiles]:
        """What a container's mounts become when it is created; new volumes are filled from the image.

        Args:
            mounts: The container's.
            image: The image's files.
            others: The files of the containers there are, whose volumes may be taken.
        """
        return [place for mount in mounts for place in self._places(mount, image, others)]

    def _places(
        self, mount: ContainerMount, image: Mapping[str, str], others: Mapping[str, ContainerFiles]
    ) -> Iterator[MountedFiles]:
        at = mount.at.rstrip("/") or "/"
        if mount.type == "from container":
            for place in others[mount.name].mounted:
                if place.volume is not None:
                    yield MountedFiles(place.at, place.files, place.read_only, place.volume)
        elif mount.type == "bind":
            yield MountedFiles(at, self.host.setdefault(mount.source, {}), mount.read_only)
        elif mount.type == "tmpfs":
            yield MountedFiles(at, {}, mount.read_only, in_memory=True)
        else:
            kinds: dict[str, VolumeKind] = {"named": "named", "unnamed by --mount": "unnamed"}
            volume = self.volume(mount.name if mount.type == "named" else "", kinds.get(mount.type, "anonymous"))
            if not volume.files:
                volume.files.update(_below(at, dict.fromkeys(INIT_LAYER, "") | dict(image)))
            yield MountedFiles(at, volume.files, mount.read_only, volume)

    def release(self, gone: ContainerFiles, left: list[ContainerFiles]) -> None:
        """Remove the volumes without a name of a container that goes, but those that others use."""
        used = self.used(left)
        for place in gone.mounted:
            if place.volume is not None and place.volume.kind != "named" and place.volume.name not in used:
                self.volumes.pop(place.volume.name, None)

    def prune(self, left: list[ContainerFiles], *, everything: bool = False) -> None:
        """`volume prune`: remove unused volumes that carry the anonymous label; with `--all`, every unused one."""
        used = self.used(left)
        for volume in list(self.volumes.values()):
            if volume.name not in used and (everything or volume.kind == "anonymous"):
                del self.volumes[volume.name]

    def remove(self, name: str, left: list[ContainerFiles]) -> str | None:
        """`volume rm`. Returns what is wrong, by category; None where nothing is."""
        if name not in self.volumes:
            return "no such volume"
        if name in self.used(left):
            return "volume in use"
        del self.volumes[name]
        return None

    def used(self, left: list[ContainerFiles]) -> set[str]:
        """The names of the volumes that these containers use, running or not."""
        return {place.volume.name for files in left for place in files.mounted if place.volume is not None}


def _below(at: str, image: Mapping[str, str]) -> dict[str, str]:
    folder = at.rstrip("/") + "/"
    return {path[len(folder) - 1 :]: text for path, text in image.items() if path.startswith(folder)}
