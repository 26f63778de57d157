"""Recordings of Kubernetes 1.32's controllers: all that is counted agrees, and a wrong model would be seen."""

import copy
import json
import random
from importlib import resources

import pytest

from sim import limits
from sim.errors import InputError
from sim.evidence.replays import kubernetes
from sim.evidence.replays.kubernetes import cases as kubernetes_cases
from sim.kubernetes import autoscaler_limits, autoscaler_usage, pods
from sim.kubernetes.controllers import (
    daemonset,
    job_indexes,
    nodelifecycle,
    ranking,
    replicaset,
    rolling,
    statefulset,
    zones,
)

COUNTS = {"rollouts": (2810, 97), "workloads": (1275, 55), "nodes": (484, 28), "hpa": (432, 33)}


def recording(family):
    path = resources.files("sim.evidence").joinpath("data", f"kubernetes_{family}.json")
    return json.loads(path.read_text("utf-8"))


def tally(data):
    return kubernetes.replay(data, "r.json")


def only(family, *words):
    data = recording(family)
    data["cases"] = [case for case in data["cases"] if any(word in case["id"] for word in words)]
    assert data["cases"]
    return data


@pytest.mark.parametrize("family", COUNTS)
def test_everything_that_is_counted_agrees(family):
    found = tally(recording(family))
    items, cases = COUNTS[family]
    assert found.disagreements == []
    assert found.plain() == {"items": items, "agree": items, "cases": cases, "cases_agree": cases}


@pytest.mark.parametrize("family", COUNTS)
def test_a_file_needs_no_common_part(family):
    data = recording(family)
    few = random.Random(1).sample(data["cases"], 5)
    found = tally({"family": family, "cases": few})
    assert found.disagreements == []


def test_a_replay_gives_the_same_every_time():
    data = only("rollouts", "stagger-undo", "flap")
    for case in data["cases"]:
        case["expect"] = {"t_complete": {"eq": None}, "settled": {"eq": None}}
    assert tally(data).disagreements == tally(copy.deepcopy(data)).disagreements


WRONG_RULES = [
    ("rollouts", "roll-r10-s50pc round-r7", rolling, "scaled", lambda *args, up: 1),
    ("rollouts", "old-unhealthy scale-midroll-stuck", rolling, "without_unhealthy", lambda *args: {}),
    ("rollouts", "scale-midroll", rolling, "_fraction", lambda *args: 0),
    ("rollouts", "minready", replicaset, "is_available", lambda pod, *_: pods.is_ready(pod)),
    ("workloads", "rsdown", ranking, "_rank", lambda *args: ranking.PodRank(True, 1, True, 0, 0)),
    ("workloads", "sts-minready2-update", statefulset, "is_available", lambda pod, *_: pods.is_ready(pod)),
    ("workloads", "sts-update-with-unready", statefulset, "is_available", lambda *args: True),
    ("workloads", "job-fail-backoff", job_indexes, "FIRST_WAIT", 5.0),
    ("workloads", "job-podfailurepolicy", job_indexes, "_ended_with", lambda *args: False),
    ("workloads", "ds-update-unav", daemonset, "scaled", lambda *args, up: 1),
    ("nodes", "zone-three-of-four", zones, "UNHEALTHY_THRESHOLD", 0.9),
    ("nodes", "zone-three-of-six", zones, "EVICTION_RATE", 1.0),
    ("nodes", "one-of-three-tol0", nodelifecycle, "GRACE", 40.0),
    ("hpa", "tolerance-55m", autoscaler_usage, "TOLERANCE", 0.11),
    ("hpa", "down-default manual", autoscaler_limits, "STABILISATION", 10.0),
    ("hpa", "missing", autoscaler_usage, "_requests", lambda pods, *_: dict.fromkeys(range(9), 1)),
]


@pytest.mark.parametrize(
    ("family", "words", "module", "name", "wrong"),
    WRONG_RULES,
    ids=[" ".join((*one[:2], one[3])) for one in WRONG_RULES],
)
def test_a_wrong_rule_disagrees(monkeypatch, family, words, module, name, wrong):
    monkeypatch.setattr(module, name, wrong)
    assert tally(only(family, *words.split())).disagreements


@pytest.mark.parametrize("family", COUNTS)
def test_a_value_that_was_recorded_otherwise_disagrees(family):
    data = recording(family)
    data["cases"] = data["cases"][:3]
    for case in data["cases"]:
        case["expect"] = {"n_steps" if family == "rollouts" else "n_events": {"eq": -1}}
    assert tally(data).plain()["agree"] == 0


@pytest.mark.parametrize(
    ("family", "damage", "where"),
    [
        ("rollouts", lambda case: case.pop("actions"), "actions"),
        ("rollouts", lambda case: case["actions"].append({"at": 1, "do": "paint"}), "actions.2.do"),
        ("rollouts", lambda case: case["actions"].append({"do": "patch"}), "actions.2.at"),
        ("rollouts", lambda case: case.update(manifests=[]), "manifests"),
        ("rollouts", lambda case: case.update(manifests=[{"kind": "Deployment"}]), "manifests.0"),
        ("rollouts", lambda case: case.update(end="tomorrow"), "end"),
        ("rollouts", lambda case: case["expect"].update(steps={"seq": 3}), "expect.steps"),
        ("rollouts", lambda case: case["actions"].append({"at": 1, "do": "cordon", "node": 99}), "actions.2"),
        ("hpa", lambda case: case["actions"].append({"at": 1, "do": "cordon", "node": 0}), "actions.0"),
        ("rollouts", lambda case: case["expect"].update(events={"groups": [[{}]]}), "expect.events.0"),
        ("rollouts", lambda case: case["expect"].update(events={"superset": [{}]}), "expect.events"),
        (
            "rollouts",
            lambda case: case.update(
                cluster={**kubernetes_cases.USUAL_CLUSTER, "kcm_flags": "--kube-api-qps=0 --kube-api-burst=1"}
            ),
            "cluster",
        ),
        ("workloads", lambda case: case.pop("end_t"), "end_t"),
        ("workloads", lambda case: case.update(cluster={"nodes": 3}), "cluster.nodes"),
        ("nodes", lambda case: case.pop("cluster"), "cluster"),
        ("nodes", lambda case: case["actions"][0].update(nodes=[7]), "actions.0.nodes"),
        ("hpa", lambda case: case.update(cluster={"nodes": 10**8}), "cluster.nodes"),
        ("hpa", lambda case: case.update(metrics_trace=[[0]]), "metrics_trace.0"),
        ("hpa", lambda case: case.update(metrics_trace=[[0, {}], [1, {"perpod": "x"}]]), "metrics_trace.1"),
        ("hpa", lambda case: case["manifests"][0]["spec"].update(replicas="many"), "manifests.0.spec.replicas"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_damaged_case_is_told_with_its_place(family, damage, where):
    data = recording(family)
    case = copy.deepcopy(data["cases"][0])
    damage(case)
    with pytest.raises(InputError) as caught:
        tally({**data, "cases": [case]})
    assert next(problem.path for problem in caught.value.problems).startswith(f"cases.0.{where}")


def test_pods_that_are_made_without_end_are_refused_with_the_number(monkeypatch):
    monkeypatch.setattr(limits, "RECORDED_PODS_MADE", 100)
    data = recording("rollouts")
    case = copy.deepcopy(data["cases"][0])
    labels = {"spec": {"template": {"metadata": {"labels": {"app": "other"}}}}}
    case["actions"] = [{"at": 1, "do": "patch", "kind": "Deployment", "name": "web", "body": labels}]
    with pytest.raises(InputError, match="more than 100 pods"):
        tally({**data, "cases": [case]})
