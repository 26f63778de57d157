"""Workers on one host, held against what cores, disk and clients allow by arithmetic."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sim.catalog import load
from sim.catalog.tables.workloads import workload
from sim.engine.seeds import SeedTree
from sim.errors import InputError
from sim.loading import load as load_scenario
from sim.never import NEVER
from sim.outcome import Metric, Outcome
from sim.records.load import EventRecord, SaturationRecord
from sim.report import bibliography
from sim.report.figures.services.saturation import cache_said, limit, saturation_alt, saturation_table, workers_line
from sim.report.formats import table
from sim.report.shown import request, saturation
from sim.report.style import Style, rows_of
from sim.studies import overhead
from sim.studies.base import Context
from sim.studies.saturation import STUDY, Saturation, bends, numbers, run


def ran(**params: Any) -> tuple[dict[str, float], list[SaturationRecord]]:
    done = run(Saturation(**params), Context("it", SeedTree(1)))
    records = [record for record in done.records if isinstance(record, SaturationRecord)]
    return {name: values[0] for name, values in done.samples.items()}, records


CORES = 8
"""Of the lessons' laptop."""


def test_one_worker_s_users_wait_for_the_service_and_for_its_own_work() -> None:
    """The response time law with nobody waiting: clients / (20 ms + 0.25 ms)."""
    found, _ = ran(technology="process", most_workers=2, clients=20)
    work = workload("load-worker")
    assert found["one_worker"] == pytest.approx(20 / (work.wire.value + work.cpu.value), rel=0.02)


def test_the_peak_is_what_all_cores_can_do() -> None:
    found, records = ran(technology="process", most_workers=32, clients=50)
    peak = CORES / workload("load-worker").cpu.value
    assert found["peak"] == pytest.approx(peak, rel=0.03)
    assert found["peak"] < 1.01 * peak
    assert records[-1].cores > 0.98


def test_a_worker_with_one_thread_has_one_core_at_most() -> None:
    found, records = ran(technology="process", most_workers=16, clients=200)
    assert found["one_worker"] == pytest.approx(1 / workload("load-worker").cpu.value, rel=0.03)
    assert records[0].threads > 0.97
    assert found["full_at"] == CORES


def test_many_workers_wait_for_cores_though_the_service_does_not_change() -> None:
    """1,600 users on 8 cores: each round takes 1,600 times 0.25 ms / 8, which is 50 ms, where it was 20."""
    found, _ = ran(technology="process", most_workers=32, clients=50)
    assert found["p99_one"] < 0.025
    assert 0.05 < found["p99_most"] < 0.08


def test_one_disk_for_all_gives_no_more_to_more() -> None:
    found, records = ran(workload="commit-network", most_workers=8)
    assert found["peak"] == pytest.approx(1 / workload("commit-network").disk_gap.value, rel=0.02)
    assert (found["full_at"], found["peak_ratio"]) == (1, pytest.approx(1, abs=0.02))
    assert records[-1].disk > 0.98
    assert records[-1].cores < 0.1


@pytest.mark.parametrize("workers", [2, 8])
def test_writes_that_are_flushed_come_out_as_fast_as_the_disk_takes_them(workers: int) -> None:
    """A flush every 32 writes holds each worker's thread, and writes all that is in the cache to one disk."""
    work = workload("fio-128k-write-queued")
    found, records = ran(workload=work.id, technology="qemu-kvm", most_workers=workers, clients=32)
    assert work.disk_flush_every.value == 32
    assert found["peak"] < 1.001 / work.disk_gap.value
    assert found["one_worker"] == pytest.approx(1 / work.disk_gap.value, rel=0.07)
    assert records[-1].disk == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("clients", [1, 32])
def test_cached_writes_come_out_as_fast_as_the_disk_writes_out(clients: int) -> None:
    """Firecracker's threads write twice as fast together. With 32 in flight each, 128 wait for a disk's turn each."""
    gap = workload("fio-128k-write-queued").disk_gap.value
    found, records = ran(workload="fio-128k-write-queued", technology="firecracker", most_workers=4, clients=clients)
    assert found["peak"] == pytest.approx(1 / gap)
    assert records[-1].disk == 1.0
    if clients == 32:
        assert records[-1].p50 == pytest.approx(4 * clients * gap, rel=0.01)


def test_writes_that_the_disk_keeps_up_with_wait_for_nothing_and_keep_it_busy() -> None:
    """Firecracker answers a commit's flush without doing it. 8 KiB are written out in 5.6 us."""
    found, records = ran(workload="commit", technology="firecracker", most_workers=2)
    gap = workload("commit").disk_gap.value
    assert records[-1].disk == pytest.approx(records[-1].throughput * gap)
    assert records[-1].disk < 0.5
    assert found["cached_for"] == NEVER
    assert "cached_for" not in ran(workload="commit", technology="process", most_workers=2)[0]


def test_a_larger_memory_takes_writes_for_as_much_longer() -> None:
    """15 % of the memory at the rate by which the disk is behind: 1.5 TiB take four times as long as 384 GiB."""
    host = load.host(workload("fio-128k-write-queued").host)
    larger = replace(host, memory=replace(host.memory, value=4 * host.memory.value))
    params = {"workload": "fio-128k-write-queued", "technology": "firecracker", "most_workers": 4, "clients": 32}
    (few, _), (many, _) = ran(**params), ran(**params, host=larger)
    assert 3.9 < many["cached_for"] / few["cached_for"] < 4.1


@pytest.mark.parametrize("most", [16, 32])
def test_threads_that_wait_for_a_core_do_not_work(most: int) -> None:
    """The utilization law, U = X S: as many requests of 0.25 ms a second, by twice as many threads."""
    found, _ = ran(technology="process", most_workers=most, clients=50)
    cpu = workload("load-worker").cpu.value
    assert found["cores_most"] > 0.98
    assert found["threads_most"] == pytest.approx(CORES / most, rel=0.03)
    assert found["threads_most"] == pytest.approx(found["peak"] * cpu / most, rel=0.001)


def test_a_flush_holds_a_thread_that_does_no_request() -> None:
    """QEMU's one thread flushes to a disk that is always busy. What it computes is a hundredth of the time."""
    found, _ = ran(workload="fio-128k-write-queued", technology="qemu-kvm", most_workers=4, clients=32)
    assert found["disk_most"] > 0.99
    assert found["threads_most"] > 0.99


def test_what_its_events_cost_is_told_with_their_sources() -> None:
    """As under `overhead`, which adds the same to a request."""
    same: dict[str, Any] = {"technology": "qemu-kvm", "workload": "load-worker"}
    costs = [
        {record for record in done.records if isinstance(record, EventRecord)}
        for done in (
            run(Saturation(**same, most_workers=2), Context("it", SeedTree(1))),
            overhead.run(overhead.Overhead(**same, requests=100), Context("it", SeedTree(1))),
        )
    ]
    assert costs[0] == costs[1]
    told = Outcome("s", "saturation", 1, 1, ("it",), (), tuple(costs[0]))
    sources = saturation.tables(request(load_scenario("production"), told, Style())).sources
    assert len(sources) == len(costs[0]) > 1
    assert bibliography.of_outcomes([told])


def test_what_becomes_of_cached_writes_is_told_in_words() -> None:
    """After 7.9 s the page cache is full, or never, or there is nothing in it that is not flushed."""
    metrics = [Metric("cached_for", "value", label, "", value, "s") for label, value in (("a", 7.9), ("b", NEVER))]
    told = Outcome("s", "saturation", 1, 1, ("a", "b", "c"), tuple(metrics), ())
    assert [said.partition(": ")[0] for said in cache_said(told)] == ["a", "b", "c"]
    assert [
        words in said for words, said in zip(("after 7.9", "never", "no write"), cache_said(told), strict=True)
    ] == ([True] * 3)
    assert "7.9" in cache_said(told, "ja")[0]
    assert len(set(cache_said(told, "ja")) | set(cache_said(told))) == 6
    assert cache_said(replace(told, metrics=())) == []
    lines = table.part(told)
    assert "  c: no write stays in the page cache without a flush." in lines


def test_a_busier_relay_takes_cores_from_workers() -> None:
    """By KVM's devices a packet takes work of a thread beside the guest, which comes off the peak."""
    native, machine = (ran(technology=name, clients=50)[0]["peak"] for name in ("process", "qemu-kvm"))
    assert 0.9 * native < machine < native


@pytest.mark.parametrize(("most", "tried"), [(2, [1, 2]), (7, [1, 2, 4, 7]), (16, [1, 2, 4, 8, 16])])
def test_few_numbers_are_tried_and_the_most_is_one_of_them(most: int, tried: list[int]) -> None:
    assert numbers(most) == tried


def test_a_number_between_two_is_tried_only_where_the_line_bends() -> None:
    """50 users fill 0.62 of a core: 12.96 workers fill eight. Up to 8 the line is straight, from 16 on it is flat."""
    found, records = ran(technology="process", most_workers=32, clients=50)
    assert [record.workers for record in records] == [1, 8, 12, 16, 32]
    assert found["full_at"] == 16
    _, records = ran(workload="commit-network", most_workers=8)
    assert [record.workers for record in records] == [1, 8]


@pytest.mark.parametrize(("brings", "bent"), [(20.0, False), (19.1, False), (15.0, True), (10.8, True), (10.4, False)])
def test_a_line_bends_where_it_is_neither_straight_nor_flat(brings: float, bent: bool) -> None:
    """Within a twentieth of twice what half as many bring, or of as much: 19 and 10.5."""
    fewer, more = (SaturationRecord("it", *point, 0.01, 0.02, 0.5, 0.5, 0, 0) for point in ((4, 10.0), (8, brings)))
    assert bends(fewer, more) is bent


def test_a_machine_is_not_on_the_host_s_network() -> None:
    with pytest.raises(InputError, match="network: 'qemu-kvm' has a kernel of its own"):
        Saturation(technology="qemu-kvm", network="host")


def outcome() -> Outcome:
    records = tuple(
        SaturationRecord("it", workers, 100.0 * min(workers, 4), 0.01, 0.02 * workers, 0.5, min(workers / 4, 1), 0, 0)
        for workers in (1, 2, 4, 8)
    )
    found, _ = ran(technology="process", most_workers=2)
    assert set(found) == {spec.name for spec in STUDY.metrics} - {"cached_for"}
    metrics = (Metric("full_at", "value", "it", "", 4, "1"), Metric("peak", "value", "it", "", 400, "1/s"))
    return Outcome("s", "saturation", 1, 1, ("it",), metrics, records)


def test_lines_are_multiples_of_one_worker() -> None:
    drawn = [rows_of(workers_line(outcome(), Style(), line)["layer"][0]["data"]) for line in ("throughput", "p99")]
    assert [[row["value"] for row in rows] for rows in drawn] == [[1, 2, 4, 4], [1, 2, 4, 8]]
    assert [row["limit"] for row in drawn[0]] == ["–", "–", "the host's cores", "the host's cores"]


def test_the_text_says_where_it_bends_and_why() -> None:
    assert "full at 4, with 400/s; busy then: the host's cores" in saturation_alt(outcome())
    assert len(saturation_table(outcome(), "ja")) == 4
    assert limit(SaturationRecord("it", 1, 1, 1, 1, 0.95, 0.2, 0.99, 0)) == "the disk, a worker's own threads"
