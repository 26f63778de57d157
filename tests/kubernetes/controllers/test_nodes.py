"""Nodes that fail: when they count as gone, how fast they are given up, and what becomes of their pods."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simpy import Environment

from sim.kubernetes.cluster import ClusterSettings, KubernetesCluster, node
from sim.kubernetes.controllers.zones import ZoneQueue, ZoneState, rate_of, state_of
from sim.kubernetes.objects import ObjectKey, changed, condition_of, key_of, spec_of
from sim.kubernetes.pod_run import PodPlan
from sim.kubernetes.pods import is_active, is_ready, node_of
from tests.kubernetes.clusters import ROOMY, cluster_of, get, made, run, template

ZONE = "topology.kubernetes.io/zone"
SHORT = [
    {"key": f"node.kubernetes.io/{name}", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 5}
    for name in ("not-ready", "unreachable")
]


def zoned(*sizes, **spec):
    """A cluster of zones a, b, ... of so many nodes each, with a ReplicaSet over them."""
    env = Environment()
    nodes = [
        node(f"{'abc'[zone]}{number}", ROOMY, {ZONE: "abc"[zone]})
        for zone, size in enumerate(sizes)
        for number in range(size)
    ]
    cluster = KubernetesCluster(env, nodes, ClusterSettings(plan=lambda _: PodPlan(ready=1.0)))
    spread = {"maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "DoNotSchedule",
              "labelSelector": {"matchLabels": {"app": "web"}}}  # fmt: skip
    pods = template(topologySpreadConstraints=[spread], **spec)
    cluster.api.create(made("ReplicaSet", replicas=len(nodes), template=pods))
    env.run(until=60)
    return cluster


def taints(cluster, name):
    return {
        (one["key"].split("/")[-1], one["effect"]) for one in spec_of(get(cluster, "Node", name)).get("taints") or ()
    }


def add_taint(cluster, name, key):
    added = {"key": key, "effect": "NoExecute"}
    cluster.api.modify(
        "Node",
        ObjectKey("", name),
        lambda now: changed(now, [*(spec_of(now).get("taints") or ()), added], "spec", "taints"),
    )


def cordon(cluster, name, value):
    cluster.api.modify("Node", ObjectKey("", name), lambda now: changed(now, value, "spec", "unschedulable"))


def moments(cluster, holds, seconds):
    """When each node first was so, in seconds from now."""
    zero, seen = cluster.env.now, {}

    def note(_, new):
        if new is not None and holds(new):
            seen.setdefault(new["metadata"]["name"], cluster.env.now - zero)

    cluster.api.watch("Node", note)
    run(cluster, seconds)
    return seen


def is_given_up(one):
    return any(taint["effect"] == "NoExecute" for taint in spec_of(one).get("taints") or ())


def is_unreachable(one):
    return condition_of(one, "Ready")["status"] == "Unknown"


def test_a_silent_node_is_unreachable_after_fifty_seconds_and_given_up_at_the_next_look():
    cluster = zoned(3, 1)
    cluster.kubelets.stop("a0")
    silent = moments(cluster, is_unreachable, 70)
    # the lease was renewed at 60 s, seen at a look within 5 s of it, and missed at a look 50 to 55 s after that
    assert 50 <= silent["a0"] <= 60.2
    assert taints(cluster, "a0") == {("unreachable", "NoSchedule"), ("unreachable", "NoExecute")}
    assert not any(is_ready(pod) for pod in cluster.api.pods_on("a0"))


def test_its_pods_are_deleted_after_five_minutes_and_stay_until_it_is_back():
    cluster = zoned(3, 1)
    cluster.kubelets.stop("a0")
    run(cluster, 340)
    assert all(is_active(pod) for pod in cluster.api.pods_on("a0"))
    run(cluster, 40)
    assert [is_active(pod) for pod in cluster.api.pods_on("a0")] == [False]
    cluster.kubelets.resume("a0")
    run(cluster, 20)
    assert cluster.api.pods_on("a0") == [] or all(is_active(pod) for pod in cluster.api.pods_on("a0"))
    assert taints(cluster, "a0") == set()


def test_a_node_that_is_back_in_time_loses_nothing():
    cluster = zoned(3, 1)
    before = [pod["metadata"]["uid"] for pod in cluster.api.all("Pod")]
    cluster.kubelets.stop("a0")
    run(cluster, 100)
    cluster.kubelets.resume("a0")
    run(cluster, 400)
    assert [pod["metadata"]["uid"] for pod in cluster.api.all("Pod")] == before
    assert all(is_ready(pod) for pod in cluster.api.all("Pod"))


def test_nodes_of_a_zone_are_given_up_ten_seconds_apart_and_zones_side_by_side():
    cluster = zoned(6, 6)
    for name in ("a0", "a1", "a2", "b0"):
        cluster.kubelets.stop(name)
    given_up = moments(cluster, is_given_up, 120)
    of_a = sorted(given_up[name] for name in ("a0", "a1", "a2"))
    assert [later - earlier for earlier, later in pairwise(of_a)] == pytest.approx([10, 10], abs=0.3)
    assert given_up["b0"] == pytest.approx(of_a[0], abs=0.3)


def test_a_small_zone_that_is_mostly_down_is_left_alone():
    cluster = zoned(4, 1)
    for name in ("a0", "a1", "a2"):
        cluster.kubelets.stop(name)
    assert moments(cluster, is_given_up, 200) == {}
    assert taints(cluster, "a0") == {("unreachable", "NoSchedule")}


def test_a_zone_that_is_wholly_down_is_given_up_while_another_is_up():
    cluster = zoned(4, 1)
    for number in range(4):
        cluster.kubelets.stop(f"a{number}")
    assert len(moments(cluster, is_given_up, 200)) == 4


def test_with_everything_down_nothing_is_given_up_until_one_node_is_back():
    cluster = zoned(2, 1)
    for name in ("a0", "a1", "b0"):
        cluster.kubelets.stop(name)
    run(cluster, 200)
    assert all(not is_given_up(one) for one in cluster.api.all("Node"))
    assert all(is_active(pod) for pod in cluster.api.all("Pod"))
    cluster.kubelets.resume("b0")
    run(cluster, 40)
    assert [one["metadata"]["name"] for one in cluster.api.all("Node") if is_given_up(one)] == ["a0", "a1"]


def test_a_node_that_says_it_is_not_ready_is_given_up_at_the_next_look():
    cluster = zoned(3, tolerations=SHORT)
    cluster.kubelets.tell_ready("a0", ready=False)
    run(cluster, 6)
    assert taints(cluster, "a0") == {("not-ready", "NoSchedule"), ("not-ready", "NoExecute")}
    run(cluster, 6)
    assert [node_of(pod) for pod in cluster.api.all("Pod") if node_of(pod) == "a0"] == []


def test_a_taint_that_is_not_borne_evicts_at_once_and_one_that_is_borne_for_good_never():
    bears = [{"key": "maint", "operator": "Exists"}]
    for tolerations, staying in (([], 0), (bears, 1)):
        cluster = zoned(3, tolerations=tolerations)
        add_taint(cluster, "a0", "maint")
        run(cluster, 30)
        assert len(cluster.api.pods_on("a0")) == staying


def test_a_moment_that_is_set_for_an_eviction_stays_when_another_taint_comes():
    # taint_eviction.go, processPodOnNode: work that was created earlier is not moved forward
    bears = [{"key": key, "operator": "Exists", "tolerationSeconds": seconds} for key, seconds in (("a", 60), ("b", 5))]
    cluster = zoned(2, tolerations=bears)
    (pod,) = cluster.api.pods_on("a0")
    for key in ("a", "b"):
        add_taint(cluster, "a0", key)
        run(cluster, 10)
    assert is_active(cluster.api.get("Pod", key_of(pod)))
    run(cluster, 45)
    assert cluster.api.get("Pod", key_of(pod)) is None


def test_cordoning_taints_and_uncordoning_takes_the_taint_away():
    cluster = zoned(2)
    for value, expected in ((True, {("unschedulable", "NoSchedule")}), (None, set())):
        cordon(cluster, "a0", value)
        run(cluster, 1)
        assert taints(cluster, "a0") == expected


def test_pods_of_a_node_that_is_gone_are_collected_after_forty_seconds():
    cluster = zoned(3)
    (pod,) = cluster.api.pods_on("a0")
    cluster.api.delete("Node", ObjectKey("", "a0"))
    run(cluster, 39)
    assert cluster.api.get("Pod", key_of(pod)) is not None
    run(cluster, 42)
    assert cluster.api.get("Pod", key_of(pod)) is None


def test_a_statefulset_waits_for_its_pod_until_the_node_is_out_of_service():
    cluster = cluster_of(made("StatefulSet", "db", replicas=3, template=template(tolerations=SHORT)))
    name = node_of(get(cluster, "Pod", "db-0"))
    for other in {"n1", "n2", "n3"} - {name}:
        assert cluster.kubelets.is_up(other)
    cluster.kubelets.stop(name)
    run(cluster, 120)
    assert not is_active(get(cluster, "Pod", "db-0"))
    add_taint(cluster, name, "node.kubernetes.io/out-of-service")
    run(cluster, 30)
    assert is_ready(get(cluster, "Pod", "db-0"))
    assert node_of(get(cluster, "Pod", "db-0")) != name


@pytest.mark.parametrize(
    ("ready", "down", "state"),
    [
        (1, 0, ZoneState.NORMAL),
        (1, 2, ZoneState.NORMAL),  # two down are never too many
        (2, 3, ZoneState.PARTIAL_DISRUPTION),  # 60 %
        (3, 3, ZoneState.NORMAL),
        (9, 11, ZoneState.PARTIAL_DISRUPTION),  # 55 %
        (0, 1, ZoneState.FULL_DISRUPTION),
    ],
)
def test_the_state_of_a_zone(ready, down, state):
    assert state_of([True] * ready + [False] * down) is state


@pytest.mark.parametrize(
    ("state", "size", "rate"),
    [
        (ZoneState.NORMAL, 3, 0.1),
        (ZoneState.PARTIAL_DISRUPTION, 50, 0.0),
        (ZoneState.PARTIAL_DISRUPTION, 51, 0.01),
        (ZoneState.FULL_DISRUPTION, 3, 0.1),
    ],
)
def test_how_fast_a_zone_is_given_up(state, size, rate):
    assert rate_of(state, size) == rate


@given(nodes=st.integers(1, 8), rate=st.sampled_from([0.1, 1.0, 0.01]))
def test_a_queue_gives_each_node_up_once_and_no_faster_than_its_rate(nodes, rate):
    env, seen = Environment(), []

    def give_up(name):
        seen.append((name, env.now))
        yield env.timeout(0)

    queue = ZoneQueue(env, give_up)
    queue.set_rate(rate)
    for number in [*range(nodes), *range(nodes)]:
        queue.add(str(number))
    env.run(until=nodes / rate + 1)
    assert [name for name, _ in seen] == [str(number) for number in range(nodes)]
    gaps = [later - earlier for (_, earlier), (_, later) in pairwise(seen)]
    assert all(gap >= 1 / rate - 1e-6 for gap in gaps)
