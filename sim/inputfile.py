"""Reads a file that somebody names: a regular file, of a bounded size, as bytes or text.

A named pipe would hold the reader for ever, a device never ends, and a file may grow while it is read. So the kind is
asked of the open file, and the bytes are counted as they come.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

from sim.errors import InputError, Problem

_KINDS = {
    stat.S_IFDIR: "a directory",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


def open_regular(path: Path, name: str = "") -> BinaryIO:
    """A regular file, open for reading. Links are followed.

    Args:
        name: What the file is called in messages, its path without one.

    Raises `InputError` where it is missing, no regular file, or may not be read.
    """
    name = name or str(path)
    try:
        # Without O_NONBLOCK, opening a named pipe waits for somebody to write to it.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise unreadable(error, name) from None
    except ValueError as error:  # a NUL in the path, or a character the file system cannot name
        raise InputError(Problem(f"cannot be read: {error}", repr(name))) from None
    kind = stat.S_IFMT(os.fstat(descriptor).st_mode)
    if kind != stat.S_IFREG:
        os.close(descriptor)
        raise InputError(Problem(f"cannot be read: is {_KINDS.get(kind, 'no file')}; expected a regular file", name))
    return open(descriptor, "rb")  # noqa: PTH123 -- a descriptor, not a path; the caller closes it


def unreadable(error: OSError, name: str) -> InputError:
    """What says that a file cannot be read, and why."""
    return InputError(Problem(f"cannot be read: {(error.strerror or str(error)).lower()}", name))


def is_folder(path: Path) -> bool:
    """Whether a path is a folder. A text that cannot be a path (it is too long, say) is none."""
    return os.path.isdir(path)  # noqa: PTH112 -- `Path.is_dir` raises there before Python 3.13


def is_file(path: Path) -> bool:
    """Whether a path is a regular file, in the same way."""
    return os.path.isfile(path)  # noqa: PTH113 -- as above


def exists(path: Path) -> bool:
    """Whether there is something at a path, in the same way."""
    return os.path.exists(path)  # noqa: PTH110 -- as above


def read_bytes(path: Path, limit: int, name: str = "") -> bytes:
    """The bytes of a regular file of at most `limit` bytes.

    Raises `InputError` as `open_regular` does, and where it is larger.
    """
    name = name or str(path)
    with open_regular(path, name) as file:
        try:
            data = file.read(limit + 1)
        except OSError as error:
            raise unreadable(error, name) from None
    if len(data) > limit:
        raise InputError(Problem(f"larger than {limit} bytes, which is the most that is read of it", name))
    return data


def read_text(path: Path, limit: int, name: str = "") -> str:
    """The same as text, without a byte order mark. Raises `InputError` also where it is not UTF-8."""
    name = name or str(path)
    data = read_bytes(path, limit, name)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"not UTF-8 text: byte 0x{data[error.start]:02x} at offset {error.start}"
        raise InputError(Problem(message, name, line)) from None
