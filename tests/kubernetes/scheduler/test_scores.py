"""Scores, by hand and by the figures that the plugins' own tests in Kubernetes 1.32 state."""

import pytest

from sim.kubernetes.scheduler.cache import ClusterCache
from sim.kubernetes.scheduler.nodes import HOSTNAME, ZONE
from sim.kubernetes.scheduler.pods import OwnerKey
from sim.kubernetes.scheduler.profile import SchedulerProfile
from sim.kubernetes.scheduler.resources import balance_score, fit_score, image_score
from sim.kubernetes.scheduler.scheduler import Scheduler
from sim.kubernetes.selectors import label_selector
from tests.kubernetes.scheduler.small import cluster, near, node, pod, spread

MIB = 2**20


def scores(nodes, wanted, plugin, pods=None, profile=None, weight=2):
    """What a plugin gives each node, before its weight."""
    made = nodes if isinstance(nodes, ClusterCache) else cluster(nodes, **(pods or {}))
    rows = Scheduler(made, profile).schedule(wanted, explain=True).scores
    return {name: row.get(plugin, 0) / weight for name, row in rows.items()}


class TestResources:
    def test_least_allocated_is_the_mean_of_what_is_left_in_whole_numbers(self):
        # (4000 - 1100) * 100 / 4000 = 72, (16 - 5) * 100 / 16 = 68, mean 70
        here = cluster([node("n")], n=[pod("a", cpu="100m", memory="1Gi")]).node("n")
        assert fit_score(SchedulerProfile())(pod("p", cpu="1", memory="4Gi").shape, here) == 70

    def test_a_container_that_asks_for_nothing_is_scored_as_a_tenth_of_a_core_and_200_mib(self):
        # (4000 - 100) * 100 // 4000 = 97, (1000 - 200) * 100 // 1000 = 80, mean 88
        here = cluster([node("n", memory="1000Mi")]).node("n")
        assert fit_score(SchedulerProfile())(pod("p").shape, here) == 88

    def test_most_allocated_prefers_full_nodes(self):
        here = cluster([node("n")], n=[pod("a", cpu="2", memory="8Gi")]).node("n")
        assert fit_score(SchedulerProfile(strategy="MostAllocated"))(pod("p", cpu="1", memory="4Gi").shape, here) == 75

    @pytest.mark.parametrize(("cpu", "expected"), [("4", 38), ("6", 50)])
    def test_requested_to_capacity_ratio_follows_its_line(self, cpu, expected):
        # requested_to_capacity_ratio_test.go: 3000 of 4000 and 5000 of 10000 on a line from (0, 10) to (100, 0)
        profile = SchedulerProfile(strategy="RequestedToCapacityRatio", ratio=((0, 10), (100, 0)))
        here = cluster([node("n", cpu=cpu, memory="10000")]).node("n")
        assert fit_score(profile)(pod("p", cpu="3", memory="5000").shape, here) == expected

    def test_weights_of_resources_count(self):
        # Cores have 75 left and count three times, memory has 50: 275 over 4.
        profile = SchedulerProfile(resources=(("cpu", 3), ("memory", 1)))
        here = cluster([node("n")]).node("n")
        assert fit_score(profile)(pod("p", cpu="1", memory="8Gi").shape, here) == 68

    def test_an_extended_resource_counts_only_for_pods_that_ask_for_it(self):
        profile = SchedulerProfile(resources=(("cpu", 1), ("example.com/gpu", 1)))
        here = cluster([node("n")]).node("n")
        here.allocatable["example.com/gpu"] = 4
        asking = pod("p", containers=[{"name": "c", "resources": {"requests": {"cpu": "1", "example.com/gpu": 1}}}])
        assert fit_score(profile)(pod("q", cpu="1").shape, here) == 75
        assert fit_score(profile)(asking.shape, here) == 75
        here.allocatable["example.com/gpu"] = 2
        assert fit_score(profile)(asking.shape, here) == (75 + 50) // 2

    def test_balance_is_what_the_shares_in_use_differ(self):
        # shares 1/4 and 3/4: deviation 1/4
        here = cluster([node("n")]).node("n")
        assert balance_score(SchedulerProfile())(pod("p", cpu="1", memory="12Gi").shape, here) == 75
        assert balance_score(SchedulerProfile())(pod("p", cpu="1", memory="4Gi").shape, here) == 100

    def test_balance_counts_nothing_for_containers_that_ask_for_nothing(self):
        here = cluster([node("n")], n=[pod("a")] * 1).node("n")
        assert balance_score(SchedulerProfile())(pod("p").shape, here) == 100


class TestImages:
    @pytest.mark.parametrize(
        ("images", "expected"),
        [
            # image_locality_test.go
            ((["gcr.io/40", "gcr.io/250"]), [0, 5]),
            ((["gcr.io/40", "gcr.io/300"]), [7, 0]),
        ],
    )
    def test_bytes_that_are_there_count_by_the_share_of_nodes_that_have_them(self, images, expected):
        first = [("gcr.io/40:latest", 40 * MIB), ("gcr.io/300:latest", 300 * MIB), ("gcr.io/2000:latest", 2000 * MIB)]
        second = [("gcr.io/250:latest", 250 * MIB), ("gcr.io/10:latest", 10 * MIB)]
        made = cluster([node("one", images=first), node("two", images=second)])
        wanted = pod("p", containers=[{"name": image, "image": image} for image in images])
        assert [image_score(made, wanted.shape, each) for each in made.nodes] == expected

    def test_a_third_of_the_nodes_count_a_third_and_the_largest_counts_no_more_than_the_most(self):
        large, wanted = [("gcr.io/4000:latest", 4000 * MIB)], [{"name": "a", "image": "gcr.io/4000"}, {"name": "b"}]
        two = cluster([node("one", images=large), node("two")])
        three = cluster([node("one", images=large), node("two"), node("three")])
        shape = pod("p", containers=wanted).shape
        assert image_score(two, shape, two.nodes[0]) == 100
        assert image_score(three, shape, three.nodes[0]) == 66


class TestSpread:
    NAMES = ("a", "b", "c", "d")

    @pytest.mark.parametrize(
        ("skew", "pods", "expected"),
        [
            # scoring_test.go
            (1, (2, 1, 0, 3), (20, 60, 100, 0)),
            (2, (2, 1, 0, 3), (33, 66, 100, 16)),
            (3, (4, 3, 2, 1), (44, 66, 77, 100)),
            (1, (0, 0, 0, 0), (100, 100, 100, 100)),
        ],
    )
    def test_emptier_nodes_score_more_and_a_larger_skew_waters_it_down(self, skew, pods, expected):
        made = cluster(
            [node(name) for name in self.NAMES],
            **{
                name: [pod(f"{name}{n}", {"foo": ""}) for n in range(count)]
                for name, count in zip(self.NAMES, pods, strict=True)
            },
        )
        wanted = pod("p", {"foo": ""}, topologySpreadConstraints=[spread(HOSTNAME, {"foo": ""}, skew=skew, soft=True)])
        assert tuple(scores(made, wanted, "PodTopologySpread").values()) == expected

    def two_zones(self):
        return [
            node("a", {"zone": "one"}),
            node("b", {"zone": "one"}),
            node("x", {"zone": "two"}),
            node("y", {"zone": "two"}),
        ]  # fmt: skip

    def test_two_constraints_with_selectors_of_their_own_add_up(self):
        made = cluster(
            self.two_zones(),
            a=[pod("a1", {"foo": ""})],
            b=[pod("b1", {"foo": "", "bar": ""})],
            y=[pod("y1", {"foo": ""}), pod("y2", {"bar": ""})],
        )
        wanted = pod(
            "p",
            {"foo": "", "bar": ""},
            topologySpreadConstraints=[
                spread("zone", {"foo": ""}, soft=True),
                spread(HOSTNAME, {"bar": ""}, soft=True),
            ],
        )
        assert scores(made, wanted, "PodTopologySpread") == {"a": 60, "b": 20, "x": 100, "y": 60}

    def test_pods_on_nodes_that_do_not_fit_count_for_their_zone(self):
        # 2/~1~/2/~4~ pods: node-a 100, node-x 63 (scoring_test.go)
        full = {"unschedulable": True}
        nodes = [
            node("a", {"zone": "one"}), node("b", {"zone": "one"}, **full), node("x", {"zone": "two"}),
            node("y", {"zone": "two"}, **full),
        ]  # fmt: skip
        made = cluster(
            nodes,
            **{
                name: [pod(f"{name}{n}", {"foo": ""}) for n in range(count)]
                for name, count in {"a": 2, "b": 1, "x": 2, "y": 4}.items()
            },
        )
        constraints = [spread("zone", {"foo": ""}, soft=True), spread(HOSTNAME, {"foo": ""}, soft=True)]
        wanted = pod("p", {"foo": ""}, topologySpreadConstraints=constraints)
        assert scores(made, wanted, "PodTopologySpread") == {"a": 100, "x": 63}

    def test_a_node_without_the_label_scores_nothing(self):
        # 4/?2?/1 pods: 16, 0, 100 (scoring_test.go)
        made = cluster(
            [node("a", {"rack": "a"}), node("b"), node("x", {"rack": "x"})],
            **{
                name: [pod(f"{name}{n}", {"foo": ""}) for n in range(count)]
                for name, count in {"a": 4, "b": 2, "x": 1}.items()
            },
        )
        wanted = pod("p", {"foo": ""}, topologySpreadConstraints=[spread("rack", {"foo": ""}, soft=True)])
        found = scores(made, wanted, "PodTopologySpread")
        assert (found["b"], found["x"]) == (0, 100)

    def test_pods_of_a_service_are_spread_without_saying_so_and_others_are_not(self):
        # 4/3/2/1 pods, nodes without zones: as with one constraint of skew 3 (scoring_test.go)
        made = cluster(
            [node(name) for name in self.NAMES],
            **{
                name: [pod(f"{name}{n}", {"foo": ""}) for n in range(count)]
                for name, count in zip(self.NAMES, (4, 3, 2, 1), strict=True)
            },
        )
        assert set(scores(made, pod("p", {"foo": ""}), "PodTopologySpread").values()) == {0}
        made.set_service("default", "s", {"foo": ""})
        assert scores(made, pod("p", {"foo": ""}), "PodTopologySpread") == {"a": 44, "b": 66, "c": 77, "d": 100}
        assert set(scores(made, pod("p", {"foo": "", "x": ""}, namespace="other"), "PodTopologySpread").values()) == {0}

    def test_a_replica_set_spreads_its_pods_without_a_service(self):
        # Of two nodes a pod weighs log 4, and skew 3 adds 2 to each: round(3.39) = 3 and 2, so 100 * 2 // 3 and 100.
        labels = {"app": "web", "pod-template-hash": "1"}
        owner = ("ReplicaSet", "web-1")
        made = cluster([node("a"), node("b")], a=[pod("w1", labels, owner=owner)])
        made.set_owner("default", OwnerKey(*owner), label_selector({"matchLabels": labels}))
        assert scores(made, pod("w2", labels, owner=owner), "PodTopologySpread") == {"a": 66, "b": 100}

    def test_pods_being_deleted_count_no_longer(self):
        made = cluster([node("a"), node("b")], a=[pod("a1", {"foo": ""})])
        wanted = pod("p", {"foo": ""}, topologySpreadConstraints=[spread(HOSTNAME, {"foo": ""}, soft=True)])
        assert scores(made, wanted, "PodTopologySpread") == {"a": 0, "b": 100}
        made.terminate_pod(made.nodes[0].pods[0])
        assert scores(made, wanted, "PodTopologySpread") == {"a": 100, "b": 100}


class TestAffinity:
    def nodes(self):
        return [node("a", {ZONE: "one"}), node("b", {ZONE: "one"}), node("c", {ZONE: "two"})]

    def prefers(self, kind, *terms):
        return {"affinity": {kind: {"preferredDuringSchedulingIgnoredDuringExecution": list(terms)}}}

    def test_weights_of_zones_are_stretched_from_0_to_100(self):
        made = cluster(self.nodes(), a=[pod("l", {"app": "l"})])
        wanted = pod("p", **self.prefers("podAffinity", near(ZONE, {"app": "l"}, 7)))
        assert scores(made, wanted, "InterPodAffinity") == {"a": 100, "b": 100, "c": 0}
        wanted = pod("p", **self.prefers("podAntiAffinity", near(ZONE, {"app": "l"}, 7)))
        assert scores(made, wanted, "InterPodAffinity") == {"a": 0, "b": 0, "c": 100}

    def test_host_and_zone_add_up(self):
        # a: 3 + 1 = 4, b: 1, c: 0
        made = cluster(self.nodes(), a=[pod("l", {"app": "l"})])
        terms = (near(HOSTNAME, {"app": "l"}, 3), near(ZONE, {"app": "l"}, 1))
        wanted = pod("p", **self.prefers("podAffinity", *terms))
        assert scores(made, wanted, "InterPodAffinity") == {"a": 100, "b": 25, "c": 0}

    def test_pods_that_run_have_wishes_too_and_what_they_require_counts_one(self):
        wishing = pod("w", **self.prefers("podAffinity", near(HOSTNAME, {"app": "p"}, 4)))
        needing = pod(
            "n",
            affinity={
                "podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [near(HOSTNAME, {"app": "p"})]}
            },
        )
        made = cluster(self.nodes(), a=[wishing], b=[needing])
        assert scores(made, pod("p", {"app": "p"}), "InterPodAffinity") == {"a": 100, "b": 25, "c": 0}
        assert set(scores(made, pod("q", {"app": "q"}), "InterPodAffinity").values()) == {0}

    def test_pods_of_another_namespace_are_nobody_s_neighbours(self):
        made = cluster(self.nodes(), a=[pod("l", {"app": "l"}, namespace="other")])
        term = near(HOSTNAME, {"app": "l"}, 1)
        assert set(scores(made, pod("p", **self.prefers("podAffinity", term)), "InterPodAffinity").values()) == {0}
        term["podAffinityTerm"]["namespaces"] = ["other"]
        assert scores(made, pod("p", **self.prefers("podAffinity", term)), "InterPodAffinity")["a"] == 100
        del term["podAffinityTerm"]["namespaces"]
        term["podAffinityTerm"]["namespaceSelector"] = {"matchLabels": {"team": "x"}}
        assert set(scores(made, pod("p", **self.prefers("podAffinity", term)), "InterPodAffinity").values()) == {0}
        made.set_namespace("other", {"team": "x"})
        assert scores(made, pod("p", **self.prefers("podAffinity", term)), "InterPodAffinity")["a"] == 100

    def test_preferred_nodes_score_by_their_weights(self):
        def term(weight, key):
            return {"weight": weight, "preference": {"matchExpressions": [{"key": key, "operator": "Exists"}]}}

        nodes = [node("a", {"x": "", "y": ""}), node("b", {"y": ""}), node("c")]
        wanted = pod("p", **self.prefers("nodeAffinity", term(2, "x"), term(1, "y")))
        assert scores(nodes, wanted, "NodeAffinity") == {"a": 100, "b": 33, "c": 0}

    def test_taints_that_would_rather_not_cost(self):
        def soft(key):
            return {"key": key, "effect": "PreferNoSchedule"}

        nodes = [node("a", taints=[soft("x"), soft("y")]), node("b", taints=[soft("x")]), node("c")]
        assert scores(nodes, pod("p"), "TaintToleration", weight=3) == {"a": 0, "b": 50, "c": 100}
        bearing = pod("p", tolerations=[{"key": "x", "operator": "Exists", "effect": "PreferNoSchedule"}])
        nodes = [node("a", taints=[soft("x"), soft("y")]), node("b", taints=[soft("x")]), node("c")]
        assert scores(nodes, bearing, "TaintToleration", weight=3) == {"a": 0, "b": 100, "c": 100}
        nodes = [node("a"), node("b")]
        assert scores(nodes, pod("p"), "TaintToleration", weight=1) == {"a": 300, "b": 300}


def test_the_best_nodes_are_those_of_the_highest_sum():
    scheduler = Scheduler(cluster([node("a"), node("b", cpu="8"), node("c", cpu="8")]))
    assert scheduler.schedule(pod("p", cpu="1"), explain=True).best == ("b", "c")
    assert scheduler.schedule(pod("p", cpu="1")).node == "b"
