"""Replicated and global services, jobs, nodes: which tasks there are."""

import pytest

from sim.swarm.cluster import SwarmCluster, TooManyEventsError
from sim.swarm.control import SwarmRefusalError
from sim.swarm.processes import ImageBehaviour, ProcessBehaviour
from sim.swarm.spec import ServiceSpec, TaskPlacement, TaskPort, TaskRestartPolicy, TaskSpec, UpdateConfig
from sim.swarm.states import TaskState
from sim.swarm.store import TooManyTasksError
from tests.swarm.swarms import IMAGES, TIMING, ends, made, node, service, swarm, updates, with_image


def on_nodes(one, name="s"):
    """Where tasks run now."""
    return sorted(
        task.node for task in one.store.tasks.values() if task.name == name and task.state == TaskState.RUNNING
    )


class TestScale:
    def test_up_fills_the_slots_that_are_free_and_down_takes_the_highest(self):
        one = swarm()
        one.create(service("v1", 5))
        for at, replicas in ((5, 2), (10, 4)):
            one.run(at)
            one.scale("s", replicas)
        one.run(20)
        shut, new = ["v1 shutdown"], ["v1 running"]
        assert ends(one) == [new, new, shut + new, shut + new, shut]
        assert one.replicas_shown("s") == "4/4"

    def test_down_leaves_nodes_with_equally_many(self):
        one = swarm(node(1), node(2))
        one.create(service("v1", 4))
        one.run(5)
        assert on_nodes(one) == ["node1", "node1", "node2", "node2"]
        one.scale("s", 2)
        one.run(20)
        assert on_nodes(one) == ["node1", "node2"]

    def test_down_keeps_what_runs(self):
        """Slot 1's task waits to be restarted; it goes, though its number is lowest."""
        fails = {1: ProcessBehaviour(runs=0.0, exit=1, on_term=None)}
        one = swarm(some=ImageBehaviour(by_slot=fails))
        one.create(service("some", 3, restart=TaskRestartPolicy(delay=60.0)))
        one.run(5)
        one.scale("s", 2)
        one.run(20)
        assert [slot[-1] for slot in ends(one)] == ["some shutdown", "some running", "some running"]

    def test_to_nothing_and_back(self):
        one = swarm()
        one.create(service("v1", 2))
        one.run(5)
        one.scale("s", 0)
        one.run(10)
        assert one.replicas_shown("s") == "0/0"
        one.scale("s", 1)
        one.run(20)
        assert one.replicas_shown("s") == "1/1"

    def test_a_slot_that_is_not_restarted_still_counts_as_there(self):
        one = swarm()
        one.create(service("done", 2, restart=TaskRestartPolicy(condition="on-failure")))
        one.run(10)
        one.scale("s", 3)
        one.run(20)
        assert ends(one) == [["done complete"]] * 3


class TestGlobal:
    def test_one_on_every_node_that_satisfies_the_constraints(self):
        one = swarm(node(1), node(2, disk="ssd"), node(3, disk="ssd"))
        one.create(service(mode="global", placement=TaskPlacement(("node.labels.disk == ssd",))))
        one.run(5)
        assert on_nodes(one) == ["node2", "node3"]
        assert one.replicas_shown("s") == "2/2"
        one.set_labels("node1", {"disk": "SSD"})
        one.run(10)
        assert on_nodes(one) == ["node1", "node2", "node3"]

    def test_a_drained_node_loses_it_and_an_active_one_gets_it_back_at_once(self):
        one = swarm(node(1), node(2))
        one.create(service(mode="global", restart=TaskRestartPolicy(delay=60.0)))
        one.run(5)
        one.set_availability("node2", "drain")
        one.run(10)
        assert on_nodes(one) == ["node1"]
        one.set_availability("node2", "active")
        one.run(10.8)
        assert on_nodes(one) == ["node1", "node2"]

    def test_on_a_paused_node_what_ends_is_not_replaced(self):
        one = swarm()
        one.create(service("crash", mode="global", restart=TaskRestartPolicy(delay=0.0)))
        one.run(1)
        one.set_availability("node1", "pause")
        one.run(10)
        assert ends(one) == [["crash failed"]]
        one.set_availability("node1", "active")
        one.run(11)
        assert len(ends(one)[0]) == 2

    def test_a_paused_node_is_updated_when_it_is_active_again_and_shows_no_update(self):
        one = swarm()
        spec = service(mode="global")
        one.create(spec)
        one.run(5)
        one.set_availability("node1", "pause")
        one.run(6)
        one.change(with_image(spec, "v2"))
        one.run(15)
        assert ends(one) == [["v1 running"]]
        one.set_availability("node1", "active")
        one.run(20)
        assert ends(one) == [["v1 shutdown", "v2 running"]]
        assert one.service("s").update is None

    def test_an_update_goes_from_node_to_node(self):
        one = swarm(node(1), node(2))
        spec = service(mode="global", update=UpdateConfig(monitor=1.0))
        one.create(spec)
        one.run(5)
        one.change(with_image(spec, "v2"))
        one.run(30)
        assert made(one) == [5.0, 6.9]
        assert on_nodes(one) == ["node1", "node2"]
        assert updates(one)[-1] == (pytest.approx(5 + 2 * 1.9 + 1), "completed")


class TestJobs:
    def job(self, image, total, at_once=None, **fields):
        one = swarm(node(1), node(2))
        one.create(service(image, total, mode="replicated-job", max_concurrent=at_once, **fields))
        return one

    def test_so_many_at_a_time_until_all_are_complete(self):
        """A task is made, runs 0.7 s later for 1 s and is known to be complete at 1.9 s. So 5 of 2 at a time take 3
        rounds."""
        one = self.job("done", 5, 2)
        one.run(30)
        assert made(one, "done") == [0.0, 0.0, 1.9, 1.9, 3.8]
        assert ends(one) == [["done complete"]] * 5
        assert one.replicas_shown("s") == "0/2 (5/5 completed)"

    def test_any_restarts_failures_alone(self):
        one = self.job("done", 1, restart=TaskRestartPolicy(condition="any"))
        one.run(20)
        assert ends(one) == [["done complete"]]

    def test_one_task_has_its_attempts_and_two_remake_each_other(self):
        policy = TaskRestartPolicy(delay=1.0, max_attempts=2)
        single, pair = (self.job("crash", number, restart=policy) for number in (1, 2))
        for one in (single, pair):
            one.run(40)
        assert ends(single) == [["crash failed"] * 3]
        assert min(map(len, ends(pair))) > 5

    def test_a_change_runs_it_again(self):
        one = self.job("done", 2)
        one.run(10)
        one.change(with_image(one.service("s").spec, "crash"))
        one.run(12)
        assert [slot[0] for slot in ends(one)] == ["done complete"] * 2
        assert one.replicas_shown("s") == "0/2 (0/2 completed)"

    def test_a_drained_node_goes_on_with_it(self):
        one = self.job("v1", 2)
        one.run(5)
        one.set_availability("node1", "drain")
        one.run(20)
        assert on_nodes(one) == ["node1", "node2"]

    def test_a_global_one_runs_on_every_node(self):
        one = swarm(node(1), node(2))
        one.create(service("done", mode="global-job"))
        one.run(1)
        assert one.replicas_shown("s") == "2/2 (0/2 completed)"
        one.run(10)
        assert one.replicas_shown("s") == "0/0 (2/2 completed)"


class TestNodes:
    def test_a_drained_node_gives_its_tasks_away_without_a_restart_delay(self):
        one = swarm(node(1), node(2))
        one.create(service("v1", 2, restart=TaskRestartPolicy(delay=60.0)))
        one.run(5)
        one.set_availability("node1", "drain")
        one.run(6.9)
        assert on_nodes(one) == ["node2", "node2"]

    def test_a_paused_node_keeps_its_tasks_and_takes_none(self):
        one = swarm(node(1), node(2))
        one.create(service("v1", 2))
        one.run(5)
        one.set_availability("node1", "pause")
        one.scale("s", 4)
        one.run(10)
        assert on_nodes(one) == ["node1", "node2", "node2", "node2"]

    def test_without_another_node_tasks_wait_and_say_why(self):
        one = swarm()
        one.create(service("v1", 1))
        one.run(5)
        one.set_availability("node1", "drain")
        one.run(10)
        (waiting,) = [task for task in one.store.tasks.values() if task.state == TaskState.PENDING]
        assert waiting.reason == "no suitable node (1 node not available for new tasks)"
        one.set_availability("node1", "active")
        one.run(15)
        assert ends(one) == [["v1 shutdown", "v1 running"]]

    def test_a_node_that_no_longer_satisfies_the_constraints_loses_its_tasks_as_rejected(self):
        one = swarm(node(1, zone="a"))
        one.create(service("v1", 1, placement=TaskPlacement(("node.labels.zone==a",))))
        one.run(5)
        one.set_labels("node1", {"zone": "b"})
        one.run(20)
        assert ends(one) == [["v1 rejected", "v1 pending"]]
        one.set_labels("node1", {"zone": "a"})
        one.run(25)
        assert ends(one) == [["v1 rejected", "v1 running"]]

    def test_tasks_of_a_node_that_is_down_are_replaced_after_the_delay_without_their_end(self):
        one = swarm(node(1), node(2))
        one.create(service("v1", 2, restart=TaskRestartPolicy(delay=3.0)))
        one.run(5)
        one.set_down("node1", True)
        one.run(9)
        assert on_nodes(one) == ["node1", "node2", "node2"], "its own task is not known to be over"
        one.set_down("node1", False)
        one.run(12)
        assert on_nodes(one) == ["node2", "node2"]


class TestRefusals:
    def refused(self, act):
        with pytest.raises(SwarmRefusalError) as refusal:
            act()
        return refusal.value.kind

    def test_what_the_managers_do_not_do(self):
        one = swarm()
        one.create(service())
        one.create(ServiceSpec("g", TaskSpec("v1"), mode="global"))
        ports = (TaskPort(80, 8080),)
        one.create(ServiceSpec("web", TaskSpec("v1"), ports=ports))
        one.run(5)
        other = ServiceSpec("other", TaskSpec("v1"), ports=ports)
        bad = ServiceSpec("bad", TaskSpec("v1", placement=TaskPlacement(("node.role",))))
        assert self.refused(lambda: one.scale("g", 2)) == "not scalable"
        assert self.refused(lambda: one.roll_back("s")) == "no previous spec"
        assert self.refused(lambda: one.scale("nobody", 2)) == "no such service"
        assert self.refused(lambda: one.create(service())) == "name in use"
        assert self.refused(lambda: one.create(other)) == "port in use"
        assert self.refused(lambda: one.create(bad)) == "invalid"
        assert self.refused(lambda: one.change(service(mode="global"))) == "mode change"
        assert self.refused(lambda: one.create(ServiceSpec("u", TaskSpec("v1"), replicas=-1))) == "invalid"

    def test_runs_that_never_end_are_bounded(self):
        one = SwarmCluster([node()], IMAGES, TIMING, most_tasks=20)
        one.create(service("bad", restart=TaskRestartPolicy(delay=0.0)))
        with pytest.raises(TooManyTasksError, match="more than 20 tasks"):
            one.run(1000)
        one = swarm()
        one.create(service("bad", restart=TaskRestartPolicy(delay=0.0)))
        with pytest.raises(TooManyEventsError, match="more than 500 events"):
            one.run(1000, most_events=500)


def test_a_removed_service_leaves_nothing_and_its_name_is_free():
    one = swarm()
    one.create(service("v1", 2))
    one.run(5)
    one.remove("s")
    one.run(5.5)
    one.create(service("v2", 1))
    one.run(20)
    assert len(one.store.tasks) == 1
    assert ends(one) == [["v1 shutdown", "v2 running"], ["v1 shutdown"]]


@pytest.mark.parametrize(
    ("fields", "wait"), [({}, 0.0), ({"networks": ("web",)}, 2.0), ({"ports": (TaskPort(80),)}, 2.0)]
)
def test_a_task_on_a_network_is_stopped_two_seconds_later(fields, wait):
    one = swarm()
    one.create(service("v1", 1, **fields))
    one.run(5)
    one.scale("s", 0)
    one.run(20)
    assert one.history.of_service("s")[0].term_at == pytest.approx(5 + 0.1 + wait)


@pytest.mark.parametrize("moment", [0.31, 5.31, 7.77, 12.34])
def test_all_that_a_moment_brings_has_happened_at_its_end(moment):
    """Whatever the rounding of the time: a removal at the end of the observation has been seen by the managers."""
    one = swarm()
    one.create(service("v1", 2))
    one.run(moment)
    one.remove("s")
    one.run(moment)
    assert {task.desired for task in one.store.tasks.values()} == {TaskState.REMOVE}


def test_the_same_swarm_runs_the_same_way_twice():
    def lives():
        one = swarm(node(1), node(2), node(3))
        one.create(service("crash", 7, update=UpdateConfig(parallelism=2, failure_action="rollback")))
        one.run(7)
        one.change(with_image(one.service("s").spec, "bad"))
        one.run(60)
        return [(task.made, task.node, task.runs, task.ended) for task in one.history.tasks.values()]

    assert lives() == lives()
