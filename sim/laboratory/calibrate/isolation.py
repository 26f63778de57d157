"""Namespaces for a worker to make what it likes in: all of it ends with the worker, even where the worker is killed."""

from __future__ import annotations

import os
from pathlib import Path

from sim.laboratory.calibrate import linux
from sim.laboratory.calibrate.workbench import CannotRun

_SWITCHES = (
    ("/proc/sys/user/max_user_namespaces", "0", "user.max_user_namespaces is 0"),
    ("/proc/sys/kernel/unprivileged_userns_clone", "0", "kernel.unprivileged_userns_clone is 0"),
    (
        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "kernel.apparmor_restrict_unprivileged_userns is 1",
    ),
)


def _switched_off() -> str:
    for file, value, text in _SWITCHES:
        try:
            if Path(file).read_text(encoding="ascii").strip() == value:
                return text
        except OSError:
            continue
    return ""


def become_root() -> None:
    """Be root of a new user namespace, unless the user is root already. Raises `CannotRun` with the reason."""
    if os.geteuid() == 0:
        return
    user, group = os.geteuid(), os.getegid()
    try:
        linux.unshare(linux.CLONE_NEWUSER)
        Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
        Path("/proc/self/uid_map").write_text(f"0 {user} 1", encoding="ascii")
        Path("/proc/self/gid_map").write_text(f"0 {group} 1", encoding="ascii")
    except OSError as error:
        why = _switched_off() or str(error)
        raise CannotRun(f"it needs root or user namespaces, and this user may not make any: {why}") from None


def enter() -> None:
    """Go on as process 1 of a new PID namespace with a mount table of its own.

    The process that called stays outside, ends when this one does, and with its exit code. Raises `CannotRun` with the
    reason.
    """
    become_root()
    try:
        linux.unshare(linux.CLONE_NEWNS | linux.CLONE_NEWPID)
        linux.mount("none", "/", "", linux.MS_REC | linux.MS_PRIVATE)
    except OSError as error:
        why = _switched_off() or "is this a container?"
        raise CannotRun(f"it needs a mount namespace of its own, and may not have one: {error} ({why})") from None
    pid = os.fork()
    if pid:
        _, status = os.waitpid(pid, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    linux.die_with_parent()
    try:
        linux.mount("proc", "/proc", "proc")
    except OSError as error:
        raise CannotRun(f"it may not mount /proc in its own PID namespace: {error}") from None


def in_user_namespace() -> bool:
    """Whether this process is in a user namespace that is not the host's own: its users are not all there are."""
    first = Path("/proc/self/uid_map").read_text(encoding="ascii").split()
    return first != ["0", "0", str(2**32 - 1)]
