"""What goes with its owner, and what stays."""

import pytest

from sim.kubernetes.objects import controller_of, key_of
from sim.kubernetes.pod_run import PodPlan
from sim.kubernetes.pods import is_active
from tests.kubernetes.clusters import cluster_of, get, made, run


def delete(cluster, kind, propagation, name="web"):
    cluster.api.delete(kind, ("default", name), propagation=propagation)


def left(cluster):
    pods = [pod for pod in cluster.api.all("Pod") if is_active(pod)]
    return len(cluster.api.all("Deployment")), len(cluster.api.all("ReplicaSet")), len(pods)


@pytest.mark.parametrize(
    ("propagation", "at_once", "later"),
    [("Background", (0, 0, 0), (0, 0, 0)), ("Foreground", (1, 1, 0), (0, 0, 0)), ("Orphan", (0, 1, 3), (0, 1, 3))],
)
def test_a_deployment_takes_its_dependents_or_leaves_them(propagation, at_once, later):
    cluster = cluster_of(made("Deployment", replicas=3), plan=lambda _: PodPlan(termination=2.0))
    delete(cluster, "Deployment", propagation)
    run(cluster, 1)
    assert left(cluster) == at_once
    run(cluster, 20)
    assert left(cluster) == later


def test_an_orphaned_replicaset_goes_on_and_a_new_deployment_takes_it_over():
    cluster = cluster_of(made("Deployment", replicas=2))
    delete(cluster, "Deployment", "Orphan")
    run(cluster, 5)
    (orphan,) = cluster.api.all("ReplicaSet")
    assert controller_of(orphan) is None
    cluster.api.create(made("Deployment", replicas=4))
    run(cluster, 20)
    assert left(cluster) == (1, 1, 4)
    assert controller_of(get(cluster, "ReplicaSet", orphan["metadata"]["name"]))["name"] == "web"


def test_what_belongs_to_nobody_stays():
    cluster = cluster_of(made("ReplicaSet", replicas=2))
    (pod, _) = cluster.api.all("Pod")
    delete(cluster, "ReplicaSet", "Orphan")
    run(cluster, 20)
    assert cluster.api.get("Pod", key_of(pod)) is not None
    assert len(cluster.api.all("Pod")) == 2
