"""Mounts of a root file system, and overlay mounts by their layers. In a mount namespace of its own."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from sim.laboratory.calibrate import linux
from sim.laboratory.calibrate.results import line
from sim.laboratory.calibrate.workbench import CannotRun, Workbench, seconds


def _mounted(workbench: Workbench, mount: Callable[[], None], target: Path, most: int, share: float) -> list[float]:
    samples = []
    for _ in workbench.rounds(most, share):
        samples.append(seconds(mount))
        linux.umount(target)
    return samples


def mount(workbench: Workbench) -> None:
    """Bind, tmpfs and proc: the mounts every container starts with."""
    target, source = workbench.scratch / "target", workbench.scratch / "source"
    target.mkdir()
    source.mkdir()
    for name, text, call in (
        ("bind", "bind mount", lambda: linux.mount(str(source), target, "", linux.MS_BIND)),
        ("tmpfs", "mount of a tmpfs", lambda: linux.mount("none", target, "tmpfs")),
        ("proc", "mount of /proc", lambda: linux.mount("none", target, "proc")),
    ):
        try:
            workbench.add(f"mount.{name}", text, _mounted(workbench, call, target, 100, 0.4))
        except OSError as error:
            workbench.cannot(f"mount.{name}", str(error))


def overlay(workbench: Workbench) -> None:
    """An overlay mount over 1 to 120 lower layers: what it costs at all, and for each layer."""
    place = workbench.scratch / "overlay"
    place.mkdir()
    linux.mount("none", place, "tmpfs")
    os.chdir(place)  # relative names keep the options of 120 layers within one page
    for index in range(120):
        Path(str(index)).mkdir()
    for name in ("upper", "work", "merged"):
        Path(name).mkdir()
    points = {}
    for layers in (1, 20, 60, 120):
        data = f"lowerdir={':'.join(map(str, range(layers)))},upperdir=upper,workdir=work"

        def call(data: str = data) -> None:
            linux.mount("overlay", "merged", "overlay", 0, data)

        try:
            points[layers] = _mounted(workbench, call, Path("merged"), 60, 0.4)
        except OSError as error:
            os.chdir("/")
            raise CannotRun(f"this kernel or user may not mount an overlay of {layers} layers: {error}") from None
    os.chdir("/")
    base, slope = line(points)
    n = min(len(samples) for samples in points.values())
    workbench.add_summary("overlay.base", "overlay mount, without its layers", base, n, conditions="layers on a tmpfs")
    workbench.add_summary(
        "overlay.layer", "overlay mount, for each lower layer", slope, n, conditions="layers on a tmpfs"
    )
