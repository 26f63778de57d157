"""Processor sharing against arithmetic, queueing theory and an implementation that touches every flow each time."""

import math
import random
from functools import partial

import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

from sim.engine.alarm import Alarm
from sim.engine.fluid import Fluid


class Naive:
    """Max-min fairness by the book: at each arrival and departure, fill the water level anew and serve every flow."""

    def __init__(self, env, capacity):
        self.env, self.capacity = env, capacity
        self.flows = []
        self.last = env.now
        self.version = 0

    def rates(self):
        rates, open_flows, left = {}, list(self.flows), self.capacity
        while open_flows:
            level = left / sum(flow["weight"] for flow in open_flows)
            capped = [flow for flow in open_flows if flow["cap"] <= level * flow["weight"]]
            for flow in capped or open_flows:
                rates[id(flow)] = flow["cap"] if capped else level * flow["weight"]
            left -= sum(flow["cap"] for flow in capped)
            open_flows = [flow for flow in open_flows if flow not in capped] if capped else []
        return rates

    def serve(self):
        rates = self.rates()
        for flow in self.flows:
            flow["left"] -= rates[id(flow)] * (self.env.now - self.last)
        self.last = self.env.now

    def arm(self):
        self.version += 1
        if self.flows:
            rates = self.rates()
            ahead, first = min(
                ((flow["left"] / rates[id(flow)], flow) for flow in self.flows), key=lambda pair: pair[0]
            )
            timeout = self.env.timeout(max(ahead, 0.0))
            timeout.callbacks.append(lambda _, version=self.version: self.expire(version, first))

    def submit(self, work, done, argument=None, cap=math.inf, weight=1.0):
        self.serve()
        self.flows.append({"left": work, "done": done, "argument": argument, "cap": cap, "weight": weight})
        self.arm()

    def expire(self, version, flow):
        if version == self.version:
            self.serve()
            self.flows.remove(flow)
            self.arm()
            flow["done"](flow["argument"])


def ends(kind, capacity, arrivals, start=0.0):
    """When each of the flows ends. arrivals: (time after the start, work, cap, weight)."""
    env = simpy.Environment(start)
    fluid = kind(env, capacity)
    log = {}

    def submit(flow, _):
        fluid.submit(*flow)

    for index, (when, work, cap, weight) in enumerate(arrivals):
        flow = (work, lambda index: log.__setitem__(index, env.now), index, cap, weight)
        Alarm(env, partial(submit, flow)).arm(when)
    env.run()
    return [log[index] for index in range(len(arrivals))]


@pytest.mark.parametrize("count", [1, 2, 7, 1000])
def test_equal_downloads_over_one_link_end_together(count):
    """k downloads of 25 MB over 100 MB/s take k times a quarter of a second."""
    assert ends(Fluid, 100e6, [(0.0, 25e6, math.inf, 1.0)] * count) == pytest.approx([0.25 * count] * count)


def test_a_flow_is_never_served_faster_than_its_cap():
    assert ends(Fluid, 64.0, [(0.0, 3.0, 1.0, 1.0)] * 64) == pytest.approx([3.0] * 64)
    assert ends(Fluid, 64.0, [(0.0, 3.0, 1.0, 1.0)] * 128) == pytest.approx([6.0] * 128)


def test_what_a_capped_flow_leaves_goes_to_the_others():
    """Ten a second: one flow takes its cap of 2, the other two get 4 each, and 5 once it is through."""
    flows = [(0.0, 4.0, 2.0, 1.0), (0.0, 20.0, math.inf, 1.0), (0.0, 20.0, math.inf, 1.0)]
    # At 2 s the capped flow ends, and the others have 12 left, served at 5 a second.
    assert ends(Fluid, 10.0, flows) == pytest.approx([2.0, 2.0 + 12 / 5, 2.0 + 12 / 5])


def test_weights_divide_the_capacity():
    """Weights 3 and 1 of 8 a second: 6 and 2, until the heavy flow of 12 ends at 2 s and leaves 8 for the other's 8."""
    assert ends(Fluid, 8.0, [(0.0, 12.0, math.inf, 3.0), (0.0, 12.0, math.inf, 1.0)]) == pytest.approx([2.0, 3.0])


def test_an_arrival_slows_down_those_who_are_there():
    """Alone for 1 s, then shared: flow one has 1 left at 1 s, served at one half, and ends at 3 s; flow two at 4 s."""
    assert ends(Fluid, 1.0, [(0.0, 2.0, math.inf, 1.0), (1.0, 2.0, math.inf, 1.0)]) == pytest.approx([3.0, 4.0])


flow = st.tuples(
    st.floats(0.0, 20.0),
    st.floats(0.01, 10.0),
    st.sampled_from([0.5, 1.0, 4.0, math.inf]),
    st.sampled_from([1.0, 2.0, 4.0]),
)


@given(st.floats(0.5, 8.0), st.lists(flow, min_size=1, max_size=25))
def test_the_sample_path_is_that_of_serving_every_flow(capacity, arrivals):
    assert ends(Fluid, capacity, arrivals) == pytest.approx(ends(Naive, capacity, arrivals), rel=1e-9, abs=1e-9)


@given(st.lists(st.tuples(st.floats(0.0, 20.0), st.floats(0.01, 10.0)), min_size=1, max_size=25))
def test_the_last_flow_ends_when_all_work_is_done(arrivals):
    """Without caps nothing is wasted: the last end follows from arrivals and work alone."""
    busy_until = 0.0
    for when, work in sorted(arrivals):
        busy_until = max(busy_until, when) + work / 2.0
    assert max(ends(Fluid, 2.0, [(when, work, math.inf, 1.0) for when, work in arrivals])) == pytest.approx(busy_until)


DISTRIBUTIONS = {
    "deterministic": lambda stream: 1.0,
    "exponential": lambda stream: stream.expovariate(1.0),
    "two-point": lambda stream: 0.1 if stream.random() < 0.9 else 9.1,
}


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_slowdown_is_that_of_processor_sharing_whatever_the_distribution(distribution):
    """M/G/1-PS: mean time in the system is mean work / (1 - utilization) (Kleinrock, 1976, section 4.4)."""
    stream = random.Random(3)
    env = simpy.Environment()
    fluid = Fluid(env, 1.0)
    count, left, spent, work, last = 200_000, 200_000, 0.0, 0.0, 0.0

    def leave(arrived):
        nonlocal spent
        spent += env.now - arrived

    def arrive(alarm):
        nonlocal left, work, last
        last = env.now
        left -= 1
        if left:
            alarm.arm(stream.expovariate(0.6))
        demand = DISTRIBUTIONS[distribution](stream)
        work += demand
        fluid.submit(demand, leave, env.now)

    Alarm(env, arrive).arm(0.0)
    env.run()
    assert work / count == pytest.approx(1.0, rel=0.03)
    assert spent / work == pytest.approx(1 / (1 - work / last), rel=0.03)


@pytest.mark.parametrize("start", [0.0, 1e6, 1e9])
def test_flows_far_shorter_than_the_clocks_spacing_end(start):
    """Around 1e6 s doubles are 1e-10 apart: such a flow ends at the time it starts, and the timer must stop."""
    env = simpy.Environment(start)
    fluid = Fluid(env, 3.0)
    done = []
    for index in range(50):
        fluid.submit(1e-13 * index + 1e-6 * (index % 3), done.append, index, cap=1.0)
    for _ in range(500):
        if env.peek() == math.inf:
            break
        env.step()
    assert sorted(done) == list(range(50))
    assert env.now == pytest.approx(start + 1e-6 * 17, rel=1e-15, abs=2e-5)


def test_work_is_exact_around_a_late_clock():
    late = ends(Fluid, 2.0, [(0.25 * k, 1.0, 1.0, 1.0) for k in range(40)], start=1e6)
    early = ends(Fluid, 2.0, [(0.25 * k, 1.0, 1.0, 1.0) for k in range(40)])
    assert [end - 1e6 for end in late] == pytest.approx(early, abs=1e-8)


def test_a_long_past_does_not_blur_a_short_flow():
    """The virtual clock restarts when nothing flows: a nanosecond's work after 1e15 is still exact."""
    env = simpy.Environment()
    fluid = Fluid(env, 1e15)
    fluid.submit(1e15, lambda _: None)
    env.run()
    began = env.now
    fluid.submit(2.0**-20, lambda _: None, cap=1.0)
    env.run()
    assert env.now - began == 2.0**-20


def test_equal_flows_end_in_the_order_they_came():
    env = simpy.Environment()
    fluid = Fluid(env, 2.0)
    log = []
    for name in "abcde":
        fluid.submit(1.0, log.append, name)
    env.run()
    assert log == list("abcde")


def test_a_flow_may_start_another_when_it_ends():
    env = simpy.Environment()
    fluid = Fluid(env, 1.0)
    log = []

    def again(left):
        log.append(env.now)
        if left:
            fluid.submit(0.5, again, left - 1)

    fluid.submit(1.0, again, 3)
    fluid.submit(4.0, lambda _: log.append(-env.now))
    env.run()
    # Shared by two until the chain's last link ends: 1.0, 0.5, 0.5 and 0.5 at half speed; then 1.5 of the 4 are left.
    assert log == pytest.approx([2.0, 3.0, 4.0, 5.0, -6.5])


def test_no_work_is_done_at_once_but_not_before_submit_returns():
    env = simpy.Environment()
    log = []
    Fluid(env, 1.0).submit(0.0, log.append, "done")
    assert log == []
    env.run()
    assert (log, env.now) == (["done"], 0.0)


def test_a_process_waits_for_a_flow():
    env = simpy.Environment()
    fluid = Fluid(env, 2.0)
    log = []

    def process():
        flow = env.event()
        fluid.submit(3.0, flow.succeed, "value")
        log.append((yield flow))
        log.append(env.now)

    env.process(process())
    env.run()
    assert log == ["value", 1.5]


def test_counts_its_flows():
    env = simpy.Environment()
    fluid = Fluid(env, 1.0)
    fluid.submit(1.0, lambda _: None)
    fluid.submit(2.0, lambda _: None, cap=0.25)
    assert len(fluid) == 2
    env.run(until=5.0)
    assert len(fluid) == 1
    env.run()
    assert len(fluid) == 0


def test_one_timer_is_armed_however_many_flows_there_are():
    env = simpy.Environment()
    fluid = Fluid(env, 64.0)
    for work in range(1, 1001):
        fluid.submit(float(work), lambda _: None, cap=1.0)
    assert len(env._queue) == 1


@pytest.mark.parametrize("values", [(-1.0, 1.0, 1.0), (math.nan, 1.0, 1.0), (1.0, 0.0, 1.0), (1.0, 1.0, -2.0)])
def test_impossible_flows_are_refused(values):
    work, cap, weight = values
    with pytest.raises(ValueError, match="must"):
        Fluid(simpy.Environment(), 1.0).submit(work, print, None, cap, weight)


def test_impossible_capacities_are_refused():
    for capacity in (0.0, -1.0, math.inf, math.nan):
        with pytest.raises(ValueError, match="capacity"):
            Fluid(simpy.Environment(), capacity)
