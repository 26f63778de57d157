"""Preemption: who goes, from which node, and what keeps room for the pod that drove them out.

The order of preference between nodes is asserted with the figures of default_preemption_test.go of Kubernetes 1.32.
"""

import pytest

from sim.kubernetes.scheduler.cache import DisruptionBudget
from sim.kubernetes.scheduler.nodes import HOSTNAME, ZONE
from sim.kubernetes.scheduler.preemption import PreemptionCandidate, best, protected
from sim.kubernetes.scheduler.scheduler import Scheduler
from sim.kubernetes.selectors import label_selector
from tests.kubernetes.scheduler.small import cluster, near, node, pod, spread

LOW, MID, HIGH = 10, 100, 1000


def preempted(made, wanted):
    """Node and victims, or the refusal."""
    after = Scheduler(made).schedule(wanted).preemption
    if after.chosen is None:
        return after.refused or dict(after.reasons)
    return after.chosen.node.name, [victim.name for victim in after.chosen.victims]


def test_as_few_go_as_must_and_the_least_important_first():
    # 3 cores hold 900m each of low, mid, low; 1800m need two places: the low ones go, the mid one comes back
    pods = [pod("l1", cpu="900m", priority=LOW, started=1), pod("m1", cpu="900m", priority=MID, started=2)]
    made = cluster([node("n", cpu="3")], n=[*pods, pod("l2", cpu="900m", priority=LOW, started=3)])
    assert preempted(made, pod("h", cpu="1800m", priority=HIGH)) == ("n", ["l1", "l2"])


def test_of_equals_the_youngest_goes():
    pods = [pod("old", cpu="900m", priority=LOW, started=1), pod("new", cpu="900m", priority=LOW, started=5)]
    assert preempted(cluster([node("n", cpu="2")], n=pods), pod("h", cpu="900m", priority=HIGH)) == ("n", ["new"])


def test_equal_priority_drives_nobody_out():
    made = cluster([node("n", cpu="2")], n=[pod("l", cpu="2", priority=LOW)])
    assert preempted(made, pod("p", cpu="1", priority=LOW)) == {"No preemption victims found for incoming pod": 1}


def test_a_pod_that_would_not_fit_an_empty_node_either_drives_nobody_out():
    made = cluster([node("a", cpu="2"), node("b", cpu="2")], a=[pod("l", cpu="2", priority=LOW)])
    assert preempted(made, pod("h", cpu="3", priority=HIGH)) == {
        "Insufficient cpu": 1,
        "No preemption victims found for incoming pod": 1,
    }


def test_who_never_preempts_says_so():
    made = cluster([node("n", cpu="2")], n=[pod("l", cpu="2", priority=LOW)])
    wanted = pod("h", cpu="1", priority=HIGH, preemptionPolicy="Never")
    assert preempted(made, wanted) == "not eligible due to preemptionPolicy=Never."
    assert Scheduler(made).schedule(wanted).message == (
        "0/1 nodes are available: 1 Insufficient cpu. preemption: not eligible due to preemptionPolicy=Never."
    )


class TestBetweenNodes:
    def candidate(self, *victims, violations=0):
        """victims: (priority, started)."""
        pods = [pod(f"v{number}", priority=priority, started=at) for number, (priority, at) in enumerate(victims)]
        return PreemptionCandidate(node("n"), tuple(pods), violations)

    @pytest.mark.parametrize(
        ("first", "second", "chosen"),
        [
            # Priorities and starts of the victims: the highest priority, their sum, their number, the latest start of
            # the most important.
            ([(MID, 0)], [(LOW, 0), (LOW, 0)], 1),
            ([(MID, 0), (LOW, 0)], [(MID, 0)], 1),
            ([(MID, 0), (LOW, 0), (0, 0)], [(MID, 0), (LOW, 0)], 1),
            ([(MID, 1)], [(MID, 2)], 1),
            ([(MID, 3), (MID, 1)], [(MID, 2), (MID, 2)], 1),
            ([(MID, 5), (LOW, 1)], [(MID, 2), (LOW, 9)], 0),
            ([(-10, 0), (-10, 0)], [(-10, 0)], 1),
        ],
    )
    def test_preference(self, first, second, chosen):
        made = [self.candidate(*first), self.candidate(*second)]
        assert best(made) == [made[chosen]]

    def test_a_kept_budget_is_preferred_to_all_of_it(self):
        made = [self.candidate((LOW, 0), violations=1), self.candidate((MID, 0), (MID, 0))]
        assert best(made) == [made[1]]

    def test_what_is_alike_in_all_is_left_to_chance(self):
        assert len(best([self.candidate((LOW, 1)), self.candidate((LOW, 1))])) == 2


class TestBudgets:
    def budget(self, allowed, disrupted=()):
        return DisruptionBudget("default", label_selector({"matchLabels": {"app": "w"}}), allowed, frozenset(disrupted))

    def test_a_budget_is_kept_before_priority_is_looked_at(self):
        made = cluster(
            [node("a", cpu="2"), node("b", cpu="2")],
            a=[pod("protected", {"app": "w"}, cpu="2", priority=LOW)],
            b=[pod("free", cpu="2", priority=MID)],
        )
        assert preempted(made, pod("h", cpu="1", priority=HIGH)) == ("a", ["protected"])
        made.budgets = [self.budget(0)]
        assert preempted(made, pod("h2", cpu="1", priority=HIGH)) == ("b", ["free"])

    def test_a_budget_is_broken_where_nothing_else_helps(self):
        made = cluster([node("a", cpu="2")], a=[pod("protected", {"app": "w"}, cpu="2", priority=LOW)])
        made.budgets = [self.budget(0)]
        after = Scheduler(made).schedule(pod("h", cpu="1", priority=HIGH)).preemption
        assert after.chosen.violations == 1

    def test_on_a_node_the_protected_come_back_first(self):
        # Both are of one priority and only one must go: not the one that a budget protects, though it is younger.
        pods = [pod("free", cpu="1", priority=LOW, started=1), pod("w", {"app": "w"}, cpu="1", priority=LOW, started=9)]
        made = cluster([node("a", cpu="2")], a=pods)
        made.budgets = [self.budget(0)]
        assert preempted(made, pod("h", cpu="1", priority=HIGH)) == ("a", ["free"])

    def test_a_budget_allows_so_many_and_does_not_count_who_is_on_his_way_already(self):
        pods = [pod(name, {"app": "w"}) for name in ("1", "2", "3")]

        def names(budget):
            return [[one.name for one in group] for group in protected(pods, [budget])]

        assert names(self.budget(1)) == [["2", "3"], ["1"]]
        assert names(self.budget(1, disrupted=["1"])) == [["3"], ["1", "2"]]
        assert names(self.budget(3)) == [[], ["1", "2", "3"]]


class TestOtherFilters:
    def test_pods_go_that_a_pod_does_not_want_near_it(self):
        apart = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [near(HOSTNAME, {"app": "x"})]}}
        made = cluster([node("n")], n=[pod("x", {"app": "x"}, priority=LOW), pod("y", priority=LOW)])
        assert preempted(made, pod("h", priority=HIGH, affinity=apart)) == ("n", ["x"])

    def test_pods_go_that_make_a_zone_too_full(self):
        zones = [node("a", {ZONE: "a"}), node("b", {ZONE: "b"}, unschedulable=True)]
        made = cluster(zones, a=[pod("1", {"app": "w"}, priority=LOW, started=1)])
        wanted = pod("h", {"app": "w"}, priority=HIGH, topologySpreadConstraints=[spread(ZONE, {"app": "w"})])
        assert preempted(made, wanted) == ("a", ["1"])

    def test_trying_leaves_no_trace(self):
        apart = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [near(ZONE, {"app": "x"})]}}
        zones = [node("a", {ZONE: "a"}), node("b", {ZONE: "b"}, unschedulable=True)]
        pods = [pod(name, {"app": "w"}, cpu="1", priority=LOW, started=n) for n, name in enumerate("123")]
        made = cluster(zones, a=pods)
        wanted = pod("h", {"app": "w"}, cpu="2", priority=HIGH, affinity=apart)
        scheduler = Scheduler(made)
        first = scheduler.schedule(wanted).preemption.chosen
        made.forget_nomination(wanted)
        assert scheduler.schedule(wanted).preemption.chosen == first
        assert [one.name for one in made.nodes[0].pods] == ["1", "2", "3"]
        assert made.nodes[0].requested["cpu"] == 3000


class TestNomination:
    def test_room_is_kept_against_lower_priority_and_not_against_higher(self):
        made = cluster([node("n", cpu="2")], n=[pod("l", cpu="1800m", priority=LOW)])
        high = pod("h", cpu="1800m", priority=HIGH)
        scheduler = Scheduler(made)
        (victim,) = scheduler.schedule(high).preemption.chosen.victims
        made.terminate_pod(victim, preempted=True)
        assert high.nominated == "n"
        assert scheduler.schedule(pod("again", cpu="1800m", priority=LOW)).node is None
        waits = scheduler.schedule(high)
        assert waits.preemption.refused == "not eligible due to a terminating pod on the nominated node."
        made.remove_pod(victim)
        assert scheduler.schedule(pod("small", cpu="500m", priority=LOW)).node is None
        assert scheduler.schedule(pod("tiny", cpu="200m", priority=LOW)).node == "n"
        assert scheduler.schedule(pod("higher", cpu="1800m", priority=HIGH + 1)).node == "n"
        assert scheduler.schedule(high).node == "n"

    def test_who_is_nominated_for_less_looks_elsewhere_when_a_higher_one_takes_the_node(self):
        made = cluster([node("n", cpu="2")], n=[pod("l", cpu="2", priority=LOW)])
        scheduler = Scheduler(made)
        mid, high = pod("m", cpu="2", priority=MID), pod("h", cpu="2", priority=HIGH)
        scheduler.schedule(mid)
        assert mid.nominated == "n"
        scheduler.schedule(high)
        assert (mid.nominated, high.nominated) == ("", "n")

    def test_a_pod_that_has_its_node_is_nominated_no_longer(self):
        made = cluster([node("n", cpu="2")], n=[pod("l", cpu="2", priority=LOW)])
        high = pod("h", cpu="2", priority=HIGH)
        (victim,) = Scheduler(made).schedule(high).preemption.chosen.victims
        made.remove_pod(victim)
        made.add_pod(high, "n")
        assert high.nominated == ""
        assert made.nominated("n") == ()
