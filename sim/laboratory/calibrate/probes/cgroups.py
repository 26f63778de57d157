"""Attaching a process to a cgroup soon after another attach, and long after one: then it waits for a grace period."""

from __future__ import annotations

import time
from pathlib import Path

from sim.laboratory.calibrate.cgroups import Hierarchy, hierarchies, layout
from sim.laboratory.calibrate.workbench import CannotRun, Workbench, seconds

_QUIET = 0.06
"""Seconds after which an attach is long ago: three times the gap at which the wait was first seen."""

_PREFERRED = ("pids", "freezer", "devices")
"""v1 controllers whose cgroups hold a process as they are made. cpuset's do not."""


def _one_of_each_version(mounted: tuple[Hierarchy, ...]) -> list[Hierarchy]:
    first = {hierarchy.version: hierarchy for hierarchy in mounted if hierarchy.controllers != "cpuset"}
    first |= {
        hierarchy.version: hierarchy
        for name in reversed(_PREFERRED)
        for hierarchy in mounted
        if name in hierarchy.controllers.split(",")
    }
    return [first[version] for version in sorted(first)]


def cgroup(workbench: Workbench) -> None:
    """Move this process to and fro between two cgroups, at both gaps, in a v1 and in the v2 hierarchy if there are."""
    there = hierarchies()
    if not there:
        raise CannotRun("no cgroup file system is mounted here")
    chosen = _one_of_each_version(there)
    for index, hierarchy in enumerate(chosen):
        try:
            _attach(workbench, hierarchy, 1 / (len(chosen) - index), layout(there))
        except OSError as error:
            workbench.cannot(
                f"cgroup.{hierarchy.version}",
                f"this user may not make cgroups in {hierarchy.own} ({error.strerror}); run it as root, or in a "
                "delegated cgroup (systemd-run --user --scope)",
            )


def _attach(workbench: Workbench, hierarchy: Hierarchy, share: float, arrangement: str) -> None:
    version = hierarchy.version
    conditions = f"{hierarchy.controllers or 'unified hierarchy'}; cgroups here are {arrangement}"
    places = [hierarchy.own / f"{workbench.name}-{letter}" for letter in "ab"]
    made = []
    try:
        for _ in workbench.rounds(20, share / 4):
            made.append(sum(seconds(place.mkdir) for place in places) / 2)
            for place in places:
                place.rmdir()
        for place in places:
            place.mkdir()
        quiet, soon = [], []
        for index in workbench.rounds(30, share):
            time.sleep(_QUIET)
            quiet.append(seconds(lambda place=places[index % 2]: _join(place)))  # type: ignore[misc]
            soon.append(seconds(lambda place=places[1 - index % 2]: _join(place)))  # type: ignore[misc]
    finally:
        _join(hierarchy.own)
        for place in places:
            if place.exists():
                place.rmdir()
    workbench.add(f"cgroup.{version}.mkdir", f"making a cgroup ({version})", made, conditions=conditions)
    workbench.add(
        f"cgroup.{version}.attach_quiet",
        f"attach to a cgroup ({version}), {_QUIET * 1000:.0f} ms after the last",
        quiet,
        conditions=conditions,
    )
    workbench.add(
        f"cgroup.{version}.attach_soon",
        f"attach to a cgroup ({version}), right after another",
        soon,
        conditions=conditions,
    )


def _join(place: Path) -> None:
    (place / "cgroup.procs").write_text("0", encoding="ascii")
