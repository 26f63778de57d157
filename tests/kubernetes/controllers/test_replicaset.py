"""ReplicaSets keep as many active pods as asked for, and own what their selector takes."""

from sim.kubernetes.controllers.base import RequestRate
from sim.kubernetes.objects import controller_of, key_of, status_of
from sim.kubernetes.pod_run import PodPlan
from tests.kubernetes.clusters import cluster_of, get, made, names, patch, run


def test_pods_are_made_in_batches_that_double():
    moments = []
    cluster = cluster_of(until=0)
    cluster.api.watch("Pod", lambda old, new: moments.append(round(cluster.env.now, 4)) if old is None else None)
    cluster.api.create(made("ReplicaSet", replicas=7))
    run(cluster, 1)
    # watch 3 ms, then batches of 1, 2 and 4: 6 ms to the first answer, 4 ms to each further one
    assert moments == [0.009, 0.015, 0.019, 0.025, 0.029, 0.033, 0.037]


def test_a_controller_sends_no_more_requests_than_its_rate_allows():
    moments = []
    cluster = cluster_of(until=0, controller_rate=RequestRate(10, 5))
    cluster.api.watch("Pod", lambda old, new: moments.append(cluster.env.now) if old is None else None)
    cluster.api.create(made("ReplicaSet", replicas=25))
    run(cluster, 10)
    assert len([moment for moment in moments if moment < 0.1]) == 5
    assert 1.9 < moments[-1] < 2.2  # 20 more at ten a second, and a status between


def test_an_orphan_that_fits_is_taken_in_and_one_that_no_longer_fits_is_let_go():
    cluster = cluster_of(made("ReplicaSet", replicas=2))
    pods = cluster.api.all("Pod")
    cluster.api.modify("Pod", key_of(pods[0]), lambda pod: {**pod, "metadata": {**pod["metadata"], "labels": {}}})
    run(cluster, 10)
    assert len(names(cluster)) == 3
    assert controller_of(cluster.api.get("Pod", key_of(pods[0]))) is None
    labels = {"app": "web"}
    cluster.api.modify("Pod", key_of(pods[0]), lambda pod: {**pod, "metadata": {**pod["metadata"], "labels": labels}})
    run(cluster, 10)
    assert len(names(cluster)) == 2


def test_a_pod_that_failed_is_replaced_and_stays():
    cluster = cluster_of(made("ReplicaSet", replicas=1), plan=lambda _: PodPlan())
    (pod,) = cluster.api.all("Pod")
    cluster.kubelets.run_of(pod).finish(1)
    run(cluster, 10)
    assert sorted(one["status"]["phase"] for one in cluster.api.all("Pod")) == ["Failed", "Running"]


def test_the_status_counts_ready_and_available_pods():
    cluster = cluster_of(made("ReplicaSet", replicas=2, minReadySeconds=600))
    status = status_of(get(cluster, "ReplicaSet"))
    assert (status["replicas"], status["readyReplicas"], status["availableReplicas"]) == (2, 2, 0)


def test_scaling_to_nothing_deletes_all():
    cluster = cluster_of(made("ReplicaSet", replicas=5))
    patch(cluster, {"spec": {"replicas": 0}}, "ReplicaSet")
    run(cluster, 5)
    assert names(cluster) == []
