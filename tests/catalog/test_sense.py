"""A number knows whether more of it costs or helps, so that `at` alone gives the right end of a result."""

import dataclasses
import importlib
import math
import pkgutil
import re
from dataclasses import replace

import pytest
from simpy import Environment

import sim
from sim.catalog import load
from sim.catalog.number import Number, Sensed
from sim.engine.seeds import SeedTree
from sim.machine.billing import bill
from sim.machine.host import RunningHost
from sim.machine.ledger import Ledger
from sim.platforms.plan import StartOptions, boot_plan
from sim.platforms.start import Starter

CARRIED = {"BillLine.number", "Constraint.numbers", "BootStep.inputs", "Passage.numbers", "InputEffect.number"}
"""Numbers that are told as the inputs of a result, and taken at no end any more."""

OF_HOSTS = {"Number.speed"}
"""A host's own `cpu_speed`, which has its sense from there."""


def holding_numbers():
    """Every field of every dataclass of the package whose type has a `Number` in it."""
    for module in pkgutil.walk_packages(sim.__path__, "sim."):
        if module.name.endswith("__main__"):
            continue
        for kind in vars(importlib.import_module(module.name)).values():
            if isinstance(kind, type) and dataclasses.is_dataclass(kind) and kind.__module__ == module.name:
                for field in dataclasses.fields(kind):
                    if "Number" in re.findall(r"\w+", str(field.type)):
                        yield f"{kind.__name__}.{field.name}", kind, field


def test_every_field_that_holds_a_number_says_what_more_of_it_does():
    found = {name: (kind, field) for name, kind, field in holding_numbers()}
    assert found.keys() > CARRIED | {"Host.cpu_speed", "Book.write", "Pulling.unpack", "Guest.mergeable"}
    unstated = [
        name
        for name, (kind, field) in found.items()
        if name not in CARRIED | OF_HOSTS and not (issubclass(kind, Sensed) and "more" in field.metadata)
    ]
    assert not unstated


def test_a_number_takes_its_sense_from_the_field_whoever_puts_it_there():
    speed = Number(2.0, "1", low=1.0, high=4.0, sources=("by hand",))
    assert [speed.at(bound) for bound in ("low", "value", "high")] == [1.0, 2.0, 4.0]
    host = replace(load.host("laptop"), cpu_speed=speed, own_memory=speed, limits={"pids": speed}, locks={"a.b": speed})
    assert [host.cpu_speed.at(bound) for bound in ("low", "value", "high")] == [4.0, 2.0, 1.0]
    assert host.limits["pids"].at("high") == 1.0
    assert host.own_memory.at("high") == host.locks["a.b"].at("high") == 4.0


def test_a_table_may_hold_both():
    phase = load.technology("process").phases[0]
    shape = Number(2.0, "1", low=1.0, high=4.0, sources=("by hand",))
    shaped = replace(phase, provenance={"parallelism": shape, "spread": shape})
    assert (shaped.provenance["parallelism"].at("high"), shaped.provenance["spread"].at("high")) == (1.0, 4.0)


def seconds(technology, host, bound):
    """One start with network, files from the disk and a clean-up, without luck."""
    guest = load.guest(technology.guests[0]) if technology.guests else None
    options = StartOptions(network=True, cold=True, clean_up=True, layers=3)
    plan = boot_plan(technology, guest, load.application("web"), host, options, bound=bound)
    plan = replace(plan, steps=tuple(replace(step, spread=0.0) for step in plan.steps))
    env = Environment()
    Starter(RunningHost(env, host, bound, warm=False), plan, SeedTree(1), lambda _: None).request()
    env.run()
    return env.now


def held(technology, bound, ksm):
    guest = load.guest(technology.guests[0]) if technology.guests else None
    ledger = Ledger()
    ledger.add(bill(technology, guest, load.application("web"), ksm=ksm, bound=bound), 10)
    return ledger.totals().physical


@pytest.mark.parametrize("name", load.technologies())
def test_a_run_at_the_high_end_takes_no_less_than_at_the_low_end(name):
    technology = load.technology(name)
    for host in ("laptop", "nested-cloud"):
        took = [seconds(technology, load.host(host), bound) for bound in ("low", "value", "high")]
        assert took == sorted(took)
    for ksm in (False, True):
        size = [held(technology, bound, ksm) for bound in ("low", "value", "high")]
        assert size == sorted(size)


@pytest.mark.parametrize("name", ["cpu_speed", "disk_read", "disk_write", "smt"])
def test_what_is_said_to_help_a_host_makes_no_start_longer(name):
    """Held against the model: ten times the number, and no end of any range."""
    host = load.host("laptop")
    number = getattr(host, name)
    assert number.more == "helps"
    more = replace(host, **{name: replace(number, value=10 * number.value)})
    for technology in load.technologies().values():
        longest = math.nextafter(
            seconds(technology, host, "value"), math.inf
        )  # sums of the same waits round differently
        assert seconds(technology, more, "value") <= longest
