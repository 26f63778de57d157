"""What becomes of tasks that end: conditions, delays, attempts, windows, history."""

from dataclasses import replace

import pytest

from sim.lifecycle.health import HealthCheck
from sim.swarm.processes import ImageBehaviour, ProcessBehaviour
from sim.swarm.spec import TaskRestartPolicy, UpdateConfig
from sim.swarm.states import TaskState
from tests.swarm.swarms import NEW, ends, made, service, swarm, updates


def run(image, until=30.0, **policy):
    one = swarm()
    one.create(service(image, restart=TaskRestartPolicy(**policy)))
    one.run(until)
    return one


@pytest.mark.parametrize(
    ("image", "condition", "restarts"),
    [
        ("done", "any", True),
        ("crash", "any", True),
        ("done", "on-failure", False),
        ("crash", "on-failure", True),
        ("done", "none", False),
        ("crash", "none", False),
    ],
)
def test_the_condition_says_which_ends_count(image, condition, restarts):
    assert (len(ends(run(image, condition=condition))[0]) > 1) is restarts


def test_the_delay_runs_from_the_making_of_the_new_task():
    """The first one runs at 0.7 s and ends at 1.7 s; that is known at 1.9 s, and the next is made, and prepared.

    It is told to start 3 s later and does so 0.1 s after that, so it runs at 5.3 s.
    """
    one = run("crash", until=6.0, delay=3.0)
    first, second = one.history.of_service("s")
    assert (first.runs, first.ended) == (pytest.approx(NEW), pytest.approx(1.8))
    assert (second.made, second.runs) == (pytest.approx(1.9), pytest.approx(5.3))


def test_what_fails_before_its_delay_is_over_waits_for_it():
    """A missing image is refused 0.25 s after the task was made; yet the next is made every 2 s, not every 0.3 s."""
    one = run("missing", until=9.0, delay=2.0)
    assert made(one, "missing") == [0.0, 0.3, 2.3, 4.3, 6.3, 8.3]
    assert {task.state for task in one.history.of_service("s")[:-1]} == {TaskState.REJECTED}


@pytest.mark.parametrize("attempts", [1, 2, 5])
def test_so_many_attempts_and_no_more(attempts):
    assert ends(run("crash", delay=0.5, max_attempts=attempts)) == [["crash failed"] * (attempts + 1)]


def test_attempts_are_counted_by_slot():
    one = swarm()
    one.create(service("crash", 3, restart=TaskRestartPolicy(delay=0.5, max_attempts=1)))
    one.run(30)
    assert ends(one) == [["crash failed"] * 2] * 3


def test_a_forced_update_begins_them_anew():
    one = run("crash", until=20.0, delay=0.5, max_attempts=1)
    spec = one.service("s").spec
    one.change(replace(spec, task=replace(spec.task, force=1)))
    one.run(40)
    assert ends(one) == [["crash failed"] * 4]


def test_in_a_window_only_its_own_restarts_count():
    """A task lives some 3 s from its making: 0.5 s of delay, 0.4 s of start, 1.1 s until it is over. So at each end
    the last 5 s hold two restarts at most, which is below three. Without a window, three are the end."""
    assert len(ends(run("crash", delay=0.5, max_attempts=3, window=5.0))[0]) > 8
    assert len(ends(run("crash", delay=0.5, max_attempts=3))[0]) == 4
    assert len(ends(run("crash", delay=0.5, max_attempts=3, window=60.0))[0]) == 4


def test_a_stopped_container_is_complete_and_stays_so_on_failure():
    one = swarm()
    one.create(service("v1", 2, restart=TaskRestartPolicy(condition="on-failure")))
    one.run(5)
    one.stop_container("s")
    one.run(30)
    assert ends(one) == [["v1 running"], ["v1 complete"]]
    assert one.replicas_shown("s") == "1/2"


def test_a_killed_one_has_failed():
    one = swarm()
    one.create(service("v1", 1, restart=TaskRestartPolicy(condition="on-failure", delay=1.0)))
    one.run(5)
    one.stop_container("s", kill=True)
    one.run(30)
    assert ends(one) == [["v1 failed", "v1 running"]]
    assert one.history.of_service("s")[0].reasons == [(TaskState.FAILED, "task: non-zero exit (137)")]


def test_an_update_revives_what_is_not_restarted():
    one = run("crash", until=20.0, condition="none")
    spec = one.service("s").spec
    one.change(replace(spec, task=replace(spec.task, image="v2"), update=UpdateConfig(monitor=1.0)))
    one.run(40)
    assert ends(one) == [["crash failed", "v2 running"]]
    assert updates(one)[-1][1] == "completed"


class TestHistory:
    def kept(self, limit, **policy):
        one = swarm()
        one.reaper.kept = limit
        one.create(service("crash", restart=TaskRestartPolicy(delay=1.0, **policy)))
        one.run(60.9)
        return len(one.store.tasks)

    @pytest.mark.parametrize(("limit", "kept"), [(0, 1), (1, 1), (3, 3), (5, 5)])
    def test_so_many_tasks_of_a_slot_the_live_one_among_them(self, limit, kept):
        assert self.kept(limit) == kept

    def test_a_negative_limit_keeps_all(self):
        assert self.kept(-1) > 15

    def test_attempts_keep_one_more_whatever_the_limit(self):
        assert self.kept(0, max_attempts=3) == 4

    def test_removed_slots_are_forgotten_once_their_tasks_are_over(self):
        one = swarm()
        one.create(service("v1", 3))
        one.run(5)
        one.scale("s", 1)
        one.run(6)
        assert len(one.store.tasks) == 3
        one.run(7)
        assert len(one.store.tasks) == 1


def test_health_decides_when_a_task_runs_and_when_it_is_over():
    """Probes at 1.7, 2.7 s ...: it is ready 1.5 s after its start at 0.7 s, sick from 4 s on. The third failure is
    at 6.7 s; it is stopped, exits 0 and so is complete."""
    behaviour = ProcessBehaviour(ready_after=1.5, unready_after=4.0)
    one = swarm(sick=ImageBehaviour(behaviour))
    one.create(service("sick", health=HealthCheck(interval=1.0), restart=TaskRestartPolicy(condition="on-failure")))
    one.run(30)
    (task,) = one.history.of_service("s")
    assert task.runs == pytest.approx(2.7)
    assert task.term_at == pytest.approx(6.7 + 0.0)
    assert task.ended == pytest.approx(6.71 + 1.19)
    assert task.state == TaskState.COMPLETE


@pytest.mark.parametrize(("start_interval", "runs"), [(0.0, 3.7), (5.0, 5.7)])
def test_failures_in_the_start_period_do_not_count(start_interval, runs):
    """Started at 0.7 s, and ready 3 s later. Probed each second from 1.7 s on, or first at 5.7 s."""
    one = swarm(slow=ImageBehaviour(ProcessBehaviour(ready_after=3.0)))
    check = HealthCheck(interval=1.0, retries=1, start_period=6.0, start_interval=start_interval)
    one.create(service("slow", health=check))
    one.run(30)
    (task,) = one.history.of_service("s")
    assert task.runs == pytest.approx(runs)


def test_an_unhealthy_task_that_must_be_killed_has_failed():
    one = swarm()
    check = HealthCheck(interval=1.0, retries=2)
    policy = TaskRestartPolicy(condition="none")
    one.create(service("stubborn", health=check, stop_grace=3.7, restart=policy))
    one.run(30)
    (task,) = one.history.of_service("s")
    assert task.runs is None
    assert (task.term_at, task.kill_at) == (pytest.approx(2.7), pytest.approx(5.7))  # whole seconds of grace
    assert task.reasons == [(TaskState.FAILED, "task: non-zero exit (137): unhealthy container")]
