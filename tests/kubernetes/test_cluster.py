"""A whole cluster: whatever happens to it, it comes to rest with what is asked for; and it is the same each time."""

import os
import subprocess
import sys

from hypothesis import given, settings
from hypothesis import strategies as st

from sim.kubernetes.controllers.disruption import evict
from sim.kubernetes.objects import changed, key_of, replicas_of, uid_of
from sim.kubernetes.pod_run import PodPlan
from sim.kubernetes.pods import is_active, is_ready, node_of
from tests.kubernetes.clusters import cluster_of, get, images, made, patch, patch_image, run

STORY = """
from tests.kubernetes.clusters import *
cluster = cluster_of(made("Deployment", replicas=7, strategy=rolling("30%", 1)), made("StatefulSet", "db", replicas=3))
patch_image(cluster, "app:v2")
run(cluster, 1.5)
cluster.kubelets.stop("n1")
run(cluster, 400)
print([(pod["metadata"]["name"], pod["spec"].get("nodeName"), pod["status"]) for pod in cluster.api.all("Pod")])
"""

HAPPENINGS = st.tuples(
    st.sampled_from(["image", "size", "delete", "evict", "unready", "exit", "orphan", "taint", "stop", "resume"]),
    st.integers(0, 5),
    st.sampled_from([0.001, 0.02, 0.3, 2.0, 30.0]),
)


def happen(cluster, kind, what, number):
    pods, nodes = cluster.api.all("Pod"), cluster.api.all("Node")
    pod = pods[number % len(pods)] if pods else None
    node = nodes[number % len(nodes)]
    if what == "image":
        patch_image(cluster, f"app:v{number}", kind)
    elif what == "size":
        patch(cluster, {"spec": {"replicas": number}}, kind)
    elif what == "stop":
        cluster.kubelets.stop(node["metadata"]["name"])
    elif what == "resume":
        resume(cluster)
    elif what == "taint":
        taint = {"key": "maintenance", "effect": ("NoSchedule", "NoExecute")[number % 2]}
        cluster.api.modify("Node", key_of(node), lambda now: changed(now, [taint], "spec", "taints"))
    elif pod is not None:
        happen_to_pod(cluster, pod, what, number)


def happen_to_pod(cluster, pod, what, number):
    process = cluster.kubelets.run_of(pod)
    if what == "delete":
        cluster.api.delete("Pod", key_of(pod))
    elif what == "evict":
        evict(cluster.api, key_of(pod))
    elif what == "orphan":
        cluster.api.modify("Pod", key_of(pod), lambda now: changed(now, "other", "metadata", "labels", "app"))
    elif process is not None and what == "unready":
        process.set_ready(ready=False)
    elif process is not None and what == "exit":
        process.finish(number % 2)


def resume(cluster):
    for node in cluster.api.all("Node"):
        cluster.kubelets.resume(node["metadata"]["name"])


def make_well(cluster):
    """All nodes back without taints; pods that nobody has or that stay unready gone."""
    resume(cluster)
    for node in cluster.api.all("Node"):
        cluster.api.modify("Node", key_of(node), lambda now: changed(now, None, "spec", "taints"))
    run(cluster, 400)
    for pod in cluster.api.all("Pod"):
        if not is_ready(pod) or pod["metadata"]["labels"]["app"] != "web":
            cluster.api.delete("Pod", key_of(pod))
    run(cluster, 2100)


@given(
    kind=st.sampled_from(["Deployment", "StatefulSet", "ReplicaSet"]),
    happenings=st.lists(HAPPENINGS, min_size=1, max_size=8),
)
@settings(max_examples=40, deadline=None)
def test_whatever_happened_the_cluster_comes_to_rest_with_what_is_asked_for(kind, happenings):
    plan = PodPlan(start=0.2, ready=1.0, termination=0.5)
    cluster = cluster_of(made(kind, replicas=3), plan=lambda _: plan, until=5.0)
    for what, number, seconds in happenings:
        happen(cluster, kind, what, number)
        run(cluster, seconds)
    make_well(cluster)
    owner = get(cluster, kind)
    active = [pod for pod in cluster.api.all("Pod") if is_active(pod)]
    assert len(active) == replicas_of(owner)
    assert all(is_ready(pod) for pod in active)
    if kind != "ReplicaSet":
        assert set(images(cluster)) <= {owner["spec"]["template"]["spec"]["containers"][0]["image"]}
    for node in cluster.api.all("Node"):
        name = node["metadata"]["name"]
        assert {uid_of(pod) for pod in cluster.api.pods_on(name)} == {
            uid_of(pod) for pod in cluster.api.all("Pod") if node_of(pod) == name
        }


def test_one_cluster_runs_the_same_whatever_the_order_of_hashes():
    def told(seed):
        env = {**os.environ, "PYTHONHASHSEED": seed}
        return subprocess.run([sys.executable, "-c", STORY], env=env, capture_output=True, text=True, check=True).stdout

    assert told("1") == told("2")
