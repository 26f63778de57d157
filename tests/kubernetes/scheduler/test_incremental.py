"""What is kept current as pods come and go is what a look at the whole cluster finds."""

import random
from typing import Any

import pytest

from sim.kubernetes.scheduler.nodes import HOSTNAME, ZONE
from sim.kubernetes.scheduler.pods import OwnerKey
from sim.kubernetes.scheduler.scheduler import Scheduler
from sim.kubernetes.selectors import label_selector
from tests.kubernetes.scheduler.small import cluster, near, node, pod, spread

REQUIRED, PREFERRED = (
    "requiredDuringSchedulingIgnoredDuringExecution",
    "preferredDuringSchedulingIgnoredDuringExecution",
)

TEMPLATES: dict[str, Any] = {
    "plain": {"cpu": "500m", "memory": "1Gi"},
    "nothing": {},
    "owned": {"cpu": "100m", "labels": {"app": "o"}, "owner": ("ReplicaSet", "o")},
    "served": {"memory": "1Gi", "labels": {"app": "s"}},
    "hard": {"labels": {"app": "h"}, "topologySpreadConstraints": [spread(ZONE, {"app": "h"})]},
    "both": {
        "labels": {"app": "b"},
        "topologySpreadConstraints": [spread(ZONE, {"app": "b"}, skew=2), spread(HOSTNAME, {"app": "b"}, soft=True)],
    },
    "apart": {"labels": {"app": "a"}, "affinity": {"podAntiAffinity": {REQUIRED: [near(HOSTNAME, {"app": "a"})]}}},
    "together": {"labels": {"app": "t"}, "affinity": {"podAffinity": {REQUIRED: [near(ZONE, {"app": "t"})]}}},
    "rather": {
        "labels": {"app": "r"},
        "affinity": {
            "podAffinity": {PREFERRED: [near(ZONE, {"app": "s"}, 30)]},
            "podAntiAffinity": {PREFERRED: [near(HOSTNAME, {"app": "r"}, 70)]},
        },
    },
    "port": {"containers": [{"name": "c", "ports": [{"containerPort": 80, "hostPort": 80}]}]},
    "ssd": {"nodeSelector": {"disk": "ssd"}, "cpu": "1"},
}


def make(name, number):
    template = dict(TEMPLATES[name])
    return pod(f"{name}{number}", template.pop("labels", {}), priority=number % 3, started=number, **template)


def nodes():
    tainted = [{"key": "x", "effect": "PreferNoSchedule"}]
    return [
        node(
            f"n{number}",
            {**({ZONE: "abc"[number % 3]} if number != 7 else {}), **({"disk": "ssd"} if number % 2 else {})},
            cpu="4" if number % 4 else "8",
            pods="12",
            taints=tainted if number == 3 else [],
            unschedulable=number == 5,
        )
        for number in range(9)
    ]


@pytest.mark.parametrize("seed", range(6))
def test_a_scheduler_that_followed_every_change_decides_as_one_that_has_just_come(seed):
    chance = random.Random(seed)
    made = cluster(nodes())
    made.set_owner("default", OwnerKey("ReplicaSet", "o"), label_selector({"matchLabels": {"app": "o"}}))
    made.set_service("default", "s", {"app": "s"})
    following, live, shapes = Scheduler(made), [], {}
    for number in range(120):
        name = chance.choice(list(TEMPLATES))
        wanted = make(name, number)
        wanted.shape = shapes.setdefault((name, number % 3), wanted.shape)
        decision, fresh = following.schedule(wanted, explain=True), Scheduler(made).schedule(wanted, explain=True)
        made.forget_nomination(wanted)
        assert decision.scores == fresh.scores
        assert (decision.best, decision.reasons, decision.preemption) == (fresh.best, fresh.reasons, fresh.preemption)
        if decision.node is not None:
            if not decision.scores:
                assert len(decision.best) == 1
            unexplained = Scheduler(made).schedule(wanted)
            assert unexplained.node in decision.best
            made.add_pod(wanted, chance.choice(decision.best))
            live.append(wanted)
        for _ in range(chance.randrange(3)):
            if live and chance.random() < 0.4:
                gone = live[chance.randrange(len(live))]
                if chance.random() < 0.5:
                    made.terminate_pod(gone)
                else:
                    live.remove(gone)
                    made.remove_pod(gone)


def test_a_node_that_changes_is_seen_and_keeps_its_pods():
    made = cluster([node("a"), node("b")], a=[pod("1", cpu="3")])
    scheduler, wanted = Scheduler(made), pod("p", cpu="2")
    assert scheduler.schedule(wanted, explain=True).best == ("b",)
    made.set_node(node("a", cpu="8"))
    assert set(scheduler.schedule(wanted, explain=True).scores) == {"a", "b"}
    made.remove_node("b")
    assert scheduler.schedule(wanted, explain=True).best == ("a",)
    made.remove_node("a")
    assert scheduler.schedule(wanted).message == "no nodes available to schedule pods"


def test_a_node_that_comes_again_has_the_pods_that_are_not_gone_yet():
    """Kubernetes 1.32 keeps a removed node's pods until each is gone (cache.go, RemoveNode)."""
    old, gone, wanted = pod("1", cpu="3"), pod("2", cpu="1"), pod("p", cpu="2")
    made = cluster([node("a"), node("b")], a=[old, gone], b=[pod("3", cpu="3")])
    scheduler = Scheduler(made)
    made.remove_node("a")
    made.remove_pod(gone)
    assert scheduler.schedule(wanted).node is None
    made.set_node(node("a"))
    assert made.node("a").pods == [old]
    assert scheduler.schedule(wanted).node is None
    made.remove_pod(old)
    assert scheduler.schedule(wanted).node == "a"
    assert [one.name for one in made.nodes] == ["b", "a"]
    assert made.counted(lambda _: True) == [1, 0]


def test_a_service_that_comes_later_spreads_its_pods():
    made = cluster([node("a"), node("b")], a=[pod("1", {"app": "s"})])
    scheduler, wanted = Scheduler(made), pod("p", {"app": "s"})
    assert "PodTopologySpread" not in scheduler.schedule(wanted, explain=True).scores["a"]
    made.set_service("default", "s", {"app": "s"})
    scores = scheduler.schedule(wanted, explain=True).scores
    assert scores["a"]["PodTopologySpread"] < scores["b"]["PodTopologySpread"]


def test_who_was_long_not_asked_begins_anew():
    made = cluster([node(f"n{number}", pods="1000") for number in range(3)])
    scheduler, seldom, often = Scheduler(made), pod("s", cpu="1"), pod("o")
    scheduler.schedule(seldom)
    for number in range(500):
        one = pod("x", cpu="1m")
        one.shape = often.shape
        made.add_pod(one, f"n{number % 3}")
    assert scheduler.schedule(seldom, explain=True).scores == Scheduler(made).schedule(seldom, explain=True).scores
