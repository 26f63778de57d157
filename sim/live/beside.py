"""What is made once and is the same for many pages. It is kept beside the downloads."""

from __future__ import annotations

import base64
import gzip
import hashlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from sim.export.packages import cache
from sim.outputfile import make_folder, write_bytes

_SMALLEST = 9
"""Level of what is compressed once: as small as gzip makes it."""
_QUICK = 7
"""Level of what each page has of its own: a quarter of the time of the smallest, for 1 % more bytes (measured)."""


def path_of(name: str) -> Path:
    """Where something of a name is kept."""
    return cache() / name


def written_once(name: str, make: Callable[[], bytes], *, family: str = "", most: int = 1) -> bytes:
    """What is kept under a name. It is made now where it is not there.

    Args:
        name: It changes with whatever it is made of.
        family: A pattern of the names of which only the last few are kept.
        most: How many.

    Raises `InputError` where it cannot be written.
    """
    path = path_of(name)
    with suppress(FileNotFoundError):
        return path.read_bytes()
    made = make()
    make_folder(path.parent)
    write_bytes(path, made)
    if family:
        _forget(path.parent, family, most)
    return made


def _forget(folder: Path, family: str, most: int) -> None:
    with suppress(OSError):  # another process forgets too
        for old in sorted(folder.glob(family), key=lambda one: one.stat().st_mtime)[:-most]:
            old.unlink()


def packed(data: bytes, *, once: bool = False) -> str:
    """Bytes as a page has them: by gzip, which every browser opens, and as base64.

    Args:
        once: Whether other pages have the same, so that it is kept.
    """
    if not once:
        return _packed(data, _QUICK).decode()
    name = f"packed-{hashlib.sha256(data).hexdigest()[:16]}.txt"
    return written_once(name, lambda: _packed(data, _SMALLEST)).decode()


def _packed(data: bytes, level: int) -> bytes:
    return base64.b64encode(gzip.compress(data, level, mtime=0))
