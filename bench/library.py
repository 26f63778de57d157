"""`python -m bench.library`: what the shipped lessons cost, one replication each, and what a command costs from cold.

Everything is told in reference loops: the CPU time of a million heap operations in the same run. A lesson is loaded
from its file and run as `sim run --replications 1` does it: each label once, and once at each end of its inputs' ranges
where they have any. Commands are processes of their own, whose modules are compiled already.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.measure import heap_operations
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


def lesson_seconds(names: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Of each lesson: CPU seconds of loading it, and of running it."""
    found = {}
    for name in names:
        file = find(name)
        loading = seconds(lambda file=file: load(file))  # type: ignore[misc]
        scenario = load(file)
        found[name] = loading, seconds(lambda scenario=scenario: run(scenario, replications=1))  # type: ignore[misc]
    return found


def child_seconds(words: Sequence[str], folder: Path, rounds: int = 3) -> float:
    """CPU seconds of Python with these words: the least of some rounds, after one that compiles its modules.

    Args:
        folder: Where they are kept compiled, whatever the environment says about that.
    """
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    taken = []
    for _ in range(rounds + 1):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [sys.executable, *words], check=True, cwd=ROOT, stdout=subprocess.DEVNULL,
            env=kept | {"PYTHONPYCACHEPREFIX": str(folder)},
        )  # fmt: skip
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    return min(taken[1:])


def commands() -> None:
    """Commands from cold."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        loop = child_seconds(["-c", LOOP], folder)
        for called, words, target in COMMANDS:
            print(f"| {called} | {child_seconds(['-m', 'sim', *words], folder) / loop:.3g} | {target} |")


def library(names: Sequence[str]) -> None:
    """The lessons, those first that cost most."""
    loop = min(seconds(lambda: heap_operations(1_000_000)) for _ in range(3))
    found = lesson_seconds(names)
    for name, (loading, running) in sorted(found.items(), key=lambda one: -sum(one[1])):
        print(f"    {name}: {loading / loop:.2f} to load, {running / loop:.2f} to run")
    loading, running = (sum(one[part] for one in found.values()) / loop for part in (0, 1))
    print(f"| {len(found)} lessons, loaded and run | {loading + running:.3g} | <= 20 |")
    print(f"| of that, loaded | {loading:.3g} | |")


def main() -> None:
    """Measure the commands, and then the lessons."""
    parser = argparse.ArgumentParser(prog="python -m bench.library", description=main.__doc__)
    parser.add_argument("lessons", nargs="*", help="ids; if left out, all that ship")
    asked = parser.parse_args()
    print("In reference loops of a million heap operations; CPU time")
    commands()
    library(asked.lessons or lessons())


if __name__ == "__main__":
    main()
