"""Files a reader brings: single ones, a folder, a .tar or a .zip, laid into a temporary directory within bounds.

Nothing leaves the machine. Nothing is written outside that directory: a name that would leave it, a link that points
out of it and anything over a bound is refused before a byte of it is written.
"""

from __future__ import annotations

import io
import shutil
import stat
import tempfile
import weakref
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sim.errors import InputError
from sim.images.limits import MIB, Budget, Limits
from sim.images.streams import compression_of, decompressed
from sim.images.tarball import BLOCK, TarStream, starts_tar

LIMITS = Limits(content=64 * MIB, entries=5_000, names=MIB, path=1_024)
LARGEST = 32
"""MiB of one upload."""
_CHUNK = 256 * 1024
_ZIP = b"PK"


@dataclass(frozen=True, slots=True)
class Item:
    """A file, or a symbolic link where `target` is set. mode: its permissions."""

    path: str
    data: bytes = b""
    mode: int = 0o644
    target: str = ""


class Upload:
    """Files laid out in a temporary directory, which goes when this object does."""

    def __init__(self, items: Sequence[Item]) -> None:
        """Write the items. Raises `InputError` for one that cannot be written."""
        self.folder = str(Path(tempfile.mkdtemp(prefix="virtualization-simulator-")).resolve())
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        self.names = tuple(sorted(item.path for item in items))
        root = Path(self.folder)
        for item in sorted(items, key=lambda one: bool(one.target)):
            _write(root / item.path, item)


def _write(path: Path, item: Item) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if item.target:
            path.symlink_to(item.target)
            return
        with path.open("xb") as file:
            file.write(item.data)
        path.chmod((item.mode & 0o777) | stat.S_IRUSR | stat.S_IWUSR)
    except (OSError, ValueError) as error:
        raise InputError(f"{item.path!r} cannot be written: {getattr(error, 'strerror', None) or error}") from None


def read(files: Sequence[tuple[str, bytes]]) -> tuple[Item, ...]:
    """The items of an upload: single files as they are named, or what one archive holds.

    files: name and bytes. A folder that holds everything is left out of the names. Raises `InputError`.
    """
    budget = Budget(LIMITS)
    if len(files) == 1 and (found := _archive(*files[0], budget)) is not None:
        items = found
    else:
        items = [Item(_relative(name, "the upload"), data) for name, data in files]
        budget.spend_content(sum(len(item.data) for item in items), "the upload")
    budget.spend_entry(len(items), sum(len(item.path) for item in items), "the upload")
    return _checked(_without_top(items))


def _archive(name: str, data: bytes, budget: Budget) -> list[Item] | None:
    """What an archive holds, None where this is no archive."""
    if data.startswith(_ZIP):
        return list(_unzipped(name, data, budget))
    packed = compression_of(data[:4])
    chunks = decompressed(_chunks(data), packed, name)
    head = b""
    if packed != "none":
        while len(head) < BLOCK and (chunk := next(chunks, b"")):
            head += chunk
    else:
        head = data[:BLOCK]
    if starts_tar(head):
        return list(_untarred(name, data, budget))
    if packed != "none" or name.lower().endswith((".tar", ".tgz", ".tar.gz", ".zip", ".bz2", ".xz", ".7z")):
        raise InputError(f"{name!r} is no archive that can be read; expected .tar, .tar.gz, .tar.zst or .zip")
    return None


def _chunks(data: bytes) -> Iterator[bytes]:
    return (data[at : at + _CHUNK] for at in range(0, len(data), _CHUNK))


def _counted(chunks: Iterator[bytes], budget: Budget, name: str) -> Iterator[bytes]:
    for chunk in chunks:
        budget.spend_content(len(chunk), name)
        yield chunk


def _untarred(name: str, data: bytes, budget: Budget) -> Iterator[Item]:
    packed = compression_of(data[:4])
    stream = TarStream(_counted(decompressed(_chunks(data), packed, name), budget, name), budget, name)
    held: dict[str, Item] = {}
    for count, member in enumerate(stream):
        if count >= LIMITS.entries:
            raise InputError(f"{name!r} holds over {LIMITS.entries} files; expected a smaller build context")
        path = _relative(member.name, name)
        if member.kind == "file":
            item = Item(path, b"".join(stream.payload()), member.mode)
        elif member.kind == "symlink":
            item = Item(path, target=member.link)
        elif member.kind == "hardlink":
            origin = held.get(_relative(member.link, name))
            if origin is None:
                raise InputError(f"{name!r} links {path!r} to {member.link!r}, which is not in it before")
            item = Item(path, origin.data, origin.mode, origin.target)
        elif member.kind == "directory":
            continue
        else:
            raise InputError(f"{name!r} holds {path!r}, which is a device or a pipe; expected files, folders and links")
        held[path] = item
    yield from held.values()


def _unzipped(name: str, data: bytes, budget: Budget) -> Iterator[Item]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if len(members) > LIMITS.entries:
                raise InputError(f"{name!r} holds over {LIMITS.entries} files; expected a smaller build context")
            # The declared sizes are also the most that is read of each, so that a bomb is refused before it is opened.
            budget.spend_content(sum(member.file_size for member in members), name)
            for member in members:
                path = _relative(member.filename, name)
                if member.is_dir():
                    continue
                mode = member.external_attr >> 16
                held = archive.read(member)
                if stat.S_ISLNK(mode):
                    yield Item(path, target=held.decode("utf-8", "surrogateescape"))
                else:
                    yield Item(path, held, stat.S_IMODE(mode) or 0o644)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError) as error:
        raise InputError(f"{name!r} cannot be read as a .zip: {error}") from None


def _relative(path: str, archive: str) -> str:
    """A member's path without "./". Raises `InputError` for one that leaves the archive."""
    parts = [part for part in path.replace("\\", "/").split("/") if part not in ("", ".")]
    if path.startswith(("/", "\\")) or ".." in parts or "\0" in path or any(":" in part for part in parts[:1]):
        raise InputError(f"{archive!r} holds the path {path!r}, which leaves the folder; expected paths inside it")
    return "/".join(parts)


def _without_top(items: Sequence[Item]) -> list[Item]:
    """The items without the one folder that holds them all."""
    tops = {item.path.partition("/")[0] for item in items}
    if len(tops) != 1 or not all("/" in item.path for item in items):
        return list(items)
    return [Item(item.path.partition("/")[2], item.data, item.mode, item.target) for item in items]


def _checked(items: Sequence[Item]) -> tuple[Item, ...]:
    """The items, none twice, none below another, no link out of the folder. Raises `InputError`."""
    found: dict[str, Item] = {}
    for item in items:
        if not item.path or item.path in found:
            raise InputError(f"the upload holds {item.path!r} twice; expected each path once")
        if item.target:
            _inside(item.path, item.target)
        found[item.path] = item
    for path in found:
        above = path.rpartition("/")[0]
        while above:
            if above in found:
                raise InputError(f"the upload holds {path!r} below {above!r}, which is no folder")
            above = above.rpartition("/")[0]
    return tuple(found.values())


def _inside(path: str, target: str) -> None:
    depth = path.count("/")
    for part in target.replace("\\", "/").split("/"):
        depth += {"..": -1, "": 0, ".": 0}.get(part, 1)
        if depth < 0:
            break
    if target.startswith(("/", "\\")) or depth < 0 or not target:
        raise InputError(f"the upload links {path!r} to {target!r}, out of the folder; expected links inside it")
