"""`python -m bench`: every contest, its equal results first, then the ratios beside their targets."""

from __future__ import annotations

import argparse
import math
import platform
from functools import partial

import simpy

from bench import queue, sharing, starts
from bench.measure import Timing, contest, heap_operations, ratio
from bench.peers import contests
from sim.engine.fluid import Fluid


def assert_equal(results: dict[str, float]) -> None:
    """Stop where the rivals of a contest do not give the same result."""
    first, *others = results.items()
    for name, value in others:
        if not math.isclose(value, first[1], rel_tol=1e-9):
            raise SystemExit(f"{name} gives {value!r}, but {first[0]} gives {first[1]!r}")


def row(what: str, figure: float, target: str = "") -> None:
    """One line of the table."""
    print(f"| {what} | {figure:.3g} | {target} |")


def each(timings: dict[str, Timing]) -> None:
    """The absolute figures of a contest."""
    for name, timing in timings.items():
        print(f"    {name}: {timing.each * 1e6:.2f} us, {1 / timing.each:,.0f} a second")


def customers(count: int, rounds: int) -> None:
    """W1."""
    ways = {way.__name__: way for way in queue.WAYS}
    assert_equal({name: way(count) for name, way in ways.items()})
    timings = contest({name: (partial(partial, way, count), count) for name, way in ways.items()}, rounds)
    print(f"\nW1: M/M/10 at 0.9, {count:,} customers")
    each(timings)
    row("closed form against idiomatic SimPy", ratio(timings, "closed_form", "idiomatic"), ">= 5")
    row("closed form against a bare heap loop with it", ratio(timings, "closed_form", "closed_loop"), ">= 0.9")
    row("an event at every end against idiomatic SimPy", ratio(timings, "alarms", "idiomatic"))
    row("an event at every end against a bare heap loop with them", ratio(timings, "alarms", "loop"), ">= 0.7")


def boots(count: int, rounds: int) -> None:
    """W2."""
    assert_equal({kind.__name__: sharing.boots(kind, 100, 500)() for kind in (Fluid, sharing.NaiveSharing)})
    few = count // 500
    timings = contest(
        {
            "100 under way": (partial(sharing.boots, Fluid, 100, count), count),
            "10,000 under way": (partial(sharing.boots, Fluid, 10_000, count), count),
        },
        rounds,
    )
    queued = partial(sharing.boots, sharing.run_queues)
    timings |= contest(
        {
            "run queues, 100 under way": (partial(queued, 100, count), count),
            "run queues, 10,000 under way": (partial(queued, 10_000, count), count),
        },
        rounds,
    )
    timings |= contest({"naive, 10,000 under way": (partial(sharing.boots, sharing.NaiveSharing, 10_000, few), few)}, 1)
    print(f"\nW2: {count:,} boots on 64 shared cores, one core each at most")
    each(timings)
    row("a flow of 10,000 against one of 100", 1 / ratio(timings, "10,000 under way", "100 under way"), "<= 1.6")
    row(
        "run queues against sharing all cores, 100 under way",
        ratio(timings, "run queues, 100 under way", "100 under way"),
    )
    row("the same, 10,000 under way", ratio(timings, "run queues, 10,000 under way", "10,000 under way"))
    row("against naive sharing of 10,000", ratio(timings, "10,000 under way", "naive, 10,000 under way"), ">= 150")


def full_starts(count: int, rounds: int) -> None:
    """What a whole start costs, and what a live one holds."""
    many = f"{count:,} starts"
    starts.full(1)
    timings = contest(
        {
            "1,000 starts": (partial(partial, starts.full, 1000), 1000),
            many: (partial(partial, starts.full, count), count),
            "heap operations": (partial(partial, heap_operations, 1_000_000), 1_000_000),
        },
        rounds,
    )
    print("\nFull starts: Docker, bridged, page cache cold, image pulled")
    each(timings)
    row(f"a start of {count:,} against one of 1,000", 1 / ratio(timings, many, "1,000 starts"), "<= 2")
    live = min(count, 10_000)
    process = starts.bytes_each(starts.processes, live)
    asked, peak, whole = starts.bytes_of_a_run(live)
    held = {
        "an armed alarm": (starts.bytes_each(starts.alarms, live), "<= 0.4"),
        "a start that was asked for": (asked, "<= 0.4"),
        "a start's whole log, once it is ready": (whole, "<= 0.4"),
        "a start at the run's fullest moment, with its log so far": (peak, "<= 0.4"),
    }
    print(f"    bytes of a process and its timeout: {process:.0f}")
    for name, (size, target) in held.items():
        row(f"bytes of {name} ({size:.0f}) against a process and its timeout", size / process, target)
    seconds = contest({"study": (partial(partial, starts.study, count), count)}, min(rounds, 3))
    print(f"    the study `startup` with {count:,} instances on the host `scale`, its metrics and records included")
    each(seconds)


def main() -> None:
    """Run the contests. `--quick` runs them at a tenth of the size."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=main.__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the size, three rounds")
    parser.add_argument("--peers", action="store_true", help="other simulators, those that are installed")
    asked = parser.parse_args()
    scale, rounds = (10, 3) if asked.quick else (1, 7)
    if asked.peers:
        contests.run(scale, min(rounds, 3))
        return
    print(
        f"Python {platform.python_version()}, SimPy {simpy.__version__}; CPU time, medians of {rounds} rounds in turn"
    )
    customers(200_000 // scale, rounds)
    boots(100_000 // scale, rounds)
    full_starts(100_000 // scale, min(rounds, 3))


if __name__ == "__main__":
    main()
