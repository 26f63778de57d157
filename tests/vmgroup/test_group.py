"""A group of machines: each rule of the documentation on a case whose times can be worked out by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.errors import InputError
from sim.never import NEVER
from sim.traffic.load import Load, constant, spike
from sim.vmgroup.group import GroupScaling, MachineGroup
from sim.vmgroup.machines import PROVISIONING
from sim.vmgroup.settings import GroupSettings, StepScaling, TargetHealthCheck, TargetTracking
from tests.vmgroup.groups import HEALTHY, group, healthy, kind


def test_a_machine_boots_by_the_one_start_process() -> None:
    """Provisioning, then what the study `startup` has for such a machine, then the application's own warm-up."""
    made = group(GroupSettings(1), until=60)
    (machine,) = made.machines
    assert machine.running == pytest.approx(PROVISIONING)
    assert machine.asked < machine.running < machine.booted < machine.answers - 5
    assert 3 < machine.answers - machine.running - 5 < 15


def test_a_registered_machine_needs_one_passed_check() -> None:
    """It fails the check when it runs, and passes the next, 30 s later."""
    made = group(GroupSettings(2), until=60)
    assert [machine.listed for machine in made.machines] == [[(pytest.approx(HEALTHY), NEVER)]] * 2


def test_a_machine_that_failed_twice_needs_five_passed_checks() -> None:
    """Answering after 45 s: checks fail at 0 and 30 s, then five pass at 60 ... 180 s."""
    made = group(GroupSettings(2), kind(warm_up=45), until=400)
    last = [told for told in made.machines[0].told if told[1] == "healthy"]
    assert last == [(pytest.approx(PROVISIONING + 180), "healthy")]


def test_where_all_are_unhealthy_all_are_sent_requests() -> None:
    """The balancer fails open: after the second failed check, until the first is healthy."""
    made = group(GroupSettings(2), kind(warm_up=45), until=400)
    starts = [machine.listed[0][0] for machine in made.machines]
    assert all(start < PROVISIONING + 60 for start in starts)


def test_an_unhealthy_machine_is_kept_while_its_grace_lasts() -> None:
    """It never answers. It is replaced when its 300 s are over, not before, and so is the next one."""
    made = group(GroupSettings(1), kind(bad_version=1), until=700)
    first, second, _third = made.machines
    assert first.leaving == pytest.approx(PROVISIONING + 300)
    assert second.asked == first.leaving
    assert second.leaving == pytest.approx(first.leaving + PROVISIONING + 300)
    assert first.why == "unhealthy"


def test_without_a_grace_period_a_slow_machine_is_replaced_for_ever() -> None:
    """What the console's 300 s are for: answering takes longer than two failed checks."""
    made = group(GroupSettings(1, grace=0.0), kind(warm_up=90), until=1000)
    assert healthy(made) == 0
    assert len(made.machines) > 10
    assert healthy(group(GroupSettings(1, grace=300.0), kind(warm_up=90), until=1000)) == 1


def test_a_dead_machine_is_noticed_by_its_second_failed_check() -> None:
    """It answers no more: each check takes its time-out of 5 s to fail."""
    made = group(GroupSettings(3), until=400)
    (dead,) = made.fail(1)
    made.env.run(600)
    checks = (dead.running + 30 * number for number in range(100))
    first = next(check for check in checks if check >= 400)
    assert dead.leaving == pytest.approx(first + 30 + 5)
    assert (healthy(made), len(made.machines)) == (3, 4)


def test_a_machine_ends_once_its_requests_have_and_not_before() -> None:
    made = group(GroupSettings(2), until=100)
    made.resize(1)
    made.env.run(120)
    (gone,) = [machine for machine in made.machines if not machine.counts]
    assert (gone.leaving, gone.closing, gone.dead, gone.listed[-1][1], gone.why) == (100, 100, 101, 100, "scaled")


def test_a_group_shrinks_by_its_oldest_machines() -> None:
    made = group(GroupSettings(3), until=100)
    made.resize(2)
    assert [machine.number for machine in made.present()] == [2, 3]


def refreshed(told: GroupSettings, until: float = 8000) -> MachineGroup:
    made = group(told, until=400)
    made.update()
    made.env.run(until)
    return made


def test_a_refresh_of_ten_replaces_one_after_the_other() -> None:
    """90 % of 10 are 9. Each takes its boot and the grace period, which is the default warm-up."""
    made = refreshed(GroupSettings(10))
    last = max(machine.asked for machine in made.machines)
    assert last - 400 == pytest.approx(9 * (PROVISIONING + 300))
    assert made.settled_since == pytest.approx(last + HEALTHY)


def test_a_refresh_with_half_of_them_takes_two_rounds() -> None:
    made = refreshed(GroupSettings(10, min_healthy=0.5, warm_up=60.0))
    asked = sorted(machine.asked for machine in made.machines)[10:]
    assert asked == [400.0] * 5 + [pytest.approx(400 + PROVISIONING + 60)] * 5


def test_a_refresh_that_may_add_machines_launches_first() -> None:
    made = refreshed(GroupSettings(4, min_healthy=1.0, max_healthy=1.5, warm_up=60.0))
    first_gone = min(machine.leaving for machine in made.machines)
    assert first_gone == pytest.approx(400 + PROVISIONING + 60)
    assert sum(machine.asked == 400.0 for machine in made.machines) == 2


def test_blue_and_green_switch_at_once() -> None:
    """The second group is sent nothing until it is healthy as a whole, and then everything."""
    made = refreshed(GroupSettings(4, replacement="blue_green"))
    ends = {machine.listed[-1][1] for machine in made.machines if machine.version == 1}
    starts = {machine.listed[0][0] for machine in made.machines if machine.version == 2}
    assert ends == starts
    assert list(ends) == [pytest.approx(400 + HEALTHY)]
    assert len(made.machines) == 8


def test_a_second_group_that_never_answers_is_never_switched_to() -> None:
    made = group(GroupSettings(4, replacement="blue_green"), kind(bad_version=2), until=400)
    made.update()
    made.env.run(2000)
    assert all(machine.listed[-1][1] == NEVER for machine in made.machines[:4])
    assert not any(machine.listed for machine in made.machines[4:])


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 12), st.floats(0.0, 1.0), st.floats(1.0, 2.0), st.sampled_from([0.0, 60.0, 300.0]))
def test_a_refresh_keeps_its_limits_and_ends(desired: int, least: float, most: float, warm_up: float) -> None:
    """Never more than the most; never fewer healthy than the least, or than all but one where that is too few."""
    made = group(GroupSettings(desired, min_healthy=least, max_healthy=most, warm_up=warm_up), until=400)
    made.update()
    floor = math.ceil(least * desired - 1e-9)
    fewest = floor if math.floor(most * desired + 1e-9) > desired else min(floor, desired - 1)
    while made.settled_since == NEVER:
        made.env.run(made.env.now + 1)
        assert healthy(made) >= fewest
        assert len(made.present()) <= max(math.floor(most * desired + 1e-9), desired)
        assert made.env.now < 30_000
    assert [machine.version for machine in made.present()] == [2] * desired


def scaled(told: GroupSettings, load: Load, until: float) -> MachineGroup:
    """A group under a load from 400 s on, each request of 10 ms on machines of one core."""
    made = group(told, until=400)
    GroupScaling(made, load, 0.01, 1.0, 400)
    made.env.run(400 + until)
    return made


def test_target_tracking_takes_three_points_and_the_ratio() -> None:
    """300 requests of 10 ms are 3 cores: 75 % of 4 machines, and at 50 % they are to be 6."""
    made = scaled(GroupSettings(4, most=20, scaling=TargetTracking(0.5)), constant(300), 1000)
    assert made.wanted == [(0.0, 4), (400 + 180, 6)]


def test_a_full_machine_shows_no_more_than_all_of_it() -> None:
    """1,600 requests are 16 cores, but 4 machines show 100 %: twice as many in one step, after each warm-up."""
    told = GroupSettings(4, most=100, warm_up=60.0, scaling=TargetTracking(0.5))
    made = scaled(told, constant(1600), 900)
    assert [count for _, count in made.wanted][:4] == [4, 8, 16, 32]
    assert made.wanted[-1][1] == 32, "16 cores at 50 %"


def test_machines_that_warm_up_do_not_count() -> None:
    """For 300 s the four go on to be the base: the same point asks for the same six."""
    made = scaled(GroupSettings(4, most=100, scaling=TargetTracking(0.5)), constant(1600), 480)
    assert [count for _, count in made.wanted] == [4, 8]


def test_a_group_shrinks_after_fifteen_low_points() -> None:
    made = scaled(GroupSettings(4, least=1, scaling=TargetTracking(0.5)), constant(80), 1000)
    assert made.wanted == [(0.0, 4), (400 + 900, 2)]


def test_a_little_below_the_target_is_not_low() -> None:
    """45 % is 10 % below 50 %; only what is lower than that counts."""
    told = GroupSettings(4, least=1, scaling=TargetTracking(0.5))
    assert [count for _, count in scaled(told, constant(182), 2000).wanted] == [4]
    assert [count for _, count in scaled(told, constant(110), 2000).wanted] == [4, 3]


def test_steps_add_by_how_far_the_metric_is_beyond() -> None:
    rule = StepScaling(high=0.6, low=0.3, steps=((0.0, 1), (0.2, 3)), points=2)
    told = GroupSettings(4, most=20, scaling=rule)
    assert scaled(told, constant(280), 130).wanted[-1] == (520, 5), "70 % is one step"
    assert scaled(told, constant(340), 130).wanted[-1] == (520, 7), "85 % is three machines"


def test_scaling_keeps_within_its_limits() -> None:
    told = GroupSettings(4, least=2, most=7, warm_up=0.0, scaling=TargetTracking(0.5, high=1, low=1))
    made = scaled(told, spike(10, 5000, 300, 0, 600, 0), 3000)
    assert {count for _, count in made.wanted} <= {2, 3, 4, 5, 6, 7}
    assert {2, 7} <= {count for _, count in made.wanted}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"desired": -1}, "desired: -1 is not 0 or more"),
        ({"desired": 4, "least": 5}, "least: 5 is not at most the desired 4"),
        ({"desired": 4, "most": 3}, "most: 3 is not at least the desired 4"),
        ({"desired": 4, "min_healthy": 1.5}, "min_healthy: 1.5 is not between 0 and 1"),
        ({"desired": 4, "max_healthy": 0.5}, "max_healthy: 0.5 is not between 1 and 2"),
        ({"desired": 4, "check": TargetHealthCheck(interval=0)}, "check.interval: 0 is not above 0"),
    ],
)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(InputError) as caught:
        GroupSettings(**wrong)  # type: ignore[arg-type]
    assert said in str(caught.value)
