"""Container starts by an OCI runtime called directly: no daemon, no image, no network namespace."""

from __future__ import annotations

from pathlib import Path

from sim.laboratory.calibrate import linux
from sim.laboratory.calibrate.cgroups import hierarchies, layout
from sim.laboratory.calibrate.isolation import in_user_namespace
from sim.laboratory.calibrate.oci import bundle
from sim.laboratory.calibrate.starts import QUIET, Starts, found, quietly, report
from sim.laboratory.calibrate.workbench import CannotRun, Workbench


def crun(workbench: Workbench) -> None:
    """`crun run`, long after another start and right after one."""
    _runtime(workbench, "crun")


def runc(workbench: Workbench) -> None:
    """`runc run`, long after another start and right after one."""
    _runtime(workbench, "runc")


def _runtime(workbench: Workbench, name: str) -> None:
    program = found(name)
    rootless = in_user_namespace()
    try:
        place = bundle(workbench.scratch / name, "" if rootless else f"/{workbench.name}-{name}")
    except NotImplementedError as reason:
        raise CannotRun(str(reason)) from None
    command = [program, "--root", str(workbench.scratch / f"{name}-state")]
    conditions = "in a user namespace, without a cgroup" if rootless else "as root, in a cgroup of its own"
    if rootless and name == "crun":
        command += ["--cgroup-manager", "disabled"]
    conditions += _unify(name, rootless=rootless)
    command += ["run", "--bundle", str(place)]
    errors = workbench.scratch / f"{name}.errors"
    quiet, soon = Starts(), Starts()
    Starts().add([*command, f"{workbench.name}-first"], errors)  # reads the program into the page cache
    for index in quietly(workbench, 25, 0.7):
        quiet.add([*command, f"{workbench.name}-{index}"], errors)
    for index in workbench.rounds(25):
        soon.add([*command, f"{workbench.name}-soon-{index}"], errors)
    text = f"start of a container by {name}"
    report(workbench, f"{name}.quiet", f"{text}, {QUIET * 1000:.0f} ms after the last", quiet, conditions, cpu=True)
    report(workbench, f"{name}.soon", f"{text}, right after another", soon, conditions, cpu=False)


def _unify(name: str, *, rootless: bool) -> str:
    """Show the runtime unified cgroups, as hosts have them today, in this process's own mount namespace.

    Returns what is to be said of it. Where the v2 hierarchy cannot be mounted a hybrid layout stays, and crun, which
    refuses it, is shown v1 alone.
    """
    found_here = layout(hierarchies())
    if found_here == "v2":
        return ""
    if not rootless and found_here != "none":
        try:
            linux.mount("none", Path("/sys/fs/cgroup"), "cgroup2")
        except OSError:
            pass
        else:
            return f"; cgroups here are {found_here}, and the runtime is shown the unified hierarchy alone"
    if name == "crun" and found_here == "hybrid":
        _hide_v2()
        return "; cgroups here are hybrid, which crun refuses, so that only v1 is shown to it"
    return ""


def _hide_v2() -> None:
    """Put an empty file system over the v2 hierarchy, in this process's own mount namespace."""
    for hierarchy in hierarchies():
        if hierarchy.version == "v2":
            linux.mount("none", hierarchy.mounted, "tmpfs")
