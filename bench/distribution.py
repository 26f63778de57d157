"""A thousand nodes pull an image of ten layers: each for itself where luck tells them apart, as one where nothing does.

`python -m bench.distribution` prints CPU seconds of both and the ratio to a million heap operations.
"""

from __future__ import annotations

import math
from functools import partial

from bench.measure import contest, dearer, heap_operations
from sim.engine.seeds import SeedTree
from sim.studies.base import Context, StudyRun
from sim.studies.distribution import run
from sim.studies.distribution.parameters import Distribution

LAYERS = tuple(5_000_000 * (1 + number) for number in range(10))
REFERENCE = "a million heap operations"


def parameters(nodes: int, **fields: object) -> Distribution:
    """So many nodes that pull ten layers over a line of 10 Gbit/s."""
    return Distribution(layers=LAYERS, nodes=nodes, registry="self-hosted", uplink=1.25e9, **fields)  # type: ignore[arg-type]


WAYS: dict[str, dict[str, object]] = {
    "in step": {},
    "each with its own luck": {"failure_rate": 0.01},
    "each with its own luck, down a tree": {"failure_rate": 0.01, "through": "tree"},
    "each at its own time, from peer to peer": {"within": 60.0, "through": "peer"},
}


def way(nodes: int, name: str) -> StudyRun:
    """Simulate one of the ways."""
    return run(parameters(nodes, **WAYS[name]), Context("it", SeedTree(1), records=False))


def closed_form(nodes: int) -> float:
    """When the last byte is there, in step: all bytes over the line, after the round trips and an image's notes.

    Docker's notes take 8.3 ms of a core, of which a server's has 0.85 of the speed.
    """
    return 0.02 + 0.0083 / 0.85 + nodes * sum(LAYERS) / 1.25e9


def timed(nodes: int, rounds: int) -> dict[str, float]:
    """CPU seconds of each way, and of a million heap operations."""
    rivals = {name: (partial(partial, way, nodes, name), 1) for name in WAYS}
    timings = contest(rivals | {REFERENCE: (partial(partial, heap_operations, 1_000_000), 1)}, rounds)
    return {name: timing.each for name, timing in timings.items()}


def growth(many: int = 10_000, few: int = 100, most: float = 1.3, rounds: int = 12) -> float:
    """What a node with its own luck costs among many, against one among few."""
    name = "each with its own luck"

    def again(nodes: int) -> None:
        for _ in range(many // nodes):
            way(nodes, name)

    return dearer((partial(partial, again, many), many), (partial(partial, again, few), many), most, rounds)


def main() -> None:
    """Print the table."""
    slowest = max(way(1000, "in step").samples["download_time"])
    if not math.isclose(slowest, closed_form(1000), rel_tol=1e-9):
        raise SystemExit(f"in step gives {slowest!r}, but the closed form {closed_form(1000)!r}")
    print("1,000 nodes, ten layers, 275 GB: CPU seconds, medians of 5 rounds in turn")
    for name, seconds in timed(1000, 5).items():
        print(f"| {name} | {seconds:.3f} |")
    print(f"| a node of 10,000 with its own luck against one of 100 | {growth():.2f} | <= 1.3 |")


if __name__ == "__main__":
    main()
