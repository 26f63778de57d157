"""DaemonSets: a pod on every node that fits, replaced within surge and unavailable."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.kubernetes.cluster import node
from sim.kubernetes.objects import ObjectKey, changed, status_of
from sim.kubernetes.pod_run import PodPlan
from sim.kubernetes.pods import is_active, is_ready, node_of
from tests.kubernetes.clusters import ROOMY, cluster_of, get, images, made, patch_image, run, template


def daemon(**spec):
    return made("DaemonSet", "agent", **spec)


def update(cluster, image="app:v2"):
    patch_image(cluster, image, "DaemonSet", "agent")


def places(cluster):
    return sorted(node_of(pod) for pod in cluster.api.all("Pod") if is_active(pod))


def rolling(**limits):
    return {"type": "RollingUpdate", "rollingUpdate": limits}


def test_every_node_has_one_and_a_new_node_gets_one():
    cluster = cluster_of(daemon())
    assert places(cluster) == ["n1", "n2", "n3"]
    cluster.api.create(node("n4", ROOMY))
    run(cluster, 10)
    assert places(cluster) == ["n1", "n2", "n3", "n4"]


def test_a_node_that_does_not_fit_gets_none_and_a_cordoned_one_does():
    cluster = cluster_of(daemon(template=template(nodeSelector={"disk": "ssd"})))
    assert places(cluster) == []
    cluster.api.modify("Node", ObjectKey("", "n2"), lambda now: changed(now, "ssd", "metadata", "labels", "disk"))
    cluster.api.modify("Node", ObjectKey("", "n2"), lambda now: changed(now, True, "spec", "unschedulable"))
    run(cluster, 10)
    assert places(cluster) == ["n2"]


@pytest.mark.parametrize(("effect", "left"), [("NoSchedule", ["n1", "n2", "n3"]), ("NoExecute", ["n2", "n3"])])
def test_a_taint_that_is_not_borne_keeps_new_ones_away_or_drives_all_out(effect, left):
    cluster = cluster_of(daemon())
    taints = [{"key": "special", "effect": effect}]
    cluster.api.modify("Node", ObjectKey("", "n1"), lambda now: changed(now, taints, "spec", "taints"))
    run(cluster, 10)
    assert places(cluster) == left
    status = status_of(get(cluster, "DaemonSet", "agent"))
    assert (status["desiredNumberScheduled"], status["numberMisscheduled"]) == (2, 3 - len(left) == 0)


@given(
    nodes=st.integers(1, 6),
    limits=st.one_of(
        st.integers(1, 7).map(lambda most: {"maxUnavailable": most, "maxSurge": 0}),
        st.integers(1, 100).map(lambda percent: {"maxUnavailable": f"{percent}%", "maxSurge": 0}),
        st.integers(1, 7).map(lambda most: {"maxUnavailable": 0, "maxSurge": most}),
    ),
)
@settings(max_examples=30, deadline=None)
def test_an_update_stays_within_its_limits_and_ends(nodes, limits):
    cluster = cluster_of(daemon(updateStrategy=rolling(**limits)), nodes=nodes)
    most, fewest = [], []

    def note(*_):
        pods = [pod for pod in cluster.api.all("Pod") if is_active(pod)]
        most.append(len(pods))
        fewest.append(len({node_of(pod) for pod in pods if is_ready(pod)}))

    cluster.api.watch("Pod", note)
    update(cluster)
    run(cluster, 120)
    unavailable = limits["maxUnavailable"]
    if isinstance(unavailable, str):
        unavailable = -(-nodes * int(unavailable[:-1]) // 100)
    assert min(fewest) >= nodes - min(unavailable, nodes)
    assert max(most) <= nodes + min(limits["maxSurge"], nodes)
    assert images(cluster) == ["app:v2"] * nodes
    assert places(cluster) == [f"n{number + 1}" for number in range(nodes)]


def test_a_pod_that_is_not_ready_is_replaced_first_and_counts_as_missing():
    cluster = cluster_of(daemon())
    broken = cluster.api.all("Pod")[1]
    cluster.kubelets.run_of(broken).set_ready(ready=False)
    run(cluster, 1)
    update(cluster)
    run(cluster, 0.4)
    assert [pod["metadata"]["name"] for pod in cluster.api.all("Pod") if not is_active(pod)] == [
        broken["metadata"]["name"]
    ]


def test_a_failed_pod_is_deleted_at_once_and_the_next_one_after_a_wait():
    fails = PodPlan(exit_after=1.0, exit_code=1)
    cluster = cluster_of(daemon(template=template(restartPolicy="Never")), nodes=1, plan=lambda _: fails, until=0)
    moments = []
    cluster.api.watch("Pod", lambda old, new: moments.append(round(cluster.env.now)) if old is None else None)
    run(cluster, 30)
    # each lives 2 s; waits of 1 s and 2 s are over by then, and one of 4 s begins when the fourth has failed
    assert moments[:5] == [0, 2, 4, 6, 12]


def test_on_delete_changes_only_what_is_deleted():
    cluster = cluster_of(daemon(updateStrategy={"type": "OnDelete"}))
    update(cluster)
    run(cluster, 20)
    assert images(cluster) == ["app:v1"] * 3
    cluster.api.delete("Pod", ObjectKey("default", cluster.api.all("Pod")[0]["metadata"]["name"]))
    run(cluster, 20)
    assert sorted(images(cluster)) == ["app:v1", "app:v1", "app:v2"]
