"""KSM against closed forms: two passes, (N - 1) / N of what is equal, a cost a page."""

import math

import pytest
from simpy import Environment

from sim.catalog import load
from sim.catalog.tables import mechanisms
from sim.machine.billing import bill, equal
from sim.machine.conditions import MemoryRates
from sim.machine.demand import MemoryDemand
from sim.machine.ksm import Pace, Scanner, pace
from sim.machine.ledger import Ledger
from sim.machine.pages import Pages

MIB = 2**20
FREE_OF_COST = Pace(100, 0.02, 0.0, 0.0)


def scanned(bench, count, size, equal_bytes, seconds, speed=FREE_OF_COST):
    """So many guests of one size after some seconds; and (time, saved) of every step that merged."""
    host = bench(2**50)
    for _ in range(count):
        host.put(host.guest(2 * size, size), lambda line: (equal_bytes, "k"))
    curve = []
    scanner = Scanner(host.env, host.pages, speed, lambda: curve.append((host.env.now, host.pages.saved)))
    scanner.start()
    host.env.run(until=seconds)
    return host, scanner, curve


def test_the_default_pace_is_19_and_a_half_mebibytes_a_second_less_the_time_of_checking():
    assert FREE_OF_COST.rate / MIB == pytest.approx(19.53125)
    # 100 pages take 20 ms of sleep and 0.42 ms of checking.
    assert pace(mechanisms.memory().ksm).rate == pytest.approx(100 * 4096 / 0.02042)


def test_however_large_the_batch_it_is_one_thread():
    """A million pages a batch: sleep no longer counts, and 4.2 us a page are 930 MiB a second of one core."""
    fast = pace(mechanisms.memory().ksm, pages=1_000_000)
    assert fast.rate == pytest.approx(4096 / 4.22e-6, rel=1e-3)


@pytest.mark.parametrize("count", [2, 3, 10])
def test_two_passes_save_all_but_one_copy(bench, count):
    """Scanning M bytes twice takes 2 M / rate; then (N - 1) / N of what is equal is saved, and no more ever."""
    size, same = 128 * MIB, 64 * MIB
    two_passes = 2 * count * size / FREE_OF_COST.rate
    host, _, curve = scanned(bench, count, size, same, 3 * two_passes)
    assert host.pages.saved == (count - 1) * same == count * same * (count - 1) // count
    # The last guest's equal part is the first half of it; the curve is told once a second.
    assert curve[-1][0] == pytest.approx(two_passes - (size - same) / FREE_OF_COST.rate, abs=1.0)
    assert host.pages.sums() == host.pages.audit()


def test_nothing_is_saved_in_the_first_pass_and_then_it_grows_with_time(bench):
    """All of ten guests' memory is equal: from the second guest of the second pass on, the saving grows at the rate."""
    count, size = 10, 100 * MIB
    _, _, curve = scanned(bench, count, size, size, 200.0)
    first = (count + 1) * size / FREE_OF_COST.rate
    assert min(time for time, _ in curve) == pytest.approx(first, abs=1.01)
    for time, saved in curve:
        assert saved == pytest.approx(FREE_OF_COST.rate * (time - first), abs=FREE_OF_COST.rate * 1.01)


def test_a_newcomer_joins_what_is_merged_already_in_its_first_pass(bench):
    size = 100 * MIB
    host, scanner, _ = scanned(bench, 2, size, size, 21.0)
    assert (scanner.passes, host.pages.saved) == (2, size)
    host.put(host.guest(2 * size, size), lambda line: (size, "k"))
    # The pass that is on leaves it out; in the next one it is read for the first time, and that is enough.
    host.env.run(until=(4 + 2 + 2) * size / FREE_OF_COST.rate)
    assert host.pages.saved == size
    host.env.run(until=(4 + 2 + 3) * size / FREE_OF_COST.rate + 1)
    assert host.pages.saved == 2 * size


def test_its_cpu_is_the_cost_of_a_page_times_the_pages_of_a_second(bench):
    """4 us a page, 100 pages in 20.4 ms: 0.4 ms of 20.4 ms."""
    speed = Pace(100, 0.02, 4e-6, 4e-7)
    _, scanner, _ = scanned(bench, 2, 1000 * MIB, 0, 100.0, speed)
    assert scanner.cpu / 100 == pytest.approx(0.0004 / 0.0204, rel=0.02)


def test_looking_up_what_is_merged_costs_less(bench):
    """Once all is merged a pass costs a tenth of what it did."""
    speed = Pace(100, 0.02, 4e-6, 4e-7)
    _, scanner, _ = scanned(bench, 2, 40 * MIB, 40 * MIB, 30.0, speed)
    before = scanner.cpu
    scanner.env.run(until=60.0)
    pages = 30 / (0.02 + 100 * 4e-7) * 100
    assert scanner.cpu - before == pytest.approx(pages * 4e-7, rel=0.05)


def test_alone_a_guest_saves_nothing(bench):
    host, scanner, curve = scanned(bench, 1, 50 * MIB, 50 * MIB, 60.0)
    assert (host.pages.saved, curve) == (0, [])
    assert scanner.passes > 10


def test_without_guests_it_looks_and_costs_nothing(bench):
    host = bench(2**40)
    host.put(host.container(100 * MIB), lambda line: (100 * MIB, "k"))
    scanner = Scanner(host.env, host.pages, Pace(100, 0.02, 1.0, 1.0))
    scanner.start()
    host.env.run(until=60)
    assert (scanner.cpu, host.pages.saved) == (0.0, 0)


def test_a_killed_guest_is_left_out_of_the_walk(bench):
    host, _, _ = scanned(bench, 3, 100 * MIB, 100 * MIB, 7.0)
    host.pages.remove(host.pages.instances[1])
    host.env.run(until=100.0)
    assert host.pages.saved == 100 * MIB
    assert host.pages.sums() == host.pages.audit()


def test_writes_undo_it_as_an_exponential(bench):
    """Of M bytes written to at a rate w, exp(-w t / M) are as they were: so much of the saving is left."""
    count, size, rate, seconds = 4, 256 * MIB, 2 * MIB, 100.0
    host, _, _ = scanned(bench, count, size, size, 2 * count * size / FREE_OF_COST.rate + 1)
    assert host.pages.saved == 3 * size
    demand = MemoryDemand(host.env, host.pressure, MemoryRates(writes=rate), 1.0)
    demand.start(host.container(1), 0)
    begun = host.env.now
    host.env.run(until=begun + seconds)
    host.pages.catch_up(None)
    left = math.exp(-rate * seconds / size)
    assert host.pages.saved == pytest.approx(3 * size * left, rel=0.02)
    assert host.pages.sums() == host.pages.audit()


def test_the_steady_state_is_what_density_counts_with():
    """After two passes over nine shipped guests, their memory is what the static ledger says of KSM, to the byte."""
    technology, guest = load.technology("qemu-kvm"), load.guest("debian-cloud")
    plain, merged = (bill(technology, guest, load.application("web"), ksm=ksm) for ksm in (False, True))
    pages, env, ledger = Pages(2**40), Environment(), Ledger()
    for _ in range(9):
        for holding in pages.add(plain, lambda line: equal(line, guest)).holdings:
            pages.populate(holding, holding.line.bytes)
    speed = pace(mechanisms.memory().ksm)
    Scanner(env, pages, speed).start()
    env.run(until=2 * 9 * plain.guest_bytes / speed.rate + 5)
    ledger.add(merged, 9)
    assert pages.used == ledger.totals().physical
