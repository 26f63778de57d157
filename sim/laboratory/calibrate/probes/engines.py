"""Container starts by Podman and Docker: an image of one program is brought in, and taken out when all is over."""

from __future__ import annotations

import os
import subprocess
import tarfile
import time
from pathlib import Path

from sim.laboratory.calibrate import linux
from sim.laboratory.calibrate.oci import hello_program
from sim.laboratory.calibrate.starts import QUIET, Starts, found, last_line, quietly, reap, report
from sim.laboratory.calibrate.workbench import CannotRun, Workbench


def podman(workbench: Workbench) -> None:
    """`podman run`, with a storage of its own so that the user's is not touched."""
    program = found("podman")
    _remove_what_is_new(workbench)
    places = [f"--{option}={workbench.scratch / f'podman-{option}'}" for option in ("root", "runroot", "tmpdir")]
    command = [program, *places]
    workbench.undo(*command, "system", "migrate")  # ends the process that keeps a rootless user's namespaces
    _engine(workbench, "podman", "Podman", command, "{{.Host.CgroupManager}}")


def _remove_what_is_new(workbench: Workbench) -> None:
    """Have the caches that Podman makes wherever its storage is removed, if they were not there and stay empty."""
    data = Path(os.environ.get("XDG_DATA_HOME", Path.home() / ".local/share"))
    run = Path(os.environ.get("XDG_RUNTIME_DIR", f"/run/user/{os.geteuid()}"))
    if os.geteuid() == 0:
        data, run = Path("/var/lib"), Path("/run")
    for folder in (data / "containers", data / "containers/cache", run / "containers", run / "containers/networks"):
        if not folder.exists():
            workbench.undo(found("rmdir"), str(folder))
    cache = data / "containers/cache/blob-info-cache-v1.sqlite"
    if not cache.exists():
        workbench.undo(found("rm"), "-f", str(cache))


def docker(workbench: Workbench) -> None:
    """`docker run`, by the daemon that is there."""
    program = found("docker")
    _engine(workbench, "docker", "Docker", [program], "{{.CgroupDriver}}")


def _said(command: list[str], errors: Path, seconds: float, output: Path = Path(os.devnull)) -> bool:
    """Whether a command succeeds in time. What it says goes to files."""
    with errors.open("wb") as file, output.open("wb") as written:
        try:
            done = subprocess.run(  # noqa: S603 - found above
                command, stdin=subprocess.DEVNULL, stdout=written, stderr=file, timeout=seconds, check=False
            )
            return done.returncode == 0
        except subprocess.TimeoutExpired:
            file.write(f"no answer in {seconds:g} s\n".encode())
            return False


def _engine(workbench: Workbench, name: str, title: str, command: list[str], manager: str) -> None:
    errors = workbench.scratch / f"{name}.errors"
    if not _said([*command, "version"], errors, 10):
        raise CannotRun(f"{title} is installed but does not answer: {last_line(errors)}")
    linux.adopt_orphans()  # Podman leaves a monitor behind each container
    image = f"localhost/{workbench.name}:latest"
    archive = _archive(workbench.scratch / name)
    workbench.undo(*command, "rmi", "--force", image)
    if not _said([*command, "import", str(archive), image], errors, 30):
        raise CannotRun(f"{title} cannot take in an image: {last_line(errors)}")
    starts = Starts()
    workbench.undo(*command, "rm", "--force", f"{workbench.name}-{name}")
    options = _cgroup_options(workbench, command, manager, errors)
    run = [*command, "run", "--rm", "--pull=never", "--network=none", f"--name={workbench.name}-{name}", *options]
    run += [image, "/hello"]
    Starts().add(run, errors)
    for _ in quietly(workbench, 10):
        reap()
        starts.add(run, errors)
    time.sleep(QUIET)
    reap()
    text = f"`{name} run`, image present, {QUIET * 1000:.0f} ms after the last"
    report(workbench, name, text, starts, "without network", cpu=name == "podman")


def _cgroup_options(workbench: Workbench, command: list[str], manager: str, errors: Path) -> tuple[str, ...]:
    """Where cgroups go: systemd removes those it makes. Without it an engine would leave their parent behind."""
    answer = workbench.scratch / "manager"
    if not _said([*command, "info", f"--format={manager}"], errors, 10, answer):
        return ()
    by_engine = answer.read_text(encoding="ascii").strip() == "cgroupfs"
    return (f"--cgroup-parent=/{workbench.name}",) if by_engine else ()


def _archive(folder: Path) -> Path:
    folder.mkdir()
    try:
        program = hello_program(folder / "hello")
    except NotImplementedError as reason:
        raise CannotRun(str(reason)) from None
    archive = folder / "rootfs.tar"
    with tarfile.open(archive, "w") as tar:
        tar.add(program, "hello")
    return archive
