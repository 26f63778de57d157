"""What is left of each layer in the final file system: names checked, whiteouts applied, hidden bytes counted.

The rules are the OCI image-spec's (layer.md). `.wh.NAME` deletes NAME of lower layers. `.wh..wh..opq` hides all that
lower layers have in its directory. Neither touches its own layer, wherever it stands in the tar.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Union

from sim.archives.layers import EntryKind, LayerEntry
from sim.archives.limits import refused
from sim.archives.tarball import Member

PREFIX, OPAQUE, META = ".wh.", ".wh..wh..opq", ".wh..wh."
"""META names are AUFS's own book-keeping, which every reader skips. OPAQUE is the one with a meaning."""


def clean(name: str, place: str, what: str = "name") -> str:
    """A path relative to the root, without "." and doubled slashes. Raises `InputError` where it leaves the root."""
    if name.startswith("/"):
        raise refused(f"has the absolute {what} {name!r}; only paths relative to its root are taken", place)
    if "/." not in name and "//" not in name and not name.startswith("."):
        return name.rstrip("/")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise refused(f"has the {what} {name!r}, which leads out of its tree", place)
    return "/".join(parts)


def entry(member: Member, place: str) -> LayerEntry | None:
    """A layer's path from a tar member. None for AUFS's book-keeping.

    Raises `InputError` for a name or a link that leaves the image's tree. As for Docker, an absolute link target is
    relative to the image's root, so only a target that climbs above it with ".." leads out.
    """
    path = clean(member.name, place)
    folder, _, name = path.rpartition("/")
    if name.startswith(PREFIX):
        return _whiteout(folder, name, place)
    kind: EntryKind = member.kind
    if kind == "symlink":
        _check_symlink(path, member.link, place)
    elif kind == "hardlink":
        link = clean(member.link.lstrip("/"), place, "hard link target")
        if not link:
            raise refused(f"has the hard link {path!r} to its root; only files can be linked", place)
        return LayerEntry(path, kind, 0, link, member.mode)
    if not path and kind != "directory":
        raise refused(f"has a {kind} in place of its root", place)
    return LayerEntry(path, kind, member.size if kind == "file" else 0, member.link, member.mode)


def _whiteout(folder: str, name: str, place: str) -> LayerEntry | None:
    if name == OPAQUE:
        return LayerEntry(folder, "opaque")
    if name.startswith(META):
        return None
    hidden = name.removeprefix(PREFIX)
    if hidden in ("", ".", ".."):
        raise refused(f"has the whiteout {name!r}, which names no file", place)
    return LayerEntry(f"{folder}/{hidden}" if folder else hidden, "whiteout")


def _check_symlink(path: str, target: str, place: str) -> None:
    if not target:
        raise refused(f"has the symbolic link {path!r} without a target", place)
    depth = 0 if target.startswith("/") else path.count("/")
    for part in target.split("/"):
        if part == "..":
            depth -= 1
            if depth < 0:
                raise refused(f"has the symbolic link {path!r} to {target!r}, which leads out of its tree", place)
        elif part not in ("", "."):
            depth += 1


SizeTree = dict[str, Union["SizeTree", int]]
"""A file system: a directory holds names. A file is its place in a list of sizes. All else is -1."""


class FileSystem:
    """Layers stacked one on another. `hidden` is what no path of the top view leads to any more."""

    def __init__(self) -> None:
        self._root: SizeTree = {}
        self._sizes: list[int] = []

    def apply(self, files: Sequence[LayerEntry]) -> None:
        """Stack one layer: first its whiteouts, on what is below, then its own paths in the tar's order."""
        for entry in files:
            if entry.kind in ("whiteout", "opaque"):
                self._hide(entry)
        for entry in files:
            if entry.kind not in ("whiteout", "opaque") and entry.path:
                self._add(entry)

    @property
    def total(self) -> int:
        """Bytes of all files of all layers."""
        return sum(self._sizes)

    @property
    def hidden(self) -> int:
        """Bytes of files that are in a layer and no longer visible."""
        seen: set[int] = set()
        folders = [self._root]
        while folders:
            for node in folders.pop().values():
                if isinstance(node, dict):
                    folders.append(node)
                elif node >= 0:
                    seen.add(node)
        return sum(size for index, size in enumerate(self._sizes) if index not in seen)

    def _hide(self, entry: LayerEntry) -> None:
        node = self._find(entry.path)
        if entry.kind == "opaque":
            if isinstance(node, dict):
                node.clear()
        elif node is not None:
            folder, _, name = entry.path.rpartition("/")
            parent = self._find(folder)
            assert isinstance(parent, dict)
            del parent[name]

    def _add(self, entry: LayerEntry) -> None:
        *folders, name = entry.path.split("/")
        parent = self._root
        for part in folders:
            child = parent.get(part)
            if not isinstance(child, dict):
                child = parent[part] = {}
            parent = child
        if entry.kind == "directory":
            if not isinstance(parent.get(name), dict):
                parent[name] = {}
            return
        inode = -1
        if entry.kind == "file":
            inode = len(self._sizes)
            self._sizes.append(entry.size)
        elif entry.kind == "hardlink":
            target = self._find(entry.link)
            inode = target if isinstance(target, int) else -1
        parent[name] = inode

    def _find(self, path: str) -> SizeTree | int | None:
        node: SizeTree | int = self._root
        for part in path.split("/") if path else ():
            if not isinstance(node, dict) or part not in node:
                return None
            node = node[part]
        return node


def hidden_bytes(layers: Sequence[Sequence[LayerEntry]]) -> int:
    """Bytes of files that are in some layer, bottom first, and not visible in the final file system.

    A file overwritten, deleted, or copied up for a new mode or owner hides its old bytes. Hard links to one file count
    once, and keep it visible.
    """
    stacked = FileSystem()
    for files in layers:
        stacked.apply(files)
    return stacked.hidden
