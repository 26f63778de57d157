"""Defaults of the API server and of admission, by the API's documentation."""

import pytest

from sim.errors import InputError
from sim.kubernetes.defaults import admitted, with_defaults


def filled(kind, **spec):
    return with_defaults({"kind": kind, "metadata": {"name": "x"}, "spec": spec})["spec"]


def test_a_deployment_rolls_by_quarters():
    spec = filled("Deployment", template={"spec": {"containers": []}})
    assert spec["replicas"] == 1
    assert spec["strategy"] == {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}}
    assert (spec["progressDeadlineSeconds"], spec["revisionHistoryLimit"]) == (600, 10)
    assert spec["template"]["spec"]["terminationGracePeriodSeconds"] == 30
    assert filled("Deployment", replicas=0)["replicas"] == 0
    assert filled("Deployment", strategy={"type": "Recreate"})["strategy"] == {"type": "Recreate"}


def test_the_other_controllers():
    assert filled("ReplicaSet")["replicas"] == 1
    stateful = filled("StatefulSet")
    assert stateful["podManagementPolicy"] == "OrderedReady"
    assert stateful["updateStrategy"] == {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}
    assert filled("StatefulSet", updateStrategy={"type": "OnDelete"})["updateStrategy"] == {"type": "OnDelete"}
    assert filled("DaemonSet")["updateStrategy"]["rollingUpdate"] == {"maxUnavailable": 1, "maxSurge": 0}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {"completions": 1, "parallelism": 1, "backoffLimit": 6}),
        ({"parallelism": 3}, {"completions": None, "parallelism": 3}),
        ({"completions": 3}, {"completions": 3, "parallelism": 1}),
        ({"backoffLimitPerIndex": 1}, {"backoffLimit": 2**31 - 1}),
        ({"podFailurePolicy": {"rules": []}}, {"podReplacementPolicy": "Failed"}),
    ],
)
def test_a_job_without_numbers_runs_once(given, expected):
    spec = filled("Job", **given)
    assert {key: spec.get(key) for key in expected} == expected


def test_an_autoscaler_follows_cpu_at_80_percent_and_its_behaviour_is_filled_where_it_is_named():
    spec = filled("HorizontalPodAutoscaler", maxReplicas=5)
    assert spec["metrics"][0]["resource"]["target"] == {"type": "Utilization", "averageUtilization": 80}
    assert (spec["minReplicas"], "behavior" in spec) == (1, False)
    (metric,) = filled("HorizontalPodAutoscaler", targetCPUUtilizationPercentage=60)["metrics"]
    assert metric["resource"]["target"]["averageUtilization"] == 60
    spec = filled("HorizontalPodAutoscaler", behavior={"scaleDown": {"stabilizationWindowSeconds": 60}})
    assert spec["behavior"]["scaleUp"]["policies"][0] == {"type": "Pods", "value": 4, "periodSeconds": 15}
    assert spec["behavior"]["scaleDown"]["stabilizationWindowSeconds"] == 60
    assert spec["behavior"]["scaleDown"]["policies"] == [{"type": "Percent", "value": 100, "periodSeconds": 15}]


def test_requests_are_the_limits_in_pods_and_not_yet_in_templates():
    containers = [{"name": "c", "resources": {"limits": {"cpu": "1"}}}]
    assert filled("Pod", containers=containers)["containers"][0]["resources"]["requests"] == {"cpu": "1"}
    template = filled("Deployment", template={"spec": {"containers": containers}})["template"]
    assert "requests" not in template["spec"]["containers"][0]["resources"]


def test_on_the_host_s_network_ports_are_the_host_s():
    spec = filled("Pod", hostNetwork=True, containers=[{"name": "c", "ports": [{"containerPort": 80}]}])
    assert spec["containers"][0]["ports"] == [{"containerPort": 80, "hostPort": 80}]


def test_nothing_that_was_given_is_changed():
    given = {"kind": "Pod", "metadata": {"name": "x"}, "spec": {"containers": [{"name": "c"}]}}
    with_defaults(given)
    assert given == {"kind": "Pod", "metadata": {"name": "x"}, "spec": {"containers": [{"name": "c"}]}}


class TestAdmission:
    CLASSES = (
        {"metadata": {"name": "high"}, "value": 1000, "preemptionPolicy": "Never"},
        {"metadata": {"name": "usual"}, "value": 7, "globalDefault": True},
    )

    def spec(self, classes=CLASSES, **spec):
        return admitted({"spec": spec}, classes)["spec"]

    def test_priority_comes_from_the_class(self):
        assert self.spec(priorityClassName="high")["priority"] == 1000
        assert self.spec(priorityClassName="high")["preemptionPolicy"] == "Never"
        assert self.spec()["priority"] == 7
        assert self.spec(classes=())["priority"] == 0
        assert self.spec(priorityClassName="system-node-critical")["priority"] == 2_000_001_000

    def test_an_unknown_class_is_refused_by_name(self):
        with pytest.raises(InputError, match="no PriorityClass 'hihg'; there are high, system-cluster-critical"):
            self.spec(priorityClassName="hihg")

    def test_pods_bear_a_failing_node_for_five_minutes_unless_they_say_otherwise(self):
        def seconds(tolerations):
            return [
                (one["key"], one.get("tolerationSeconds")) for one in self.spec(tolerations=tolerations)["tolerations"]
            ]

        unready, unreachable = "node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"
        assert seconds([]) == [(unready, 300), (unreachable, 300)]
        own = {"key": unreachable, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 10}
        assert seconds([own]) == [(unreachable, 10), (unready, 300)]
        assert len(self.spec(tolerations=[{"operator": "Exists"}])["tolerations"]) == 1

    def test_a_runtime_class_adds_its_overhead_and_says_where(self):
        runtime = {
            "metadata": {"name": "sandbox"},
            "overhead": {"podFixed": {"cpu": "250m"}},
            "scheduling": {
                "nodeSelector": {"sandbox": "yes"},
                "tolerations": [{"key": "sandbox", "operator": "Exists"}],
            },
        }
        pod = {"spec": {"runtimeClassName": "sandbox", "nodeSelector": {"disk": "ssd"}}}
        spec = admitted(pod, (), [runtime])["spec"]
        assert spec["overhead"] == {"cpu": "250m"}
        assert spec["nodeSelector"] == {"disk": "ssd", "sandbox": "yes"}
        assert spec["tolerations"][0]["key"] == "sandbox"
        with pytest.raises(InputError, match="no RuntimeClass 'sandbox'; there are none"):
            admitted(pod, ())
