"""Bytes through a core and a disk: gunzip, SHA-256, write and read."""

from __future__ import annotations

import hashlib
import os
import sys
import sysconfig
import zlib
from pathlib import Path

from sim.laboratory.calibrate.workbench import CannotRun, Workbench, seconds

_MIB = 1 << 20
_BLOCK = 4 * _MIB


def _payload(size: int) -> bytes:
    """Programs and their sources, as an image's layers hold them: this interpreter and its standard library."""
    parts: list[bytes] = []
    have = 0
    library = Path(sysconfig.get_path("stdlib"))
    for path in (Path(sys.executable), *sorted(library.glob("lib-dynload/*.so")), *sorted(library.rglob("*.py"))):
        parts.append(path.read_bytes()[:_BLOCK])
        have += len(parts[-1])
        if have >= size:
            break
    content = b"".join(parts)
    return (content * (size // len(content) + 1))[:size]


def gunzip(workbench: Workbench) -> None:
    """Inflate by zlib on one core, in blocks, without writing the output."""
    size = 16 * _MIB
    packed = zlib.compress(_payload(size), 6)
    ratio = size / len(packed)

    def unpack() -> None:
        unpacker = zlib.decompressobj()
        for start in range(0, len(packed), 65536):
            unpacker.decompress(packed[start : start + 65536])

    samples = [seconds(unpack) for _ in workbench.rounds(20)]
    workbench.add(
        "gunzip", "gunzip of 16 MiB of output on one core", samples, size, conditions=f"zlib; packed {ratio:.1f} to one"
    )


def sha256(workbench: Workbench) -> None:
    """SHA-256 on one core."""
    content = bytes(16 * _MIB)
    samples = [seconds(lambda: hashlib.sha256(content).digest()) for _ in workbench.rounds(20)]
    workbench.add("sha256", "SHA-256 of 16 MiB on one core", samples, len(content))


def _kind(folder: Path) -> str:
    """The type of the file system a folder is on."""
    best, kind = "", ""
    for text in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines():
        _, mounted, name, *_ = text.split()
        if folder.is_relative_to(mounted) and len(mounted) >= len(best):
            best, kind = mounted, name
    return kind


def disk(workbench: Workbench) -> None:
    """Write to stable storage and read what no page cache holds, sequentially, in a file that is removed at once."""
    places = [workbench.scratch, Path("/var/tmp"), Path.home()]  # noqa: S108 - the file has no name by the time it is used
    kinds = {place: _kind(place.resolve()) for place in places}
    place = next(
        (place for place in places if kinds[place] not in ("tmpfs", "ramfs") and os.access(place, os.W_OK)), None
    )
    if place is None:
        raise CannotRun(f"{', '.join(map(str, places))} are in memory or may not be written")
    size = 64 * _MIB
    space = os.statvfs(place)
    if space.f_bavail * space.f_frsize < 4 * size:
        raise CannotRun(f"{place} has less than {4 * size // _MIB} MiB free")
    block = os.urandom(_BLOCK)
    writes, reads = [], []
    for _ in workbench.rounds(5):
        file = os.open(place, os.O_TMPFILE | os.O_RDWR, 0o600)
        try:
            writes.append(seconds(lambda file=file: _write(file, block, size)))  # type: ignore[misc]
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
            reads.append(seconds(lambda file=file: _read(file, size)))  # type: ignore[misc]
        finally:
            os.close(file)
    conditions = f"{kinds[place]} at {place}"
    workbench.add("disk.write", "write of 64 MiB, until it is on the disk", writes, size, conditions)
    workbench.add("disk.read", "read of 64 MiB that no page cache of this host holds", reads, size, conditions)


def _write(file: int, block: bytes, size: int) -> None:
    for _ in range(size // len(block)):
        os.write(file, block)
    os.fsync(file)


def _read(file: int, size: int) -> None:
    os.lseek(file, 0, os.SEEK_SET)
    while size > 0:
        size -= len(os.read(file, _BLOCK)) or size
