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
    layout_here = layout(hierarchies())
    if name == "crun" and layout_here == "hybrid":
        _hide_v2()
        conditions += "; cgroups here are hybrid, which crun refuses, so that only v1 is shown to it"
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
    if not rootless and layout_here in ("v1", "hybrid") and _show_unified():
        _unified(workbench, name, [*command, f"{workbench.name}-unified"], errors, layout_here)


def _unified(workbench: Workbench, name: str, command: list[str], errors: Path, layout_here: str) -> None:
    """The same starts where the runtime is shown the v2 hierarchy alone, as hosts have it today.

    A runtime may then start its process in the new cgroup, without the attach that waits (clone3, CLONE_INTO_CGROUP).
    """
    starts = Starts()
    for index in quietly(workbench, 15):
        starts.add([*command[:-1], f"{command[-1]}-{index}"], errors)
    text = f"start of a container by {name} in unified cgroups, {QUIET * 1000:.0f} ms after the last"
    shown = f"as root; cgroups here are {layout_here}, and the runtime is shown the unified hierarchy alone"
    report(workbench, f"{name}.unified", text, starts, shown, cpu=True)


def _show_unified() -> bool:
    """Mount the v2 hierarchy where cgroups are, in this process's own mount namespace. Whether that was possible."""
    try:
        linux.mount("none", Path("/sys/fs/cgroup"), "cgroup2")
    except OSError:
        return False
    return True


def _hide_v2() -> None:
    """Put an empty file system over the v2 hierarchy, in this process's own mount namespace."""
    for hierarchy in hierarchies():
        if hierarchy.version == "v2":
            linux.mount("none", hierarchy.mounted, "tmpfs")
