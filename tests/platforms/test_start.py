"""A start goes through its plan; alone it takes the sum of its phases, and in company what sharing adds."""

import pytest

from sim.engine.seeds import SeedTree
from sim.machine.host import Held
from sim.platforms.plan import StartOptions
from sim.records.instances import InstanceRecord, PhaseRecord


def test_a_single_start_takes_the_sum_of_its_phases(race, phase):
    run = race(
        phase("daemon", "cpu", 0.1),
        phase("lock", "hold", 0.02, resource="rtnl"),
        phase("layers", "read", 50e6, "init", "files", resource="layers"),
        phase("config", "write", 5e6, "init", "files"),
        phase("download", "transfer", 1e6, "application", "files", resource="registry"),
        phase("settle", "wait", 0.3, "application", "application"),
        options=StartOptions(cold=True),
    )
    # 0.1 + 0.02 + 50 MB at 100 MB/s + 5 MB at 50 MB/s + 1 MB at 10 MB/s + 0.3
    assert run.times == [pytest.approx(0.1 + 0.02 + 0.5 + 0.1 + 0.1 + 0.3, abs=1e-12)]
    assert [record.queued for record in run.phases] == [0.0] * 6


def test_records_tell_each_phase_from_the_end_of_the_one_before(race, phase):
    run = race(
        phase("daemon", "cpu", 0.5),
        phase("lock", "hold", 0.25, "init", "kernel", resource="rtnl"),
        phase("settle", "wait", 1.0, "application", "application"),
    )
    assert run.phases == [
        PhaseRecord("it", 0, "daemon", "engine", "cpu", "", 0.0, 0.5, 0.0, "by hand"),
        PhaseRecord("it", 0, "lock", "kernel", "hold", "rtnl", 0.5, 0.75, 0.0, "by hand"),
        PhaseRecord("it", 0, "settle", "application", "wait", "", 0.75, 1.75, 0.0, "by hand"),
    ]
    assert run.instances == [InstanceRecord("it", 0, 0.0, 0.5, 0.75, 1.75)]


def test_a_lock_serves_in_the_order_of_asking_and_the_last_waits_for_all(race, phase):
    """K starts that each hold one lock for h are through after 1h, 2h, ... Kh."""
    run = race(phase("veth", "hold", 0.016, resource="rtnl"), count=50)
    assert run.times == pytest.approx([0.016 * k for k in range(1, 51)])
    assert [record.queued for record in run.phases] == pytest.approx([0.016 * k for k in range(50)])


def test_cores_are_shared_and_the_rest_of_the_time_is_queueing(race, phase):
    """Four one-second tasks on two cores take two seconds each; alone each takes one."""
    run = race(phase("boot", "cpu", 1.0), count=4)
    assert run.times == pytest.approx([2.0] * 4)
    assert [record.queued for record in run.phases] == pytest.approx([1.0] * 4)


def test_a_task_cannot_use_more_cores_than_its_parallelism(race, phase, host):
    assert race(phase("boot", "cpu", 1.0), host=host(cores=8)).times == pytest.approx([1.0])
    assert race(phase("boot", "cpu", 1.0, parallelism=4.0), host=host(cores=8)).times == pytest.approx([0.25])
    assert race(phase("boot", "cpu", 1.0, parallelism=4.0), host=host(cores=2)).times == pytest.approx([0.5])


def test_content_is_read_from_the_disk_once_whoever_asks(race, phase):
    cold = StartOptions(cold=True)
    shared = race(phase("layers", "read", 100e6, resource="layers"), count=10, options=cold)
    assert shared.times == pytest.approx([1.0] * 10)
    private = race(phase("disk image", "read", 100e6), count=10, options=cold)
    assert private.times == pytest.approx([10.0] * 10)


def test_what_the_page_cache_holds_costs_memory_speed(race, phase):
    """4096 pages of 4 KiB at 1.2 us a fault."""
    run = race(phase("layers", "read", 2**24, resource="layers"))
    assert run.times == pytest.approx([4096 * 1.2e-6])


def test_a_demand_grows_with_the_instances_that_are_there_already(race, phase):
    """0.1 s, and 0.01 s for each of the 20 that exist; the asker itself does not count."""
    plan = (phase("create", "wait", 1.0), phase("walk", "wait", 0.1, "init", grows=[("instance", 0.01)]))
    assert race(*plan, existing=20).times == pytest.approx([1.0 + 0.1 + 20 * 0.01])
    assert race(*plan).times == pytest.approx([1.1])


def test_each_start_finds_those_before_it(race, phase):
    """A lock lets one through at a time, so the k-th to walk the list finds k - 1 others created."""
    plan = (
        phase("create", "hold", 1.0, resource="store"),
        phase("walk", "wait", 0.0, "init", grows=[("instance", 0.01)]),
    )
    assert race(*plan, count=4).times == pytest.approx([1.0, 2.01, 3.02, 4.03])


def test_a_wait_grows_with_those_that_are_there_when_it_begins(race, phase):
    """Created at 1, 2 and 3 s; 1.5 s later, when each walks the list, one more is there, and all three for the last."""
    plan = (
        phase("create", "hold", 1.0, resource="store"),
        phase("settle", "wait", 1.5, "init"),
        phase("walk", "wait", 0.0, "init", grows=[("instance", 0.01)]),
    )
    assert race(*plan, count=3).times == pytest.approx([2.5 + 0.01, 3.5 + 0.02, 4.5 + 0.02])


def test_an_instance_that_was_cleaned_up_is_held_no_more(race, phase):
    """Each is removed half a second before the next is created, which so finds only the two that stay."""
    plan = (
        phase("create", "hold", 1.0, resource="store"),
        phase("walk", "wait", 0.0, "init", grows=[("instance", 0.01), ("mount", 0.001)]),
        phase("remove", "wait", 0.5, "exit"),
    )
    run = race(*plan, count=3, existing=2, options=StartOptions(clean_up=True))
    # The mount table of the runtime has the mount of the one that walks it, too.
    assert run.times == pytest.approx([k + 2 * 0.01 + 3 * 0.001 + 0.5 for k in (1, 2, 3)])
    assert run.host.held == Held(instances=2, mounts=2, ports=0)


def test_mounts_of_containers_that_are_there_lengthen_a_walk(race, phase):
    plan = phase("copy the mount table", "wait", 0.0, grows=[("mount", 0.9e-6)])
    assert race(plan, existing=1000).times == pytest.approx([1000 * 0.9e-6])


def test_drawn_durations_have_the_median_and_spread_of_the_phase(race, phase):
    """The median of 4,001 lognormal draws is within four standard errors (sigma * sqrt(pi / 2 / n))."""
    run = race(phase("boot", "wait", 1.0, spread=0.3), count=4001)
    drawn = sorted(run.times)
    assert drawn[2000] == pytest.approx(1.0, abs=4 * 0.3 * (3.1416 / 2 / 4001) ** 0.5)
    below = sum(time < 2.718281828**-0.3 for time in drawn) / 4001
    assert below == pytest.approx(0.1587, abs=4 * (0.1587 * 0.8413 / 4001) ** 0.5)


def test_the_same_phase_of_the_same_instance_has_the_same_luck_in_every_technology(race, phase):
    kernel = phase("guest-kernel", "wait", 1.0, "init", spread=0.5)
    first = race(kernel, count=5)
    second = race(phase("vmm", "hold", 0.25, resource="kvm", spread=0.1), kernel, count=5)

    def lengths(run):
        return [record.end - record.start for record in run.phases if record.phase == "guest-kernel"]

    assert lengths(second) == pytest.approx(lengths(first), abs=2e-9)
    assert len(set(lengths(first))) == 5


def test_drawn_durations_are_whole_nanoseconds(race, phase):
    run = race(phase("boot", "wait", 1.0, spread=0.5), count=20)
    for time in run.times:
        assert time * 1e9 == pytest.approx(round(time * 1e9), abs=1e-6)


def test_another_seed_draws_other_durations(race, phase):
    boot = phase("boot", "wait", 1.0, spread=0.5)
    assert race(boot, seed=1).times != race(boot, seed=2).times
    assert race(boot, seed=1).times == race(boot, seed=1).times
    assert SeedTree(1) != SeedTree(2)


def test_a_plan_without_phases_is_ready_at_once(race):
    run = race(count=2)
    assert run.times == [0.0, 0.0]
    assert run.instances[1] == InstanceRecord("it", 1, 0.0, 0.0, 0.0, 0.0)


def test_a_lock_that_is_had_over_several_steps_is_given_back_at_the_end_of_the_last(race, phase):
    """Each has it for a hold of 0.25 s and 0.5 s of CPU; two cores do not help, as one is at work at a time."""
    run = race(
        phase("lock", "hold", 0.0, resource="network_lock", until="write"),
        phase("pair", "hold", 0.25, resource="rtnl"),
        phase("write", "cpu", 0.5),
        phase("join", "cpu", 0.125),
        count=3,
    )
    assert run.times == pytest.approx([0.875, 1.625, 2.375])
    waits = [record for record in run.phases if record.phase == "lock"]
    assert [(record.start, record.end, record.queued) for record in waits] == [
        (0, 0, 0),
        (0, 0.75, 0.75),
        (0, 1.5, 1.5),
    ]
    assert not any(record.queued for record in run.phases if record.phase != "lock")


def test_two_locks_that_are_had_until_the_same_step_are_both_given_back(race, phase):
    run = race(
        phase("network", "hold", 0.0, resource="network_lock", until="write"),
        phase("image", "hold", 0.0, resource="image_lock", until="write"),
        phase("write", "wait", 0.5),
        phase("join", "wait", 0.125),
        count=3,
    )
    assert run.times == pytest.approx([0.625, 1.125, 1.625])


def test_a_lock_whose_last_step_is_not_there_is_given_back_before_it(race, phase):
    """Each has it for 0.25 s; the write of old kernels that ended it is not there."""
    run = race(
        phase("lock", "hold", 0.0, resource="network_lock", until="write"),
        phase("pair", "wait", 0.25),
        phase("write", "wait", 0.5, kernel_before="5.0"),
        phase("join", "wait", 0.125),
        count=3,
    )
    assert run.times == pytest.approx([0.375, 0.625, 0.875])
