"""Autoscaling: what a metric asks for, what limits leave of it, and that the bounds are never left."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.kubernetes.autoscaler import AutoscalerController
from sim.kubernetes.autoscaler_limits import (
    AutoscalerMemory,
    Bounds,
    Recommendation,
    note_scaled,
    with_behaviour,
    without_behaviour,
)
from sim.kubernetes.autoscaler_usage import (
    MetricMissingError,
    PodUsage,
    by_share,
    by_single_value,
    by_utilization,
    by_value,
)
from sim.kubernetes.defaults import with_defaults
from sim.kubernetes.objects import condition_of, replicas_of
from tests.kubernetes.clusters import cluster_of, get, made, patch, run, template

NOW = 1000.0


def pod(name, ready=True, phase="Running", request="100m", since=0.0):
    status = {"phase": phase, "startTime": 0.0, "conditions": [
        {"type": "Ready", "status": "True" if ready else "False", "lastTransitionTime": since}]}  # fmt: skip
    container = {"name": "c", "resources": {"requests": {"cpu": request}} if request else {}}
    return {"kind": "Pod", "metadata": {"name": name}, "spec": {"containers": [container]}, "status": status}


def usage(**millicores):
    return {name: PodUsage(value, NOW, 1.0) for name, value in millicores.items()}


def utilised(pods, metrics, current, target=50, now=NOW):
    return by_utilization(pods, metrics, current=current, target=target, resource="cpu", now=now)


def alike(count, value):
    pods = [pod(f"p{number}") for number in range(count)]
    return pods, usage(**{f"p{number}": value for number in range(count)})


@pytest.mark.parametrize(("value", "replicas"), [(50, 10), (54, 10), (55, 11), (56, 12), (46, 10), (45, 10), (44, 9)])
def test_a_tenth_more_or_less_is_tolerated_as_floating_point_has_it(value, replicas):
    # |1 - 55/50| is a little more than 0.1, |1 - 45/50| a little less
    pods, metrics = alike(10, value)
    assert utilised(pods, metrics, 10).replicas == replicas


def test_a_missing_metric_counts_as_nothing_on_the_way_up_and_as_all_on_the_way_down():
    pods, metrics = alike(4, 90)
    del metrics["p0"]
    assert utilised(pods, metrics, 4).replicas == 6  # 270 m of 400 m: 67 %, ceil(1.34 * 4)
    pods, metrics = alike(4, 10)
    del metrics["p0"]
    assert utilised(pods, metrics, 4).replicas == 3  # 130 m of 400 m: 32 %, ceil(0.64 * 4)


def test_what_is_missing_never_turns_the_direction_round():
    pods, metrics = alike(4, 58)
    del metrics["p0"]
    assert utilised(pods, metrics, 4).replicas == 4


def test_pods_that_are_not_ready_count_as_nothing_on_the_way_up_and_not_at_all_on_the_way_down():
    pods = [pod("a"), pod("b", ready=False)]
    assert utilised(pods, usage(a=200, b=0), 2, now=10.0).replicas == 4  # 200 m of 200 m: 100 %, twice two
    assert utilised(pods, usage(a=20, b=0), 2, now=10.0).replicas == 1


def test_pods_that_are_being_deleted_or_have_failed_do_not_count():
    gone = {**pod("b"), "metadata": {"name": "b", "deletionTimestamp": 1.0}}
    assert utilised([pod("a"), gone, pod("c", phase="Failed")], usage(a=100, b=900, c=900), 1).replicas == 2


def test_a_pod_that_was_never_ready_does_not_count_after_its_first_minutes():
    late = pod("b", ready=False, since=10.0)
    assert utilised([pod("a"), late], usage(a=20, b=500), 2, now=NOW).replicas == 1


@pytest.mark.parametrize(
    ("pods", "metrics", "message"),
    [
        ([pod("a")], None, "no metrics returned"),
        ([pod("a")], {}, "no metrics returned"),
        ([], usage(a=1), "no pods"),
        ([pod("a", phase="Pending")], usage(a=1), "unready"),
        ([pod("a", request=None)], usage(a=1), "missing request for cpu in container c of Pod a"),
    ],
)
def test_a_metric_that_nothing_can_be_told_from(pods, metrics, message):
    with pytest.raises(MetricMissingError, match=message):
        utilised(pods, metrics, 1)


def test_an_average_value_is_compared_with_the_target_itself():
    pods, metrics = alike(3, 200)
    assert by_value(pods, metrics, current=3, target=100, resource="cpu", now=NOW).replicas == 6


def test_one_value_is_shared_by_pods_or_compared_as_a_whole():
    pods = [pod("a"), pod("b"), pod("c", ready=False)]
    assert by_single_value(pods, 3000, current=3, target=1000).replicas == 6  # three times the two that are ready
    assert by_single_value(pods, 1050, current=3, target=1000).replicas == 3
    assert by_single_value(pods, 2500, current=0, target=1000).replicas == 3
    assert by_share(5000, replicas=2, target=1000).replicas == 5
    assert by_share(2100, replicas=2, target=1000).replicas == 2
    with pytest.raises(MetricMissingError):
        by_share(None, replicas=2, target=1000)


# Limits


def behaviour(**rules):
    spec = {"scaleTargetRef": {}, "maxReplicas": 99, "behavior": rules}
    return with_defaults({"kind": "HorizontalPodAutoscaler", "metadata": {"name": "h"}, "spec": spec})["spec"][
        "behavior"
    ]


@pytest.mark.parametrize(
    ("current", "wanted", "expected"),
    [(1, 50, (4, "ScaleUpLimit")), (5, 50, (10, "ScaleUpLimit")), (5, 8, (8, "DesiredWithinRange")),
     (9, 50, (12, "TooManyReplicas")), (5, 1, (2, "TooFewReplicas"))],
)  # fmt: skip
def test_without_behaviour_it_doubles_at_most_and_at_least_to_four(current, wanted, expected):
    limited = without_behaviour(AutoscalerMemory(), current, wanted, Bounds(2, 12), NOW)
    assert (limited.replicas, limited.reason) == expected


def test_the_window_holds_the_highest_recommendation_of_five_minutes():
    memory = AutoscalerMemory([Recommendation(8, NOW - 301), Recommendation(6, NOW - 299)])
    limited = without_behaviour(memory, 6, 2, Bounds(1, 12), NOW)
    assert (limited.replicas, limited.able) == (6, "ScaleDownStabilized")
    assert memory.recommendations[0] == Recommendation(2, NOW)


@pytest.mark.parametrize(
    ("policies", "select", "current", "expected"),
    [
        ([("Percent", 10, 15)], "Max", 5, 4),  # 4.5 rounded down
        ([("Percent", 50, 30), ("Pods", 2, 30)], "Min", 10, 8),
        ([("Percent", 50, 30), ("Pods", 2, 30)], "Max", 10, 5),
        ([("Pods", 2, 30)], "Disabled", 10, 10),
    ],
)
def test_policies_limit_the_way_down(policies, select, current, expected):
    listed = [{"type": kind, "value": value, "periodSeconds": period} for kind, value, period in policies]
    rules = behaviour(scaleDown={"stabilizationWindowSeconds": 0, "policies": listed, "selectPolicy": select})
    assert with_behaviour(AutoscalerMemory(), rules, current, 1, Bounds(1, 20), NOW).replicas == expected


def test_what_was_scaled_within_a_period_counts_against_it():
    policy = [{"type": "Pods", "value": 4, "periodSeconds": 60}]
    rules = behaviour(scaleUp={"policies": policy})
    memory = AutoscalerMemory()
    note_scaled(memory, rules, 2, 5, NOW)
    assert with_behaviour(memory, rules, 5, 20, Bounds(1, 50), NOW + 59).replicas == 6
    assert with_behaviour(memory, rules, 5, 20, Bounds(1, 50), NOW + 61).replicas == 9


def test_a_percentage_rounds_up_on_the_way_up():
    rules = behaviour(scaleUp={"policies": [{"type": "Percent", "value": 10, "periodSeconds": 60}]})
    assert with_behaviour(AutoscalerMemory(), rules, 1, 20, Bounds(1, 50), NOW).replicas == 2


RULES = st.fixed_dictionaries(
    {
        "stabilizationWindowSeconds": st.integers(0, 120),
        "selectPolicy": st.sampled_from(["Max", "Min", "Disabled"]),
        "policies": st.lists(
            st.fixed_dictionaries(
                {
                    "type": st.sampled_from(["Pods", "Percent"]),
                    "value": st.integers(1, 200),
                    "periodSeconds": st.integers(1, 120),
                }
            ),
            min_size=1,
            max_size=3,
        ),
    }
)


@given(
    bounds=st.tuples(st.integers(1, 10), st.integers(0, 20)),
    rules=st.one_of(st.none(), st.fixed_dictionaries({"scaleUp": RULES, "scaleDown": RULES})),
    wishes=st.lists(st.tuples(st.integers(0, 60), st.integers(1, 60)), min_size=1, max_size=20),
)
def test_limits_never_leave_the_bounds_nor_go_against_the_wish(bounds, rules, wishes):
    least, most = bounds[0], bounds[0] + bounds[1]
    memory, current, now = AutoscalerMemory(), least, NOW
    for wanted, pause in wishes:
        now += pause
        box = Bounds(least, most)
        if rules is None:
            limited = without_behaviour(memory, current, wanted, box, now)
        else:
            limited = with_behaviour(memory, rules, current, wanted, box, now)
        assert least <= limited.replicas <= most
        if rules is not None:
            note_scaled(memory, rules, current, limited.replicas, now)
            if rules["scaleUp"]["selectPolicy"] == "Disabled":
                assert limited.replicas <= current
        current = limited.replicas


# The whole controller


class Load:
    """A load in millicores that ready pods share."""

    def __init__(self, total):
        self.total = total
        self.now = 0.0
        self.env = None

    def resource(self, pods, resource, container):
        ready = [one for one in pods if condition_of(one, "Ready") and condition_of(one, "Ready")["status"] == "True"]
        return {
            one["metadata"]["name"]: PodUsage(math.ceil(self.total / len(ready)), self.env.now, 1.0) for one in ready
        }

    def custom(self, pods, metric):
        return None

    def single(self, kind, metric):
        return None


def autoscaled(load, replicas=2, kind="Deployment", **spec):
    pods = template()
    pods["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "100m"}}
    cluster = cluster_of(made(kind, replicas=replicas, template=pods), until=10)
    load.env = cluster.env
    controller = AutoscalerController(cluster.client(), load)
    target = {"type": "Utilization", "averageUtilization": 50}
    spec = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": kind, "name": "web"},
        "minReplicas": 1,
        "maxReplicas": 10,
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
        **spec,
    }
    cluster.api.create({"kind": "HorizontalPodAutoscaler", "metadata": {"name": "web"}, "spec": spec})
    return cluster, controller


@given(
    loads=st.lists(st.integers(0, 3000), min_size=1, max_size=4),
    least=st.integers(1, 4),
    more=st.integers(0, 8),
    kind=st.sampled_from(["Deployment", "StatefulSet", "ReplicaSet"]),
)
@settings(max_examples=20, deadline=None)
def test_an_autoscaler_never_leaves_its_bounds_and_settles_on_the_load(loads, least, more, kind):
    load = Load(loads[0])
    cluster, _ = autoscaled(load, least, kind, minReplicas=least, maxReplicas=least + more)
    sizes = []
    cluster.api.watch(kind, lambda _, new: sizes.append(replicas_of(new)))
    for total in loads:
        load.total = total
        run(cluster, 1000)  # usage is rounded up, so that a way down may take a second and a third window of 300 s
    assert all(least <= size <= least + more for size in sizes)
    # The documentation's rule: the size times usage over target, unless usage is within a tenth of the target.
    settled = replicas_of(get(cluster, kind))
    usage = math.ceil(loads[-1] / settled)
    proposed = math.ceil(settled * usage / 50)
    assert abs(usage / 50 - 1) <= 0.1 or settled == min(max(proposed, least), least + more)
    # A share of the load is rounded up for each pod, which asks for at most one pod more in a round of proposals.
    exact = min(max(math.ceil(loads[-1] / 50), least), least + more)
    assert 0.9 * exact - 1 <= settled <= 1.12 * exact + 1


def test_a_size_out_of_bounds_is_brought_back_whatever_the_load():
    cluster, _ = autoscaled(Load(100), replicas=2)
    patch(cluster, {"spec": {"replicas": 20}})
    run(cluster, 20)
    assert replicas_of(get(cluster, "Deployment")) == 10


def test_a_target_of_no_replicas_is_left_alone():
    cluster, _ = autoscaled(Load(100), replicas=0)
    run(cluster, 60)
    assert replicas_of(get(cluster, "Deployment")) == 0
    assert condition_of(get(cluster, "HorizontalPodAutoscaler"), "ScalingActive")["reason"] == "ScalingDisabled"


def test_a_target_that_is_not_there_is_told():
    cluster, controller = autoscaled(Load(100), scaleTargetRef={"kind": "Deployment", "name": "nobody"})
    run(cluster, 20)
    assert condition_of(get(cluster, "HorizontalPodAutoscaler"), "AbleToScale")["reason"] == "FailedGetScale"
    assert [event.reason for event in controller.events] == ["FailedGetScale"]


def test_of_several_metrics_the_highest_counts_and_a_missing_one_lets_nothing_shrink():
    missing = {"type": "Pods", "pods": {"metric": {"name": "rps"}, "target": {"averageValue": "10"}}}
    cpu = {"type": "Resource", "resource": {"name": "cpu", "target": {"averageUtilization": 50}}}
    quick = {"scaleDown": {"stabilizationWindowSeconds": 0}}
    load = Load(400)
    cluster, _ = autoscaled(load, metrics=[missing, cpu], behavior=quick)
    run(cluster, 100)
    # four more at a time: six use 66.7 m each, that is 67 %, and 1.34 * 6 is a little more than 8
    assert replicas_of(get(cluster, "Deployment")) == 9
    load.total = 50
    run(cluster, 100)
    assert replicas_of(get(cluster, "Deployment")) == 9
