"""Rolling updates, reckoned by hand: `swarms` says what a slot takes."""

from dataclasses import replace

import pytest

from sim.swarm.processes import ImageBehaviour, ProcessBehaviour
from sim.swarm.spec import ServiceSpec, TaskPlacement, TaskRestartPolicy, UpdateConfig
from tests.swarm.swarms import SLOT, ends, made, service, swarm, updated, updates, with_image


def test_one_slot_follows_the_other_and_the_monitor_time_follows_the_last():
    one = updated(3, monitor=2.0)
    assert made(one) == [5.0, 6.9, 8.8]
    assert updates(one) == [(5.0, "updating"), (pytest.approx(5 + 3 * SLOT + 2), "completed")]
    assert ends(one) == [["v1 shutdown", "v2 running"]] * 3


@pytest.mark.parametrize(("parallelism", "begun"), [(2, [5, 5, 6.9, 6.9, 8.8]), (3, [5, 5, 5, 6.9, 6.9]), (0, [5] * 5)])
def test_so_many_slots_at_a_time_and_with_0_all(parallelism, begun):
    assert made(updated(5, parallelism=parallelism)) == begun


def test_a_worker_waits_after_its_slot_whatever_the_others_do():
    assert made(updated(4, parallelism=2, delay=3.0, monitor=5.0)) == [5, 5, 9.9, 9.9]


@pytest.mark.parametrize(
    ("delay", "monitor", "after"),
    [(0.0, 2.0, 2.0), (3.0, 5.0, 8.0), (3.0, 1.0, 7.0), (3.0, 3.0, 7.0), (3.0, 3.1, 6.1)],
)
def test_the_monitor_time_follows_the_last_delay_and_outlasts_it_by_a_second(delay, monitor, after):
    """The last slot's delay, then the monitor time; where that is no longer than the delay, the delay + 1 s."""
    at, state = updates(updated(1, delay=delay, monitor=monitor))[-1]
    assert (at, state) == (pytest.approx(5 + SLOT + after), "completed")


def test_start_first_makes_before_it_breaks():
    """A new task is seen to run after 0.8 s; then the old one is stopped, and the next slot's turn begins."""
    one = updated(2, order="start-first", monitor=1.0)
    assert made(one) == [5.0, 5.8]
    old, new = one.history.of_service("s")[::2]
    assert new.runs == pytest.approx(5.7)
    assert old.ended == pytest.approx(5.8 + 0.1 + 0.01 + 1.19)
    assert updates(one)[-1] == (pytest.approx(5.8 + 0.8 + 1.0), "completed")


def test_a_task_that_fails_while_it_is_monitored_pauses_the_update():
    """At ratio 0 the first failure is too many. The second slot was begun when the first one's task had started."""
    one = updated(4, "bad", until=9.0, monitor=2.0)
    assert made(one, "bad")[:2] == [5.0, 6.9]
    assert [state for _, state in updates(one)] == ["updating", "paused"]
    assert len([slot for slot in ends(one) if len(slot) > 1]) == 2


def test_a_failure_after_the_monitor_time_does_not_count():
    """It ends 1.1 s after it is known to run, and the update is over a second after that."""
    one = updated(1, "crash", until=20.0, monitor=1.0)
    assert [state for _, state in updates(one)] == ["updating", "completed"]
    assert [state for _, state in updates(updated(1, "crash", until=20.0, monitor=1.3))] == ["updating", "paused"]


@pytest.mark.parametrize(
    ("replicas", "ratio", "bad", "outcome"),
    [
        (4, 0.5, 2, "completed"),  # two of four is not above a half
        (4, 0.5, 3, "paused"),
        (4, 0.49, 2, "paused"),
        (10, 0.1, 1, "completed"),  # equal in single precision too
        (3, 0.33333334, 1, "completed"),
        (3, 0.3333333, 1, "paused"),
        (2, 1.0, 2, "completed"),
    ],
)
def test_the_ratio_is_of_the_slots_to_update_and_must_be_exceeded(replicas, ratio, bad, outcome):

    fails = ProcessBehaviour(runs=0.0, exit=1, on_term=None)
    one = swarm(some=ImageBehaviour(by_slot=dict.fromkeys(range(1, bad + 1), fails)))
    config = UpdateConfig(monitor=60.0, max_failure_ratio=ratio)
    spec = service("v1", replicas, update=config, restart=TaskRestartPolicy(delay=300.0))
    one.create(spec)
    one.run(5)
    one.change(with_image(spec, "some"))
    one.run(120)
    assert updates(one)[-1][1] == outcome


def test_continue_counts_nothing():
    one = updated(3, "bad", until=30.0, failure_action="continue", monitor=2.0)
    assert updates(one) == [(5.0, "updating"), (pytest.approx(5 + 3 * SLOT + 2), "completed")]


class TestRollback:
    CONFIG = UpdateConfig(failure_action="rollback", monitor=2.0)

    def rolled_back(self, rollback: UpdateConfig, **images):
        one = swarm(**images)
        spec = service("v1", 3, update=self.CONFIG, rollback=rollback)
        one.create(spec)
        one.run(5)
        one.change(with_image(spec, "bad"))
        one.run(60)
        return one

    def test_it_goes_back_by_its_own_configuration(self):
        """Slot 1's task fails at 6.9 s, which is known at 7.0 s; slot 2's update is then under way."""
        one = self.rolled_back(UpdateConfig(monitor=4.0, parallelism=0))
        assert [state for _, state in updates(one)] == ["updating", "rollback_started", "rollback_completed"]
        assert updates(one)[1][0] == 7.0
        assert [slot[-1] for slot in ends(one)] == ["v1 running"] * 3
        assert ends(one)[2] == ["v1 running"]

    def test_a_rollback_that_fails_is_paused(self):

        fails = ProcessBehaviour(runs=0.0, exit=1, on_term=None)
        one = swarm(v1=ImageBehaviour(if_flag=fails))
        spec = service("v1", 3, update=self.CONFIG, rollback=UpdateConfig(monitor=2.0))
        one.create(spec)
        one.run(5)
        one.agents.flags.add("s")
        one.change(with_image(spec, "bad"))
        one.run(60)
        assert [state for _, state in updates(one)] == ["updating", "rollback_started", "rollback_paused"]

    def test_one_that_shall_roll_back_itself_ends_as_completed(self):
        """An oddity of the engine: it pauses, goes on to monitor, and calls the service updated in the end."""

        fails = ProcessBehaviour(runs=0.0, exit=1, on_term=None)
        one = swarm(v1=ImageBehaviour(if_flag=fails))
        rollback = UpdateConfig(monitor=2.0, failure_action="rollback")
        spec = service("v1", 3, update=self.CONFIG, rollback=rollback, restart=TaskRestartPolicy(delay=100.0))
        one.create(spec)
        one.run(5)
        one.agents.flags.add("s")
        one.change(with_image(spec, "bad"))
        one.run(60)
        states = [state for _, state in updates(one)]
        assert states == ["updating", "rollback_started", "rollback_paused", "completed"]

    def test_there_is_nothing_to_go_back_to_after_one(self):
        one = self.rolled_back(UpdateConfig())
        assert one.service("s").previous is None

    def test_by_hand_it_swaps_the_two(self):
        one = updated(2, until=20.0, parallelism=0, monitor=1.0)
        for until, image in ((40.0, "v1"), (60.0, "v2")):
            one.roll_back("s")
            one.run(until)
            assert one.service("s").spec.task.image == image
            assert one.service("s").update == "rollback_completed"
        assert ends(one) == [["v1 shutdown", "v2 shutdown", "v1 shutdown", "v2 running"]] * 2


class TestOtherChanges:
    def test_a_scale_clears_the_status(self):
        one = updated(2, until=20.0, monitor=1.0)
        assert one.service("s").update == "completed"
        one.scale("s", 3)
        one.run(30)
        assert one.service("s").update is None
        assert ends(one)[2] == ["v2 running"]

    def test_the_same_again_updates_nothing(self):
        one = updated(2, "v1")
        assert one.service("s").update is None
        assert ends(one) == [["v1 running"]] * 2

    def test_a_newer_update_takes_over(self):
        """Slot 1 is of v2 by then, and slot 2 under way; both go on to the third version."""
        one = updated(3, until=8.0, monitor=1.0)
        one.change(with_image(one.service("s").spec, "stubborn"))
        one.run(60)
        assert ends(one) == [
            ["v1 shutdown", "v2 shutdown", "stubborn running"],
            ["v1 shutdown", "v2 shutdown", "stubborn running"],
            ["v1 shutdown", "stubborn running"],
        ]
        assert [state for _, state in updates(one)] == ["updating", None, "updating", "completed"]

    def test_replicas_added_with_an_update_are_of_the_new_version_at_once(self):
        one = swarm()
        spec = service("v1", 2, update=UpdateConfig(monitor=1.0))
        one.create(spec)
        one.run(5)
        one.change(replace(with_image(spec, "v2"), replicas=4))
        one.run(30)
        assert made(one) == [5.0, 5.0, 5.0, 6.9]
        assert ends(one) == [["v1 shutdown", "v2 running"]] * 2 + [["v2 running"]] * 2

    def test_constraints_that_the_node_satisfies_touch_no_task(self):
        one = swarm()
        spec = service("v1", 2)
        one.create(spec)
        one.run(5)
        one.change(replace(spec, task=replace(spec.task, placement=TaskPlacement(("node.role==manager",)))))
        one.run(30)
        assert ends(one) == [["v1 running"]] * 2
        assert one.service("s").update is None

    @pytest.mark.parametrize(
        ("order", "last"),
        [("stop-first", ["v1 shutdown", "v1 pending"]), ("start-first", ["v1 running", "v1 pending"])],
    )
    def test_a_version_that_fits_nowhere_stops_the_update_at_its_first_slot(self, order, last):
        one = swarm()
        spec: ServiceSpec = service("v1", 2, update=UpdateConfig(order=order, monitor=2.0))
        one.create(spec)
        one.run(5)
        one.change(replace(spec, task=replace(spec.task, placement=TaskPlacement(("node.labels.zone==x",)))))
        one.run(60)
        assert sorted(ends(one)) == sorted([last, ["v1 running"]])
        assert one.service("s").update == "updating"

    def test_tasks_that_never_started_are_given_up_without_a_stop(self):
        """The old task is pending. It is over as soon as the scheduler looks, and the new one runs 0.8 s later."""
        one = swarm()
        nowhere = TaskPlacement(("node.labels.zone==x",))
        spec = service("v1", 1, placement=nowhere, update=UpdateConfig(monitor=1.0))
        one.create(spec)
        one.run(5)
        one.change(replace(spec, task=replace(spec.task, placement=TaskPlacement())))
        one.run(30)
        assert ends(one) == [["v1 shutdown", "v1 running"]]
        assert updates(one)[-1] == (pytest.approx(5.8 + 1.0), "completed")

    def test_a_new_task_waits_a_minute_for_the_old_one_at_most(self):
        one = swarm()
        spec = service("stubborn", 1, stop_grace=90.0)
        one.create(spec)
        one.run(5)
        one.change(with_image(spec, "v2"))
        one.run(120)
        old, new = one.history.of_service("s")
        assert new.runs == pytest.approx(5 + 60 + 0.1 + 0.3)
        assert old.ended == pytest.approx(5 + 0.1 + 90 + 1.19)
        assert old.exit == 137
