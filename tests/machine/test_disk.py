"""A disk: small reads one after another, several starts that share it, and flushes that go together."""

import random
from functools import partial

import pytest
from simpy import Environment

from sim.catalog.disks import disk as disk_of
from sim.catalog.disks import disks
from sim.catalog.hosts import with_disk
from sim.catalog.load import host as catalog_host
from sim.catalog.tables.mechanisms import memory
from sim.engine.alarm import Alarm
from sim.engine.fluid import Fluid
from sim.errors import InputError
from sim.machine.disk import RunningDisk
from tests.machine.byhand import host_with, number

KIB, MIB = 2**10, 2**20
PIECE = 128 * KIB


def make(access=0.01, operations=0.0, flush=0.02, read=100.0 * MIB, line=0.0):
    """A disk that takes 10 ms to get somewhere and reads 100 MiB a second from there."""
    env = Environment()
    host = host_with(
        disk_read=number(read, "B/s"),
        disk_write=number(50.0 * MIB, "B/s"),
        disk_access=number(access, "s"),
        disk_operations=number(operations, "1/s"),
        disk_flush=number(flush, "s"),
        disk_line=number(line, "B/s"),
    )
    return env, RunningDisk(env, host)


def ends(env, calls):
    log = {}
    for index, call in enumerate(calls):
        call(lambda index: log.__setitem__(index, env.now), index)
    env.run()
    return [log[index] for index in range(len(calls))]


def test_a_cold_read_is_an_access_for_each_128_kib_and_for_each_name():
    """1 MiB is 8 pieces of 10 + 1.25 ms. Three files are two lookups each, 10 ms and 4 KiB at 100 MiB/s."""
    assert memory().lookups.value == 2
    env, disk = make()
    by_hand = 8 * (0.01 + PIECE / (100 * MIB)) + 3 * 2 * (0.01 + 4 * KIB / (100 * MIB))
    assert ends(env, [lambda *to: disk.read(MIB, 3, False, *to)]) == [pytest.approx(by_hand)]


def test_one_file_from_end_to_end_is_read_at_the_disks_speed():
    _, disk = make()
    assert disk.read_seconds(100 * MIB, 1, stream=True)[0] == pytest.approx(1.01)
    assert disk.read_seconds(100 * MIB, 1)[0] > 800 * 0.01


def test_a_small_file_takes_one_access_and_not_a_share_of_one():
    _, disk = make()
    assert disk.read_seconds(KIB, 0)[0] == pytest.approx(0.01 + KIB / (100 * MIB))


def test_a_queue_hides_accesses_until_operations_run_out():
    """Reads of 8 pieces, 90 ms each alone. A disk of 400 operations a second serves four of them side by side.

    Ten have 80 pieces: 80 / 400 = 0.2 s at least. Without a queue ten would take ten times as long.
    """
    env, disk = make(operations=400.0, read=1000.0 * MIB)
    alone = 8 * (0.01 + PIECE / (1000 * MIB))
    reads = [lambda *to: disk.read(MIB, 0, False, *to)] * 4
    assert ends(env, reads) == [pytest.approx(alone)] * 4
    env, disk = make(operations=400.0, read=1000.0 * MIB)
    assert ends(env, [lambda *to: disk.read(MIB, 0, False, *to)] * 10) == [pytest.approx(0.2)] * 10


def test_a_budget_of_bytes_holds_although_each_read_comes_fast():
    """A cloud's disk: 0.1 ms and 1,000 MiB/s for one read, but 100 MiB a second in all."""
    _, disk = make(access=0.0001, line=1000.0 * MIB)
    assert disk.read_seconds(100 * MIB, 0)[0] == pytest.approx(1.0)


def test_flushes_one_after_another_and_together():
    """Five of 20 ms are 100 ms. Fifty starts at once with five each take the same: each commit serves them all."""
    env, disk = make()
    assert ends(env, [lambda *to: disk.flush(5, *to)]) == [pytest.approx(0.1)]
    env, disk = make()
    assert max(ends(env, [lambda *to: disk.flush(5, *to)] * 50)) == pytest.approx(0.12)


def test_a_flush_that_comes_late_waits_for_the_next_commit():
    env, disk = make()
    log = []
    disk.flush(1, log.append, "first")
    env.run(until=0.005)
    disk.flush(1, lambda _: log.append(round(env.now, 9)))
    env.run()
    assert log == ["first", 0.04]


def test_a_flush_shares_the_disk_with_reads():
    """20 ms of flush beside a stream that needs all of the disk take twice as long."""
    env, disk = make(access=0.0)
    assert ends(env, [lambda *to: disk.flush(1, *to), lambda *to: disk.read(100 * MIB, 0, True, *to)]) == pytest.approx(
        [0.04, 1.02]
    )


def test_a_disk_that_costs_nothing_to_reach_is_its_speed_alone():
    _, disk = make(access=0.0, flush=0.0)
    assert disk.read_seconds(100 * MIB, 0)[0] == pytest.approx(1.0)


def test_a_host_with_another_disk_has_all_of_its_figures():
    host = with_disk(catalog_host("laptop"), disks()["hard-disk"])
    assert (host.disk, host.disk_access.value, host.disk_flush.value) == ("hard-disk", pytest.approx(0.009), 0.01)
    assert host.disk_read == disks()["hard-disk"].read
    assert host.memory == catalog_host("laptop").memory


@pytest.mark.parametrize("bound", ["low", "value", "high"])
def test_disks_are_ordered_as_everybody_knows_them(bound):
    """Of one small cold file: flash before the network, the network before the head."""
    seconds = []
    for name in ("nvme", "sata-ssd", "cloud-disk", "hard-disk"):
        disk = RunningDisk(Environment(), with_disk(catalog_host("laptop"), disks()[name]), bound)
        seconds.append(disk.read_seconds(4 * KIB, 1)[0])
    assert seconds == sorted(seconds)


def test_a_disk_that_is_not_there_is_named():
    with pytest.raises(InputError, match="no disk 'floppy'; there are cloud-disk, cloud-hard-disk, consumer-nvme"):
        disk_of("floppy")


def test_one_read_comes_at_the_speed_that_its_host_says_of_its_disk():
    """c5d-metal has an NVMe drive of its own speed. A cloud's budget is another figure than what one read comes at."""
    own, cloud = catalog_host("c5d-metal"), catalog_host("azure-d2s")
    assert own.disk_line == own.disk_read != disk_of("nvme").read
    assert (cloud.disk_line, cloud.disk_read) == (disk_of("cloud-disk").line, disk_of("cloud-disk").read)


def test_a_commit_that_was_alone_shares_with_a_write_that_comes_meanwhile():
    """Five commits of 20 ms. A write comes at 50 ms, in the middle of the third: the other half takes twice as long.

    The fourth and the fifth take 40 ms each. The write of 200 ms has had 50 of them by then, and then has all.
    """
    env, disk = make()
    log = []
    disk.flush(5, lambda _: log.append(("flushed", round(env.now, 9))))
    env.run(until=0.05)
    disk.write(10 * MIB, lambda _: log.append(("written", round(env.now, 9))))
    env.run()
    assert log == [("flushed", 0.15), ("written", 0.3)]


def test_a_commit_has_the_disk_for_itself_again_once_the_write_is_over():
    """The write takes 10 ms, shared 20: from 0 to 20 ms. The first commit ends at 30 ms, the next two at 50 and 70.

    Who comes at 45 ms with one flush is served by the third.
    """
    env, disk = make()
    log = []
    disk.write(0.5 * MIB, lambda _: log.append(("written", round(env.now, 9))))
    disk.flush(3, lambda _: log.append(("three", round(env.now, 9))))
    env.run(until=0.045)
    disk.flush(1, lambda _: log.append(("one", round(env.now, 9))))
    env.run()
    assert log == [("written", 0.02), ("three", 0.07), ("one", 0.07)]


@pytest.mark.parametrize("seed", range(5))
def test_commits_that_are_alone_end_when_they_would_as_flows_of_the_disks_time(monkeypatch, seed):
    """To the last digit and in the same order, among reads, writes and flushes at times of which some coincide."""

    def ran():
        env, disk = make(operations=400.0)
        draw, log = random.Random(seed), []
        for index in range(60):
            at = draw.choice((draw.uniform(0.0, 6.0), 0.02 * draw.randrange(300)))
            kind, size = draw.choice(("flush", "flush", "read", "write")), draw.randrange(1, 12)
            Alarm(env, partial(asked, env, disk, log, (kind, size, index))).arm(at)
        env.run()
        return log

    def asked(env, disk, log, what, _):
        kind, size, number = what
        done = partial(told, env, log)
        if kind == "flush":
            disk.flush(size, done, number)
        elif kind == "read":
            disk.read(size * 64 * KIB, 1, False, done, number)
        else:
            disk.write(size * MIB, done, number)

    def told(env, log, number):
        log.append((number, env.now))

    alone = ran()
    monkeypatch.setattr(Fluid, "__bool__", lambda _: True)
    assert len(alone) == 60
    assert alone == ran()
