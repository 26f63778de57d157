"""Writes a file that somebody asked for: whole, or not at all.

The text goes to a file beside it first, which then takes its name: a full disk or an interrupt leaves what was there.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from sim.errors import InputError, Problem


def write_text(path: Path, text: str, name: str = "") -> None:
    """Write a text as UTF-8 with plain line ends. A character that UTF-8 has not becomes "?".

    Args:
        name: What the file is called in messages, its path without one.

    Raises `InputError` where it cannot be written. Then a file that was there is as it was.
    """
    write_bytes(path, text.encode("utf-8", "replace"), name)


def write_bytes(path: Path, data: bytes, name: str = "") -> None:
    """Write a file's bytes, as `write_text` does."""
    try:
        handle, made = tempfile.mkstemp(".partial", ".", path.parent)
        os.close(handle)
        partial = Path(made)
        try:
            partial.chmod(0o666 & ~_umask())
            partial.write_bytes(data)
            partial.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                partial.unlink()
            raise
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(Problem(f"cannot be written: {reason}", name or str(path))) from None
    except ValueError as error:  # a NUL in the path, or a character the file system cannot name
        raise InputError(Problem(f"cannot be written: {error}", repr(name or str(path)))) from None


def _umask() -> int:
    """The rights that a new file does not get. They can be read only by setting them."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def make_folder(path: Path) -> None:
    """Make a folder and those above it, where they are not there. Raises `InputError`."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(Problem(f"cannot be made: {(error.strerror or str(error)).lower()}", str(path))) from None
    except ValueError as error:
        raise InputError(Problem(f"cannot be made: {error}", repr(str(path)))) from None
