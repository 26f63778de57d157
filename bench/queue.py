"""W1: customers of an M/M/10 queue at a utilization of 0.9. Each way gives the mean time in the system.

All draw gaps and services from two streams in the order of the customers, so their sample paths are the same.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Generator
from heapq import heappop, heappush, heapreplace
from typing import Any

import simpy

from sim.engine.alarm import Alarm
from sim.engine.environment import Environment
from sim.engine.servers import Servers

SERVERS, UTILIZATION = 10, 0.9


def _streams() -> tuple[Callable[[float], float], Callable[[float], float]]:
    return random.Random(1).expovariate, random.Random(2).expovariate


class _Server(Alarm):
    """One of the servers: it goes off when its customer leaves."""

    __slots__ = ("arrived",)
    arrived: float


def closed_form(customers: int) -> float:
    """As the model uses its engine: a hold's end is known when it is asked for, and no event is spent on it."""
    gap, service = _streams()
    rate = SERVERS * UTILIZATION
    env = Environment()
    hold = Servers(SERVERS).hold
    total = 0.0
    left = customers

    def arrive(arrival: Alarm) -> float | None:
        nonlocal left, total
        now = arrival.at
        total += hold(now, service(1.0)) - now
        left -= 1
        return gap(rate) if left else None

    Alarm(env, arrive).arm(gap(rate))
    env.run()
    return total / customers


def alarms(customers: int) -> float:
    """The same with an event at every customer's end: an alarm for each server, which goes on with the next in line."""
    gap, service = _streams()
    rate = SERVERS * UTILIZATION
    env = Environment()
    waiting: deque[float] = deque()
    total = 0.0
    left = customers

    def leave(server: _Server) -> float | None:
        nonlocal total
        total += server.at - server.arrived
        if waiting:
            server.arrived = waiting.popleft()
            return service(1.0)
        idle.append(server)
        return None

    idle = [_Server(env, leave) for _ in range(SERVERS)]

    def arrive(arrival: Alarm) -> float | None:
        nonlocal left
        if idle:
            server = idle.pop()
            server.arrived = arrival.at
            server.arm(service(1.0))
        else:
            waiting.append(arrival.at)
        left -= 1
        return gap(rate) if left else None

    Alarm(env, arrive).arm(gap(rate))
    env.run()
    return total / customers


def closed_loop(customers: int) -> float:
    """A bare event loop that uses the same closed form: a customer's arrival is its one event."""
    gap, service = _streams()
    rate = SERVERS * UTILIZATION
    heap = [(gap(rate), 0)]
    free = [0.0] * SERVERS
    left, number, total = customers, 0, 0.0
    while heap:
        now, _ = heappop(heap)
        left -= 1
        if left:
            number += 1
            heappush(heap, (now + gap(rate), number))
        begins = free[0]
        end = (begins if begins > now else now) + service(1.0)
        heapreplace(free, end)
        total += end - now
    return total / customers


def idiomatic(customers: int) -> float:
    """As SimPy's tutorial does it: a process a customer, and a resource."""
    gap, service = _streams()
    rate = SERVERS * UTILIZATION
    env = simpy.Environment()
    servers = simpy.Resource(env, SERVERS)
    total = 0.0

    def customer() -> Generator[simpy.Event, Any, None]:
        nonlocal total
        arrived = env.now
        with servers.request() as request:
            yield request
            yield env.timeout(service(1.0))
        total += env.now - arrived

    def source() -> Generator[simpy.Event, Any, None]:
        for _ in range(customers):
            yield env.timeout(gap(rate))
            env.process(customer())

    env.process(source())
    env.run()
    return total / customers


def loop(customers: int) -> float:
    """A bare event loop over a heap of tuples, in one function."""
    gap, service = _streams()
    rate = SERVERS * UTILIZATION
    heap = [(gap(rate), 0, -1.0)]
    waiting: deque[float] = deque()
    free, left, number, total = SERVERS, customers, 0, 0.0
    while heap:
        now, _, arrived = heappop(heap)
        number += 1
        if arrived < 0.0:
            left -= 1
            if left:
                heappush(heap, (now + gap(rate), number, -1.0))
                number += 1
            if free:
                free -= 1
                heappush(heap, (now + service(1.0), number, now))
            else:
                waiting.append(now)
        else:
            total += now - arrived
            if waiting:
                heappush(heap, (now + service(1.0), number, waiting.popleft()))
            else:
                free += 1
    return total / customers


WAYS = (closed_form, alarms, idiomatic, loop, closed_loop)
"""All of them."""
