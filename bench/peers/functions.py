"""W4: cold and warm starts of `sim.traffic.functionpool` and of SimFaaS, from the same three sequences of times."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sim.traffic.functionpool import serve

WARM, COLD, KEEP_ALIVE, MOST = 1.991, 2.244, 600.0, 1000
"""Of the example in SimFaaS's README."""


@dataclass(frozen=True, slots=True)
class PoolFigures:
    """What both give. SimFaaS goes on to the first event behind the end, so its means differ in the last places.

    Attributes:
        instances, busy: Means over time.
    """

    cold: int
    instances: float
    busy: float


def _draws(rate: float) -> tuple[Callable[[], float], Callable[[], float], Callable[[], float]]:
    rates = (rate, 1 / WARM, 1 / COLD)
    gap, warm, cold = (partial(random.Random(seed).expovariate, each) for seed, each in enumerate(rates))
    return gap, warm, cold


def pool(rate: float, duration: float) -> Callable[[], PoolFigures]:
    """Ours."""

    def run() -> PoolFigures:
        gap, warm, cold = _draws(rate)
        used = serve(duration, KEEP_ALIVE, MOST, gap, warm, cold)
        return PoolFigures(used.cold, used.instance_seconds / duration, used.busy_seconds / duration)

    return run


def simfaas_pool(rate: float, duration: float) -> Callable[[], PoolFigures]:
    """SimFaaS. Raises `ImportError` without it."""
    from simfaas.ServerlessSimulator import ServerlessSimulator
    from simfaas.SimProcess import SimProcess

    class Drawn(SimProcess):  # type: ignore[misc]
        def __init__(self, draw: Callable[[], float]) -> None:
            super().__init__()
            self.generate_trace = draw

    gap, warm, cold = _draws(rate)
    simulator = ServerlessSimulator(
        arrival_process=Drawn(gap), warm_service_process=Drawn(warm), cold_service_process=Drawn(cold),
        expiration_threshold=KEEP_ALIVE, max_time=duration, maximum_concurrency=MOST,
    )  # fmt: skip

    def run() -> PoolFigures:
        simulator.generate_trace(debug_print=False, progress=False)
        return PoolFigures(
            simulator.total_cold_count,
            float(simulator.get_average_server_count()),
            float(simulator.get_average_server_running_count()),
        )

    return run
