"""`python -m bench.sweep`: 10,000 points of about a millisecond, whole and killed three times, and what a sweep adds.

The overhead is CPU time over the bare loop: the same study, run with the same checked parameters. Each way is held to
the same bytes. `--dask` adds a cluster of two workers on this machine.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from bench.measure import dearer
from sim.batch.executors import execute
from sim.batch.run import ReplicationPlan
from sim.errors import InputError
from sim.loading import load_text
from sim.loading.template import ScenarioTemplate
from sim.scenario import Scenario
from sim.sweeps.executors import in_processes
from sim.sweeps.plan import SweepPlan, plan
from sim.sweeps.reading import finished_points
from sim.sweeps.run import run_sweep

SCENARIO = """\
id: one-millisecond
concept: startup
title: The start of a few containers
summary: A point of about a millisecond.
study: startup
technology: docker
"""
"""One replication of one label."""

AXIS = "instances=1..{}"
MOST = 20
"""Instances of the largest point. Further points are of other seeds."""


def points(count: int) -> list[str]:
    """Axes with so many points."""
    return [f"seed=1..{max(1, count // MOST)}", AXIS.format(min(count, MOST))]


def bare(scenario: Scenario, made: SweepPlan) -> list[ReplicationPlan]:
    """What the bare loop runs: parameters that are checked before it begins."""
    template = ScenarioTemplate(scenario, made.job.paths)
    plans = []
    for point in range(len(made)):
        at = template.at(made.values(point))
        plans += [ReplicationPlan(at, part, label, at.seed, 1, None) for part in at.parts for label in part.variants]
    return plans


def loop(plans: list[ReplicationPlan]) -> float:
    """The bare loop: every run, and one number of it."""
    return sum(execute(one.task(0)).samples["startup_time"][0] for one in plans)


def overhead(count: int, folder: Path, most: float = 1.5, rounds: int = 12) -> float:
    """How many times the CPU time of the bare loop a sweep in one process takes.

    Args:
        most: The gate.
    """
    scenario = load_text(SCENARIO)
    made = plan(scenario, points(count))
    store = folder / "overhead"

    def sweep() -> object:
        store.unlink(missing_ok=True)
        return run_sweep(made, store)

    plans = bare(scenario, made)
    return dearer((lambda: sweep, count), (partial(partial, loop, plans), count), most, rounds)


def spread(count: int, rounds: int, folder: Path) -> float:
    """How many times the CPU time of the bare loop two processes take, with this one and their start: the least."""
    scenario = load_text(SCENARIO)
    made = plan(scenario, points(count))
    plans = bare(scenario, made)
    looped, swept = [], []
    for _ in range(rounds):
        store = folder / "spread"
        looped.append(_tree_seconds(partial(loop, plans)))
        swept.append(_tree_seconds(partial(run_sweep, made, store, in_processes(2))))
        store.unlink()
    return min(swept) / min(looped)


def _tree_seconds(work: Callable[[], object]) -> float:
    """CPU seconds of this process and of those that ended meanwhile."""
    before = sum(os.times()[:4])
    work()
    return sum(os.times()[:4]) - before


def killed(count: int, folder: Path, times: int, more: list[str]) -> str:
    """The digest of a sweep in processes that was killed so many times, each with all of its workers, and went on."""
    (folder / "scenario.yaml").write_text(SCENARIO, encoding="utf-8")
    vary = [word for axis in points(count) for word in ("--vary", axis)]
    store = folder / "killed"
    command = [sys.executable, "-m", "sim", "sweep", str(folder / "scenario.yaml"), *vary, "--store", str(store), *more]
    there = 0
    for number in range(times):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while process.poll() is None and _count(store) <= max(there, count * (number + 1) // (times + 2)):
            time.sleep(0.05)
        process.kill()
        process.wait()
        there = _count(store)
        print(f"    killed with {there:,} of {count:,} points")
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return digest(store)


def _count(store: Path) -> int:
    try:
        return finished_points(store)
    except InputError:  # not made yet
        return 0


def digest(store: Path) -> str:
    """A store's bytes in a word."""
    return hashlib.sha256(store.read_bytes()).hexdigest()


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """The address of a Dask scheduler with two workers, as processes of this machine."""
    file = folder / "scheduler.json"
    dask = partial(subprocess.Popen, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    start = [sys.executable, "-m"]
    plain = ["--host", "127.0.0.1", "--no-dashboard"]
    processes = [dask([*start, "distributed.cli.dask_scheduler", *plain, "--port", "0", "--scheduler-file", str(file)])]
    try:
        while not file.exists() or not file.read_text():
            time.sleep(0.1)
        worker = [*start, "distributed.cli.dask_worker", *plain, "--no-nanny", "--nthreads", "1"]
        processes += [dask([*worker, "--scheduler-file", str(file)]) for _ in range(2)]
        yield json.loads(file.read_text())["address"]
    finally:
        for process in processes:
            process.kill()
            process.wait()


def main() -> None:
    """Run the contests. `--quick` runs them at a tenth of the size."""
    parser = argparse.ArgumentParser(prog="python -m bench.sweep", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the size")
    parser.add_argument("--dask", action="store_true", help="on a Dask cluster of two workers too")
    asked = parser.parse_args()
    count = 1_000 if asked.quick else 10_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(f"{count:,} points; CPU time, the two in turn")
        print(f"| a sweep in one process against the bare loop | {overhead(count, folder):.3g} | <= 1.5 |")
        print(f"| a sweep on two processes against the bare loop | {spread(count, 3, folder):.3g} | <= 1.5 |")
        whole = digest(folder / "overhead")
        ways: dict[str, list[str]] = {"two processes": ["--jobs", "2"]}
        with ExitStack() as stack:
            if asked.dask:
                ways["a Dask cluster"] = ["--executor", stack.enter_context(cluster(folder))]
            for way, options in ways.items():
                same = killed(count, folder, 3, options) == whole
                print(f"| killed three times on {way}: the same bytes | {'yes' if same else 'NO'} | yes |")
                (folder / "killed").unlink()
                if not same:
                    raise SystemExit(1)


if __name__ == "__main__":
    main()
