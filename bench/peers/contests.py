"""The peers' contests: equal results first, then the ratio beside its target."""

from __future__ import annotations

import importlib.util
import math
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from bench import placement, queue, sharing
from bench.measure import Rival, contest, ratio
from bench.peers import functions, queues, simgrid
from sim.engine.fluid import Fluid


def installed(name: str) -> bool:
    """Whether a peer's module is there. Says so where it is not."""
    there = importlib.util.find_spec(name) is not None
    if not there:
        print(f"| {name} | skipped: not installed | |")
    return there


def same(name: str, peer: float, ours: float, tolerance: float) -> None:
    """Stop where a peer's result is another than ours."""
    if not math.isclose(peer, ours, rel_tol=tolerance):
        raise SystemExit(f"{name} gives {peer!r}, but the engine {ours!r}")


def row(name: str, times: float, target: str) -> None:
    """One line of the table."""
    print(f"| {name} | {times:.3g} | {target} |")


def customers(count: int, rounds: int) -> None:
    """W1: M/M/10 at 0.9."""
    for name, ready, target in (("ciw", queues.ciw_queue, ">= 10"), ("mesa", queues.mesa_queue, ">= 4")):
        if installed(name):
            same(name, ready(1000)(), queue.closed_form(1000), 1e-9)
            rivals: dict[str, Rival] = {
                "ours": (lambda: partial(queue.closed_form, count), count),
                name: (partial(ready, count), count),
            }
            row(f"W1, {count:,} customers: {name}", ratio(contest(rivals, rounds), "ours", name), target)


def boots(count: int) -> None:
    """W2: so many boots begin at once on 64 shared cores, and each that ends is followed by another. One round."""
    with tempfile.TemporaryDirectory() as folder:
        program = simgrid.compiled(Path(folder))
        if program is None:
            print("| SimGrid | skipped: no g++ or no libsimgrid-dev | |")
            return
        mean, theirs = simgrid.boots(program, count, count)
        work = sharing.boots(Fluid, count, count)
        began = time.process_time()
        same("SimGrid", mean, work(), 1e-6)
        row(f"W2, {count:,} boots: SimGrid C++", theirs / (time.process_time() - began), ">= 100 for 10,000")


def starts(requests: int, rounds: int) -> None:
    """W4: cold and warm starts of functions."""
    if not installed("simfaas"):
        return
    for rate, target in ((0.9, 5), (10.0, 8), (100.0, 25)):
        duration = requests / rate
        ours, theirs = functions.pool(rate, duration)(), functions.simfaas_pool(rate, duration)()
        same("SimFaaS, cold starts", theirs.cold, ours.cold, 0.0)
        same("SimFaaS, instances", theirs.instances, ours.instances, 1e-3)
        same("SimFaaS, busy", theirs.busy, ours.busy, 1e-3)
        rivals: dict[str, Rival] = {
            "ours": (partial(functions.pool, rate, duration), requests),
            "simfaas": (partial(functions.simfaas_pool, rate, duration), requests),
        }
        row(
            f"W4, {rate:g} requests a second: SimFaaS",
            ratio(contest(rivals, rounds), "ours", "simfaas"),
            f">= {target}",
        )


def placements(nodes: int, pods: int, rounds: int) -> None:
    """W3: pods of four sizes by kube-scheduler's rules."""
    if placement.scheduled(100, 2000, placement.ALL)() != placement.loop(100, 2000)():
        raise SystemExit("the scheduler and the loop put pods on different nodes")
    timed = contest(placement.rivals(nodes, pods), rounds)
    row(f"W3, {pods:,} pods on {nodes:,} nodes: heap loop", ratio(timed, "scheduler", "heap loop"), ">= 0.4")


def run(scale: int, rounds: int) -> None:
    """All of them, at a size divided by `scale`."""
    print(f"Python {sys.version.split()[0]}; how many times faster than each peer, same work and same result")
    customers(50_000 // scale, rounds)
    boots(10_000 // scale)
    starts(50_000 // scale, rounds)
    placements(1_000, 20_000 // scale, rounds)
