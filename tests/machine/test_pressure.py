"""Past RAM: clean page cache, then swap at the disk's speed, then the process with the largest score."""

import pytest

from sim.machine.pressure import RETRIES, badness, process

MIB = 2**20


def touch(host, holding, size, done=None):
    """Ask for so many new bytes of a holding."""
    host.pressure.ask(holding.instance, size, lambda got: host.pages.populate(holding, got), done)


def test_the_order_is_cache_swap_kill(bench):
    """Of 400 MiB 100 are cache, beside 150 of swap: 250 more take 0 s, then 1.5 s of writing; then one is killed."""
    host = bench(400 * MIB, 150 * MIB)
    large, small = host.put(host.container(290 * MIB)), host.put(host.container(10 * MIB))
    host.pages.cache("files", 100 * MIB)
    log = []
    for size in (100, 150, 10):
        touch(host, small.holdings[0], size * MIB, lambda size=size: log.append((size, host.env.now)))
    host.env.run()
    assert log == [(100, 0.0), (150, pytest.approx(1.5)), (10, pytest.approx(1.5))]
    counts = host.pressure.counts
    assert counts.first == {"reclaim": 0.0, "swap": 0.0, "kill": pytest.approx(1.5)}
    assert (counts.reclaimed, counts.swapped_out) == (100 * MIB, 150 * MIB)
    # In RAM and swap the one has 290 MiB by then and the other 260.
    assert [number for _, number in counts.kills] == [large.number]
    assert host.pages.used + host.pages.swapped == 270 * MIB


@pytest.mark.parametrize("size", [32, 64, 320])
def test_swapping_takes_the_bytes_over_the_disks_speed(bench, size):
    host = bench(500 * MIB, 500 * MIB)
    instance = host.put(host.container(500 * MIB))
    done = []
    touch(host, instance.holdings[0], size * MIB, lambda: done.append(host.env.now))
    host.env.run()
    assert done == [pytest.approx(size / 100)]
    assert (host.pages.swapped, host.pages.used) == (size * MIB, 500 * MIB)


def test_coming_back_takes_the_read_and_the_write_that_makes_room(bench):
    """64 MiB at 200 MiB/s, after which as much goes out at 100 MiB/s."""
    host = bench(200 * MIB, 200 * MIB)
    holding = host.put(host.container(200 * MIB)).holdings[0]
    host.pages.swap_out(holding, 64 * MIB)
    other = host.put(host.container(64 * MIB))
    done = []
    host.pressure.fault_in(holding.instance, [(holding, 64 * MIB)], lambda: done.append(host.env.now))
    host.env.run()
    assert done == [pytest.approx(0.32 + 0.64)]
    assert host.pressure.counts.swapped_in == 64 * MIB
    assert host.pages.used == 200 * MIB
    assert host.pages.swapped == 64 * MIB
    assert other.holdings[0].swapped > 0


def test_a_swap_that_is_all_but_full_is_given_up(bench):
    """Who reads back makes as little room in swap for others as there was: 91 bytes, half a million times."""
    host = bench(200 * MIB, 100 * MIB)
    back, other = host.put(host.container(100 * MIB)), host.put(host.container(100 * MIB))
    for instance, size in ((back, 60 * MIB), (other, 40 * MIB - 91)):
        host.pages.swap_out(instance.holdings[0], size)
    largest = host.put(host.container(host.pages.free))
    done = []
    host.pressure.fault_in(back, [(back.holdings[0], 50 * MIB)], lambda: done.append(host.env.now))
    host.env.run()
    assert host.pressure.counts.swapped_out == RETRIES * 91
    assert [number for _, number in host.pressure.counts.kills] == [largest.number]
    assert done
    assert back.holdings[0].swapped < 10 * MIB + RETRIES * 91


def test_without_swap_the_kill_comes_at_once(bench):
    host = bench(100 * MIB)
    first, second = host.put(host.container(60 * MIB)), host.put(host.container(40 * MIB))
    touch(host, second.holdings[0], 10 * MIB)
    assert host.pressure.counts.kills == [(0.0, first.number)]
    assert host.pages.used == 50 * MIB


def test_of_equal_processes_the_youngest_is_killed(bench):
    host = bench(100 * MIB)
    instances = [host.put(host.container(25 * MIB)) for _ in range(4)]
    touch(host, instances[0].holdings[0], MIB)
    assert host.pressure.counts.kills == [(0.0, instances[3].number)]


def test_the_one_who_asks_may_be_the_one_who_is_killed(bench):
    host = bench(100 * MIB)
    large, small = host.put(host.container(70 * MIB)), host.put(host.container(30 * MIB))
    done = []
    touch(host, large.holdings[0], 10 * MIB, lambda: done.append(True))
    assert host.pressure.counts.kills == [(0.0, large.number)]
    assert (done, len(host.pressure._queue), host.pages.used) == ([], 0, 30 * MIB)
    assert small.number in host.pages.instances


def test_more_than_all_of_ram_ends_with_nobody_left(bench):
    host = bench(100 * MIB)
    instance = host.put(host.container(50 * MIB))
    touch(host, instance.holdings[0], 200 * MIB)
    host.env.run()
    assert (host.pages.used, len(host.pressure._queue)) == (0, 0)
    host.pressure.ask(None, 200 * MIB, lambda got: None, whole=True)
    assert len(host.pressure._queue) == 0


def test_scores_by_hand():
    """300 MiB resident, 100 MiB swapped, 0.6 MiB of page tables; of 1000 MiB in all, 100 thousandths are 100 MiB."""
    tables = 300 * MIB // 4096 * 8
    assert badness(300 * MIB, 100 * MIB, tables, 0, 1000 * MIB) == 400 * MIB + tables
    assert badness(300 * MIB, 100 * MIB, tables, 100, 1000 * MIB) == 500 * MIB + tables
    assert badness(300 * MIB, 100 * MIB, tables, -500, 1000 * MIB) == -100 * MIB + tables
    assert badness(10**15, 0, 0, -1000, 1000 * MIB) == float("-inf")


def test_adjusting_a_score_saves_one_and_dooms_another(bench):
    host = bench(100 * MIB)
    large, small = host.put(host.container(60 * MIB)), host.put(host.container(40 * MIB))
    # 40 MiB and 300 thousandths of 100 MiB are 70 MiB.
    host.pressure._adjust = lambda instance: 300 if instance is small else 0
    touch(host, large.holdings[0], MIB)
    assert host.pressure.counts.kills == [(0.0, small.number)]


def test_of_equal_bytes_those_in_ram_have_page_tables_that_decide(bench):
    """60 MiB each; the younger, which would go of equals, has 20 of them in swap, and so tables for 40 alone."""
    host = bench(100 * MIB, 20 * MIB)
    in_ram, swapped = host.put(host.container(60 * MIB)), host.pages.add(host.container(60 * MIB))
    host.pages.populate(swapped.holdings[0], 40 * MIB)
    host.pages.swap_out(swapped.holdings[0], 20 * MIB)
    host.pages.populate(swapped.holdings[0], 20 * MIB)
    # Eight bytes of table for each page of 4 KiB.
    assert host.pressure.score(in_ram) == 60 * MIB + 60 * MIB / 4096 * 8
    assert host.pressure.score(swapped) == 60 * MIB + 40 * MIB / 4096 * 8
    host.pressure.kill()
    assert host.pressure.counts.kills == [(0.0, in_ram.number)]


def test_nobody_is_killed_who_may_not_be(bench):
    host = bench(100 * MIB)
    host.pressure._adjust = lambda _: -1000
    instance = host.put(host.container(100 * MIB))
    touch(host, instance.holdings[0], MIB)
    assert host.pressure.counts.kills == []
    assert host.pages.used == 100 * MIB


def test_a_virtual_machine_is_one_process_and_a_container_is_its_application(bench):
    host = bench(1000 * MIB)
    machine = host.put(host.guest(512 * MIB, 100 * MIB, freed=20 * MIB, cache=30 * MIB, monitor=25 * MIB))
    assert process(machine) == (175 * MIB, 0)
    bill = host.container(100 * MIB)
    files = host.line("libraries", 10 * MIB, share="content", key="libraries", file=True)
    shim = host.line("shim", 4 * MIB, origin="technology", owner="engine")
    slab = host.line("slab", 5 * MIB, in_rss=False)
    container = host.put(type(bill)((*bill.lines, files, shim, slab)))
    assert process(container) == (110 * MIB, 0)
    host.pages.swap = 50 * MIB
    host.pages.swap_out(container.of("app/memory"), 40 * MIB)
    assert process(container) == (70 * MIB, 40 * MIB)


def test_memory_goes_to_swap_in_proportion_to_what_each_has(bench):
    host = bench(400 * MIB, 400 * MIB)
    holdings = [host.put(host.container(size * MIB)).holdings[0] for size in (100, 300)]
    assert host.pages.swap_evenly(holdings, 100 * MIB) == 100 * MIB
    assert [each.swapped for each in holdings] == [25 * MIB, 75 * MIB]
    assert host.pages.swap_evenly(holdings, 10**12) == 300 * MIB
    assert [each.resident for each in holdings] == [0, 0]
