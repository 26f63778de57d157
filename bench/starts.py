"""Full starts by the model, and what a live one holds.

Docker on the server starts them, bridged, with a cold page cache and an image that is pulled.
"""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable
from typing import Any

import simpy

from sim.catalog import load
from sim.engine.alarm import Alarm
from sim.engine.environment import Environment
from sim.engine.seeds import SeedTree
from sim.machine.host import RunningHost
from sim.platforms.plan import StartOptions, boot_plan
from sim.platforms.pull import ImageStore, layers_of, with_pull
from sim.platforms.start import Starter
from sim.studies.base import Context
from sim.studies.startup import Startup, run


def requested(count: int, technology: str = "docker") -> tuple[simpy.Environment, Starter]:
    """A simulation in which so many starts have just been asked for."""
    application, host_type = load.application("web"), load.host("server")
    layers = layers_of(load.images()[application.image])
    plan = boot_plan(
        load.technology(technology),
        None,
        application,
        host_type,
        StartOptions(network=True, cold=True, pull=True, layers=len(layers)),
    )
    env = Environment()
    host = RunningHost(env, host_type, warm=False, seeds=SeedTree(1))
    plan = with_pull(plan, host_type, layers)
    starter = Starter(host, plan, SeedTree(1), lambda _: None, ImageStore(host, layers))
    for _ in range(count):
        starter.request()
    return env, starter


def full(count: int) -> float:
    """When the last of so many is ready that start at once."""
    env, _ = requested(count)
    env.run()
    return env.now


def processes(count: int) -> tuple[simpy.Environment, list[simpy.Process]]:
    """As many SimPy processes, each waiting for a timeout."""
    env = simpy.Environment()

    def instance(delay: float) -> Any:
        yield env.timeout(delay)

    live = [env.process(instance(1.0 + k)) for k in range(count)]
    env.run(until=0.5)
    return env, live


def alarms(count: int) -> list[Alarm]:
    """As many armed alarms with one handler."""
    env = Environment()
    live = [Alarm(env, _nothing) for _ in range(count)]
    for number, alarm in enumerate(live):
        alarm.arm(1.0 + number)
    return live


def _nothing(_: Alarm) -> None:
    """Nothing happens."""


def bytes_each(make: Callable[[int], object], count: int) -> float:
    """Bytes that one of `count` live things takes, as Python's allocator counts."""
    make(1)
    gc.collect()
    tracemalloc.start()
    live = make(count)
    gc.collect()
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    del live
    return taken / count


def bytes_of_a_run(count: int) -> tuple[float, float, float]:
    """Bytes for each of `count` starts: when all are asked for, at most, and when all are ready, with their whole logs.

    Everything counts that the simulation holds then: the host, its queues and the events too.
    """
    full(1)
    gc.collect()
    tracemalloc.start()
    env, starter = requested(count)
    gc.collect()
    asked = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    env.run()
    gc.collect()
    whole, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del env, starter
    return asked / count, peak / count, whole / count


def study(count: int) -> float:
    """The makespan of the study `startup`, on the made-up host that holds so many."""
    params = Startup(technology="docker", host="scale", application="hello", instances=count)
    return run(params, Context("it", SeedTree(1))).samples["makespan"][0]
