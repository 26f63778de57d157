"""A build context, read from a disk or a mapping: an immutable tree of paths with mode, owner, size, time and content.

Edits are pure functions that give a new tree. What the ignore files leave of it is `sim.builds.context.ignore`. What of
it enters a cache key is `sim.builds.context.selection`.
"""

from __future__ import annotations

import bisect
import dataclasses
import difflib
import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Literal

from sim import limits
from sim.errors import InputError, Problem
from sim.inputfile import is_file, is_folder, read_bytes
from sim.printable import name_on_disk

TreeEntryKind = Literal["file", "dir", "link", "opaque"]
"""An opaque entry stands for a subtree whose content is known by a digest alone (what a RUN left, an unpacked tar)."""


class FileContent:
    """A file's content by its digest, read when it is first asked for: from a function, or in pieces from a disk."""

    __slots__ = ("_digest", "_path", "_read")

    def __init__(self, digest: str = "", read: Callable[[], bytes] | None = None, path: Path | None = None) -> None:
        self._digest = digest
        self._read = read
        self._path = path

    @property
    def digest(self) -> str:
        """Short hexadecimal sha256. Raises `InputError` for a file that cannot be read."""
        if not self._digest and self._path is not None:
            self._digest = _digest_on_disk(self._path)
        elif not self._digest and self._read is not None:
            self._digest = digest_of(self._read())
        return self._digest

    def read(self) -> bytes | None:
        """The bytes, None where only the digest is known.

        Raises `InputError` for a file that cannot be read or is larger than `limits.WHOLE_FILE`.
        """
        if self._path is not None:
            return _read_on_disk(self._path)
        return None if self._read is None else self._read()


def _digest_on_disk(path: Path) -> str:
    try:
        with path.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()[:32]
    except OSError as error:
        raise InputError(Problem(f"cannot be read: {error.strerror}", name_on_disk(str(path)))) from None


def _read_on_disk(path: Path) -> bytes:
    try:
        with path.open("rb") as opened:
            if os.fstat(opened.fileno()).st_size <= limits.WHOLE_FILE:
                return opened.read()
    except OSError as error:
        raise InputError(Problem(f"cannot be read: {error.strerror}", name_on_disk(str(path)))) from None
    raise InputError(
        Problem(f"is larger than {limits.WHOLE_FILE} bytes, the most that is read whole", name_on_disk(str(path)))
    )


def untold() -> None:
    """Nobody is told that work goes on."""


def digest_of(data: bytes) -> str:
    """Short hexadecimal sha256 of bytes."""
    return hashlib.sha256(data).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """What stands at a path.

    Attributes:
        mtime: None for "just now", which differs from every other time.
    """

    kind: TreeEntryKind
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    size: int = 0
    mtime: float | None = None
    content: FileContent | None = None
    target: str = ""

    def identity(self) -> str:
        """All of it that a checksum covers: everything but its name and its time."""
        held = self.content.digest if self.content is not None else self.target
        return f"{self.kind} {self.mode:o} {self.uid}:{self.gid} {self.size} {held}"


class Tree:
    """An immutable tree: relative path to entry. Directories that only hold others need no entry of their own."""

    __slots__ = ("_entries", "_sorted")

    def __init__(self, entries: Mapping[str, TreeEntry] = MappingProxyType({})) -> None:
        self._entries = dict(entries)
        self._sorted: list[str] | None = None

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    @property
    def names(self) -> list[str]:
        """Every path, sorted."""
        if self._sorted is None:
            self._sorted = sorted(self._entries)
        return self._sorted

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, path: object) -> bool:
        return path in self._entries

    def get(self, path: str) -> TreeEntry | None:
        """The entry at a path, None where there is none."""
        return self._entries.get(path)

    @property
    def entries(self) -> Mapping[str, TreeEntry]:
        """Every path with its entry."""
        return MappingProxyType(self._entries)

    def under(self, path: str) -> Iterator[tuple[str, TreeEntry]]:
        """Path relative to `path` and entry of everything at it ("") and below it, in order. "" is the root."""
        if not path:
            yield from ((name, self._entries[name]) for name in self)
            return
        if path in self._entries:
            yield "", self._entries[path]
        start = path + "/"
        names = self.names
        for at in range(bisect.bisect_left(names, start), len(names)):
            if not names[at].startswith(start):
                return
            yield names[at][len(start) :], self._entries[names[at]]

    def holds(self, path: str) -> bool:
        """Whether anything is at a path or below it."""
        at = bisect.bisect_left(self.names, path + "/")
        return not path or path in self._entries or (at < len(self.names) and self.names[at].startswith(path + "/"))

    def text(self, path: str) -> str | None:
        """A file's content as text, None where there is no such file or its bytes are not known."""
        entry = self._entries.get(path)
        data = entry.content.read() if entry is not None and entry.content is not None else None
        return None if data is None else data.decode("utf-8", "replace")

    def keep(self, wanted: Callable[[str], bool]) -> Tree:
        """The tree of those paths only that are wanted."""
        return Tree({path: entry for path, entry in self._entries.items() if wanted(path)})


def clean(path: str) -> str:
    """A relative path without "." and "..", "" for the root. Raises `InputError` for one that leaves the tree."""
    parts: list[str] = []
    for part in PurePosixPath(path.replace("\\", "/")[: limits.PATH + 1]).parts:
        if part == "..":
            if not parts:
                raise InputError(f"path {path!r} leaves the build context; expected one inside it")
            parts.pop()
        elif part not in ("/", "."):
            parts.append(part)
    if len(path) > limits.PATH:
        raise InputError(f"path {path[:40]!r}... has {len(path)} characters; at most {limits.PATH} are taken")
    if len(parts) > limits.DEPTH + 1:
        raise InputError(
            f"path {path[:40]!r}... leads through {len(parts) - 1} folders; at most {limits.DEPTH} are taken"
        )
    return "/".join(parts)


def file(data: bytes | str, mode: int = 0o644, mtime: float | None = None) -> TreeEntry:
    """A file's entry from its bytes or text."""
    held = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    return TreeEntry("file", mode, size=len(held), mtime=mtime, content=FileContent(read=lambda: held))


def from_mapping(files: Mapping[str, str | bytes | TreeEntry]) -> Tree:
    """A tree from paths with their content (or a ready entry). A path that ends in "/" is an empty directory."""
    entries: dict[str, TreeEntry] = {}
    for path, value in files.items():
        name = clean(path)
        if isinstance(value, TreeEntry):
            entries[name] = value
        elif path.endswith("/"):
            entries[name] = TreeEntry("dir", 0o755)
        else:
            entries[name] = file(value)
    return with_parents(Tree(entries))


def with_parents(tree: Tree) -> Tree:
    """The tree with an entry for every directory that holds something. Raises `InputError` past a limit."""
    missing: dict[str, TreeEntry] = {}
    size = 0
    for path in tree.entries:
        size += len(path)
        parent = path.rpartition("/")[0]
        while parent and parent not in tree and parent not in missing:
            missing[parent] = TreeEntry("dir", 0o755)
            size += len(parent)
            parent = parent.rpartition("/")[0]
        if len(tree.entries) + len(missing) > limits.FILES:
            raise InputError(f"more than {limits.FILES} paths; expected a smaller build context")
        if size > limits.PATHS:
            raise InputError(f"paths of more than {limits.PATHS} characters; expected a smaller build context")
    return Tree({**tree.entries, **missing}) if missing else tree


def from_directory(
    folder: str | Path,
    max_files: int = limits.FILES,
    skip: Callable[[str], bool] = lambda _: False,
    alive: Callable[[], None] = untold,
) -> Tree:
    """A tree of a directory on disk. Contents are read when their digest is first asked for. Links are not followed.

    Args:
        skip: Directories, by relative path, that are not looked into.
        alive: Called for each directory. May raise.

    Raises `InputError` for a missing directory and for more than `max_files` paths.
    """
    root = Path(folder)
    if not is_folder(root):
        raise InputError(f"{root} is not a directory; expected the folder of a build context")
    entries: dict[str, TreeEntry] = {}
    ahead = [(root, "")]
    while ahead:
        here, above = ahead.pop()
        alive()
        try:
            for item in sorted(os.scandir(here), key=lambda item: item.name):
                path = Path(item.path)
                relative = above + item.name
                name = name_on_disk(relative)
                if name.count("/") > limits.DEPTH:
                    raise InputError(
                        f"{name_on_disk(str(path))} leads through more than {limits.DEPTH} folders; "
                        "expected a smaller build context"
                    )
                entries[name] = _on_disk(path, item.stat(follow_symlinks=False))
                if item.is_dir(follow_symlinks=False) and not skip(name):
                    ahead.append((path, relative + "/"))
        except OSError as error:  # also where a file goes away while the folder is read
            raise InputError(f"cannot read {name_on_disk(str(here))}: {error.strerror}") from None
        if len(entries) > max_files:
            raise InputError(f"{root} holds more than {max_files} paths; expected a smaller build context")
    return Tree(entries)


def text_of_file(folder: str | Path, name: str) -> str | None:
    """A file's text below a folder on a disk, None where there is none. A link may lead to another file in the folder.

    Raises `InputError` for a link out of the folder, and for a file of over `limits.DOCKERFILE` bytes.
    """
    root = Path(folder)
    path = root / name
    if not is_file(path):
        return None
    if out := leads_out(root, name):
        raise InputError(Problem(out, name_on_disk(name)))
    return read_bytes(path, limits.DOCKERFILE, name_on_disk(name)).decode("utf-8", "replace")


def leads_out(folder: Path, name: str) -> str:
    """That a name leads out of the folder of a build context, as a message; "" where it does not."""
    if (folder / name).resolve().is_relative_to(folder.resolve()):
        return ""
    how = "is outside of" if Path(name).is_absolute() or ".." in Path(name).parts else "is a link out of"
    return f"{how} the build context; expected a file in it"


def _on_disk(path: Path, info: os.stat_result) -> TreeEntry:
    mode = stat.S_IMODE(info.st_mode)
    if stat.S_ISDIR(info.st_mode):
        return TreeEntry("dir", mode, mtime=info.st_mtime)
    if stat.S_ISLNK(info.st_mode):
        return TreeEntry("link", 0o777, mtime=info.st_mtime, target=name_on_disk(path.readlink().as_posix()))
    if stat.S_ISREG(info.st_mode):
        return TreeEntry("file", mode, size=info.st_size, mtime=info.st_mtime, content=FileContent(path=path))
    return TreeEntry("file", mode, mtime=info.st_mtime, content=FileContent("device"))


def write(tree: Tree, path: str, data: bytes | str) -> Tree:
    """The tree with a file written: a new content, the mode of the file it replaces."""
    old = tree.get(clean(path))
    mode = old.mode if old is not None and old.kind == "file" else 0o644
    return put(tree, path, file(data, mode))


def append(tree: Tree, path: str, data: str) -> Tree:
    """The tree with text added to a file's end. Raises `InputError` where it is no file of known content."""
    old = tree.get(clean(path))
    held = old.content.read() if old is not None and old.content is not None else None
    if held is None:
        raise InputError(f"cannot append to {path!r}: it is not a file of the build context")
    return write(tree, path, held + data.encode())


def put(tree: Tree, path: str, entry: TreeEntry) -> Tree:
    """The tree with an entry at a path, in place of what was there and below."""
    name = clean(path)
    if not name:
        raise InputError(f"path {path!r} is the build context itself; expected a file in it")
    kept = {other: e for other, e in tree.entries.items() if other != name and not other.startswith(name + "/")}
    return with_parents(Tree({**kept, name: entry}))


def make_directory(tree: Tree, path: str, mode: int = 0o755) -> Tree:
    """The tree with an empty directory."""
    return tree if tree.holds(clean(path)) else put(tree, path, TreeEntry("dir", mode))


def delete(tree: Tree, path: str) -> Tree:
    """The tree without a path and all below it. Raises `InputError` where there is none."""
    name = clean(path)
    if not tree.holds(name):
        raise InputError(missing(tree, path))
    return tree.keep(lambda other: other != name and not other.startswith(name + "/"))


def rename(tree: Tree, path: str, new: str) -> Tree:
    """The tree with a path, and all below it, under a new name."""
    name, goal = clean(path), clean(new)
    moved = {f"{goal}/{rel}" if rel else goal: entry for rel, entry in tree.under(name)}
    if not name or not moved:
        raise InputError(missing(tree, path))
    if not goal:
        raise InputError(f"new name {new!r} is the build context itself; expected a path in it")
    if (goal + "/").startswith(name + "/") and goal != name:
        raise InputError(f"new name {new!r} is inside {path!r}, which moves; expected a path outside it")
    return with_parents(Tree({**delete(tree, path).entries, **moved}))


def change(tree: Tree, path: str, **fields: object) -> Tree:
    """The tree with some fields of one entry changed: mode, mtime, uid, gid. Raises `InputError` for a missing one."""
    name = clean(path)
    old = tree.get(name)
    if old is None:
        raise InputError(missing(tree, path))
    return Tree({**tree.entries, name: dataclasses.replace(old, **fields)})  # type: ignore[arg-type]


def link(tree: Tree, path: str, target: str) -> Tree:
    """The tree with a symbolic link."""
    return put(tree, path, TreeEntry("link", 0o777, target=target))


def missing(tree: Tree, path: str) -> str:
    """The message about a path that a tree does not hold: what may be meant, else the first that it holds."""
    near = difflib.get_close_matches(clean(path), tree.names[: limits.COMPARED], 1)
    names = ", ".join(tree.names[:10]) or "nothing"
    return f"no {path!r} in the build context" + (f", did you mean {near[0]!r}?" if near else f"; it holds {names}")


def synced(before: Tree | None, now: Tree) -> Tree:
    """The context as BuildKit's daemon sees it after the client's last transfer, `before`.

    The transfer trusts metadata. A file of the same size, mode and time is not sent again. A directory that is there
    already is given its new mode on the daemon's disk, without a word to what keeps the checksums. So it counts with
    the mode it came with. This was measured for the directory that a COPY names. That it holds for every directory
    below is derived from the code, which makes no difference between them (tonistiigi/fsutil, sameFile and
    HandleChange). Owners are zeroed (moby/buildkit, client/solve.go).
    """
    entries: dict[str, TreeEntry] = {}
    for path, entry in now.entries.items():
        kept = entry if entry.uid == entry.gid == 0 else dataclasses.replace(entry, uid=0, gid=0)
        old = before.get(path) if before is not None else None
        entries[path] = old if old is not None and _looks_alike(old, entry) else kept
    return Tree(entries)


def _looks_alike(old: TreeEntry, new: TreeEntry) -> bool:
    if old.kind != new.kind or new.kind not in ("dir", "file"):
        return False
    times = new.mtime is not None and (old.size, old.mode, old.mtime) == (new.size, new.mode, new.mtime)
    return new.kind == "dir" or times
