"""Groups on cores: weights and quotas against closed forms."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simpy import Environment

from sim.engine.seeds import SeedTree
from sim.machine.cpugroups import PERIOD, CpuGroup, GroupedCores


def ends(cores: float, *groups: tuple[CpuGroup, list[float]], until: float = 1_000.0) -> list[list[float]]:
    """When each task of each group is done, in the order they were given; infinite where it is not."""
    env = Environment()
    shared = GroupedCores(env, cores, [group for group, _ in groups])
    found = [[math.inf] * len(works) for _, works in groups]

    def done(place: tuple[int, int]) -> None:
        found[place[0]][place[1]] = env.now

    for number, (group, works) in enumerate(groups):
        for index, work in enumerate(works):
            shared.start(group, work, done, (number, index))
    env.run(until=until)
    return found


def alone_under(quota: float, work: float, threads: int) -> float:
    """When threads of `work` core-seconds each are done under a quota, on cores enough for all.

    A period's quota is used up at `threads` cores. All whole periods but the last are waited for.
    """
    if threads <= quota:
        return work
    in_period = quota * PERIOD
    whole = math.ceil(round(threads * work / in_period, 9)) - 1
    return whole * PERIOD + (threads * work - whole * in_period) / threads


@given(
    quota=st.floats(0.05, 8, allow_subnormal=False),
    work=st.floats(0.001, 2, allow_subnormal=False),
    threads=st.integers(1, 8),
)
def test_a_quota_gives_the_time_of_the_closed_form(quota: float, work: float, threads: int) -> None:
    (found,) = ends(16, (CpuGroup(quota=quota), [work] * threads))
    assert max(found) == pytest.approx(alone_under(quota, work, threads), abs=1e-6)


def test_half_a_core_makes_a_tenth_of_a_second_last_150_milliseconds() -> None:
    """50 ms in the first period, 50 ms in the second: by hand."""
    assert ends(4, (CpuGroup(quota=0.5), [0.1])) == [[pytest.approx(0.15)]]


@given(
    first=st.integers(1, 10_000),
    second=st.integers(1, 10_000),
    threads=st.tuples(st.integers(4, 9), st.integers(4, 9)),
)
def test_groups_share_by_weight_however_many_threads_they_have(
    first: int, second: int, threads: tuple[int, int]
) -> None:
    env = Environment()
    groups = [CpuGroup(first), CpuGroup(second)]
    shared = GroupedCores(env, 4, groups)
    for group, count in zip(groups, threads, strict=True):
        for _ in range(count):
            shared.start(group, math.inf, print)
    env.run(until=2)
    shared.start(groups[0], 1.0, print)
    assert groups[0].used == pytest.approx(2 * 4 * first / (first + second))
    assert groups[0].used + groups[1].used == pytest.approx(2 * 4)


def test_what_a_group_cannot_use_is_the_others() -> None:
    """One thread uses one of four cores, whatever its weight; three threads get the other three."""
    heavy, light = CpuGroup(10_000), CpuGroup(1)
    assert ends(4, (heavy, [1.0]), (light, [1.0] * 3)) == [[pytest.approx(1.0)], [pytest.approx(1.0)] * 3]


def test_in_one_group_a_thread_is_one_of_all() -> None:
    """One request of 10 ms among 15 busy threads on 8 cores has half of a core."""
    ((found, *_),) = ends(8, (CpuGroup(), [0.01] + [math.inf] * 15), until=1.0)
    assert found == pytest.approx(0.02)


def test_a_throttled_neighbour_leaves_the_cores_for_the_rest_of_the_period() -> None:
    """Two cores, equal weights, a neighbour of two threads and a quota of one core: by hand.

    Each group has one core until the neighbour used its 100 ms, which is the whole period. A quota of half a core is
    used up after 50 ms. Then the service's two threads have both cores: 50 ms of 1, 50 ms of 2 cores are 150 ms.
    """
    service, neighbour = CpuGroup(), CpuGroup(quota=0.5)
    found, _ = ends(2, (service, [0.075, 0.075]), (neighbour, [math.inf] * 2), until=1.0)
    assert found == [pytest.approx(0.1)] * 2


def test_throttled_periods_are_counted() -> None:
    group = CpuGroup(quota=0.5)
    ends(4, (group, [0.12]))
    assert group.throttled_periods == 2
    idle = CpuGroup(quota=2)
    ends(4, (idle, [0.1]))
    assert idle.throttled_periods == 0


def test_the_mean_of_processor_sharing_is_the_textbooks() -> None:
    """M/G/1 processor sharing: the mean is s / (1 - load), whatever the demands (Kleinrock, volume 2, 4.4)."""
    env = Environment()
    group = CpuGroup()
    shared = GroupedCores(env, 1, [group])
    stream = SeedTree(7).stream("requests")
    taken: list[float] = []
    for time in _arrivals(stream, 60.0, 2_000):
        env.run(until=time)
        shared.start(group, 0.01, lambda asked: taken.append(env.now - asked), env.now)
    env.run(until=2_100)
    batches = [math.fsum(taken[i : i + 2_000]) / 2_000 for i in range(0, len(taken) - 1_999, 2_000)]
    mean = math.fsum(batches) / len(batches)
    spread = math.sqrt(math.fsum((batch - mean) ** 2 for batch in batches) / (len(batches) - 1) / len(batches))
    assert abs(mean - 0.01 / (1 - 0.6)) < 3 * spread


def _arrivals(stream: random.Random, rate: float, until: float) -> Iterator[float]:
    time = stream.expovariate(rate)
    while time < until:
        yield time
        time += stream.expovariate(rate)


@pytest.mark.parametrize(("weight", "quota"), [(0, 1), (100, 0), (-1, 1)])
def test_a_group_without_weight_or_quota_is_refused(weight: float, quota: float) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        CpuGroup(weight, quota)
