"""What a write means for an object's life: generations, deletion, owners, and who is told."""

import random

import pytest
from simpy import Environment

from sim.kubernetes.api import ApiServer
from sim.kubernetes.objects import ObjectKey, changed, controller_reference, is_deleting, uid_of


def server(fraction=0.0, now=0.0):
    return ApiServer(Environment(now), fraction, random.Random(1))


def pod(name="p", node=None, finalizers=(), **metadata):
    spec = {"containers": [{"name": "c", "image": "app:v1"}], **({"nodeName": node} if node else {})}
    metadata = {"name": name, **({"finalizers": list(finalizers)} if finalizers else {}), **metadata}
    return {"kind": "Pod", "metadata": metadata, "spec": spec, "status": {"phase": "Running" if node else "Pending"}}


KEY = ObjectKey("default", "p")


def test_times_are_whole_seconds_of_the_wall_clock():
    api = server(fraction=0.3)
    api.env.run(until=1.6)
    assert api.stamp() == pytest.approx(0.7)
    api.env.run(until=1.8)
    assert api.stamp() == pytest.approx(1.7)


def test_a_generation_counts_changes_of_the_spec_alone():
    api = server()
    api.create({"kind": "ReplicaSet", "metadata": {"name": "p"}, "spec": {"replicas": 1}})
    api.modify("ReplicaSet", KEY, lambda one: changed(one, 5, "status", "replicas"))
    assert api.get("ReplicaSet", KEY)["metadata"]["generation"] == 1
    api.modify("ReplicaSet", KEY, lambda one: changed(one, 2, "spec", "replicas"))
    assert api.get("ReplicaSet", KEY)["metadata"]["generation"] == 2


def test_who_watches_is_told_what_was_and_what_is_and_nothing_of_writes_that_change_nothing():
    api, told = server(), []
    api.watch("Pod", lambda old, new: told.append((old and old["status"]["phase"], new and new["status"]["phase"])))
    api.create(pod())
    api.modify("Pod", KEY, lambda one: dict(one))
    api.modify("Pod", KEY, lambda one: changed(one, "Running", "status", "phase"))
    api.delete("Pod", KEY)
    assert told == [(None, "Pending"), ("Pending", "Running"), ("Running", None)]


def test_objects_are_never_changed_in_place():
    api = server()
    before = api.create(pod(node="n1"))
    api.modify("Pod", KEY, lambda one: changed(one, "Failed", "status", "phase"))
    assert before["status"]["phase"] == "Running"


def test_a_name_is_taken_once():
    api = server()
    api.create(pod())
    with pytest.raises(ValueError, match="p exists already"):
        api.create(pod())


@pytest.mark.parametrize(
    ("node", "phase", "stays"), [(None, "Pending", False), ("n1", "Running", True), ("n1", "Failed", False)]
)
def test_a_pod_gets_time_to_end_only_where_it_runs(node, phase, stays):
    api = server()
    api.create({**pod(node=node), "status": {"phase": phase}})
    api.delete("Pod", KEY)
    assert (api.get("Pod", KEY) is not None) == stays
    api.delete("Pod", KEY, grace=0)
    assert api.get("Pod", KEY) is None


def test_a_finalizer_keeps_an_object_until_it_is_taken_away():
    api = server()
    api.create(pod(node="n1", finalizers=["wait"]))
    api.delete("Pod", KEY, grace=0)
    assert is_deleting(api.get("Pod", KEY))
    api.modify("Pod", KEY, lambda one: changed(one, None, "metadata", "finalizers"))
    assert api.get("Pod", KEY) is None


def test_without_its_finalizer_a_pod_still_has_its_time_to_end():
    api = server()
    api.create(pod(node="n1", finalizers=["wait"]))
    api.delete("Pod", KEY)
    api.modify("Pod", KEY, lambda one: changed(one, None, "metadata", "finalizers"))
    assert is_deleting(api.get("Pod", KEY))


def test_what_an_owner_has_and_what_nobody_manages():
    api = server()
    owner = api.create({"kind": "ReplicaSet", "metadata": {"name": "rs"}, "spec": {}})
    api.create(pod("mine", ownerReferences=[controller_reference(owner)]))
    api.create(pod("free"))
    assert [one["metadata"]["name"] for one in api.owned(uid_of(owner), "Pod")] == ["mine"]
    assert [one["metadata"]["name"] for one in api.unowned("Pod", "default")] == ["free"]
    api.modify("Pod", ObjectKey("default", "mine"), lambda one: changed(one, None, "metadata", "ownerReferences"))
    assert api.owned(uid_of(owner), "Pod") == []
    assert {one["metadata"]["name"] for one in api.unowned("Pod", "default")} == {"mine", "free"}


def test_the_pods_of_a_node():
    api = server()
    api.create(pod("a"))
    api.create(pod("b", node="n1"))
    assert [one["metadata"]["name"] for one in api.pods_on("n1")] == ["b"]
    api.modify("Pod", ObjectKey("default", "a"), lambda one: changed(one, "n1", "spec", "nodeName"))
    assert [one["metadata"]["name"] for one in api.pods_on("n1")] == ["b", "a"]
    api.delete("Pod", ObjectKey("default", "b"), grace=0)
    assert [one["metadata"]["name"] for one in api.pods_on("n1")] == ["a"]


def test_pods_of_one_template_share_their_spec():
    api, spec = server(), pod()["spec"]
    made = [api.create({**pod(name), "spec": spec}) for name in ("a", "b")]
    assert made[0]["spec"] is made[1]["spec"]
    assert [one["tolerationSeconds"] for one in made[0]["spec"]["tolerations"]] == [300, 300]


def test_a_patch_is_merged_and_given_its_defaults():
    api = server()
    api.create({"kind": "Deployment", "metadata": {"name": "p"}, "spec": {"template": {"spec": {}}}})
    api.patch("Deployment", KEY, {"spec": {"strategy": {"rollingUpdate": {"maxSurge": 3}}, "replicas": None}})
    spec = api.get("Deployment", KEY)["spec"]
    assert (spec["replicas"], spec["strategy"]["rollingUpdate"]) == (1, {"maxSurge": 3, "maxUnavailable": "25%"})
