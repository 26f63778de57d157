"""Which node a task goes to, and in which words it stays pending."""

import pytest

from sim.swarm.constraints import NodeTraits, parse_constraint
from sim.swarm.spec import ServiceSpec, TaskPlacement, TaskPort, TaskResources, TaskRestartPolicy, TaskSpec
from sim.swarm.states import TaskState
from tests.swarm.swarms import node, service, swarm, with_image


def nodes_of(one, name="s"):
    return sorted(task.node for task in one.store.tasks.values() if task.name == name and task.node)


def reasons(one):
    return {task.reason for task in one.store.tasks.values() if task.state == TaskState.PENDING}


def placed(spec, *nodes):
    one = swarm(*nodes)
    one.create(spec)
    one.run(5)
    return one


def test_nodes_with_fewer_tasks_of_the_service_come_first_then_those_with_fewer_tasks():
    one = swarm(node(1), node(2), node(3))
    one.create(ServiceSpec("other", TaskSpec("v1", placement=TaskPlacement(("node.id!=node3",))), replicas=2))
    one.run(5)
    one.create(service("v1", 1))
    one.run(10)
    assert nodes_of(one) == ["node3"]
    one.scale("s", 4)
    one.run(15)
    assert sorted(set(nodes_of(one))) == ["node1", "node2", "node3"]


def test_preferences_spread_over_label_values_before_nodes():
    """Two zones of one node and three nodes: half each, and in the second one as even as can be."""
    one = placed(
        service("v1", 8, placement=TaskPlacement(spread=("node.labels.zone",))),
        node(1, zone="a"), node(2, zone="b"), node(3, zone="b"), node(4, zone="b"),
    )  # fmt: skip
    counts = [nodes_of(one).count(f"node{number}") for number in (1, 2, 3, 4)]
    assert counts[0] == 4
    assert sorted(counts[1:]) == [1, 1, 2]


def test_a_second_preference_divides_the_first_ones_parts():
    nodes = [node(1, zone="a", rack="1"), node(2, zone="a", rack="2"), node(3, zone="a", rack="2"), node(4, zone="b")]
    spread = TaskPlacement(spread=("node.labels.zone", "node.labels.rack"))
    one = placed(service("v1", 8, placement=spread), *nodes)
    assert [nodes_of(one).count(f"node{number}") for number in (1, 2, 3, 4)] == [2, 1, 1, 4]


def test_a_full_branch_leaves_its_share_to_the_others():
    placement = TaskPlacement(spread=("node.labels.zone",))
    small = TaskResources(memory=500)  # two on a node
    one = placed(service("v1", 6, placement=placement, reservations=small), node(1, zone="a"), node(2, zone="b"),
                 node(3, zone="b"))  # fmt: skip
    assert nodes_of(one) == ["node1"] * 2 + ["node2"] * 2 + ["node3"] * 2


@pytest.mark.parametrize(
    ("fields", "nodes", "fit", "reason"),
    [
        (
            {"placement": TaskPlacement(("node.labels.zone==x",))},
            1,
            0,
            "scheduling constraints not satisfied on 1 node",
        ),
        ({"placement": TaskPlacement(("node.role==none",))}, 3, 0, "scheduling constraints not satisfied on 3 nodes"),
        ({"reservations": TaskResources(memory=400)}, 1, 2, "insufficient resources on 1 node"),
        ({"reservations": TaskResources(cpus=2.0)}, 2, 2, "insufficient resources on 2 nodes"),
        ({"reservations": TaskResources(generic=(("gpu", 1),))}, 1, 0, "insufficient resources on 1 node"),
        ({"ports": (TaskPort(80, 8080, mode="host"),)}, 2, 2, "host-mode port already in use on 2 nodes"),
        ({"placement": TaskPlacement(max_replicas=1)}, 2, 2, "max replicas per node limit exceed"),
        ({"placement": TaskPlacement(platforms=(("linux", "arm64"),))}, 1, 0, "unsupported platform on 1 node"),
    ],
)
def test_what_does_not_fit_stays_pending_and_says_why(fields, nodes, fit, reason):
    one = placed(service("v1", 4, **fields), *map(node, range(1, nodes + 1)))
    assert len(nodes_of(one)) == fit
    assert reasons(one) == {f"no suitable node ({reason})"}


def test_several_reasons_are_told_the_most_frequent_first():
    one = swarm(node(1, zone="a"), node(2), node(3))
    one.set_availability("node1", "drain")
    one.create(service("v1", 1, placement=TaskPlacement(("node.labels.zone==a",))))
    one.run(5)
    expected = "scheduling constraints not satisfied on 2 nodes; 1 node not available for new tasks"
    assert reasons(one) == {f"no suitable node ({expected})"}


def test_room_that_comes_is_taken():
    one = swarm()
    half = TaskResources(memory=600)
    one.create(ServiceSpec("first", TaskSpec("v1", reservations=half)))
    one.create(service("v1", 1, reservations=half))
    one.run(5)
    assert reasons(one) == {"no suitable node (insufficient resources on 1 node)"}
    one.remove("first")
    one.run(10)
    assert nodes_of(one) == ["node1"]


def test_a_port_in_host_mode_is_free_when_the_old_task_is_over():
    """So a stop-first update waits for it, and a start-first one for ever."""
    port = (TaskPort(80, 8080, mode="host"),)
    one = placed(service("v1", 1, ports=port))
    one.change(with_image(one.service("s").spec, "v2"))
    one.run(5.5)
    assert reasons(one) == {"no suitable node (host-mode port already in use on 1 node)"}
    one.run(20)
    assert one.service("s").update == "completed"


def test_a_node_where_the_version_failed_five_times_comes_last():
    """The only node fails; then another one joins the choice, empty in service tasks as the first is."""
    one = swarm(node(1), node(2))
    one.create(ServiceSpec("busy", TaskSpec("v1", placement=TaskPlacement(("node.id==node2",))), replicas=3))
    one.run(2)
    one.create(service("bad", 1, restart=TaskRestartPolicy(delay=1.0)))
    one.run(30)
    order = [task.node for task in one.history.of_service("s")]
    assert order[:5] == ["node1"] * 5
    assert "node2" in order[5:7]


@pytest.mark.parametrize(
    ("constraint", "holds"),
    [
        ("node.labels.zone==A", True),
        ("NODE.labels.zone == a", True),
        ("node.labels.Zone==a", False),
        ("node.labels.none!=x", True),
        ("node.hostname!=web", False),
        ("node.role==worker", True),
        ("node.platform.os==linux", True),
        ("engine.labels.disk==ssd", True),
        ("node.ip==10.0.0.0/8", True),
        ("node.ip!=10.0.0.7", False),
        ("node.ip==nowhere", False),
        ("node.colour!=red", False),
    ],
)
def test_constraints(constraint, holds):
    traits = NodeTraits("web", ip="10.0.0.7", labels={"zone": "a"}, engine_labels={"disk": "ssd"})
    assert traits.satisfies([constraint]) is holds


@pytest.mark.parametrize("text", ["zone", "1zone==a", "zone==", "zone==a&b", "z==a"])
def test_constraints_that_cannot_be_read(text):
    with pytest.raises(ValueError, match=r"expected one operator|is invalid"):
        parse_constraint(text)
