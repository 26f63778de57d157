"""What instances do as time passes, with all memory accounted for at any time."""

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from sim.catalog.tables import mechanisms
from sim.machine.ballooning import Manager, Reporter, untouched
from sim.machine.conditions import Commit, MemoryRates
from sim.machine.demand import MemoryDemand
from sim.machine.ksm import Scanner, pace

MIB = 2**20


def held(instance):
    return sum(holding.bytes for holding in instance.holdings if holding.line.guest)


def ran(bench, bill, seconds, ram=2**40, swap=0, count=1, rates=None, **options):
    host = bench(ram, swap)
    demand = MemoryDemand(host.env, host.pressure, rates or MemoryRates(), 1.0, **options)
    demand.start(bill(host), count)
    host.env.run(until=seconds)
    host.pages.catch_up(None)
    assert host.pages.sums() == host.pages.audit()
    return host, demand


def test_a_container_grows_by_its_rate(bench):
    host, _ = ran(bench, lambda host: host.container(10 * MIB), 60, count=3, rates=MemoryRates(growth=1.5 * MIB))
    assert host.pages.used == 3 * (10 + 90) * MIB


def test_a_container_over_its_limit_is_killed_and_the_others_are_not(bench):
    """From 10 MiB at 1 MiB a second to 40 MiB: 30 seconds, and the next byte is one too many."""
    host, demand = ran(bench, lambda host: host.container(10 * MIB), 29, rates=MemoryRates(growth=MIB), limit=40 * MIB)
    assert (demand.running, host.pages.used) == (1, 39 * MIB)
    host, demand = ran(bench, lambda host: host.container(10 * MIB), 40, rates=MemoryRates(growth=MIB), limit=40 * MIB)
    assert host.pressure.counts.kills == [(pytest.approx(30, abs=1e-4), 0)]
    assert (demand.running, host.pages.used) == (0, 0)


def test_a_container_at_its_limit_swaps_first_where_the_host_has_swap(bench):
    host, _ = ran(
        bench, lambda host: host.container(10 * MIB), 60, swap=25 * MIB, rates=MemoryRates(growth=MIB), limit=40 * MIB
    )
    assert host.pressure.counts.first["swap"] == pytest.approx(30, abs=1e-4)
    assert host.pressure.counts.kills == [(pytest.approx(55, abs=1e-4), 0)]
    assert host.pressure.counts.swapped_out == pytest.approx(25 * MIB, abs=10)


def test_a_limit_takes_page_cache_first(bench):
    """Reading fills the limit with clean pages, which growth then takes back without a kill."""
    host, _ = ran(
        bench,
        lambda host: host.container(10 * MIB),
        25,
        rates=MemoryRates(growth=MIB, reads=10 * MIB),
        limit=40 * MIB,
        same_image=False,
    )
    assert host.pages.used <= 40 * MIB
    assert host.pressure.counts.reclaimed > 0
    assert host.pressure.counts.kills == []


def test_a_guest_grows_into_what_is_free_in_it_then_its_cache_then_its_own_swap(bench):
    """200 MiB: 50 used, 20 freed, 30 of cache, 100 never touched. 10 MiB a second for 30 s."""

    def guest(host):
        return host.guest(200 * MIB, 50 * MIB, freed=20 * MIB, cache=30 * MIB)

    used = {}
    for seconds in (2, 12, 15, 20):
        host, demand = ran(bench, guest, seconds, rates=MemoryRates(growth=10 * MIB), guest_swap=200 * MIB)
        used[seconds] = (host.pages.used // MIB, demand.guest_swapped // MIB)
    assert used == {2: (100, 0), 12: (200, 0), 15: (200, 0), 20: (200, 50)}


def test_a_guest_without_room_kills_its_application_and_lives_on(bench):
    host, demand = ran(
        bench,
        lambda host: host.guest(100 * MIB, 60 * MIB, freed=10 * MIB),
        60,
        rates=MemoryRates(growth=MIB),
        guest_swap=0,
    )
    assert (demand.guest_kills, demand.running) == (1, 0)
    assert host.pressure.counts.kills == []
    (instance,) = host.pages.instances.values()
    # What the application had touched is free in the guest, and still taken from the host.
    assert host.pages.used == held(instance) == 100 * MIB


def test_a_guests_page_cache_grows_with_what_it_reads_up_to_its_memory(bench):
    for seconds, held_then in ((10, 150), (100, 200)):
        host, _ = ran(bench, lambda host: host.guest(200 * MIB, 50 * MIB), seconds, rates=MemoryRates(reads=10 * MIB))
        assert host.pages.used == held_then * MIB


def test_containers_of_one_image_read_a_file_once_and_of_several_images_each(bench):
    for same, copies in ((True, 1), (False, 4)):
        host, _ = ran(
            bench, lambda host: host.container(MIB), 10, count=4, rates=MemoryRates(reads=MIB), same_image=same
        )
        assert host.pages.cached == copies * 10 * MIB


def test_page_cache_takes_what_is_free_and_swaps_nothing(bench):
    host, _ = ran(
        bench, lambda host: host.container(50 * MIB), 60, ram=100 * MIB, swap=MIB, rates=MemoryRates(reads=MIB)
    )
    assert (host.pages.cached, host.pages.swapped) == (50 * MIB, 0)


def test_the_host_drops_a_containers_cache_and_cannot_drop_a_guests(bench):
    """The same reading fills RAM; then growth takes clean pages of the host's cache, but swaps a guest's."""
    rates = MemoryRates(growth=MIB, reads=5 * MIB)
    host, _ = ran(bench, lambda host: host.container(50 * MIB), 40, ram=200 * MIB, swap=200 * MIB, rates=rates)
    assert (host.pressure.counts.swapped_out, host.pressure.counts.reclaimed > 10 * MIB) == (0, True)
    host, _ = ran(bench, lambda host: host.guest(400 * MIB, 50 * MIB), 40, ram=200 * MIB, swap=200 * MIB, rates=rates)
    assert (host.pressure.counts.swapped_out > 10 * MIB, host.pressure.counts.reclaimed) == (True, 0)


def test_growth_past_ram_goes_no_faster_than_the_disk(bench):
    """250 MiB are wanted each second and 100 written: 0.6 of the time is spent waiting, at the end too."""
    host, demand = ran(
        bench,
        lambda host: host.container(400 * MIB),
        30,
        ram=400 * MIB,
        swap=2**40,
        rates=MemoryRates(growth=250 * MIB),
    )
    assert host.pages.swapped / MIB == pytest.approx(3000, abs=32)
    assert demand.stalled == pytest.approx(0.6, abs=0.01)


def test_swapped_memory_that_is_written_to_comes_back(bench):
    host = bench(200 * MIB, 200 * MIB)
    demand = MemoryDemand(host.env, host.pressure, MemoryRates(writes=10 * MIB), 1.0)
    demand.start(host.container(150 * MIB), 1)
    holding = host.pages.instances[0].holdings[0]
    host.pages.swap_out(holding, 100 * MIB)
    host.env.run(until=30)
    # Of 150 MiB written to at 10 MiB a second, exp(-29 / 15) are as they were.
    assert holding.swapped == pytest.approx(100 * MIB * 0.1447, rel=0.1)
    assert host.pages.sums() == host.pages.audit()


def test_what_is_promised_is_the_guests_memory_or_a_processs_own(bench):
    """A host of 1000 MiB and 200 of swap promises 700: three guests of 210 MiB with monitors of 10, not four."""
    commit = Commit(limit=700 * MIB, promised=30 * MIB)
    host, demand = ran(bench, lambda host: host.guest(210 * MIB, 20 * MIB, monitor=10 * MIB), 1, count=5, commit=commit)
    assert (demand.running, demand.refused) == (3, 2)
    assert commit.promised == 690 * MIB
    host.pressure.kill(host.pages.instances[0])
    assert commit.promised == 470 * MIB


def test_a_container_that_is_promised_no_more_gets_an_error_and_is_not_killed(bench):
    host, demand = ran(
        bench, lambda host: host.container(10 * MIB), 60, rates=MemoryRates(growth=MIB), commit=Commit(limit=30 * MIB)
    )
    assert (demand.refused, demand.running, host.pressure.counts.kills) == (1, 0, [])
    assert host.pages.used == 30 * MIB


def test_one_absurd_request_is_refused_by_any_host_that_looks(bench):
    assert not Commit(single=100).grant(101)
    assert Commit().grant(10**18)


class Dynamics(RuleBasedStateMachine):
    """Everything at once: starts, growth, reads, writes, KSM, giving back, swap and kills, over time."""

    bench_of: Any = None

    @initialize(
        ram=st.integers(50, 400),
        swap=st.integers(0, 200),
        growth=st.integers(0, 4),
        reads=st.integers(0, 4),
        writes=st.integers(0, 8),
        gives=st.sampled_from(["no", "balloon", "reporting"]),
        limit=st.one_of(st.none(), st.integers(10, 60)),
        guest_swap=st.sampled_from([0, 16]),
    )
    def host(self, ram, swap, growth, reads, writes, gives, limit, guest_swap):
        self.bench = self.bench_of(ram * MIB, swap * MIB)
        self.pages = self.bench.pages
        rates = MemoryRates(growth * MIB + 7, reads * MIB + 3, writes * MIB)
        most = None if limit is None else limit * MIB
        self.demand = MemoryDemand(self.bench.env, self.bench.pressure, rates, 1.0, most, guest_swap * MIB)
        known = mechanisms.memory()
        Scanner(self.bench.env, self.pages, pace(known.ksm, pages=400)).start()
        if gives == "balloon":
            Manager(self.bench.env, self.bench.pressure, known.balloon, ram * MIB, 0).start()
        elif gives == "reporting":
            Reporter(self.bench.env, self.bench.pressure, known.reporting).start()

    @rule(size=st.integers(1, 40), count=st.integers(1, 3))
    def start_containers(self, size, count):
        self.demand.start(self.bench.container(size * MIB + 1), count)

    @rule(memory=st.integers(1, 30), freed=st.integers(0, 10), cache=st.integers(0, 20), count=st.integers(1, 3))
    def start_guests(self, memory, freed, cache, count):
        bill = self.bench.guest(80 * MIB, memory * MIB + 1, freed * MIB, cache * MIB, monitor=2 * MIB)
        self.demand.start(bill, count, lambda line: (line.bytes // 2, line.part) if line.guest else (0, ""))

    @rule(seconds=st.integers(1, 30))
    def time_passes(self, seconds):
        self.bench.env.run(until=self.bench.env.now + seconds)

    @precondition(lambda self: self.pages.instances)
    @rule(data=st.data())
    def one_is_killed(self, data):
        number = data.draw(st.sampled_from(sorted(self.pages.instances)))
        self.bench.pressure.kill(self.pages.instances[number])
        self.bench.pressure.serve()

    @invariant()
    def bytes_are_the_sum_over_instances_and_host(self):
        if not hasattr(self, "pages"):
            return
        self.pages.catch_up(None)
        assert self.pages.sums() == self.pages.audit()
        assert 0 <= self.pages.used <= self.pages.ram
        assert 0 <= self.pages.swapped <= self.pages.swap
        assert self.pages.saved >= 0
        for instance in self.pages.instances.values():
            assert instance.held == held(instance)
            assert held(instance) + instance.ballooned + untouched(instance) <= max(instance.configured, held(instance))
            for each in instance.holdings:
                assert min(each.resident, each.swapped, each.equal - each.merged) >= 0


def test_all_memory_is_accounted_for_whatever_happens(bench):
    Dynamics.bench_of = bench
    run_state_machine_as_test(Dynamics, settings=settings(max_examples=40, stateful_step_count=15, deadline=None))
