"""When a pod that fitted nowhere is tried again."""

from sim.kubernetes.scheduler.nodes import ZONE
from sim.kubernetes.scheduler.requeue import helped_by_coming, helped_by_leaving, helped_by_node
from sim.kubernetes.scheduler.scheduler import Scheduler
from tests.kubernetes.scheduler.small import cluster, near, node, pod, spread


def refused(made, wanted):
    return Scheduler(made).schedule(wanted).plugins


def test_a_new_node_helps_where_the_pod_would_fit_on_it():
    wanted = pod("p", cpu="3", nodeSelector={"disk": "ssd"})
    made = cluster([node("small", {"disk": "ssd"}, cpu="1")])
    plugins = refused(made, wanted)
    assert plugins == {"NodeResourcesFit"}
    assert helped_by_node(wanted.shape, plugins, node("new", {"disk": "ssd"}))
    assert not helped_by_node(wanted.shape, plugins, node("new", {"disk": "ssd"}, cpu="2"))


def test_a_new_node_with_a_taint_does_not_help_a_pod_that_taints_keep_away():
    tainted = [{"key": "x", "effect": "NoSchedule"}]
    wanted = pod("p")
    plugins = refused(cluster([node("n", taints=tainted)]), wanted)
    assert helped_by_node(wanted.shape, plugins, node("new"))
    assert not helped_by_node(wanted.shape, plugins, node("new", taints=tainted))


def test_a_pod_that_goes_helps_who_needs_room_or_its_port_or_its_place():
    made = cluster([node("n", cpu="1")], n=[pod("a", cpu="1")])
    wanted = pod("p", cpu="1")
    assert helped_by_leaving(wanted.shape, refused(made, wanted), pod("a", cpu="1").shape, made)
    port = [{"name": "c", "ports": [{"hostPort": 80}]}]
    made = cluster([node("n")], n=[pod("a", containers=port)])
    wanted = pod("p", containers=port)
    assert helped_by_leaving(wanted.shape, refused(made, wanted), pod("a", containers=port).shape, made)
    assert not helped_by_leaving(wanted.shape, refused(made, wanted), pod("b").shape, made)
    wanted = pod("p", {"app": "w"}, topologySpreadConstraints=[spread(ZONE, {"app": "w"}, minDomains=2)])
    made = cluster([node("n", {ZONE: "a"})], n=[pod("a", {"app": "w"})])
    assert helped_by_leaving(wanted.shape, refused(made, wanted), pod("a", {"app": "w"}).shape, made)
    assert not helped_by_leaving(wanted.shape, refused(made, wanted), pod("b", {"app": "v"}).shape, made)


def test_a_pod_that_comes_helps_who_wants_to_be_near_it():
    term = near(ZONE, {"app": "l"})
    wanted = pod("p", affinity={"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}})
    made = cluster([node("n", {ZONE: "a"})])
    plugins = refused(made, wanted)
    assert helped_by_coming(wanted.shape, plugins, pod("l", {"app": "l"}).shape, made)
    assert not helped_by_coming(wanted.shape, plugins, pod("m", {"app": "m"}).shape, made)
