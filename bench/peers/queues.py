"""W1 on Ciw and on Mesa: the customers of `bench.queue`, with the same gaps and services, and their mean time."""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Callable
from typing import Any

from bench.queue import SERVERS, UTILIZATION


def sequences(customers: int) -> tuple[list[float], list[float]]:
    """The gaps and services that `bench.queue` draws."""
    gap, service = random.Random(1).expovariate, random.Random(2).expovariate
    rate = SERVERS * UTILIZATION
    return [gap(rate) for _ in range(customers)], [service(1.0) for _ in range(customers)]


def ciw_queue(customers: int) -> Callable[[], float]:
    """A network of one node with ten servers. Raises `ImportError` without Ciw."""
    import ciw

    gaps, services = sequences(customers)
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Sequential([*gaps, math.inf])],
        service_distributions=[ciw.dists.Sequential(services)],
        number_of_servers=[SERVERS],
    )
    simulation = ciw.Simulation(network)

    def run() -> float:
        simulation.simulate_until_max_customers(customers, method="Finish")
        total: float = sum(r.waiting_time + r.service_time for r in simulation.get_all_records())
        return total / customers

    return run


def mesa_queue(customers: int) -> Callable[[], float]:
    """Events of a `DEVSimulator`, two a customer. Raises `ImportError` without Mesa."""
    from mesa import Model
    from mesa.experimental.devs import DEVSimulator

    gap, service = random.Random(1).expovariate, random.Random(2).expovariate
    rate = SERVERS * UTILIZATION

    class Queue(Model):  # type: ignore[misc]
        def __init__(self, simulator: Any) -> None:
            super().__init__(seed=1)
            self.waiting: deque[float] = deque()
            self.free, self.left, self.total = SERVERS, customers, 0.0
            self.simulator = simulator
            simulator.setup(self)
            simulator.schedule_event_relative(self.arrive, gap(rate))

        def arrive(self) -> None:
            self.left -= 1
            if self.left:
                self.simulator.schedule_event_relative(self.arrive, gap(rate))
            if self.free:
                self.free -= 1
                self.begin(self.simulator.time)
            else:
                self.waiting.append(self.simulator.time)

        def begin(self, arrived: float) -> None:
            self.simulator.schedule_event_relative(self.leave, service(1.0), function_args=[arrived])

        def leave(self, arrived: float) -> None:
            self.total += self.simulator.time - arrived
            if self.waiting:
                self.begin(self.waiting.popleft())
            else:
                self.free += 1

    simulator = DEVSimulator()
    queue = Queue(simulator)

    def run() -> float:
        simulator.run_until(math.inf)
        return queue.total / customers

    return run
