"""Flushes of an application under load: who waits for one, against sums made by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sim.engine.seeds import SeedTree
from sim.machine.requesttimes import RequestTimes
from sim.machine.service import LoadedHost, RequestLoad, Served

TIMES = RequestTimes(
    thread=2e-6, disk_operations=1, disk_relay=10e-6, flush_every=32, flush_relay=5e-6, flush=200e-6
)  # fmt: skip


def served(times: RequestTimes, clients: int, requests: int = 640, instances: int = 1) -> Served:
    load = RequestLoad(clients=clients, requests=requests)
    return LoadedHost(times, load, instances, 8, SeedTree(4).child("it", 0)).serve()


def test_one_after_another_a_flush_delays_and_is_no_part_of_a_latency() -> None:
    found = served(TIMES, 1)
    assert found.throughput == pytest.approx(1 / (12e-6 + 205e-6 / 32), rel=0.01)
    assert max(found.latencies) == pytest.approx(12e-6)


def test_nobody_sees_an_answer_while_the_thread_flushes() -> None:
    """Many in flight come in step: 32 are asked for, and all but the first are seen when the flush is over."""
    found = served(TIMES, 32)
    cycle = 2e-6 + 32 * 10e-6 + 205e-6
    assert found.throughput == pytest.approx(32 / cycle, rel=0.02)
    slow = sorted(found.latencies)
    assert slow[0] < 15e-6
    assert slow[len(slow) // 10] == pytest.approx(cycle, rel=0.02)


@pytest.mark.parametrize("clients", [1, 32])
def test_a_flush_is_answered_by_a_relay_that_slept(clients: int) -> None:
    """Nobody asks meanwhile, so the relay sleeps through each flush, and through none of the operations with 32."""
    slept = replace(TIMES, flush_answer_wake=8e-6)
    cycles = [32 / served(times, clients).throughput for times in (TIMES, slept)]
    assert cycles[1] - cycles[0] == pytest.approx(8e-6, rel=0.05)


def test_more_clients_than_a_flush_is_for_get_on() -> None:
    """Of 80 that come back together, some are for the flush after the next."""
    found = served(TIMES, 80, 800)
    assert found.throughput == pytest.approx(32 / (32 * 10e-6 + 205e-6), rel=0.1)


def test_flushes_of_all_instances_wait_for_one_disk() -> None:
    """Each has its 32 writes in 322 us, and then its turn of 4 ms: the disk is never idle."""
    busy = replace(TIMES, flush_disk=4e-3)
    one, four = served(busy, 32), served(busy, 32, 2560, instances=4)
    assert one.throughput == pytest.approx(32 / (2e-6 + 32 * 10e-6 + 205e-6 + 4e-3), rel=0.01)
    assert four.throughput == pytest.approx(32 / 4e-3, rel=0.02)
    assert four.busy["disk"] == pytest.approx(1.0, abs=0.01)


def test_where_nobody_flushes_nothing_changes() -> None:
    never = replace(TIMES, flush_every=0)
    assert served(never, 4).latencies == served(replace(never, flush=1.0, flush_relay=1.0), 4).latencies
