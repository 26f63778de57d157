"""Namespaces by type, and what the mount table adds to a new mount namespace."""

from __future__ import annotations

import errno
import functools
import operator
from pathlib import Path

from sim.laboratory.calibrate import linux
from sim.laboratory.calibrate.results import line
from sim.laboratory.calibrate.workbench import Workbench, in_child, seconds

_TYPES = {
    "none": 0,
    "uts": linux.CLONE_NEWUTS,
    "cgroup": linux.CLONE_NEWCGROUP,
    "time": linux.CLONE_NEWTIME,
    "pid": linux.CLONE_NEWPID,
    "user": linux.CLONE_NEWUSER,
    "ipc": linux.CLONE_NEWIPC,
    "mnt": linux.CLONE_NEWNS,
    "net": linux.CLONE_NEWNET,
}

_WHY = {errno.EINVAL: "this kernel has no such namespace", errno.ENOSPC: "the limit on such namespaces is 0 here"}


def _unshare(flags: int) -> float:
    linux.unshare(0)  # the first call pays for pages the child touches first
    return seconds(lambda: linux.unshare(flags))


def namespace(workbench: Workbench) -> None:
    """unshare(2) in a fresh process, each type and all that there are."""
    mounts = len(Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines())
    made = []
    share = 1 / (len(_TYPES) + 1)
    for name, flags in _TYPES.items():
        try:
            samples = [in_child(lambda flags=flags: _unshare(flags)) for _ in workbench.rounds(60, share)]  # type: ignore[misc]
        except OSError as error:
            workbench.cannot(f"namespace.{name}", _WHY.get(error.errno or 0, str(error)))
            continue
        made.append(name)
        conditions = f"{mounts} mounts" if name == "mnt" else ""
        text = f"unshare(2), {'nothing' if name == 'none' else name}"
        workbench.add(f"namespace.{name}", text, samples, conditions=conditions)
    every = functools.reduce(operator.or_, (_TYPES[name] for name in made), 0)
    samples = [in_child(lambda: _unshare(every)) for _ in workbench.rounds(60)]
    workbench.add(
        "namespace.all", "unshare(2), all at once", samples, conditions=f"{', '.join(made[1:])}; {mounts} mounts"
    )


def mount_table(workbench: Workbench) -> None:
    """What one more mount adds to unshare(CLONE_NEWNS): the slope over tables of 0 to 400 mounts more."""
    target = workbench.scratch / "table"
    target.mkdir()
    linux.mount("none", target, "tmpfs")
    points: dict[int, list[float]] = {}
    made = 0
    for count in (0, 100, 200, 400):
        for index in range(made, count):
            place = target / str(index)
            place.mkdir()
            linux.mount(str(target / "0"), place, "", linux.MS_BIND)
        made = count
        points[count] = [in_child(lambda: _unshare(linux.CLONE_NEWNS)) for _ in workbench.rounds(60, 0.4)]
    _, slope = line(points)
    n = min(len(samples) for samples in points.values())
    workbench.add_summary("mount_table.mount", "unshare(2) of a mount namespace, for each mount there is", slope, n)
