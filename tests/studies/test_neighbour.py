"""A noisy neighbour: what theory says of one request, of shares, and of what runs out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sim.catalog import load
from sim.engine.seeds import SeedTree
from sim.errors import InputError
from sim.never import never
from sim.studies.base import Context, StudyRun, statistic
from sim.studies.neighbour import Neighbour, exhausted, run

GIB = 2**30


def ran(**fields: Any) -> StudyRun:
    return run(Neighbour(**fields), Context("it", SeedTree(1)))


def latency(name: str, **fields: Any) -> float:
    return statistic(name, ran(**fields).samples["latency"])


def value(metric: str, **fields: Any) -> float:
    (sample,) = ran(**{"requests": 1.0, "duration": 1.0, **fields}).samples[metric]
    return sample


def test_seldom_requests_take_what_one_takes_alone() -> None:
    """Eight cores. Alone or in a group of its own, a request has a core; among 31 threads of its group a quarter."""
    seldom = {"requests": 0.5, "duration": 60.0}
    assert latency("p50", threads=0, **seldom) == pytest.approx(0.01)
    assert latency("p50", threads=31, **seldom) == pytest.approx(0.01)
    assert latency("p50", threads=31, groups="together", **seldom) == pytest.approx(0.04)


def test_seldom_requests_under_a_quota_wait_for_the_next_period() -> None:
    """30 ms of work with 20 ms in each 100 ms: from 90 ms (20 + 80 of waiting - a late begin) to 110 ms."""
    taken = ran(threads=0, requests=0.5, duration=60.0, request=0.03, quota=0.2).samples["latency"]
    assert min(taken) >= 0.03
    assert max(taken) == pytest.approx(0.11, abs=0.0101)
    assert value("throttled_share", threads=0, quota=0.2, requests=0.1, request=0.001) == 0


def test_a_weight_gives_the_share_and_a_quota_leaves_cores_idle() -> None:
    busy = ran()
    # The service takes 3 of 8 cores, and the neighbour the rest.
    assert busy.samples["neighbour_cores"] == [pytest.approx(5, rel=0.02)]
    assert ran(weight=1000).samples["neighbour_cores"] == [pytest.approx(5, rel=0.02)]
    assert ran(neighbour_quota=2.0).samples["neighbour_cores"] == [pytest.approx(2)]


def test_in_one_group_the_number_of_requests_there_is_littles() -> None:
    """They use 3 of 8 cores, each as much as one of the 64 threads: n / (n + 64) = 3 / 8, and n = 300 /s x latency."""
    assert latency("mean", groups="together") == pytest.approx(64 * 3 / 5 / 300, rel=0.05)


def test_between_groups_the_neighbours_threads_do_not_count() -> None:
    few, many = (ran(threads=threads, duration=5.0).samples["latency"] for threads in (64, 256))
    assert few == pytest.approx(many)


@pytest.mark.parametrize(
    ("service", "limit", "time", "left", "killed"),
    [
        # 16 GiB, 1 GiB a second: by hand.
        (4 * GIB, float("inf"), 12, 0, False),
        (10 * GIB, float("inf"), 6, 0, True),
        (10 * GIB, 2 * GIB, 2, 4 * GIB, False),
        (10 * GIB, 7 * GIB, 6, 0, True),
        (20 * GIB, float("inf"), 0, 0, True),
    ],
)
def test_memory_ends_at_the_limit_or_with_the_hosts(
    service: float, limit: float, time: float, left: float, killed: bool
) -> None:
    found = exhausted(16 * GIB, service, GIB, limit)
    assert (found.time, found.left, found.service) == (time, left, killed)


def test_without_a_neighbour_nothing_runs_out() -> None:
    assert never(value("first_kill", threads=0))
    assert value("processes_most", threads=0) == 0
    assert value("read_rate", threads=0) == load.host("laptop").disk_read.value


def test_the_disk_is_shared_by_readers_or_by_weight() -> None:
    whole = load.host("laptop").disk_read.value
    assert value("read_rate", readers=9) == pytest.approx(whole / 10)
    assert value("read_rate", readers=9, io_weights=True) == pytest.approx(whole / 2)
    assert value("read_rate", readers=9, io_weights=True, weight=300) == pytest.approx(whole * 3 / 4)


def test_processes_are_bounded_by_pids_max_or_by_the_kernel() -> None:
    """kernel.pid_max on 64-bit Linux under systemd (D0002)."""
    assert value("processes_most") == 4_194_304
    assert value("processes_most", pid_limit=100) == 100


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        # Eight cores, of which an equal weight makes half sure, half of the neighbour's weight a third.
        ({"requests": 800.0, "threads": 0}, "8 cores are needed for the requests; at most 7.6 are sure"),
        ({"requests": 400.0}, "4 cores are needed for the requests; at most 3.8 are sure"),
        ({"weight": 50}, "3 cores are needed for the requests; at most 2.53333 are sure"),
        ({"requests": 600.0, "neighbour_quota": 2.0}, "6 cores are needed for the requests; at most 5.7 are sure"),
        ({"quota": 3.0}, "3 cores are needed for the requests; at most 2.85 are sure"),
        ({"requests": 300.0, "duration": 300.0}, "90000 requests are too many; at most 60000"),
        ({"groups": "together", "weight": 200}, "weight: is of a cgroup of its own"),
        ({"groups": "together", "pid_limit": 5}, "pid_limit: is of a cgroup of its own"),
    ],
)
def test_what_cannot_be_is_refused(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        Neighbour(**fields)


def test_an_end_keeps_what_hangs_on_the_cores_alone() -> None:
    """The laptop's cores have no range. So an end gives the same with the samples of the middle as without them."""
    middle = ran(duration=2.0).samples
    for bound in ("low", "high"):
        kept = run(Neighbour(duration=2.0), Context("it", SeedTree(1), bound, middle=middle))
        assert kept == run(Neighbour(duration=2.0), Context("it", SeedTree(1), bound))
        assert kept.samples["read_rate"] != middle["read_rate"]
        assert kept.samples["latency"] is middle["latency"]


def test_an_end_with_other_cores_is_worked_out() -> None:
    laptop = load.host("laptop")
    ranged = replace(laptop, smt=replace(laptop.smt, value=0.7, low=0.5, high=0.9))
    params = Neighbour(host=ranged, requests=100.0, duration=2.0)
    middle = run(params, Context("it", SeedTree(1))).samples
    fewer = run(params, Context("it", SeedTree(1), "high", middle=middle))
    assert fewer == run(params, Context("it", SeedTree(1), "high"))
    assert fewer.samples["neighbour_cores"][0] < middle["neighbour_cores"][0]
