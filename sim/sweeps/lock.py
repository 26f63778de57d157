"""One sweep at a time at a store: two would run the same points, and one would lose its own.

The lock is one of the system's on a file beside the store. It ends with the process that holds it, however that ends.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sim.errors import InputError, Problem


@contextmanager
def locked(store: Path) -> Iterator[None]:
    """Hold a store's lock while the context lasts. Raises `InputError` where another sweep holds it."""
    path = store.with_name(f"{store.name}.lock")
    descriptor = _opened(path, store)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # Windows deletes no open file; what is left is harmless
            path.unlink()
        os.close(descriptor)
        with contextlib.suppress(OSError):
            if sys.platform == "win32":
                path.unlink()


def _opened(path: Path, store: Path) -> int:
    """The open lock file, once it is locked and still the one of that name."""
    while True:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise InputError(Problem(f"cannot be used: {reason}", str(store))) from None
        except ValueError as error:  # a NUL in the path
            raise InputError(Problem(f"cannot be used: {error}", repr(str(store)))) from None
        try:
            _lock(descriptor)
        except OSError:
            os.close(descriptor)
            raise InputError(Problem("another sweep is at work on it", str(store))) from None
        with contextlib.suppress(OSError):
            if os.path.samestat(os.fstat(descriptor), path.stat()):
                return descriptor
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
