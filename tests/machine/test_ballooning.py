"""Guests give back with delay: reporting by the sixteenth, balloons by the period."""

import pytest

from sim.catalog.number import Number
from sim.catalog.tables.mechanisms import Balloon, Reporting
from sim.machine.ballooning import Manager, Reporter, untouched

MIB = 2**20


def number(value):
    return Number(value, "1", sources=("definition",))


def reported(bench, seconds, block=1.0, part=1 / 16):
    host = bench(2**40)
    instance = host.put(host.guest(1024 * MIB, 100 * MIB, freed=160 * MIB))
    reporter = Reporter(host.env, host.pressure, Reporting(number(2.0), number(part), number(block)))
    reporter.start()
    host.env.run(until=seconds)
    return host, instance, reporter


@pytest.mark.parametrize("passes", [0, 1, 2, 10, 60])
def test_each_pass_reports_a_sixteenth_of_what_is_left(bench, passes):
    _, instance, reporter = reported(bench, 2.0 * passes + 1)
    left = 160 * MIB * (15 / 16) ** passes
    assert instance.of("guest/freed").bytes == pytest.approx(left, abs=passes)
    assert reporter.given == 160 * MIB - instance.of("guest/freed").bytes


def test_half_is_given_back_after_eleven_passes(bench):
    """ln 2 / ln (16 / 15) = 10.7: a delay of some 22 seconds."""
    assert reported(bench, 21)[2].given < 80 * MIB < reported(bench, 23)[2].given


def test_free_memory_in_broken_blocks_stays(bench):
    host, instance, _ = reported(bench, 2000, block=0.75)
    assert instance.of("guest/freed").bytes == 40 * MIB
    assert host.pages.used == 140 * MIB


def test_what_was_reported_may_be_touched_again(bench):
    _, instance, reporter = reported(bench, 2000)
    assert reporter.given == 160 * MIB
    assert untouched(instance) == 924 * MIB


def managed(bench, memory, seconds, guests=2, speed=2.0**40):
    """Guests of 100 MiB, of which 20 are freed and 40 page cache, on a host that is asked to stay below 80 %."""
    host = bench(memory)
    for _ in range(guests):
        host.put(host.guest(200 * MIB, 40 * MIB, freed=20 * MIB, cache=40 * MIB))
    manager = Manager(host.env, host.pressure, Balloon(number(0.8), number(10.0), number(speed)), memory, 0)
    manager.start()
    host.env.run(until=seconds)
    return host, manager


def test_a_host_that_is_not_too_full_asks_for_nothing(bench):
    host, manager = managed(bench, 250 * MIB, 100)
    assert (manager.given, host.pages.used) == (0, 200 * MIB)


def test_what_is_too_much_is_given_a_period_after_it_was_seen(bench):
    """200 of 225 MiB are in use, 180 may be: 20 MiB are asked for at 10 s and there at 20 s."""
    assert managed(bench, 225 * MIB, 19)[1].given == 0
    host, manager = managed(bench, 225 * MIB, 21)
    assert manager.given == pytest.approx(20 * MIB, abs=4)
    assert [each.ballooned for each in host.pages.instances.values()] == [pytest.approx(10 * MIB, abs=2)] * 2
    assert [each.of("guest/cache").bytes for each in host.pages.instances.values()] == [40 * MIB] * 2


def test_a_balloon_takes_freed_memory_first_then_page_cache_and_no_more(bench):
    host, _ = managed(bench, 200 * MIB, 1000)
    assert host.pages.used == pytest.approx(160 * MIB, abs=4)
    tight, _ = managed(bench, 300 * MIB, 1000, guests=3)
    assert tight.pages.used == pytest.approx(240 * MIB, abs=4)
    for each in tight.pages.instances.values():
        assert each.of("guest/freed").bytes == 0
        assert untouched(each) == 100 * MIB


def test_it_inflates_no_faster_than_its_speed(bench):
    _, manager = managed(bench, 200 * MIB, 21, speed=MIB)
    assert manager.given == 2 * 10 * MIB
