"""Planning builds: a Dockerfile of 200 vertices, once into an empty cache and once more after an edit.

`python -m bench.builds` prints CPU times, the target beside them, and the ratio to a loop of heap operations.
"""

from __future__ import annotations

import gc
import itertools
from collections.abc import Callable
from functools import partial

from bench.measure import Timing, contest, dearer, heap_operations
from sim.builds.context.edits import Change, Edit
from sim.builds.plan import BuildPlan, plan_builds

FILES = {"x": "1"}
OPERATIONS = 100_000
"""Heap operations of the reference loop."""


def chain(vertices: int, start: int = 0) -> str:
    """A Dockerfile of one stage: RUN and COPY in turn.

    Args:
        start: The first number in its steps: another one makes another Dockerfile.
    """
    pairs = (f"RUN pip install p{number}\nCOPY x /x{number}\n" for number in range(start, start + vertices // 2))
    return "FROM debian\n" + "".join(pairs)


def stages(vertices: int, start: int = 0) -> str:
    """A Dockerfile of stages side by side, each of four vertices, with a last one that copies from all of them."""
    numbers = range(start, start + vertices // 5)
    made = "".join(
        f"FROM debian AS s{n}\nCOPY x /x{n}\nRUN npm ci {n}\nRUN make {n}\nRUN cc -o /o{n} x{n}.c\n" for n in numbers
    )
    return made + "FROM debian\n" + "".join(f"COPY --from=s{n} /o{n} /o{n}\n" for n in numbers)


def first(text: str) -> BuildPlan:
    """The first build alone."""
    return plan_builds(text, FILES)


def edited(text: str) -> BuildPlan:
    """The first build, and the one after an edit that runs everything again."""
    return plan_builds(text, FILES, [Change(edits=(Edit(path="x", content="2"),))])


def rivals(vertices: int) -> dict[str, tuple[Callable[[], Callable[[], object]], int]]:
    """Builds of so many vertices, and the reference loop."""
    ways: dict[str, Callable[[], object]] = {
        "chain, first build": partial(first, chain(vertices)),
        "chain, first build and the next": partial(edited, chain(vertices)),
        "stages, first build": partial(first, stages(vertices)),
        "stages, first build and the next": partial(edited, stages(vertices)),
        "heap operations": partial(heap_operations, OPERATIONS),
    }
    return {name: (partial(_same, way), 1) for name, way in ways.items()}


def _same(way: Callable[[], object]) -> Callable[[], object]:
    return way


def timings(vertices: int, rounds: int) -> dict[str, Timing]:
    """CPU times of all, caches of the catalog warm."""
    first(chain(2))
    return contest(rivals(vertices), rounds)


def growth(make: Callable[[int, int], str], most: float = 1.1, many: int = 5000, rounds: int = 12) -> float:
    """What a vertex costs in one build of so many, against one in builds of a hundred.

    No Dockerfile is met twice. The collector of cycles rests: its rounds cost more the more is held.

    Args:
        most: What it may be.
    """
    starts = itertools.count(0, many)

    def of(size: int) -> Callable[[], Callable[[], object]]:
        return lambda: partial(_each, [make(size, next(starts) + at) for at in range(0, many, size)])

    first(make(100, next(starts)))
    gc.disable()
    try:
        return dearer((of(many), many), (of(100), many), most, rounds)
    finally:
        gc.enable()


def _each(texts: list[str]) -> None:
    for text in texts:
        first(text)


def main() -> None:
    """Print them for 200 vertices, and what a vertex costs in large builds."""
    timed = timings(200, 7)
    reference = timed["heap operations"].each
    print("| a build of 200 vertices | ms of CPU | of 100,000 heap operations | target |")
    for name, timing in timed.items():
        target = "< 50 ms" if name.endswith("first build") else ""
        print(f"| {name} | {timing.each * 1e3:.1f} | {timing.each / reference:.2f} | {target} |")
    for make in (chain, stages):
        print(f"| a vertex of 5,000 against one of 100, {make.__name__} | {growth(make):.2f} | | <= 1.1 |")


if __name__ == "__main__":
    main()
