"""Requests under load, against the laws that hold for every queueing network and against sums made by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, get_args

import pytest

from sim.catalog import load
from sim.catalog.eventcosts import EventCosts
from sim.catalog.model import Host
from sim.catalog.number import Number
from sim.catalog.tables.workloads import WorkloadId, workload, workloads
from sim.engine.seeds import SeedTree
from sim.errors import InputError
from sim.loading.inline import InlineHost, entry
from sim.machine.requesttimes import RequestTimes
from sim.machine.service import LoadedHost, RequestLoad
from sim.studies.base import Context, StudyRun, statistic
from sim.studies.overhead import Overhead, run

SEEDS = SeedTree(4).child("it", 0)


def ran(**fields: Any) -> StudyRun:
    return run(Overhead(**fields), Context("it", SEEDS))


def value(run: StudyRun, metric: str) -> float:
    (sample,) = run.samples[metric]
    return sample


def served(times: RequestTimes, instances: int = 1, cores: int = 64, **load: Any) -> Any:
    return LoadedHost(times, RequestLoad(**load), instances, cores, SEEDS).serve()


BUSY = RequestTimes(
    thread=1e-3, spread=0.6, threads=2, exchanges=2, wire=2e-4, link=1e-4, relay=2e-4, wake=3e-4,
    disk_operations=1, disk_relay=1e-4, disk_wake=2e-4, disk_time=4e-4, disk_gap=2e-4, disk_spread=0.4,
)  # fmt: skip


def test_every_workload_of_the_catalog_can_be_asked_for() -> None:
    assert set(get_args(WorkloadId)) == set(workloads())


@pytest.mark.parametrize("think", [0.0, 5e-3])
def test_littles_law_and_the_interactive_response_time(think: float) -> None:
    """N = X R for the requests that are there; and R = N / X - Z for clients that think for Z."""
    found = served(BUSY, clients=12, think=think, requests=6000)
    mean = math.fsum(found.latencies) / len(found.latencies)
    assert found.in_flight == pytest.approx(found.throughput * mean, rel=0.02)
    assert mean == pytest.approx(12 / found.throughput - think, rel=0.02)


def test_the_utilisation_law() -> None:
    """A station is busy for throughput times what a request takes there, whatever the queues: U = X D."""
    found = served(BUSY, rate=500.0, requests=8000)
    assert found.throughput == pytest.approx(500.0, rel=0.05)
    assert found.busy["threads"] == pytest.approx(found.throughput * 1e-3 / 2, rel=0.05)
    assert found.busy["disk"] == pytest.approx(found.throughput * 2e-4, rel=0.01)
    assert found.busy["link"] == pytest.approx(found.throughput * 2 * 1e-4, rel=0.01)


def test_the_slowest_station_bounds_what_many_clients_get() -> None:
    """Asymptotic bounds: X <= min(N / D, 1 / D_max); with many clients and known times it is the second."""
    times = RequestTimes(thread=3e-3, threads=4, relay=1e-4, disk_operations=1, disk_time=5e-4, disk_gap=1e-3)
    assert served(times, clients=60, requests=3000).throughput == pytest.approx(1000.0, rel=0.01)
    assert served(times, clients=1, requests=500).throughput == pytest.approx(1 / (3e-3 + 2e-4 + 1e-3), rel=0.01)


def test_random_service_waits_as_pollaczek_and_khinchine_have_it() -> None:
    """One thread, Poisson arrivals: W = rho s (1 + C^2) / (2 (1 - rho)); C^2 = exp(sigma^2) - 1 of a lognormal."""
    sigma, rho, second = 0.8, 0.6, 1e-3
    found = served(RequestTimes(thread=second, spread=sigma), rate=rho / second, requests=150_000)
    mean = math.fsum(found.latencies) / len(found.latencies)
    assert mean == pytest.approx(second + rho * second * math.exp(sigma**2) / (2 * (1 - rho)), rel=0.05)


def test_instances_share_the_cores_and_the_disk() -> None:
    times = RequestTimes(thread=1e-3, threads=2)
    assert served(times, instances=2, cores=4, clients=2, requests=400).throughput == pytest.approx(4000)
    crowded = served(times, instances=8, cores=4, clients=2, requests=1600)
    assert crowded.throughput == pytest.approx(4000, rel=0.01)
    assert crowded.busy["cores"] == pytest.approx(1, rel=0.01)
    disk = RequestTimes(thread=1e-6, disk_operations=1, disk_time=1e-3, disk_gap=1e-3)
    assert served(disk, instances=4, clients=1, requests=400).throughput == pytest.approx(1000, rel=0.01)


def test_a_relay_that_waits_for_the_disk_takes_one_operation_at_a_time() -> None:
    times = RequestTimes(
        thread=1e-6, disk_operations=1, disk_relay=1e-4, disk_waits=True, disk_time=9e-4, disk_gap=1e-5
    )
    assert served(times, clients=32, requests=320).throughput == pytest.approx(1000, rel=0.01)
    assert served(replace(times, disk_waits=False), clients=32, requests=320).throughput > 9_000


def test_an_answer_wakes_a_relay_that_slept_and_none_that_is_busy() -> None:
    times = RequestTimes(thread=1e-6, disk_operations=1, disk_relay=1e-4, disk_time=9e-4, disk_gap=1e-5)
    slept = replace(times, disk_answer_wake=1e-4)
    assert max(served(slept, clients=1, requests=200).latencies) == pytest.approx(1.101e-3)
    assert served(slept, clients=32, requests=640).latencies == served(times, clients=32, requests=640).latencies


def test_natively_nothing_is_lost() -> None:
    alone = ran(technology="process", workload="nginx")
    assert value(alone, "throughput_ratio") == value(alone, "p99_ratio") == value(alone, "p50_ratio") == 1
    assert alone.records == ()


def test_a_system_call_takes_what_the_catalog_says() -> None:
    """70 ns, and 730 ns more where gVisor answers it."""
    assert statistic("mean", ran(technology="process", workload="getpid").samples["latency"]) == pytest.approx(70e-9)
    assert statistic("mean", ran(technology="gvisor", workload="getpid").samples["latency"]) == pytest.approx(
        70e-9 / 0.996 + 730e-9, rel=1e-3
    )


def test_one_operation_after_another_pays_for_each_event() -> None:
    """A read of 128 KiB by QEMU: CPU at 0.977, to ask, to wake, for each of 32 pages, and the drive itself."""
    slow = ran(technology="qemu-kvm", workload="fio-128k-read").samples["latency"]
    by_hand = 2.5 / 0.977 + 4.84 + 60.1 + 3.25 + 32 * 4.15 + 208.5
    assert statistic("mean", slow) == pytest.approx(by_hand * 1e-6, rel=1e-3)


def test_the_hosts_network_costs_a_container_nothing() -> None:
    """Two packets of 0.288 and 0.281 us on a host of 0.428 of the speed, beside 37.6 us, and then nothing."""
    speed = load.host("xeon-e5-2665").cpu_speed.value
    by_hand = 1 + 2 * (0.288 + 0.281) / speed / 37.6
    assert value(ran(technology="docker", workload="netperf-rr"), "p50_ratio") == pytest.approx(by_hand, rel=1e-4)
    assert value(ran(technology="docker", workload="netperf-rr", network="host"), "p50_ratio") == 1
    with pytest.raises(InputError, match="cannot be on the host's network"):
        Overhead(technology="qemu-kvm", network="host")


def test_a_slower_host_makes_everything_slower_and_keeps_the_ratio() -> None:
    fast, slow = (ran(technology="gvisor", workload="getpid", host=host) for host in ("unstated", "gce-n1"))
    assert value(slow, "throughput") == pytest.approx(value(fast, "throughput") * 0.727 * 0.63 / 0.7)
    assert value(slow, "throughput_ratio") == pytest.approx(value(fast, "throughput_ratio"))


def test_load_is_by_clients_or_by_a_rate() -> None:
    assert value(ran(workload="nginx", rate=1000.0, technology="process"), "throughput") == pytest.approx(1000, rel=0.1)
    assert value(ran(workload="web-database", clients=4, technology="process"), "threads_share") > 0.5
    with pytest.raises(InputError, match="beside 'clients'"):
        Overhead(workload="nginx", clients=3, rate=10.0)
    with pytest.raises(InputError, match="goes with clients"):
        Overhead(workload="web-database", think=1.0)


def test_a_technology_without_costs_names_those_that_have_some() -> None:
    with pytest.raises(
        InputError, match=r"what requests cost in 'xen' is not known; choose another technology, of .*docker"
    ):
        Overhead(technology="xen")


def test_a_technology_of_ones_own_brings_its_costs() -> None:
    number = Number(1e-6, "s", sources=("by hand",))
    mine = replace(load.technology("process"), id="mine", costs=EventCosts(system_call=number))
    assert value(ran(technology=mine, workload="getpid", host="reference"), "throughput") == pytest.approx(
        1 / (workload("getpid").cpu.value + 1e-6)
    )
    (record,) = ran(technology=mine, workload="getpid", host="reference").records
    assert (record.event, record.count, record.seconds, record.waits) == ("system_call", 1, 1e-6, False)


def test_both_ends_of_the_ranges_are_on_either_side() -> None:
    ends = {end: run(Overhead(technology="docker", workload="netperf-rr"), Context("it", SEEDS, bound=end)) for end in
            ("low", "value", "high")}  # fmt: skip
    slow = [statistic("p50", ends[end].samples["latency"]) for end in ("low", "value", "high")]
    assert slow == sorted(slow)
    assert slow[0] < slow[1] < slow[2]


def test_under_a_limit_throughput_is_the_limit_over_what_a_request_computes() -> None:
    """A thread of 1 ms under 0.3 cores: 300 requests a second, and those that are throttled wait for up to 70 ms."""
    times = RequestTimes(thread=1e-3)
    found = LoadedHost(times, RequestLoad(clients=1, requests=3000), 1, 8, SEEDS, 0.3).serve()
    assert found.throughput == pytest.approx(300.0, rel=0.01)
    assert max(found.latencies) == pytest.approx(0.071)
    assert sorted(found.latencies)[len(found.latencies) // 2] == pytest.approx(1e-3)


def test_a_limit_above_the_load_changes_nothing() -> None:
    times = RequestTimes(thread=1e-3, spread=0.5)
    without, with_one = (
        LoadedHost(times, RequestLoad(rate=300.0, requests=2000), 1, 8, SEEDS, limit).serve().latencies
        for limit in (None, 1.0)
    )
    assert with_one == pytest.approx(without)


def test_a_limit_and_vcpus_are_of_the_technology_and_not_of_the_native_run() -> None:
    for work in ("sysbench-cpu", "redis-get"):
        limited, free = (ran(technology="docker", workload=work, cpu_limit=limit) for limit in (0.5, None))
        assert value(limited, "threads_share") == pytest.approx(value(free, "threads_share"), rel=0.01)
        assert value(limited, "throughput") == pytest.approx(value(free, "throughput") * 0.5, rel=0.1)
        assert value(limited, "throughput_ratio") == pytest.approx(value(free, "throughput_ratio") * 0.5, rel=0.1)


def test_a_guest_computes_on_no_more_threads_than_it_has_vcpus() -> None:
    """Linpack is all computing on 16 threads: on four vCPUs a quarter comes out."""
    four, all_of_them = (ran(technology="qemu-kvm", workload="linpack", vcpus=count) for count in (4, 16))
    assert value(four, "throughput") == pytest.approx(value(all_of_them, "throughput") / 4, rel=0.01)
    assert value(all_of_them, "throughput") == value(ran(technology="qemu-kvm", workload="linpack"), "throughput")
    with pytest.raises(InputError, match="starts no guest kernel"):
        Overhead(technology="docker", vcpus=2)


def gigabits(technology: str = "firecracker", workload: str = "iperf-tap", **params: Any) -> float:
    """Gbit/s of a stream of packets of 64 KiB through a tap device, which the instance receives."""
    return value(ran(technology=technology, workload=workload, **params), "transferred") * 8 / 1e9


def sent(technology: str = "firecracker", **params: Any) -> float:
    """The same, which the instance sends."""
    return gigabits(technology, "iperf-tap-sent", **params)


def test_a_stream_on_two_sockets_is_twice_as_fast_where_threads_are_pinned() -> None:
    """15.61 Gbit/s where nothing is (F0184), and 31.58 as the project's own tests have it (D1260)."""
    assert gigabits() == pytest.approx(15.61, rel=0.01)
    assert gigabits(pinned=True) == pytest.approx(31.58, rel=0.01)


def test_what_is_sent_is_slower_as_the_writer_of_a_tap_device_runs_the_hosts_stack() -> None:
    """On one m5d.metal with pinned threads 27.40 Gbit/s (D1261), and where nothing is pinned 14.15 (F0185)."""
    assert sent(pinned=True) == pytest.approx(27.40, rel=0.01)
    assert 14 < sent() < 0.95 * gigabits()
    assert sent("process") == gigabits("process")


def test_qemu_loses_less_of_what_is_sent_as_only_what_is_received_is_copied_once_more() -> None:
    """By hand: 16 pages more at 0.047 us, over 64 KiB at 23.7 Gbit/s."""
    whole = 16 * 4096 * 8 / gigabits("qemu-kvm") / 1e3
    assert sent("qemu-kvm") == pytest.approx(16 * 4096 * 8 / (whole + 16 * 0.047) / 1e3, rel=2e-3)


def test_copies_go_with_how_fast_a_host_copies_and_all_else_with_its_cores() -> None:
    """An old Haswell carries 52.52 Gbit/s natively, more than the faster cores of an m5d.metal (44.14)."""
    assert gigabits("process", host="haswell") == pytest.approx(52.52, rel=2e-3)
    packet = 8.32 * 0.7 / load.host("haswell").cpu_speed.value
    pages = 16 * 0.460 * 44.14 / 52.52  # as timed on the m5d.metal, less as it copies
    assert gigabits(host="haswell") == pytest.approx(16 * 4096 * 8 / (packet + pages) / 1e3, rel=5e-3)


def test_a_host_whose_speed_a_scenario_states_copies_at_that_speed() -> None:
    like = entry(InlineHost(like="haswell", cpu_speed=load.host("m5d-metal").cpu_speed.value), "")
    assert isinstance(like, Host)
    assert gigabits("process", host=like) == pytest.approx(gigabits("process"))
    more_cores = entry(InlineHost(like="haswell", cores=8), "")
    assert isinstance(more_cores, Host)
    assert gigabits("process", host=more_cores) == pytest.approx(52.52, rel=2e-3)


def test_pinning_changes_nothing_where_there_is_one_socket() -> None:
    two = load.host("m5d-metal")
    one = replace(two, sockets=1)
    assert gigabits(host=one) == gigabits(host=one, pinned=True) == gigabits(host=two, pinned=True)


def test_pinning_is_refused_where_nobody_has_measured_it() -> None:
    with pytest.raises(InputError, match=r"not known to make a difference for 'docker'; it does for .*firecracker"):
        Overhead(technology="docker", pinned=True)


def test_a_later_firecracker_is_faster_by_the_copy_that_it_saves() -> None:
    """5 to 15 % where it sends, by its own change log (D0953)."""
    for pinned in (False, True):
        assert 1.05 < sent("firecracker-1", pinned=pinned) / sent(pinned=pinned) < 1.15
        assert gigabits("firecracker-1", pinned=pinned) > sent("firecracker-1", pinned=pinned)


def mean_of(**params: Any) -> float:
    return statistic("mean", ran(**params).samples["latency"]) * 1e6


def test_a_write_through_the_hosts_cache_does_not_wait_for_the_disk() -> None:
    """4 KiB by QEMU 4.2 with cache=writeback; QEMU 1.5 with cache=none waits for the array (211 us and more)."""
    by_hand = 2.5 / 0.977 + 4.84 + 48.0 + 7.4 + 4.15
    assert mean_of(technology="qemu-kvm", workload="fio-random-write", clients=1) == pytest.approx(by_hand, rel=1e-3)
    assert mean_of(technology="qemu-1-5", workload="san-random-write", clients=1) > 207
    assert mean_of(technology="qemu-kvm", workload="san-random-write", clients=1) < 150


def test_a_relay_that_slept_for_long_takes_longer_to_wake() -> None:
    """It sleeps for 58.2 us while a disk reads, and while a pool writes 32 pages in 133 us: 8 us more for both."""
    work = 2.5 / 0.977 + 4.84 + 48.0 + 8.0 + 7.4
    read = mean_of(technology="qemu-kvm", workload="fio-random-read", clients=1, requests=4000)
    assert read == pytest.approx(work + 4.15 + 58.2, rel=5e-3)
    written = mean_of(technology="qemu-kvm", workload="fio-128k-write")
    assert written == pytest.approx(work + 32 * 4.15, rel=1e-3)


def test_firecracker_cuts_an_operation_into_pieces_of_memory() -> None:
    """128 KiB written are 31.92 requests from a small buffer, and 1.277 from one of huge pages (D1024, D1015)."""
    efficiency = load.technology("firecracker").cpu_efficiency.value
    by_hand = 2.5 / efficiency + 4.84 + 35.9 + 31.92 * 11.77 + 32 * 1.83
    assert mean_of(technology="firecracker", workload="fio-128k-write") == pytest.approx(by_hand, rel=1e-3)
    queued = ran(technology="firecracker", workload="fio-128k-write-queued")
    assert value(queued, "throughput") == pytest.approx(13_583, rel=0.02)


def test_qemus_flush_writes_what_was_written_and_firecrackers_does_not() -> None:
    """32 writes of 128 KiB, 31 of them at 6,255 a second, are 5.1 ms. Firecracker did nothing (its issue 2172)."""
    for technology, flush in (("qemu-kvm", 161.6 + 31 * 159.9 + 56.0 + 7.4), ("firecracker", 35.9 + 11.77)):
        found = ran(technology=technology, workload="fio-128k-write")
        between = 1e6 / value(found, "throughput") - statistic("mean", found.samples["latency"]) * 1e6
        assert between == pytest.approx(flush / 32, rel=0.05)


def test_a_commit_waits_for_the_disk_where_its_flush_is_passed_on() -> None:
    passed, ignored = (mean_of(technology=name, workload="commit-network", clients=1) for name in
                       ("qemu-kvm", "firecracker"))  # fmt: skip
    assert passed > 1000 + 400 > ignored + 400
