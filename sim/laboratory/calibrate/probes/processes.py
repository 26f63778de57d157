"""System call, page fault, fork and exec: what the kernel does for any process."""

from __future__ import annotations

import collections
import gc
import itertools
import mmap
import os
import struct
from collections.abc import Callable, Sequence
from pathlib import Path

from sim.laboratory.calibrate.oci import hello_program
from sim.laboratory.calibrate.workbench import Workbench, seconds

_PAGE = mmap.PAGESIZE


def _calls(function: Callable[[], object], count: int) -> Callable[[], object]:
    """Call it so many times in a loop of the interpreter's C code, which costs some 30 ns each."""
    return lambda: collections.deque(itertools.starmap(function, itertools.repeat((), count)), maxlen=0)


def syscall(workbench: Workbench) -> None:
    """getppid(2), less what the loop costs with a function that makes no system call."""
    count = 20_000
    empty, full = [], []
    for _ in workbench.rounds(100):
        empty.append(seconds(_calls(gc.isenabled, count)))
        full.append(seconds(_calls(os.getppid, count)))
    samples = [total / count for total in without(empty, full)]
    if samples:
        workbench.add("syscall", "getppid(2)", samples)
    else:
        workbench.cannot(
            "syscall", "calls took no longer than the loop without them: the clock or the load is too coarse"
        )


def without(empty: Sequence[float], full: Sequence[float]) -> list[float]:
    """What loops took beyond the empty ones run in turn with them, each empty loop before its full one.

    The quicker of the empty loops before and after is taken off, as a disturbed one would make a call look free. A
    pair in which nothing is left was disturbed, and is left out.
    """
    quicker = [min(pair) for pair in zip(empty, [*empty[1:], empty[-1]], strict=True)]
    return [sample - loop for sample, loop in zip(full, quicker, strict=True) if sample > loop]


def page_fault(workbench: Workbench) -> None:
    """First touch of a page of anonymous memory, pages of 4 KiB even where larger ones are the default."""
    count = 4096
    touch = bytes(count)
    samples = []
    for _ in workbench.rounds(60):
        with mmap.mmap(-1, count * _PAGE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as memory:
            memory.madvise(mmap.MADV_NOHUGEPAGE)
            start = _store(memory, touch)
        samples.append(start / count)
    workbench.add("page_fault", "first touch of an anonymous page", samples, conditions=f"pages of {_PAGE // 1024} KiB")


def _store(memory: mmap.mmap, touch: bytes) -> float:
    def store() -> None:
        memory[::_PAGE] = touch

    return seconds(store)


def _fork_exit() -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


def process(workbench: Workbench) -> None:
    """Fork and exit, and starts of a program with and without libraries until it has exited."""
    workbench.add(
        "process.fork_exit",
        "fork, exit and wait",
        [seconds(_fork_exit) for _ in workbench.rounds(200, 0.3)],
        conditions="from this interpreter, whose page tables are larger than a small program's",
    )
    try:
        small = hello_program(workbench.scratch / "hello")
    except NotImplementedError as reason:
        workbench.cannot("process.exec_small", str(reason))
    else:
        workbench.add(
            "process.exec_small", "start of a program of one page, until it has exited", _starts(workbench, small)
        )
    for name, text, paths, arguments, static in _PROGRAMS:
        program = next((path for path in map(Path, paths) if path.exists() and _is_static(path) == static), None)
        if program is None:
            workbench.cannot(f"process.{name}", f"none of {', '.join(paths)} is there as {text}")
        else:
            workbench.add(
                f"process.{name}",
                f"start of {text}, until it has exited",
                _starts(workbench, program, *arguments),
                conditions=" ".join((str(program), *arguments)),
            )


_PROGRAMS = (
    (
        "exec_static",
        "a statically linked program",
        ("/sbin/ldconfig", "/usr/sbin/ldconfig", "/sbin/ldconfig.real", "/bin/busybox"),
        ("--help",),
        True,
    ),
    ("exec_dynamic", "a dynamically linked program", ("/bin/true", "/usr/bin/true"), (), False),
)


def _is_static(path: Path) -> bool:
    """Whether an ELF program names no dynamic loader (has no segment PT_INTERP)."""
    with path.open("rb") as file:
        head = file.read(64)
        if head[:5] != b"\x7fELF\x02":
            return False
        offset, (size, count) = struct.unpack_from("<Q", head, 32)[0], struct.unpack_from("<HH", head, 54)
        file.seek(offset)
        table = file.read(size * count)
    return all(struct.unpack_from("<I", table, index * size)[0] != 3 for index in range(count))


def _starts(workbench: Workbench, program: Path, *arguments: str) -> list[float]:
    quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]

    def start() -> None:
        pid = os.posix_spawn(program, [str(program), *arguments], {}, file_actions=quiet)
        os.waitpid(pid, 0)

    return [seconds(start) for _ in workbench.rounds(200, 0.5)]
