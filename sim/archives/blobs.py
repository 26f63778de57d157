"""The files of an archive or folder, each read once as a stream: its digest, and what it holds.

A blob is told by its first bytes: a tar, compressed or not, is a layer and becomes a list of paths. JSON is kept. All
else is only hashed. What is wrong with a blob is kept with it, and matters only if an image names that blob.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from sim.archives.layers import LayerEntry
from sim.archives.limits import LimitError, RemainingLimits, over, refused
from sim.archives.streams import Compression, Tap, compression_of, decompressed, file_chunks, peek
from sim.archives.tarball import BLOCK, TarStream, starts_tar
from sim.archives.whiteouts import clean, entry
from sim.errors import InputError, Problem
from sim.inputfile import is_file


@dataclass(frozen=True, slots=True)
class LayerContent:
    """What a layer's blob holds.

    Attributes:
        size: Bytes before compression.
        diff_id: Their digest.
        files: In the tar's order.
    """

    compression: Compression
    size: int
    diff_id: str
    files: tuple[LayerEntry, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Blob:
    """One file. At most one of `document` (JSON), `content` (a layer) and `problem` is there.

    Attributes:
        size: Bytes as stored.
    """

    name: str
    size: int
    digest: str
    document: bytes | None = field(default=None, repr=False)
    content: LayerContent | None = None
    problem: InputError | None = None


class BlobSource(Protocol):
    """Where an image's files are looked up by name."""

    def get(self, name: str) -> Blob | None:
        """The blob of that name, or None."""


def scan(chunks: Iterator[bytes], name: str, budget: RemainingLimits) -> Blob:
    """Read one file to its end. Raises `LimitError` past a limit. All else that is wrong is the blob's `problem`."""
    raw = Tap(chunks)
    head, stream = peek(raw, BLOCK)
    compression = compression_of(head)
    document: bytes | None = None
    content: LayerContent | None = None
    problem: InputError | None = None
    try:
        if compression != "none" or starts_tar(head):
            content = _layer(stream, raw, compression, name, budget)
        elif head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
            document = _document(stream, name, budget)
    except LimitError:
        raise
    except InputError as error:
        problem = error
    for chunk in stream:
        budget.spend_content(len(chunk), name)
    return Blob(name, raw.size, raw.digest, document, content, problem)


def _document(stream: Iterator[bytes], name: str, budget: RemainingLimits) -> bytes:
    parts: list[bytes] = []
    size = 0
    for chunk in stream:
        size += len(chunk)
        if size > budget.limits.document:
            raise refused(f"is JSON of over {budget.limits.document} B, which the limit `document` allows", name)
        parts.append(chunk)
    budget.spend_document(size, name)
    return b"".join(parts)


def _layer(
    stream: Iterator[bytes], raw: Tap, compression: Compression, name: str, budget: RemainingLimits
) -> LayerContent:
    plain = guarded(decompressed(stream, compression, name), raw, budget, name)
    # An uncompressed layer is hashed once: its digest is its diff ID.
    tap = raw if compression == "none" else Tap(plain)
    files: list[LayerEntry] = []
    last = ""
    for member in TarStream(plain if tap is raw else tap, budget, name):
        layer_entry = entry(member, name)
        if layer_entry is None:
            continue
        folder = layer_entry.path.rpartition("/")[0]
        count = 1 if folder == last else 1 + _new_folders(folder, last)
        budget.spend_entry(count, len(layer_entry.path) + len(layer_entry.link), name)
        last = layer_entry.path if layer_entry.kind == "directory" else folder
        files.append(layer_entry)
    return LayerContent(compression, tap.size, tap.digest, tuple(files))


def _new_folders(folder: str, last: str) -> int:
    """How many directories of `folder` are not on the way to `last`: a few bytes of name can ask for thousands."""
    if not folder or f"{last}/".startswith(f"{folder}/"):
        return 0
    parts, known = folder.split("/"), last.split("/")
    same = 0
    while same < min(len(parts), len(known)) and parts[same] == known[same]:
        same += 1
    return len(parts) - same


def guarded(plain: Iterator[bytes], raw: Tap, budget: RemainingLimits, place: str) -> Iterator[bytes]:
    """The decompressed stream of `raw`, held to the limits on content and on expansion."""
    limits = budget.limits
    size = 0
    for chunk in plain:
        size += len(chunk)
        budget.spend_content(len(chunk), place)
        if size > limits.expansion_from and size > limits.expansion * raw.size:
            what = f"expands to over {limits.expansion} times its stored size, as a decompression bomb does"
            raise over(what, "expansion", limits.expansion, place)
        yield chunk


class TarStore:
    """An archive, read once from front to end. Links between its members are followed."""

    def __init__(self, chunks: Iterator[bytes], budget: RemainingLimits) -> None:
        self._blobs: dict[str, Blob] = {}
        self._links: dict[str, str] = {}
        stream = TarStream(chunks, budget, "")
        for member in stream:
            name = clean(member.name, "")
            if member.kind == "directory":
                continue
            if name in self._blobs or name in self._links:
                raise refused(f"has the member {name!r} twice")
            if len(self._blobs) + len(self._links) >= budget.limits.members:
                raise over("has too many members", "members", budget.limits.members, "")
            if member.kind == "file":
                self._blobs[name] = scan(stream.payload(), name, budget)
            elif member.kind == "symlink":
                folder = name.rpartition("/")[0]
                self._links[name] = _inside(folder, member.link, name)
            elif member.kind == "hardlink":
                self._links[name] = clean(member.link, name, "link target")
            else:
                raise refused("is a device or pipe; an image archive holds only files, directories and links", name)

    def __len__(self) -> int:
        return len(self._blobs)

    def get(self, name: str) -> Blob | None:
        """The blob of that name, through links. Raises `InputError` for links that go round."""
        seen: list[str] = []
        while name in self._links:
            if name in seen:
                raise refused(f"is a link that leads back to itself: {' -> '.join([*seen, name])}", seen[0])
            seen.append(name)
            name = self._links[name]
        return self._blobs.get(name)


def _inside(folder: str, target: str, place: str) -> str:
    """Where a symbolic link in `folder` leads, as a member's name. Raises `InputError` where it leaves the archive."""
    if target.startswith("/"):
        raise refused(f"is a link to the absolute path {target!r}, out of the archive", place)
    parts = folder.split("/") if folder else []
    for part in target.split("/"):
        if part == "..":
            if not parts:
                raise refused(f"is a link to {target!r}, which leads out of the archive", place)
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


class FolderStore:
    """A folder on disk. A file is read when it is first asked for. A link that leaves the folder is refused."""

    def __init__(self, root: Path, budget: RemainingLimits) -> None:
        self._root = root
        self._real = root.resolve()
        self._budget = budget
        self._blobs: dict[str, Blob] = {}

    def get(self, name: str) -> Blob | None:
        """The file of that name below the folder, or None."""
        name = clean(name, "")
        if name not in self._blobs:
            path = self._root / name
            if not is_file(path):
                return None
            if not path.resolve().is_relative_to(self._real):
                raise refused("is a link that leads out of the folder", name)
            self._blobs[name] = scan(file_chunks(path), name, self._budget)
        return self._blobs[name]


def blob_name(digest: str) -> str:
    """Where an OCI layout keeps the blob of a digest.

    >>> blob_name("sha256:ab")
    'blobs/sha256/ab'
    """
    return "blobs/" + digest.replace(":", "/", 1)


def need(store: BlobSource, name: str, referrer: str) -> Blob:
    """The blob that `referrer` names, whole and sound. Raises `InputError` where it is missing or damaged.

    A name that states a digest ("blobs/sha256/<hex>") is held to it.
    """
    blob = store.get(name)
    if blob is None:
        raise refused(f"is missing; {referrer} names it", name)
    problems: list[Problem] = []
    stated = name.removeprefix("blobs/sha256/")
    if stated != name and blob.digest != f"sha256:{stated}":
        problems.append(Problem(f"its content has the digest {blob.digest}, not the one in its name", path=name))
    if blob.problem is not None:
        problems.extend(blob.problem.problems)
    if problems:
        raise InputError(problems)
    return blob


def document_of(blob: Blob, what: str) -> bytes:
    """The JSON of a blob. Raises `InputError` where it holds something else."""
    if blob.document is None:
        raise refused(f"is not the JSON of {what}", blob.name)
    return blob.document
