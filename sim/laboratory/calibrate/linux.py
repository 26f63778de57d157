"""Linux system calls that the standard library of Python 3.11 does not offer, by ctypes. Only a worker imports this.

Each raises `OSError` with the call's errno.
"""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

CLONE_NEWTIME = 0x00000080
CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 4096, 16384, 1 << 18
MNT_DETACH = 2

_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 1, 22, 36, 38
_SECCOMP_MODE_FILTER = 2

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mount.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p]
_libc.umount2.argtypes = [ctypes.c_char_p, ctypes.c_int]
_libc.prctl.argtypes = [ctypes.c_int, ctypes.c_ulong, ctypes.c_void_p, ctypes.c_ulong, ctypes.c_ulong]
_libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]


def _checked(answer: int, what: str) -> None:
    if answer != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare(flags: int) -> None:
    """Go on in new namespaces of these types, by the call unshare."""
    _checked(_libc.unshare(flags), "unshare")


def mount(source: str, target: str | Path, kind: str = "", flags: int = 0, data: str = "") -> None:
    """Mount a file system, or bind a directory, by the call of that name."""
    _checked(
        _libc.mount(source.encode(), os.fsencode(target), kind.encode() or None, flags, data.encode() or None),
        f"mount {kind or 'bind'} on {target}",
    )


def umount(target: str | Path, flags: int = MNT_DETACH) -> None:
    """Take a mount out, at once from this namespace and later from the host."""
    _checked(_libc.umount2(os.fsencode(target), flags), f"umount {target}")


def die_with_parent() -> None:
    """Have the kernel kill this process when the one that started it ends, however that ends."""
    _checked(_libc.prctl(_PR_SET_PDEATHSIG, 9, None, 0, 0), "prctl(PR_SET_PDEATHSIG)")


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends, instead of the host's process 1."""
    _checked(_libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, None, 0, 0), "prctl(PR_SET_CHILD_SUBREAPER)")


def no_new_privileges() -> None:
    """Give up new privileges for good: as who has no privileges must before loading a filter."""
    _checked(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, None, 0, 0), "prctl(PR_SET_NO_NEW_PRIVS)")


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


class SeccompFilter:
    """A filter ready to be loaded.

    Attributes:
        instructions: Struct sock_filter after struct sock_filter, 8 bytes each.
    """

    def __init__(self, instructions: bytes) -> None:
        self._program = _Program(len(instructions) // 8, instructions)

    def load(self) -> None:
        """Have the kernel apply it: from now on every system call of this process passes the filter."""
        address = ctypes.cast(ctypes.pointer(self._program), ctypes.c_void_p)
        _checked(_libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, address, 0, 0), "prctl(PR_SET_SECCOMP)")
