"""What nodes do with pods: start, readiness, end, restarts with their waits, and what a dead node leaves undone."""

from itertools import pairwise

import pytest

from sim.kubernetes.objects import condition_of, key_of
from sim.kubernetes.pod_run import PodPlan
from sim.kubernetes.pods import is_ready, phase_of, restarts_of
from tests.kubernetes.clusters import cluster_of, made, run, template


def events(plan, policy="Always", until=60.0):
    """What happens to one pod, with rounded seconds after it was made."""
    seen = []
    cluster = cluster_of(until=0, plan=lambda _: plan)

    def note(_, new):
        state = "gone" if new is None else (phase_of(new), is_ready(new), sum(restarts_of(new)))
        if not seen or seen[-1][1] != state:
            seen.append((round(cluster.env.now, 1), state))

    cluster.api.watch("Pod", note)
    cluster.api.create({"kind": "Pod", "metadata": {"name": "p"}, "spec": template(restartPolicy=policy)["spec"]})
    run(cluster, until)
    return cluster, seen


def test_a_pod_starts_and_turns_ready():
    _, seen = events(PodPlan(start=2.0, ready=3.0))
    assert seen == [(0.0, ("Pending", False, 0)), (2.0, ("Running", False, 0)), (5.0, ("Running", True, 0))]


def test_one_that_is_ready_as_it_starts_is_told_once():
    assert events(PodPlan(start=2.0, ready=0.0))[1] == [
        (0.0, ("Pending", False, 0)),
        (2.0, ("Running", True, 0)),
    ]


def test_restarts_wait_not_at_all_then_ten_seconds_and_twice_as_long_each_time():
    _, seen = events(PodPlan(start=0.0, ready=None, exit_after=1.0, exit_code=1), until=400)
    moments = [moment for moment, (_, _, restarts) in seen if restarts]
    waits = [later - earlier - 1 for earlier, later in pairwise(moments)]
    assert waits == pytest.approx([0, 10, 20, 40, 80, 160], abs=0.2)


def test_the_longest_wait_is_five_minutes_and_is_forgiven_after_ten_minutes_of_running():
    _, seen = events(PodPlan(start=0.0, ready=None, exit_after=1.0, exit_code=1), until=1300)
    moments = [moment for moment, (_, _, restarts) in seen if restarts]
    assert moments[-1] - moments[-2] == pytest.approx(301, abs=0.2)
    _, seen = events(PodPlan(start=0.0, ready=None, exit_after=601.0, exit_code=1), until=3000)
    moments = [moment for moment, (_, _, restarts) in seen if restarts]
    assert [later - earlier for earlier, later in pairwise(moments)] == pytest.approx(
        [601] * (len(moments) - 1), abs=0.2
    )


@pytest.mark.parametrize(
    ("policy", "code", "ends"),
    [("Never", 0, "Succeeded"), ("Never", 3, "Failed"), ("OnFailure", 0, "Succeeded"), ("OnFailure", 3, "Running"),
     ("Always", 0, "Running")],
)  # fmt: skip
def test_what_an_exit_means_is_up_to_the_restart_policy(policy, code, ends):
    cluster, _ = events(PodPlan(start=0.0, exit_after=1.0, exit_code=code), policy, until=1.5)
    assert phase_of(cluster.api.all("Pod")[0]) == ends


def test_a_deleted_pod_ends_before_it_goes():
    cluster, seen = events(PodPlan(start=0.0, termination=5.0), until=1)
    cluster.api.delete("Pod", ("default", "p"))
    run(cluster, 10)
    assert seen[-2:] == [(6.0, ("Succeeded", False, 0)), (6.0, "gone")]


def test_one_that_was_deleted_before_it_ran_never_runs():
    cluster, seen = events(PodPlan(start=5.0, termination=1.0), until=1)
    cluster.api.delete("Pod", ("default", "p"))
    run(cluster, 20)
    assert [state for _, state in seen] == [("Pending", False, 0), ("Succeeded", False, 0), "gone"]


def test_what_falls_due_while_a_node_is_down_is_done_when_it_is_back():
    cluster, _ = events(PodPlan(start=5.0, ready=1.0), until=1)
    (pod,) = cluster.api.all("Pod")
    node = pod["spec"]["nodeName"]
    cluster.kubelets.stop(node)
    run(cluster, 20)
    assert phase_of(cluster.api.get("Pod", key_of(pod))) == "Pending"
    cluster.kubelets.resume(node)
    run(cluster, 1.5)
    assert is_ready(cluster.api.get("Pod", key_of(pod)))


def test_a_dead_node_ends_nothing_and_a_node_that_is_back_does():
    cluster, _ = events(PodPlan(start=0.0), until=1)
    (pod,) = cluster.api.all("Pod")
    cluster.kubelets.stop(pod["spec"]["nodeName"])
    cluster.api.delete("Pod", key_of(pod))
    run(cluster, 30)
    assert cluster.api.get("Pod", key_of(pod)) is not None
    cluster.kubelets.resume(pod["spec"]["nodeName"])
    run(cluster, 1)
    assert cluster.api.get("Pod", key_of(pod)) is None


def test_pods_that_are_due_together_can_be_told_one_after_the_other():
    cluster = cluster_of(until=0, plan=lambda _: PodPlan(start=0.0, ready=1.0), ready_gap=0.5)
    moments = []
    cluster.api.watch(
        "Pod", lambda old, new: moments.append(cluster.env.now) if old and is_ready(new) and not is_ready(old) else None
    )
    cluster.api.create(made("ReplicaSet", replicas=4))
    run(cluster, 10)
    assert [later - earlier for earlier, later in pairwise(moments)] == pytest.approx([0.5] * 3)


def test_the_lease_is_renewed_every_ten_seconds_until_the_node_dies():
    cluster = cluster_of(until=0)
    cluster.kubelets.renew_from("n1", 3.0)
    run(cluster, 25)
    assert cluster.kubelets.renewed_at("n1") == 23.0
    cluster.kubelets.stop("n1")
    run(cluster, 40)
    assert cluster.kubelets.renewed_at("n1") == 23.0
    cluster.kubelets.resume("n1")
    assert cluster.kubelets.renewed_at("n1") == 65.0
    run(cluster, 1)
    assert condition_of(cluster.api.get("Node", ("", "n1")), "Ready")["status"] == "True"
