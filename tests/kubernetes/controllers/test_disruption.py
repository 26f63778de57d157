"""Budgets and evictions: what is counted, and what is answered."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.kubernetes.controllers.disruption import EvictionAnswer, evict
from sim.kubernetes.objects import ObjectKey, condition_of, key_of, status_of
from sim.kubernetes.pod_run import PodPlan
from sim.kubernetes.pods import is_active, is_ready
from tests.kubernetes.clusters import cluster_of, get, made, run

FIELDS = ("expectedPods", "desiredHealthy", "currentHealthy", "disruptionsAllowed")


def budget(name="pdb", **spec):
    spec = {"selector": {"matchLabels": {"app": "web"}}, **spec}
    return {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": name}, "spec": spec}


def told(cluster):
    status = status_of(get(cluster, "PodDisruptionBudget", "pdb"))
    return tuple(status[name] for name in FIELDS)


def pods(cluster):
    return [pod for pod in cluster.api.all("Pod") if is_active(pod)]


def unready(cluster, pod):
    cluster.kubelets.run_of(pod).set_ready(ready=False)
    run(cluster, 1)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"minAvailable": 3}, (5, 3, 5, 2)),
        ({"minAvailable": "50%"}, (5, 3, 5, 2)),  # 2.5, rounded up
        ({"minAvailable": "10%"}, (5, 1, 5, 4)),
        ({"maxUnavailable": 1}, (5, 4, 5, 1)),
        ({"maxUnavailable": "50%"}, (5, 2, 5, 3)),  # 2.5, rounded up too
        ({"maxUnavailable": 9}, (5, 0, 5, 5)),
        ({"maxUnavailable": 0}, (5, 5, 5, 0)),
        ({"minAvailable": 9}, (5, 9, 5, 0)),
        ({}, (0, 0, 5, 0)),
    ],
)
def test_percentages_round_up(spec, expected):
    assert told(cluster_of(made("Deployment", replicas=5), budget(**spec))) == expected


def test_the_expected_pods_are_the_controllers_replicas_and_not_the_pods_that_are_there():
    cluster = cluster_of(made("StatefulSet", replicas=4), budget(maxUnavailable=1), plan=lambda _: PodPlan(ready=None))
    assert told(cluster) == (4, 3, 0, 0)


def test_a_budget_without_pods_allows_nothing():
    assert told(cluster_of(budget(maxUnavailable=1))) == (0, 0, 0, 0)


@given(replicas=st.integers(1, 6), least=st.integers(0, 7))
@settings(max_examples=20, deadline=None)
def test_evictions_leave_as_many_healthy_pods_as_the_budget_asks_for(replicas, least):
    cluster = cluster_of(made("Deployment", replicas=replicas), budget(minAvailable=least))
    fewest = []
    cluster.api.watch("Pod", lambda *_: fewest.append(sum(map(is_ready, pods(cluster)))))
    answers = [evict(cluster.api, key_of(pod)) for pod in pods(cluster)]
    run(cluster, 20)
    allowed = max(0, replicas - least)
    assert [answer.code for answer in answers].count(201) == min(allowed, replicas)
    assert min(fewest, default=replicas) >= min(least, replicas)


def test_a_refusal_says_what_the_budget_needs_and_has():
    cluster = cluster_of(made("Deployment", replicas=3), budget(minAvailable=3))
    assert evict(cluster.api, key_of(pods(cluster)[0])) == EvictionAnswer(429, 3, 3, "budget")


def test_a_budget_that_was_not_looked_at_yet_refuses():
    cluster = cluster_of(made("Deployment", replicas=3))
    cluster.api.create(budget(minAvailable=1))
    assert evict(cluster.api, key_of(pods(cluster)[0])) == EvictionAnswer(429, cause="processing")
    run(cluster, 1)
    assert evict(cluster.api, key_of(pods(cluster)[0])).code == 201


@pytest.mark.parametrize(
    ("policy", "least", "code"),
    [("IfHealthyBudget", 3, 429), ("IfHealthyBudget", 2, 201), ("AlwaysAllow", 3, 201), (None, 3, 429), (None, 2, 201)],
)
def test_a_pod_that_is_not_ready_is_evicted_by_policy(policy, least, code):
    spec = {"minAvailable": least, **({"unhealthyPodEvictionPolicy": policy} if policy else {})}
    cluster = cluster_of(made("Deployment", replicas=3), budget(**spec))
    pod = pods(cluster)[0]
    unready(cluster, pod)
    assert evict(cluster.api, key_of(pod)).code == code


@pytest.mark.parametrize(("least", "expected"), [(2, ("True", "SufficientPods")), (3, ("False", "InsufficientPods"))])
def test_a_budget_says_whether_it_allows_a_disruption(least, expected):
    cluster = cluster_of(made("Deployment", replicas=3), budget(minAvailable=least))
    (one,) = cluster.api.all("PodDisruptionBudget")
    found = condition_of(one, "DisruptionAllowed")
    assert (found["status"], found["reason"]) == expected


def test_two_budgets_for_one_pod_are_an_error_and_no_budget_is_none():
    cluster = cluster_of(made("Deployment", replicas=2), budget("a", minAvailable=0), budget("b", minAvailable=0))
    assert evict(cluster.api, key_of(pods(cluster)[0])).code == 500
    cluster = cluster_of(made("Deployment", replicas=2))
    assert evict(cluster.api, key_of(pods(cluster)[0])).code == 201


def test_what_has_not_started_is_evicted_whatever_the_budget_says_and_what_is_not_there_is_not():
    cluster = cluster_of(made("Deployment", replicas=1), budget(minAvailable=1), plan=lambda _: PodPlan(start=500.0))
    pod = pods(cluster)[0]
    assert evict(cluster.api, key_of(pod)).code == 201
    assert evict(cluster.api, ObjectKey("default", "nobody")).code == 404


def test_an_evicted_pod_says_why_it_goes():
    cluster = cluster_of(made("Deployment", replicas=1))
    pod = pods(cluster)[0]
    evict(cluster.api, key_of(pod))
    assert condition_of(cluster.api.get("Pod", key_of(pod)), "DisruptionTarget")["reason"] == "EvictionByEvictionAPI"
