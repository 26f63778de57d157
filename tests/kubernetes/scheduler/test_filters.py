"""Filters: who is refused by which node, in the words of the scheduler's events."""

import pytest

from sim.kubernetes.scheduler.nodes import HOSTNAME, ZONE
from sim.kubernetes.scheduler.scheduler import Scheduler
from tests.kubernetes.scheduler.small import cluster, near, node, pod, spread


def fitting(made, wanted):
    decision = Scheduler(made).schedule(wanted, explain=True)
    return set(decision.scores or decision.best)


def message(made, wanted):
    return Scheduler(made).schedule(wanted).message


class TestRoom:
    def test_every_resource_that_is_short_is_named_and_pods_are_counted(self):
        made = cluster([node("n", cpu="1", memory="1Gi", pods="1")], n=[pod("a", cpu="500m")])
        wanted = pod("p", cpu="600m", memory="2Gi")
        assert message(made, wanted) == (
            "0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory, 1 Too many pods. "
            "preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod."
        )

    def test_what_just_fits_fits_and_who_asks_for_nothing_always_does(self):
        made = cluster([node("n", cpu="2", memory="4Gi")], n=[pod("a", cpu="1500m", memory="3Gi")])
        assert fitting(made, pod("p", cpu="500m", memory="1Gi")) == {"n"}
        assert fitting(made, pod("p", cpu="501m")) == set()
        made.add_pod(pod("b", cpu="500m", memory="1Gi"), "n")
        assert fitting(made, pod("p")) == {"n"}

    @pytest.mark.parametrize(
        ("init", "asked"),
        [
            # Containers ask for 2 together. An init container runs alone, or beside the sidecars before it.
            ([], 2000),
            ([{"cpu": "1500m"}], 2000),
            ([{"cpu": "3"}], 3000),
            ([{"cpu": "500m", "sidecar": True}], 2500),
            ([{"cpu": "500m", "sidecar": True}, {"cpu": "3"}], 3500),
            ([{"cpu": "3"}, {"cpu": "500m", "sidecar": True}], 3000),
            ([{"cpu": "1", "sidecar": True}, {"cpu": "1", "sidecar": True}, {"cpu": "100m"}], 4000),
        ],
    )
    def test_init_containers_and_sidecars(self, init, asked):
        containers = [{"name": n, "resources": {"requests": {"cpu": "1"}}} for n in "ab"]
        before = [
            {
                "name": f"i{n}",
                "resources": {"requests": {"cpu": one["cpu"]}},
                **({"restartPolicy": "Always"} if one.get("sidecar") else {}),
            }
            for n, one in enumerate(init)
        ]
        wanted = pod("p", containers=containers, initContainers=before)
        assert wanted.shape.requests.amounts["cpu"] == asked

    def test_overhead_is_added_and_a_limit_stands_in_for_a_request(self):
        containers = [
            {"name": "c", "resources": {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "100m"}}}
        ]
        amounts = pod("p", containers=containers, overhead={"cpu": "250m"}).shape.requests.amounts
        assert amounts == {"cpu": 350, "memory": 2**30}

    def test_an_extended_resource_that_no_node_has(self):
        wanted = pod("p", containers=[{"name": "c", "resources": {"limits": {"example.com/gpu": 1}}}])
        made = cluster([node("n")])
        assert "1 Insufficient example.com/gpu." in message(made, wanted)
        made.nodes[0].allocatable["example.com/gpu"] = 1
        assert fitting(made, wanted) == {"n"}


class TestPorts:
    def taking(self, name, **port):
        return pod(name, containers=[{"name": "c", "ports": [{"containerPort": 80, **port}]}])

    @pytest.mark.parametrize(
        ("held", "wanted", "fits"),
        [
            ({"hostPort": 80}, {"hostPort": 80}, False),
            ({"hostPort": 80}, {"hostPort": 81}, True),
            ({"hostPort": 80}, {"hostPort": 80, "protocol": "UDP"}, True),
            ({"hostPort": 80, "hostIP": "10.0.0.1"}, {"hostPort": 80, "hostIP": "10.0.0.2"}, True),
            ({"hostPort": 80, "hostIP": "10.0.0.1"}, {"hostPort": 80}, False),
            ({"hostPort": 80}, {"hostPort": 80, "hostIP": "10.0.0.1"}, False),
            ({}, {}, True),
        ],
    )
    def test_a_port_of_the_node_is_taken_once_for_an_address_and_a_protocol(self, held, wanted, fits):
        made = cluster([node("n")], n=[self.taking("a", **held)])
        assert fitting(made, self.taking("p", **wanted)) == ({"n"} if fits else set())

    def test_a_port_is_free_again_when_its_pod_is_gone(self):
        made = cluster([node("n")], n=[self.taking("a", hostPort=80)])
        assert "1 node(s) didn't have free ports for the requested pod ports." in message(
            made, self.taking("p", hostPort=80)
        )
        made.remove_pod(made.nodes[0].pods[0])
        assert fitting(made, self.taking("p", hostPort=80)) == {"n"}


class TestNodes:
    @pytest.mark.parametrize(
        ("toleration", "fits"),
        [
            (None, False),
            ({"key": "x", "operator": "Equal", "value": "1", "effect": "NoSchedule"}, True),
            ({"key": "x", "value": "1"}, True),
            ({"key": "x", "value": "2"}, False),
            ({"key": "x", "operator": "Exists"}, True),
            ({"operator": "Exists"}, True),
            ({"key": "x", "operator": "Exists", "effect": "NoExecute"}, False),
        ],
    )
    def test_taints_keep_away_who_does_not_bear_them(self, toleration, fits):
        made = cluster([node("n", taints=[{"key": "x", "value": "1", "effect": "NoSchedule"}])])
        assert fitting(made, pod("p", tolerations=[toleration] if toleration else [])) == ({"n"} if fits else set())

    def test_the_first_filter_that_refuses_gives_the_reason(self):
        nodes = [
            node("a", unschedulable=True, taints=[{"key": "x", "effect": "NoSchedule"}]),
            node("b", taints=[{"key": "x", "value": "v", "effect": "NoExecute"}, {"key": "y", "effect": "NoSchedule"}]),
            node("c"),
            node("d", {"disk": "ssd"}, cpu="1"),
        ]
        assert message(cluster(nodes), pod("p", cpu="2", nodeSelector={"disk": "ssd"})) == (
            "0/4 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match Pod's node affinity/selector, "
            "1 node(s) had untolerated taint {x: v}, 1 node(s) were unschedulable. preemption: 0/4 nodes are "
            "available: 1 No preemption victims found for incoming pod, 3 Preemption is not helpful for scheduling."
        )

    def test_who_bears_the_taint_of_cordoned_nodes_goes_there(self):
        bearing = pod("p", tolerations=[{"key": "node.kubernetes.io/unschedulable", "operator": "Exists"}])
        assert fitting(cluster([node("n", unschedulable=True)]), bearing) == {"n"}

    def test_affinity_to_names_looks_at_no_other_nodes(self):
        def named(*names):
            terms = [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": [name]}]} for name in names]
            required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
            return pod("p", cpu="2", affinity={"nodeAffinity": required})

        made = cluster([node("a", cpu="1"), node("b"), node("c")])
        assert fitting(made, named("b")) == {"b"}
        assert message(made, named("a")).startswith(
            "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't satisfy plugin(s) [NodeAffinity]."
        )

    def test_a_cluster_without_nodes(self):
        assert message(cluster([]), pod("p")) == "no nodes available to schedule pods"


class TestSpread:
    def zones(self):
        return [node("a1", {ZONE: "a"}), node("a2", {ZONE: "a"}), node("b1", {ZONE: "b"})]

    def web(self, name):
        return pod(name, {"app": "w"})

    def spreading(self, *constraints, **more):
        return pod("p", {"app": "w"}, topologySpreadConstraints=list(constraints), **more)

    def test_no_zone_may_have_more_than_the_skew_above_the_emptiest(self):
        made = cluster(self.zones(), a1=[self.web("1")])
        assert fitting(made, self.spreading(spread(ZONE, {"app": "w"}))) == {"b1"}
        assert fitting(made, self.spreading(spread(ZONE, {"app": "w"}, skew=2))) == {"a1", "a2", "b1"}

    def test_constraints_hold_together(self):
        made = cluster(self.zones(), a1=[self.web("1")], b1=[self.web("2")])
        both = (spread(ZONE, {"app": "w"}), spread(HOSTNAME, {"app": "w"}))
        assert fitting(made, self.spreading(*both)) == {"a2"}

    def test_fewer_domains_than_wanted_make_the_emptiest_empty(self):
        made = cluster(self.zones(), a1=[self.web("1")], b1=[self.web("2")])
        few = spread(ZONE, {"app": "w"}, minDomains=3)
        assert "3 node(s) didn't match pod topology spread constraints." in message(made, self.spreading(few))
        assert fitting(made, self.spreading(spread(ZONE, {"app": "w"}, minDomains=2))) == {"a1", "a2", "b1"}

    def test_a_node_without_the_label_is_out_for_good(self):
        made = cluster([*self.zones(), node("x")], a1=[self.web("1")], b1=[self.web("2")])
        assert message(made, self.spreading(spread(ZONE, {"app": "w"}, minDomains=3))) == (
            "0/4 nodes are available: 1 node(s) didn't match pod topology spread constraints (missing required label), "
            "3 node(s) didn't match pod topology spread constraints. preemption: 0/4 nodes are available: "
            "1 Preemption is not helpful for scheduling, 3 No preemption victims found for incoming pod."
        )

    def test_nodes_that_the_pod_may_not_go_to_count_by_the_policies(self):
        tainted = [*self.zones()[:2], node("b1", {ZONE: "b"}, taints=[{"key": "x", "effect": "NoSchedule"}])]
        made = cluster(tainted, a1=[self.web("1")])
        assert fitting(made, self.spreading(spread(ZONE, {"app": "w"}))) == set()
        assert fitting(made, self.spreading(spread(ZONE, {"app": "w"}, nodeTaintsPolicy="Honor"))) == {"a1", "a2"}
        only_a = {"nodeSelector": {ZONE: "a"}}
        made = cluster(self.zones(), a1=[self.web("1")])
        assert fitting(made, self.spreading(spread(ZONE, {"app": "w"}), **only_a)) == {"a1", "a2"}
        ignoring = spread(ZONE, {"app": "w"}, nodeAffinityPolicy="Ignore")
        assert fitting(made, self.spreading(ignoring, **only_a)) == set()

    def test_match_label_keys_tell_revisions_apart(self):
        made = cluster(self.zones(), a1=[pod("1", {"app": "w", "rev": "1"})])
        wanted = pod(
            "p",
            {"app": "w", "rev": "2"},
            topologySpreadConstraints=[spread(ZONE, {"app": "w"}, matchLabelKeys=["rev"])],
        )
        assert fitting(made, wanted) == {"a1", "a2", "b1"}

    def test_a_selector_of_everything_counts_nothing_but_the_pod_itself(self):
        made = cluster(self.zones(), a1=[self.web("1"), self.web("2")])
        assert fitting(made, self.spreading(spread(ZONE, {}))) == {"a1", "a2", "b1"}


class TestOtherPods:
    def requires(self, kind, *terms):
        return {"affinity": {kind: {"requiredDuringSchedulingIgnoredDuringExecution": list(terms)}}}

    def nodes(self):
        return [node("a1", {ZONE: "a"}), node("a2", {ZONE: "a"}), node("b1", {ZONE: "b"})]

    def test_near_others_in_their_zone(self):
        made = cluster(self.nodes(), a1=[pod("l", {"app": "l"})])
        assert fitting(made, pod("p", **self.requires("podAffinity", near(ZONE, {"app": "l"})))) == {"a1", "a2"}
        nobody = pod("p", **self.requires("podAffinity", near(ZONE, {"app": "x"})))
        assert message(made, nobody) == (
            "0/3 nodes are available: 3 node(s) didn't match pod affinity rules. preemption: 0/3 nodes are available: "
            "3 Preemption is not helpful for scheduling."
        )

    def test_all_terms_must_be_about_one_pod(self):
        made = cluster(self.nodes(), a1=[pod("1", {"x": ""}), pod("2", {"y": ""})])
        terms = (near(ZONE, {"x": ""}), near(ZONE, {"y": ""}))
        assert fitting(made, pod("p", **self.requires("podAffinity", *terms))) == set()
        made.add_pod(pod("3", {"x": "", "y": ""}), "b1")
        assert fitting(made, pod("p", **self.requires("podAffinity", *terms))) == {"b1"}

    def test_the_first_of_pods_that_want_to_be_together_may_go_anywhere(self):
        together = self.requires("podAffinity", near(ZONE, {"app": "w"}))
        made = cluster(self.nodes())
        assert fitting(made, pod("p", {"app": "w"}, **together)) == {"a1", "a2", "b1"}
        made.add_pod(pod("1", {"app": "w"}), "b1")
        assert fitting(made, pod("p", {"app": "w"}, **together)) == {"b1"}
        assert fitting(cluster(self.nodes()), pod("p", {"app": "v"}, **together)) == set()

    def test_apart_from_others_and_others_from_it(self):
        apart = self.requires("podAntiAffinity", near(ZONE, {"app": "w"}))
        made = cluster(self.nodes(), a1=[pod("1", {"app": "w"}, **apart)])
        assert fitting(made, pod("p", {"app": "x"}, **apart)) == {"b1"}
        assert fitting(made, pod("p", {"app": "w"})) == {"b1"}
        assert fitting(made, pod("p", {"app": "x"})) == {"a1", "a2", "b1"}
        made.add_pod(pod("2", {"app": "w"}), "b1")
        assert "3 node(s) didn't match pod anti-affinity rules." in message(made, pod("p", {"app": "x"}, **apart))
        assert "2 node(s) didn't satisfy existing pods anti-affinity rules." in message(
            made, pod("p", {"app": "w"}, nodeSelector={ZONE: "a"})
        )


class TestSampling:
    def test_of_many_nodes_a_part_is_looked_at_each_time_beginning_where_the_last_ended(self):
        # 200 nodes: 50 - 200 // 125 = 49 %, which is 98, so the least: 100
        made = cluster([node(f"n{number:03}") for number in range(200)])
        scheduler = Scheduler(made)
        first = scheduler.schedule(pod("p", cpu="1"), explain=True)
        second = scheduler.schedule(pod("q", cpu="1"), explain=True)
        assert first.best == tuple(f"n{number:03}" for number in range(100))
        assert second.best == tuple(f"n{number:03}" for number in range(100, 200))

    def test_zones_take_turns(self):
        nodes = [node(f"{zone}{number}", {ZONE: zone}) for zone in "ab" for number in range(3)]
        assert [each.name for each in cluster([*nodes, node("x")]).nodes] == ["a0", "b0", "x", "a1", "b1", "a2", "b2"]
