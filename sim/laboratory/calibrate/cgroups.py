"""Where this process is in the host's cgroup hierarchies, and in which of them one can make a cgroup."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_UNPARSED = {"\\040": " ", "\\011": "\t", "\\134": "\\"}


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """A mounted hierarchy.

    Attributes:
        version: "v1" or "v2".
        controllers: As /proc/self/cgroup names it ("" for v2).
        mounted: Its mount point.
        own: The directory of this process's cgroup there.
    """

    version: str
    controllers: str
    mounted: Path
    own: Path


def _unescaped(text: str) -> str:
    for code, character in _UNPARSED.items():
        text = text.replace(code, character)
    return text


def hierarchies(mountinfo: str | None = None, own: str | None = None) -> tuple[Hierarchy, ...]:
    """The hierarchies that are mounted here.

    Args:
        mountinfo, own: The contents of these two files of /proc/self.
    """
    try:
        mountinfo = Path("/proc/self/mountinfo").read_text(encoding="utf-8") if mountinfo is None else mountinfo
        own = Path("/proc/self/cgroup").read_text(encoding="utf-8") if own is None else own
    except OSError:
        return ()
    paths = {}
    for text in own.splitlines():
        _, controllers, path = text.split(":", 2)
        paths[controllers] = path
    by_controllers: dict[str, Hierarchy] = {}
    for text in mountinfo.splitlines():
        left, _, right = text.partition(" - ")
        root, mounted = (_unescaped(field) for field in left.split()[3:5])
        kind, _, options = right.split(maxsplit=2)
        if kind == "cgroup2":
            controllers = ""
        elif kind == "cgroup":
            words = set(options.split(","))
            controllers = next((name for name in paths if name and set(name.split(",")) <= words), "")
        else:
            continue
        if (kind == "cgroup" and not controllers) or controllers not in paths or controllers in by_controllers:
            continue
        relative = os.path.relpath(paths[controllers], root)
        place = Path(mounted) if relative.startswith("..") else Path(mounted, relative)
        by_controllers[controllers] = Hierarchy("v2" if kind == "cgroup2" else "v1", controllers, Path(mounted), place)
    return tuple(by_controllers.values())


def layout(mounted: tuple[Hierarchy, ...]) -> str:
    """Which versions there are: "v1", "v2", "hybrid" or "none"."""
    versions = {hierarchy.version for hierarchy in mounted}
    # systemd's hybrid layout and others mount v2 beside v1's controllers.
    return {frozenset(): "none", frozenset({"v1", "v2"}): "hybrid"}.get(frozenset(versions), next(iter(versions), ""))


def made_here(name: str) -> list[Path]:
    """The cgroups whose name starts with `name`, at the top of each hierarchy and below this process's own cgroup."""
    folders = []
    for hierarchy in hierarchies():
        for folder in {hierarchy.mounted, hierarchy.own}:
            try:
                folders += [
                    Path(entry) for entry in os.scandir(folder) if entry.name.startswith(name) and entry.is_dir()
                ]
            except OSError:
                continue
    return folders
