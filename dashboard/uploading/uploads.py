"""Files a reader brings: single ones, a folder, a .tar or a .zip, laid into a temporary directory within bounds.

Nothing leaves the machine. Nothing is written outside that directory. A name that would leave it is refused before a
byte of it is written. So is a link that leads out of it, by itself or through other links, and anything over a bound.
"""

from __future__ import annotations

import io
import shutil
import stat
import struct
import tempfile
import weakref
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from dashboard.uploading.unpacked import UnpackedFile, checked, relative, without_top
from sim import limits
from sim.archives.limits import Limits, RemainingLimits
from sim.archives.streams import compression_of, decompressed
from sim.archives.tarball import BLOCK, TarStream, starts_tar
from sim.errors import InputError
from sim.reasons import Reason

LIMITS = Limits(
    content=limits.CONTEXT_CONTENT, entries=limits.CONTEXT_FILES, names=limits.MIB, path=limits.CONTEXT_PATH
)
_CHUNK = 256 * 1024
_ARCHIVES = (".tar", ".tgz", ".gz", ".zst", ".zip", ".bz2", ".xz", ".7z")
_ZIP = b"PK"
_ENTRY = 128
"""Bytes of a file's entry in the directory of a .zip beside its name: 46 of fields, and what tools add."""
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_OTHER_METHODS = {9: "deflate64", 12: "bzip2", 14: "LZMA", 93: "zstd", 95: "xz"}
"""APPNOTE.TXT 4.4.5."""
_ENCRYPTED = 0x1
_END_OF_ZIP = struct.Struct("<4s4H2LH")
"""Its end record (APPNOTE.TXT 4.3.16): the sixth field is the size of the directory."""
_ZIP64 = b"PK\x06\x07"


class _Named(Protocol):
    """A file of an upload, as Streamlit hands it over."""

    @property
    def name(self) -> str: ...


_File = TypeVar("_File", bound=_Named)


class Upload:
    """Files laid out in a temporary directory, which goes when this object does."""

    def __init__(self, items: Sequence[UnpackedFile]) -> None:
        """Write the items. Raises `InputError` for one that cannot be written."""
        self.folder = str(Path(tempfile.mkdtemp(prefix="virtualization-simulator-")).resolve())
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        self.names = tuple(sorted(item.path for item in items))
        root = Path(self.folder)
        for item in sorted(items, key=lambda upload: bool(upload.target)):
            _write(root / item.path, item)


def _write(path: Path, item: UnpackedFile) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if item.target:
            path.symlink_to(item.target)
            return
        with path.open("xb") as file:
            file.write(item.data)
        path.chmod((item.mode & 0o777) | stat.S_IRUSR | stat.S_IWUSR)
    except (OSError, ValueError) as error:
        why = str(getattr(error, "strerror", None) or error)
        raise InputError(
            Reason("upload.written", "{path} cannot be written: {why}", path=repr(item.path), why=why)
        ) from None


def read(files: Sequence[tuple[str, bytes]]) -> tuple[UnpackedFile, ...]:
    """The items of an upload: single files as they are named, or what one archive holds.

    Args:
        files: Name and bytes. A folder that holds everything is left out of the names.

    Raises `InputError`.
    """
    size = sum(len(data) for _, data in files)
    if size > limits.CONTEXT_UPLOAD:
        raise InputError(too_large(size))
    budget = RemainingLimits(LIMITS)
    if len(files) == 1 and (unpacked := _archive(*files[0], budget)) is not None:
        items = unpacked
    else:
        items = [UnpackedFile(relative(name, "the upload"), data) for name, data in files]
        budget.spend_content(sum(len(item.data) for item in items), "the upload")
    budget.spend_entry(len(items), sum(len(item.path) for item in items), "the upload")
    return checked(without_top(items))


def latest(before: Sequence[_File], new: Sequence[_File]) -> list[_File]:
    """The files that count, where a reader has brought some after others.

    Of one name it is the last one. One archive is all there is, until something else is brought.
    """
    both = [*before, *new]
    if new and (_is_archive(new) or _is_archive(before)):
        both = [*new]
    return list({file.name: file for file in both}.values())


def _is_archive(files: Sequence[_File]) -> bool:
    return len(files) == 1 and files[0].name.lower().endswith(_ARCHIVES)


def too_large(size: int) -> str:
    """What is said of an upload of so many bytes, which are over the limit."""
    return Reason(
        "upload.large",
        "the upload has {size} bytes; expected at most {most} ({mib} MiB)",
        size=size,
        most=limits.CONTEXT_UPLOAD,
        mib=limits.CONTEXT_UPLOAD >> 20,
    )


def _archive(name: str, data: bytes, budget: RemainingLimits) -> list[UnpackedFile] | None:
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
    if packed != "none" or name.lower().endswith(_ARCHIVES):
        raise InputError(
            Reason(
                "upload.archive",
                "{name} is no archive that can be read; expected .tar, .tar.gz, .tar.zst or .zip",
                name=repr(name),
            )
        )
    return None


def _chunks(data: bytes) -> Iterator[bytes]:
    return (data[at : at + _CHUNK] for at in range(0, len(data), _CHUNK))


def _counted(chunks: Iterator[bytes], budget: RemainingLimits, name: str) -> Iterator[bytes]:
    for chunk in chunks:
        budget.spend_content(len(chunk), name)
        yield chunk


def _untarred(name: str, data: bytes, budget: RemainingLimits) -> Iterator[UnpackedFile]:
    packed = compression_of(data[:4])
    stream = TarStream(_counted(decompressed(_chunks(data), packed, name), budget, name), budget, name)
    held: dict[str, UnpackedFile] = {}
    for count, member in enumerate(stream):
        if count >= LIMITS.entries:
            raise _too_many(name)
        path = relative(member.name, name)
        if member.kind == "file":
            item = UnpackedFile(path, b"".join(stream.payload()), member.mode)
        elif member.kind == "symlink":
            item = UnpackedFile(path, target=member.link)
        elif member.kind == "hardlink":
            origin = held.get(relative(member.link, name))
            if origin is None:
                raise InputError(
                    Reason(
                        "upload.hard_link",
                        "{name} links {path} to {target}, which is not in it before",
                        name=repr(name),
                        path=repr(path),
                        target=repr(member.link),
                    )
                )
            budget.spend_content(len(origin.data), name)
            item = UnpackedFile(path, origin.data, origin.mode, origin.target)
        elif member.kind == "directory":
            continue
        else:
            raise InputError(
                Reason(
                    "upload.device",
                    "{name} holds {path}, which is a device or a pipe; expected files, folders and links",
                    name=repr(name),
                    path=repr(path),
                )
            )
        held[path] = item
    yield from held.values()


def _unzipped(name: str, data: bytes, budget: RemainingLimits) -> Iterator[UnpackedFile]:
    _check_directory(name, data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if len(members) > LIMITS.entries:
                raise _too_many(name)
            for member in members:
                path = relative(member.filename, name)
                if member.is_dir():
                    continue
                mode = member.external_attr >> 16
                held = _inflated(archive, member, budget, name)
                if stat.S_ISLNK(mode):
                    yield UnpackedFile(path, target=held[: LIMITS.path + 1].decode("utf-8", "surrogateescape"))
                else:
                    yield UnpackedFile(path, held, stat.S_IMODE(mode) or 0o644)
    except InputError:
        raise
    except Exception as error:  # noqa: BLE001 -- zipfile raises whatever a damaged field leads it to, of no common class
        # Its own words quote the archive's bytes.
        raise InputError(
            Reason(
                "upload.zip",
                "{name} cannot be read as a .zip: it is damaged ({error})",
                name=repr(name),
                error=type(error).__name__,
            )
        ) from None


def _too_many(name: str) -> InputError:
    return InputError(
        Reason(
            "upload.files",
            "{name} holds over {most} files; expected a smaller build context",
            name=repr(name),
            most=LIMITS.entries,
        )
    )


def _check_directory(name: str, data: bytes) -> None:
    """Refuse a directory that is larger than `LIMITS.entries` files need, all of which zipfile would read first."""
    at = data.rfind(b"PK\x05\x06", max(0, len(data) - _END_OF_ZIP.size - 0xFFFF))
    if at < 0 or at + _END_OF_ZIP.size > len(data):
        raise InputError(
            Reason(
                "upload.zip_end",
                "{name} cannot be read as a .zip: it has no end record, so it is truncated or damaged",
                name=repr(name),
            )
        )
    size = _END_OF_ZIP.unpack_from(data, at)[5]
    if data[max(0, at - 20) :][:4] == _ZIP64:
        raise InputError(
            Reason(
                "upload.zip64",
                "{name} is a ZIP64 archive; expected a .zip of at most {most} files",
                name=repr(name),
                most=LIMITS.entries,
            )
        )
    if size > LIMITS.entries * _ENTRY + LIMITS.names:
        raise _too_many(name)


def _inflated(archive: zipfile.ZipFile, member: zipfile.ZipInfo, budget: RemainingLimits, name: str) -> bytes:
    """A member's bytes, counted as they come: what the archive declares of itself is not relied on."""
    if member.flag_bits & _ENCRYPTED:
        raise InputError(
            Reason(
                "upload.encrypted",
                "{name} holds {path}, which is encrypted; expected a .zip without a password",
                name=repr(name),
                path=repr(member.filename),
            )
        )
    if member.compress_type not in _METHODS:
        method = _OTHER_METHODS.get(member.compress_type, f"method {member.compress_type}")
        raise InputError(
            Reason(
                "upload.method",
                "{name} holds {path} compressed by {method}; expected stored or deflate",
                name=repr(name),
                path=repr(member.filename),
                method=method,
            )
        )
    parts = []
    with archive.open(member) as file:
        while chunk := file.read(_CHUNK):
            budget.spend_content(len(chunk), name)
            parts.append(chunk)
    return b"".join(parts)
