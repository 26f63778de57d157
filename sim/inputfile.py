"""Reads a file that somebody names: a regular file, of a bounded size, as bytes or text.

A named pipe would hold the reader for ever, a device never ends, and a file may grow while it is read: so the kind is
asked of the open file, and the bytes are counted as they come.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from sim.errors import InputError, Problem

_KINDS = {
    stat.S_IFDIR: "a directory",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


def read_bytes(path: Path, limit: int, name: str = "") -> bytes:
    """The bytes of a regular file of at most `limit` bytes; links are followed.

    name: what the file is called in messages, its path without one.

    Raises `InputError` where it is missing, no regular file, or larger.
    """
    name = name or str(path)
    try:
        # Without O_NONBLOCK, opening a named pipe waits for somebody to write to it.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with open(descriptor, "rb") as file:  # noqa: PTH123 -- a descriptor, not a path
            kind = stat.S_IFMT(os.fstat(descriptor).st_mode)
            if kind != stat.S_IFREG:
                raise InputError(Problem(f"is {_KINDS.get(kind, 'no file')}; expected a regular file", name))
            data = file.read(limit + 1)
    except OSError as error:
        raise InputError(Problem(f"cannot be read: {(error.strerror or str(error)).lower()}", name)) from None
    except ValueError as error:  # a NUL in the path, or a character the file system cannot name
        raise InputError(Problem(f"cannot be read: {error}", repr(name))) from None
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
