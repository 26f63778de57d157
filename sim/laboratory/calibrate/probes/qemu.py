"""QEMU from its process's start to a machine that is ready and has not run an instruction (`-S`)."""

from __future__ import annotations

import json
import os
import platform
import select
import signal
import socket
import time
from pathlib import Path

from sim.laboratory.calibrate.starts import found
from sim.laboratory.calibrate.workbench import CannotRun, Workbench

_MACHINES = {"x86_64": ("pc", "q35", "microvm"), "aarch64": ("virt",)}
_PATIENCE = 20.0


def qemu(workbench: Workbench) -> None:
    """Each machine type: until QEMU's main loop answers `query-status` over QMP."""
    machine = platform.machine()
    program = found(f"qemu-system-{machine}", "qemu-kvm", "kvm")
    kinds = _MACHINES.get(machine)
    if kinds is None:
        raise CannotRun(f"it knows the machine types of {' and '.join(_MACHINES)}, not those of {machine}")
    os.chdir(workbench.scratch)  # a socket's path has 108 bytes at most
    for index, kind in enumerate(kinds):
        samples, accelerator = [], ""
        try:
            _ready(program, kind)  # reads the program into the page cache
            for _ in workbench.rounds(15, 1 / (len(kinds) - index)):
                sample, accelerator = _ready(program, kind)
                samples.append(sample)
        except CannotRun as reason:
            workbench.cannot(f"qemu.{kind}", str(reason))
            continue
        text = f"QEMU, machine {kind}: process start to machine ready"
        workbench.add(f"qemu.{kind}", text, samples, conditions=f"128 MiB, {accelerator}")


def _ready(program: str, kind: str) -> tuple[float, str]:
    """Seconds until the machine is ready, and what runs it. QEMU connects to a socket that is there already."""
    name = "qmp"
    Path(name).unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(name)
        listening.listen(1)
        listening.settimeout(_PATIENCE)
        command = [program, "-S", "-machine", kind, "-accel", "kvm", "-accel", "tcg", "-m", "128", "-nodefaults"]
        command += ["-no-user-config", "-display", "none", "-qmp", f"unix:{name}"]
        reading, writing = os.pipe()
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
            (os.POSIX_SPAWN_DUP2, writing, 2),
        ]
        start = time.perf_counter_ns()
        pid = os.posix_spawn(program, command, os.environ, file_actions=actions)
        os.close(writing)
        try:
            _connected(listening, reading, kind)
            with listening.accept()[0] as connection:
                connection.settimeout(_PATIENCE)
                status, accelerator = _talk(connection)
                elapsed = (time.perf_counter_ns() - start) * 1e-9
        except TimeoutError:
            raise CannotRun(f"QEMU does not answer within {_PATIENCE:.0f} s with machine {kind}") from None
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            os.close(reading)
    if status not in ("prelaunch", "paused"):
        raise CannotRun(f"QEMU says of machine {kind} that it is {status or 'gone'}")
    return elapsed, accelerator


def _connected(listening: socket.socket, errors: int, kind: str) -> None:
    """Wait until QEMU connects. Raises `CannotRun` with what it said last where it ends instead."""
    said = b""
    here = listening.fileno()
    while here not in (ready := select.select([here, errors], [], [], _PATIENCE)[0]):
        piece = os.read(errors, 4096) if ready else b""
        if not piece:
            last = said.decode(errors="replace").strip().rpartition("\n")[2][:300]
            raise CannotRun(f"QEMU does not get machine {kind} ready: {last or 'it says nothing'}")
        said += piece


def _talk(connection: socket.socket) -> tuple[str, str]:
    """The machine's status, and its accelerator. Empty where QEMU goes away."""
    for command in ("qmp_capabilities", "query-status", "query-kvm"):
        connection.sendall(json.dumps({"execute": command}).encode() + b"\n")
    status, accelerator = "", ""
    with connection.makefile("rb") as lines:
        for line in lines:
            answer = json.loads(line).get("return")
            if isinstance(answer, dict) and "status" in answer:
                status = answer["status"]
            if isinstance(answer, dict) and "enabled" in answer:
                accelerator = "accelerator KVM" if answer["enabled"] else "accelerator TCG (no KVM)"
                break
    return status, accelerator
