"""Run queues against arithmetic by hand, processor sharing, and what no scheduler may break."""

import math
import random
from functools import partial

import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

from sim.engine.alarm import Alarm
from sim.engine.fluid import Fluid
from sim.engine.runqueues import RunQueues


class First(random.Random):
    """Draws the first core, and the first of a queue."""

    def random(self):
        return 0.0


def queues(env, cores, interval=0.1, stream=None, smt=1.0, speeds=None, turn=(0.0, 0.0)):
    return RunQueues(env, cores, stream or random.Random(1), interval, smt, speeds, turn)


def ends(make, arrivals, start=0.0):
    """When each of the tasks ends. arrivals: (time after the start, work, further arguments of submit)."""
    env = simpy.Environment(start)
    cores = make(env)
    log = {}

    def submit(index, work, further, _):
        cores.submit(work, lambda index: log.__setitem__(index, env.now), index, **further)

    for index, (when, work, further) in enumerate(arrivals):
        Alarm(env, partial(submit, index, work, further)).arm(when)
    env.run()
    return [log[index] for index in range(len(arrivals))]


def new(works):
    return [(0.0, work, {"new": True}) for work in works]


task = st.tuples(st.floats(0.0, 20.0), st.floats(0.01, 10.0), st.sampled_from([1.0, 2.0, 4.0]))


@given(st.lists(task, min_size=1, max_size=25))
def test_one_core_is_processor_sharing(arrivals):
    tasks = [(when, work, {"weight": weight}) for when, work, weight in arrivals]
    shared = ends(lambda env: Fluid(env, 1.0), tasks)
    assert ends(lambda env: queues(env, 1), tasks) == pytest.approx(shared, rel=1e-9, abs=1e-9)


@given(st.lists(st.tuples(st.floats(0.0, 20.0), st.floats(0.01, 10.0)), min_size=1, max_size=8))
def test_up_to_as_many_tasks_as_cores_have_a_core_each(arrivals):
    tasks = [(when, work, {}) for when, work in arrivals]
    assert ends(lambda env: queues(env, 8), tasks) == pytest.approx([when + work for when, work in arrivals])


@pytest.mark.parametrize("times", [1, 2, 5])
def test_equal_tasks_that_divide_evenly_are_shared_as_if_all_cores_were_one(times):
    assert ends(lambda env: queues(env, 4), new([1.0] * 4 * times)) == pytest.approx([float(times)] * 4 * times)


def test_a_task_beside_another_takes_twice_as_long_as_its_neighbour_alone():
    """Three of 1 s on two cores. Shared by all, each would take 1.5 s; here one is done after 1 s."""
    assert sorted(ends(lambda env: queues(env, 2, interval=100.0), new([1.0] * 3))) == pytest.approx([1.0, 1.5, 1.5])


@pytest.mark.parametrize(
    ("there", "turn", "waits"),
    [
        (3, (0.01, 0.0), 3 * 0.01),
        (2, (0.01, 0.06), 2 * 0.02),  # a round of 60 ms among three is 20 ms for each
        (12, (0.01, 0.06), 12 * 0.01),
        (0, (0.01, 0.06), 0.0),
    ],
)
def test_a_new_task_waits_until_those_of_its_core_have_run_a_slice_each(there, turn, waits):
    """It then shares the core: 0.3 s take (there + 1) times as long. All together are done when all work is."""
    tasks = [(0.0, 1.0, {})] * there + new([0.3])
    found = ends(lambda env: queues(env, 1, turn=turn), tasks)
    assert found[-1] == pytest.approx(waits + 0.3 * (there + 1), rel=1e-5)
    assert max(found) == pytest.approx(there + 0.3)


@pytest.mark.parametrize(("there", "waits"), [(1, 0.0), (2, 0.01), (6, 0.03)])
def test_a_new_task_waits_for_those_of_its_own_hardware_thread(there, waits):
    """Two threads of a core have half of its tasks each, and do 1.5 times what one does."""
    found = ends(lambda env: queues(env, 1, smt=1.5, turn=(0.01, 0.0)), [(0.0, 1.0, {})] * there + new([0.3]))
    assert found[-1] == pytest.approx(waits + 0.3 * (there + 1) / 1.5, rel=1e-5)


def test_one_that_woke_up_waits_for_no_turn_and_two_new_ones_wait_at_the_same_time():
    woke, *forked = ends(lambda env: queues(env, 1, turn=(0.1, 0.0)), [(0.0, 1.0, {}), *new([1.0, 1.0])])
    # Both wait until the one that runs has run 0.1 s: those that wait count, too, but do not run before each other.
    # From then on three share the core: 0.9 s of the first take 2.7 s. The others have 0.1 s left, which takes 0.2 s.
    assert (woke, forked) == (pytest.approx(2.8, rel=1e-5), pytest.approx([3.0, 3.0], rel=1e-5))


def test_a_new_task_that_an_idle_core_takes_waits_no_longer():
    """Two cores run one each, until 1 and 0.2 s. A third task would wait for 0.5 s, but begins when a core is idle."""
    tasks = [(0.0, 1.0, {"new": True}), (0.0, 0.2, {"new": True}), *new([0.3])]
    found = ends(lambda env: queues(env, 2, interval=100.0, stream=First(), turn=(0.5, 0.0)), tasks)
    assert found == pytest.approx([1.0, 0.2, 0.5], abs=1e-5)


@pytest.mark.parametrize("turn", [(-0.1, 0.0), (0.0, math.inf)])
def test_a_turn_that_is_no_time_is_refused(turn):
    with pytest.raises(ValueError, match="turn"):
        queues(simpy.Environment(), 1, turn=turn)


def test_ten_tasks_on_four_cores_end_in_two_groups():
    """3, 3, 2, 2: a core of two is done at 2 s. Then each takes one of the three, which have 1/3 s left: by hand."""
    found = sorted(ends(lambda env: queues(env, 4, interval=1e3), new([1.0] * 10)))
    # At 2 s two cores have 3 tasks with 1/3 left each. Two of them move: 2, 2, 1, 1. These are done at 2 1/3, the
    # others have 1/6 left and each gets an idle core then.
    assert found == pytest.approx([2.0] * 4 + [7 / 3] * 2 + [2.5] * 4)


def test_a_busy_core_takes_a_task_when_its_turn_comes():
    """a and b on a core each; c and d wake up on a's. b's core has its turn at 0.1 s and takes one of the three."""
    tasks = [*new([10.0, 10.0]), (0.0, 1.0, {}), (0.0, 1.0, {})]
    a, b, c, d = ends(lambda env: queues(env, 2, 0.2, First()), tasks)
    # Until 0.1 s each of the three has had 1/30 s. c moves, and all have half a core.
    assert (c, d) == pytest.approx((0.1 + 2 * (1 - 1 / 30),) * 2)
    # Then a and b are alone: a has had 1/30 s less than half of the time until now, b 0.1 s all for itself.
    assert a == pytest.approx(d + 10 - (1 / 30 + (d - 0.1) / 2))
    assert b == pytest.approx(c + 10 - (0.1 + (c - 0.1) / 2))


def test_without_a_delay_queues_never_differ_by_two():
    env = simpy.Environment()
    cores = queues(env, 3, interval=0.0, stream=First())
    for work in (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0):
        cores.submit(work, lambda _: None)
        assert max(cores.counts) - min(cores.counts) <= 1
    while env.peek() < math.inf:
        env.step()
        assert max(cores.counts) - min(cores.counts) <= 1


arrival = st.tuples(
    st.floats(0.0, 5.0),
    st.floats(0.001, 3.0),
    st.sampled_from([0.5, 1.0, 1.0, 1.53, 3.0]),
    st.sampled_from([1.0, 1.0, 3.0]),
    st.booleans(),
)


@given(
    st.integers(1, 5),
    st.sampled_from([0.0, 0.01, 0.128, 10.0]),
    st.lists(arrival, min_size=1, max_size=40),
    st.integers(0, 99),
)
def test_all_work_is_done_once_and_no_core_idles_beside_a_queue(cores, interval, arrivals, seed):
    env = simpy.Environment()
    shared = queues(env, cores, interval, random.Random(seed))
    done = []

    def submit(flow, _):
        work, threads, weight, forked = flow
        shared.submit(work, done.append, work, threads=threads, weight=weight, new=forked)

    for when, *flow in arrivals:
        Alarm(env, partial(submit, tuple(flow))).arm(when)
    busy = 0.0
    while env.peek() < math.inf:
        before, running = env.now, sum(count > 0 for count in shared.counts)
        env.step()
        busy += running * (env.now - before)
        if env.peek() > env.now:
            assert min(shared.counts) > 0 or max(shared.counts) <= 1
    assert sorted(done) == sorted(flow[1] for flow in arrivals)
    assert busy == pytest.approx(math.fsum(done))
    assert len(shared) == 0


def test_what_goes_on_at_once_stays_on_its_core():
    """One of a queue of two that is done and goes on shares that core again, though the other core is drawn."""
    env = simpy.Environment()
    cores = queues(env, 2, 100.0, First())
    for work in (9.0, 9.0, 9.0):
        cores.submit(work, lambda _: None, new=True)
    cores.submit(1.0, lambda _: cores.submit(1.0, print), new=True)
    assert cores.counts == [2, 2]
    env.run(until=2.5)
    assert cores.counts == [2, 2]


def test_a_woken_task_takes_an_idle_core():
    env = simpy.Environment()
    cores = queues(env, 3, 100.0, First())
    for count in range(1, 4):
        cores.submit(9.0, print)
        assert sum(cores.counts) == count
        assert max(cores.counts) == 1
    cores.submit(9.0, print)
    assert cores.counts == [2, 1, 1]


def test_a_core_is_shared_by_weight():
    """3 to 1: the heavy one has 3/4 of the core, and is done after 4/3 s. The light one has 2/3 s left then."""
    tasks = [(0.0, 1.0, {"weight": 3.0}), (0.0, 1.0, {"weight": 1.0})]
    assert ends(lambda env: queues(env, 1), tasks) == pytest.approx([4 / 3, 2.0])


def test_two_hardware_threads_do_more_than_one():
    """A core that does 1.25 with both busy: two of 1 s take 1.6 s. A third makes no difference to what is done."""
    assert ends(lambda env: queues(env, 1, smt=1.25), new([1.0, 1.0])) == pytest.approx([1.6, 1.6])
    assert ends(lambda env: queues(env, 1, smt=1.25), new([1.0] * 3)) == pytest.approx([2.4] * 3)


def test_cores_are_slower_while_more_of_them_are_busy():
    """Half speed with both busy: 1 s of 1 and 1 s of 2 are done at 2 s, and what is left of the other alone at 3 s."""
    speeds = [1.0, 1.0, 0.5]
    assert ends(lambda env: queues(env, 2, speeds=speeds), new([1.0, 2.0])) == pytest.approx([2.0, 3.0])
    # One alone has 1 of its 3 s by 1 s. Then both are at half speed, the new one for 2 s. 1 s is left, alone again.
    late = [(0.0, 3.0, {"new": True}), (1.0, 1.0, {"new": True})]
    assert ends(lambda env: queues(env, 2, speeds=speeds), late) == pytest.approx([4.0, 3.0])


def test_more_tasks_on_busy_cores_do_not_slow_them():
    """Three of 1 s on two cores at half speed. At 2 s one is done, the others have 1/2 s left and a core each."""
    found = sorted(ends(lambda env: queues(env, 2, 100.0, speeds=[1.0, 1.0, 0.5]), new([1.0] * 3)))
    assert found == pytest.approx([2.0, 3.0, 3.0])


@given(st.lists(st.tuples(st.floats(0.0, 5.0), st.floats(0.01, 3.0)), min_size=1, max_size=25), st.integers(0, 99))
def test_cores_of_half_speed_take_what_twice_the_work_takes(arrivals, seed):
    def run(speeds, times):
        tasks = [(when, times * work, {}) for when, work in arrivals]
        return ends(lambda env: queues(env, 3, 0.1, random.Random(seed), speeds=speeds), tasks, start=1e3)

    assert run([0.5] * 4, 1.0) == pytest.approx(run(None, 2.0), rel=1e-12)


@pytest.mark.parametrize("start", [0.0, 1e9])
def test_tasks_far_shorter_than_the_clocks_spacing_end_at_any_speed(start):
    env = simpy.Environment(start)
    cores = queues(env, 3, interval=0.01, speeds=[1.0, 1.0, 0.7, 0.3])
    done = []
    for index in range(50):
        cores.submit(1e-13 * index + 1e-6 * (index % 3), done.append, index)
    for _ in range(1000):
        if env.peek() == math.inf:
            break
        env.step()
    assert sorted(done) == list(range(50))


@pytest.mark.parametrize(("threads", "end"), [(0.5, 6.0), (1.0, 3.0), (1.5, 2.0), (2.0, 1.5), (64.0, 0.75)])
def test_alone_a_task_takes_its_work_divided_by_its_threads(threads, end):
    assert ends(lambda env: queues(env, 4), [(0.0, 3.0, {"threads": threads})]) == pytest.approx([end])


@pytest.mark.parametrize("start", [0.0, 1e6, 1e9])
def test_tasks_far_shorter_than_the_clocks_spacing_end(start):
    env = simpy.Environment(start)
    cores = queues(env, 3, interval=0.01)
    done = {}
    for index in range(50):
        cores.submit(1e-13 * index + 1e-6 * (index % 3), lambda index: done.__setitem__(index, env.now), index)
    for _ in range(1000):
        if env.peek() == math.inf:
            break
        env.step()
    assert sorted(done) == list(range(50))
    assert max(done.values()) == pytest.approx(start + 1e-6 * 17, rel=1e-15, abs=2e-5)


def test_no_event_is_spent_on_balance():
    """Two queues that do not differ by two need no balancing: one timer, however long."""
    env = simpy.Environment()
    cores = queues(env, 4, interval=1e-6)
    for _ in range(1000):
        cores.submit(1e6, print, new=True)
    assert len(env._queue) == 1


def test_the_same_draws_give_the_same_path():
    tasks = [(0.01 * k, 0.1 * (k % 7), {}) for k in range(100)]
    found = [ends(lambda env, seed=seed: queues(env, 4, 0.128, random.Random(seed)), tasks) for seed in (1, 1, 2)]
    assert found[0] == found[1] != found[2]


def test_what_cannot_be_is_refused():
    env = simpy.Environment()
    for arguments in ((0, 0.1, 1.0), (2, -1.0, 1.0), (2, math.inf, 1.0), (2, 0.1, 0.5), (2, 0.1, 3.0)):
        with pytest.raises(ValueError, match="must"):
            RunQueues(env, arguments[0], random.Random(1), arguments[1], arguments[2])
    for speeds in ([1.0, 1.0], [1.0, 1.0, 0.0], [1.0, 1.2, 1.0]):
        with pytest.raises(ValueError, match="must"):
            queues(env, 2, speeds=speeds)
    for work, threads, weight in ((-1.0, 1.0, 1.0), (math.nan, 1.0, 1.0), (1.0, 0.0, 1.0), (1.0, 1.0, -2.0)):
        with pytest.raises(ValueError, match="must"):
            queues(env, 2).submit(work, print, None, threads, weight)
