"""StatefulSets: pods with numbers, in order or side by side, with partitions and what an update that fails leaves."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.kubernetes.controllers.statefulset import MAX_UNAVAILABLE
from sim.kubernetes.objects import changed, status_of
from sim.kubernetes.pod_run import PodPlan
from sim.kubernetes.pods import is_active, is_ready
from tests.kubernetes.clusters import cluster_of, get, images, made, names, patch, patch_image, run


def stateful(replicas=3, policy="OrderedReady", **spec):
    return made("StatefulSet", "db", replicas=replicas, podManagementPolicy=policy, **spec)


def broken_v2(pod):
    return PodPlan(ready=1.0 if pod["spec"]["containers"][0]["image"] == "app:v1" else None)


def starts(cluster):
    """Names in the order in which pods are made, from now on."""
    made_ = []
    cluster.api.watch("Pod", lambda old, new: made_.append(new["metadata"]["name"]) if old is None else None)
    return made_


def update(cluster, image="app:v2"):
    patch_image(cluster, image, "StatefulSet", "db")


def test_in_order_each_waits_for_the_one_before_it():
    cluster = cluster_of(stateful(), until=3.5)
    assert names(cluster) == ["db-0", "db-1"]
    run(cluster, 10)
    assert names(cluster) == ["db-0", "db-1", "db-2"]


def test_side_by_side_none_waits():
    assert names(cluster_of(stateful(policy="Parallel"), until=0.5)) == ["db-0", "db-1", "db-2"]


def test_numbers_begin_where_they_are_told_to():
    assert names(cluster_of(stateful(2, ordinals={"start": 5}))) == ["db-5", "db-6"]


@pytest.mark.parametrize("policy", ["OrderedReady", "Parallel"])
def test_an_update_goes_from_the_highest_number_down_one_at_a_time(policy):
    cluster = cluster_of(stateful(policy=policy))
    order, fewest = starts(cluster), []
    cluster.api.watch(
        "Pod", lambda *_: fewest.append(sum(is_ready(p) and is_active(p) for p in cluster.api.all("Pod")))
    )
    update(cluster)
    run(cluster, 60)
    assert order == ["db-2", "db-1", "db-0"]
    assert min(fewest) == 2
    status = status_of(get(cluster, "StatefulSet", "db"))
    assert status["currentRevision"] == status["updateRevision"]


def test_a_partition_keeps_the_lower_numbers_and_makes_them_anew_as_they_were():
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}
    cluster = cluster_of(stateful(4, updateStrategy=rolling))
    update(cluster)
    run(cluster, 60)
    assert images(cluster) == ["app:v1", "app:v1", "app:v2", "app:v2"] or sorted(images(cluster)) == [
        "app:v1", "app:v1", "app:v2", "app:v2"]  # fmt: skip
    cluster.api.delete("Pod", ("default", "db-0"))
    run(cluster, 10)
    by_name = {pod["metadata"]["name"]: pod["spec"]["containers"][0]["image"] for pod in cluster.api.all("Pod")}
    assert by_name == {"db-0": "app:v1", "db-1": "app:v1", "db-2": "app:v2", "db-3": "app:v2"}
    patch(cluster, {"spec": {"updateStrategy": {"rollingUpdate": {"partition": 0}}}}, "StatefulSet", "db")
    run(cluster, 60)
    assert images(cluster) == ["app:v2"] * 4


def test_a_broken_update_stays_broken_after_a_rollback_until_the_pod_is_deleted():
    cluster = cluster_of(stateful(), plan=broken_v2)
    update(cluster)
    run(cluster, 30)
    update(cluster, "app:v1")
    run(cluster, 60)
    assert sorted(images(cluster)) == ["app:v1", "app:v1", "app:v2"]
    cluster.api.delete("Pod", ("default", "db-2"))
    run(cluster, 10)
    assert images(cluster) == ["app:v1"] * 3


def test_side_by_side_a_rollback_replaces_the_broken_pod():
    cluster = cluster_of(stateful(policy="Parallel"), plan=broken_v2)
    update(cluster)
    run(cluster, 30)
    update(cluster, "app:v1")
    run(cluster, 30)
    assert images(cluster) == ["app:v1"] * 3


def test_on_delete_updates_only_what_is_deleted():
    cluster = cluster_of(stateful(updateStrategy={"type": "OnDelete"}))
    update(cluster)
    run(cluster, 30)
    assert images(cluster) == ["app:v1"] * 3
    cluster.api.delete("Pod", ("default", "db-1"))
    run(cluster, 30)
    status = status_of(get(cluster, "StatefulSet", "db"))
    assert (status["currentReplicas"], status["updatedReplicas"]) == (2, 1)


def test_several_at_once_only_where_the_gate_is_on():
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 2, "partition": 0}}
    for features, expected in ((frozenset(), 1), (frozenset({MAX_UNAVAILABLE}), 2)):
        cluster = cluster_of(stateful(4, updateStrategy=rolling), features=features)
        update(cluster)
        run(cluster, 0.3)
        assert sum(not is_active(pod) for pod in cluster.api.all("Pod")) == expected


def test_a_pod_that_is_not_ready_holds_up_an_update_in_order():
    cluster = cluster_of(stateful())
    cluster.kubelets.run_of(cluster.api.all("Pod")[0]).set_ready(ready=False)
    update(cluster)
    run(cluster, 30)
    assert images(cluster) == ["app:v1"] * 3


def test_a_pod_that_the_set_let_go_keeps_its_name_until_it_goes():
    cluster = cluster_of(stateful(2))
    key = ("default", "db-1")
    cluster.api.modify("Pod", key, lambda pod: changed(pod, "other", "metadata", "labels", "app"))
    run(cluster, 20)
    assert names(cluster) == ["db-0", "db-1"]
    assert status_of(get(cluster, "StatefulSet", "db"))["replicas"] == 1
    cluster.api.delete("Pod", key)
    run(cluster, 60)
    assert status_of(get(cluster, "StatefulSet", "db"))["readyReplicas"] == 2


@given(
    sizes=st.lists(st.integers(0, 5), min_size=1, max_size=4),
    policy=st.sampled_from(["OrderedReady", "Parallel"]),
    start=st.integers(0, 3),
    image=st.sampled_from(["app:v1", "app:v2"]),
)
@settings(max_examples=30, deadline=None)
def test_in_the_end_there_are_exactly_the_pods_that_are_asked_for(sizes, policy, start, image):
    cluster = cluster_of(stateful(2, policy, ordinals={"start": start}), until=1.0)
    for size in sizes:
        patch(cluster, {"spec": {"replicas": size}}, "StatefulSet", "db")
        run(cluster, 2.3)
    update(cluster, image)
    run(cluster, 120)
    assert sorted(names(cluster)) == [f"db-{number}" for number in range(start, start + sizes[-1])]
    assert images(cluster) == [image] * sizes[-1]
