"""The scheduler at work: its queue, the waits of pods that fit nowhere, binding, and preemption."""

import pytest

from sim.kubernetes.cluster import node
from sim.kubernetes.controllers.base import RequestRate
from sim.kubernetes.objects import ObjectKey, changed, condition_of
from sim.kubernetes.pod_run import PodPlan
from sim.kubernetes.pods import is_active, node_of, phase_of
from tests.kubernetes.clusters import cluster_of, get, made, run, template

SMALL = {"cpu": "1", "memory": "1Gi", "pods": "10"}


def asking(cpu, **spec):
    pods = template(**spec)
    pods["spec"]["containers"][0]["resources"] = {"requests": {"cpu": cpu}}
    return pods


def small(*objects, nodes=1, **settings):
    cluster = cluster_of(*objects, nodes=0, until=0, **settings)
    for number in range(nodes):
        cluster.api.create(node(f"n{number + 1}", SMALL))
    return cluster


def phases(cluster):
    return sorted(phase_of(pod) for pod in cluster.api.all("Pod") if is_active(pod))


def test_a_pod_that_fits_nowhere_says_why_and_goes_to_a_node_that_comes():
    cluster = small(made("ReplicaSet", replicas=1, template=asking("2")))
    run(cluster, 30)
    (pod,) = cluster.api.all("Pod")
    assert condition_of(pod, "PodScheduled")["reason"] == "Unschedulable"
    assert "1 Insufficient cpu" in condition_of(pod, "PodScheduled")["message"]
    cluster.api.create(node("big", {**SMALL, "cpu": "4"}))
    run(cluster, 5)
    assert node_of(cluster.api.all("Pod")[0]) == "big"


def test_a_pod_that_waits_for_room_gets_it_when_another_goes():
    cluster = small(made("ReplicaSet", replicas=2, template=asking("600m")))
    run(cluster, 30)
    assert phases(cluster) == ["Pending", "Running"]
    running = next(pod for pod in cluster.api.all("Pod") if node_of(pod))
    cluster.api.delete("Pod", ObjectKey("default", running["metadata"]["name"]))
    run(cluster, 15)
    assert phases(cluster) == ["Pending", "Running"]
    assert [node_of(pod) for pod in cluster.api.all("Pod")] == ["n1", ""]


def test_cordoned_nodes_get_nothing_until_they_are_uncordoned():
    cluster = small()
    cluster.api.modify("Node", ObjectKey("", "n1"), lambda now: changed(now, True, "spec", "unschedulable"))
    cluster.api.create(made("ReplicaSet", replicas=1))
    run(cluster, 20)
    assert phases(cluster) == ["Pending"]
    cluster.api.modify("Node", ObjectKey("", "n1"), lambda now: changed(now, None, "spec", "unschedulable"))
    run(cluster, 20)
    assert phases(cluster) == ["Running"]


def test_binding_keeps_to_the_schedulers_rate():
    cluster = small(made("ReplicaSet", replicas=8), scheduler_rate=RequestRate(1, 2), plan=lambda _: PodPlan(start=0.0))
    run(cluster, 3.5)
    assert phases(cluster).count("Running") == 5  # two at once, then one a second


def test_a_pod_of_higher_priority_drives_others_out():
    low = made("ReplicaSet", "low", replicas=1, template=asking("800m"))
    cluster = small(low)
    run(cluster, 10)
    urgent = {"kind": "PriorityClass", "metadata": {"name": "urgent"}, "value": 1000}
    cluster.api.create(urgent)
    high = asking("800m", priorityClassName="urgent")
    cluster.api.create({"kind": "Pod", "metadata": {"name": "high"}, "spec": high["spec"]})
    run(cluster, 20)
    assert node_of(get(cluster, "Pod", "high")) == "n1"
    assert phases(cluster) == ["Pending", "Running"]


def test_a_gated_pod_waits_for_nobody():
    cluster = small(made("ReplicaSet", replicas=1, template=template(schedulingGates=[{"name": "wait"}])))
    run(cluster, 30)
    assert phases(cluster) == ["Pending"]


@pytest.mark.parametrize("nodes", [1, 3])
def test_a_node_takes_no_more_pods_than_it_says(nodes):
    cluster = small(made("ReplicaSet", replicas=40), nodes=nodes)
    run(cluster, 30)
    assert phases(cluster).count("Running") == 10 * nodes
