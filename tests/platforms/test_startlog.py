"""What a log works out is what happened: a host that notes every call and every answer is the witness."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simpy import Environment

from sim.catalog.model import Application
from sim.engine.seeds import SeedTree
from sim.machine.host import RunningHost
from sim.platforms.plan import boot_plan
from sim.platforms.start import Starter
from tests.platforms.conftest import TEXT, make_host, make_phase, make_technology

LEADS = ("runtime", "init", "application")


class Witness(RunningHost):
    """Notes of each start when it asked for a step, what that takes alone, and when it was served."""

    def __init__(self, env, host):
        super().__init__(env, host)
        self.seen = {}
        self.holds = []

    def _noting(self, done, argument):
        entry = [self.env.now, None, None]
        self.seen.setdefault(argument.index, []).append(entry)

        def served(start):
            entry[1] = self.env.now
            done(start)

        return entry, served

    def compute(self, core_seconds, parallelism, done, argument=None, *, new=False):
        entry, served = self._noting(done, argument)
        entry[2] = super().compute(core_seconds, parallelism, served, argument, new=new)
        return entry[2]

    def write(self, size, done, argument=None):
        entry, served = self._noting(done, argument)
        entry[2] = super().write(size, served, argument)
        return entry[2]

    def hold(self, lock, seconds):
        got, end = super().hold(lock, seconds)
        self.holds.append((self.env.now, got, end))
        return got, end


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["cpu", "hold", "wait", "write"]),
        st.sampled_from([0.0, 0.1, 1 / 3, 2.0]),
        st.sampled_from(LEADS),
        st.sampled_from([0.0, 0.5]),
        st.booleans(),
    ),
    max_size=8,
)


def plan_of(steps, host):
    phases = [
        make_phase(
            f"p{place}",
            demand,
            amount * (1 if demand != "write" else 1e6),
            leads,
            resource="rtnl" if demand == "hold" else "",
            spread=spread,
            **({"grows": [("instance", 0.01)]} if grows and demand != "write" else {}),
        )
        for place, (demand, amount, leads, spread, grows) in enumerate(steps)
    ]
    return boot_plan(make_technology(*phases), None, Application("a", TEXT, (), ()), host)


@given(STEPS, st.integers(1, 5), st.integers(1, 3))
def test_steps_began_ended_and_queued_as_the_host_saw_it(steps, count, seed):
    env, kind = Environment(), make_host(cores=1)
    plan = plan_of(steps, kind)
    host = Witness(env, kind)
    ready = {}
    starter = Starter(host, plan, SeedTree(seed), lambda start: ready.setdefault(start.index, env.now))
    for _ in range(count):
        starter.request()
    env.run()
    told = {index: list(starter.log.steps(index)) for index in range(count)}
    for index in range(count):
        served = [
            (end, queued)
            for step, (_, end, queued) in zip(plan.steps, told[index], strict=True)
            if step.demand in ("cpu", "write")
        ]
        assert served == [
            (end, queued if (queued := end - began - alone) > 1e-9 else 0.0)
            for began, end, alone in host.seen.get(index, [])
        ]
        starts, ends = [[step[part] for step in told[index]] for part in (0, 1)]
        assert starts == [0.0, *ends][: len(starts)]
        assert ready[index] == pytest.approx([0.0, *ends][-1], rel=1e-15)
    held = sorted(
        (end, queued)
        for index in range(count)
        for step, (_, end, queued) in zip(plan.steps, told[index], strict=True)
        if step.demand == "hold"
    )
    assert held == sorted((end, got - now if got - now > 1e-9 else 0.0) for now, got, end in host.holds)


def test_a_wait_that_is_as_long_for_everybody_takes_no_place(race, phase):
    run = race(phase("boot", "cpu", 1.0), phase("settle", "wait", 0.3, "init"), count=3)
    assert [run.starter.log.ends[1].of(index, -5.0) for index in range(3)] == [-5.0] * 3
    assert run.starter.log.own[1].common == -1.0
    assert [record.end for record in run.phases if record.phase == "settle"] == [pytest.approx(1.8)] * 3
