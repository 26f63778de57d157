"""`python -m bench.library`: what the shipped lessons cost, one replication each, and what a command costs from cold.

Everything is told in reference loops: the CPU time of a million heap operations in the same run. A lesson is loaded
from its file and run: each label once. Then it is run as `sim run --replications 1` does it: once more at each end of
its inputs' ranges where they have any. The collector of cycles looks as seldom as in a command. Lessons are loaded in
one process, and commands in one each. Their modules are compiled already, as they are where something ran before.
"""

from __future__ import annotations

import argparse
import gc
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.measure import dearer, heap_operations
from sim.__main__ import COLLECTION
from sim.batch.run import run
from sim.loading import load
from sim.loading.shipped import find, lessons

ROOT = Path(__file__).parents[1]

LOOP = "from bench.measure import heap_operations; heap_operations(1_000_000)"

COMMANDS = (("list", ["list"], "<= 1.5"), ("a small run", ["run", "taxonomy", "--replications", "1"], "<= 2"))
"""What it is called, its words, and the target in reference loops."""


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds of this process."""
    began = time.process_time()
    work()
    return time.process_time() - began


@dataclass(frozen=True)
class LessonCost:
    """CPU seconds of one lesson: of loading it, of running each label once, and of the same with both ends' runs."""

    loading: float
    once: float
    with_ends: float


def lesson_cost(name: str) -> LessonCost:
    """What a lesson costs, first of all: whatever it needs that no other lesson needed is made meanwhile."""
    file, loaded = find(name), []
    loading = seconds(lambda: loaded.append(load(file)))
    once, with_ends = (seconds(partial(run, loaded[0], replications=1, ranges=ranges)) for ranges in (False, True))
    return LessonCost(loading, once, with_ends)


def child(words: Sequence[str], folder: Path, output: int | None = subprocess.DEVNULL) -> float:
    """CPU seconds of Python with these words.

    Args:
        folder: Where its modules are kept compiled, whatever the environment says about that.
        output: Where what it prints goes, as `subprocess` has it. None for where this process prints.
    """
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before = of_children()
    subprocess.run(
        [sys.executable, *words], check=True, cwd=ROOT, stdout=output, env=kept | {"PYTHONPYCACHEPREFIX": str(folder)}
    )
    return of_children() - before


def of_children() -> float:
    """CPU seconds of all child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def in_loops(words: Sequence[str], folder: Path, most: float) -> float:
    """CPU time of the command with these words, in reference loops of a process each. For a gate at `most`."""
    command, loop = (partial(child, given, folder) for given in (["-m", "sim", *words], ["-c", LOOP]))
    command(), loop()  # their modules are compiled now
    return dearer((lambda: command, 1), (lambda: loop, 1), most, rounds=15, clock=of_children)


def child_seconds(words: Sequence[str], folder: Path, rounds: int = 3) -> float:
    """The least of some rounds, after one that compiles the modules."""
    return min([child(words, folder) for _ in range(rounds + 1)][1:])


def commands(folder: Path) -> None:
    """Commands from cold."""
    loop = child_seconds(["-c", LOOP], folder)
    for called, words, target in COMMANDS:
        print(f"| {called} | {child_seconds(['-m', 'sim', *words], folder) / loop:.3g} | {target} |", flush=True)


def library(names: Sequence[str]) -> None:
    """The lessons, those first that cost most."""
    gc.set_threshold(*COLLECTION)
    loop = min(seconds(lambda: heap_operations(1_000_000)) for _ in range(3))
    found = {name: lesson_cost(name) for name in names}
    for name, one in sorted(found.items(), key=lambda item: -item[1].with_ends - item[1].loading):
        loading, once, with_ends = one.loading / loop, one.once / loop, one.with_ends / loop
        print(f"    {name}: {loading:.2f} to load, {once:.2f} to run once, {with_ends:.2f} with both ends")
    loading, once, with_ends = (
        math.fsum(getattr(one, part) for one in found.values()) / loop for part in ("loading", "once", "with_ends")
    )
    print(f"| {len(found)} lessons, loaded and run once | {loading + once:.3g} | <= 20 |")
    print(f"| of that, loaded | {loading:.3g} | |")
    print(f"| loaded, and run with both ends of the ranges | {loading + with_ends:.3g} | |")


def main() -> None:
    """Measure the commands, and then the lessons."""
    parser = argparse.ArgumentParser(prog="python -m bench.library", description=main.__doc__)
    parser.add_argument("--here", action="store_true", help="only the lessons, in this process")
    parser.add_argument("lessons", nargs="*", help="ids; if left out, all that ship")
    asked = parser.parse_args()
    if asked.here:
        library(asked.lessons or lessons())
        return
    print("In reference loops of a million heap operations; CPU time", flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder, words = Path(name), ["-m", "bench.library", "--here", *asked.lessons]
        commands(folder)
        child(words, folder)
        child(words, folder, output=None)


if __name__ == "__main__":
    main()
