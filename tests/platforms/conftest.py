"""A small catalog by hand: round numbers, so that every start can be worked out on paper."""

from dataclasses import replace

import pytest
from simpy import Environment

from sim.catalog.kernel import Growth
from sim.catalog.model import Application, Guest, Host, Phase, Technology
from sim.catalog.number import Number
from sim.engine.seeds import SeedTree
from sim.machine.host import RunningHost
from sim.platforms.plan import StartOptions, boot_plan
from sim.platforms.start import Starter
from sim.platforms.startrecords import instance_records, phase_records
from sim.scenario import Text

TEXT = Text(en="x", ja="x")


def number(value, unit="s", low=None, high=None, estimate=""):
    return Number(value, unit, low, high, () if estimate else ("by hand",), estimate)


def make_phase(id_, demand, amount, leads_to="runtime", owner="engine", grows=(), **fields):
    unit = "s" if demand in ("cpu", "hold", "wait") else "B"
    growth = tuple(Growth(per, number(each)) for per, each in grows)
    if not isinstance(amount, Number):
        amount = number(amount, unit)
    return Phase(id_, owner, leads_to, demand, amount, TEXT, growth=growth, **fields)


def make_host(cores=2, speed=1.0, kernel="6.1", locks=None, waits=None, **fields):
    host = Host(
        "host",
        TEXT,
        cores,
        number(speed, "1"),
        number(2**33, "B"),
        disk_read=number(100e6, "B/s"),
        disk_write=number(50e6, "B/s"),
        network=number(10e6, "B/s"),
        kernel=kernel,
        locks=locks or {},
        waits=waits or {},
    )
    return replace(host, **fields)


def make_technology(*phases, family="container", runs="process", efficiency=1.0):
    return Technology("technology", TEXT, TEXT, family, runs, phases, (), cpu_efficiency=number(efficiency, "1"))


@pytest.fixture
def phase():
    return make_phase


@pytest.fixture
def host():
    return make_host


@pytest.fixture
def technology():
    return make_technology


@pytest.fixture
def amount():
    return number


@pytest.fixture
def application():
    def make(*phases):
        return Application("application", TEXT, phases, ())

    return make


@pytest.fixture
def guest():
    def make(*phases, userland=()):
        return Guest("guest", TEXT, phases, (), number(2**28, "B"), userland)

    return make


class Race:
    """Instances of one technology that start together, and what became of them."""

    def __init__(self, *phases, host=None, count=1, options=None, existing=0, technology=None, seed=1):
        self.env = Environment()
        host = host or make_host()
        options = options or StartOptions()
        plan = boot_plan(technology or make_technology(*phases), None, Application("a", TEXT, (), ()), host, options)
        self.host = RunningHost(self.env, host, warm=not options.cold)
        self.host.held.add(plan.mounts, plan.ports, existing)
        self.ready = []
        self.starter = Starter(self.host, plan, SeedTree(seed), self._ready)
        for _ in range(count):
            self.starter.request()
        self.env.run()
        told = [list(self.starter.log.steps(index)) for index in range(count)]
        self.phases = [
            record
            for index, steps in enumerate(told)
            for record in phase_records(self.starter.plan, "it", index, steps)
        ]
        self.instances = list(instance_records(self.starter.log, "it", told))

    def _ready(self, start):
        self.ready.append((start.index, self.env.now))

    @property
    def times(self):
        return [when for _, when in sorted(self.ready)]


@pytest.fixture
def race():
    return Race
