"""Jobs: how many pods, how often again, and when a Job is over."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.kubernetes.controllers import job_indexes
from sim.kubernetes.objects import annotations_of, status_of
from sim.kubernetes.pod_run import PodPlan
from sim.kubernetes.pods import is_active, phase_of
from tests.kubernetes.clusters import cluster_of, get, patch, run, template

SUCCEEDS, FAILS = PodPlan(exit_after=2.0), PodPlan(exit_after=2.0, exit_code=1)


def job(policy="Never", **spec):
    spec = {"template": template(restartPolicy=policy), **spec}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "job"}, "spec": spec}


def index_of(pod):
    return int(annotations_of(pod)[job_indexes.INDEX])


def fails_at(*indexes):
    return lambda pod: FAILS if index_of(pod) in indexes else SUCCEEDS


def ended(cluster, name="job"):
    conditions = status_of(get(cluster, "Job", name)).get("conditions") or ()
    return {one["type"]: one["reason"] for one in conditions if one["status"] == "True"}


def counts(cluster):
    status = status_of(get(cluster, "Job", "job"))
    return {name: status.get(name, 0) for name in ("active", "succeeded", "failed", "terminating")}


def starts(cluster):
    moments = []
    cluster.api.watch("Pod", lambda old, new: moments.append(round(cluster.env.now)) if old is None else None)
    return moments


@given(completions=st.integers(1, 8), parallelism=st.integers(1, 10), indexed=st.booleans())
@settings(max_examples=30, deadline=None)
def test_a_job_runs_no_more_than_asked_for_at_once_and_succeeds_as_often(completions, parallelism, indexed):
    mode = "Indexed" if indexed else "NonIndexed"
    cluster = cluster_of(until=0, plan=lambda _: SUCCEEDS)
    most = []
    cluster.api.watch("Pod", lambda *_: most.append(sum(map(is_active, cluster.api.all("Pod")))))
    cluster.api.create(job(completions=completions, parallelism=parallelism, completionMode=mode))
    run(cluster, 120)
    assert max(most) <= min(parallelism, completions)
    assert counts(cluster) == {"active": 0, "succeeded": completions, "failed": 0, "terminating": 0}
    assert ended(cluster) == {"SuccessCriteriaMet": "CompletionsReached", "Complete": "CompletionsReached"}
    if indexed:
        assert sorted(map(index_of, cluster.api.all("Pod"))) == list(range(completions))


def test_failures_are_waited_for_ten_twenty_forty_seconds_after_their_whole_second():
    cluster = cluster_of(until=0, plan=lambda _: FAILS, fraction=0.4)
    moments = []
    cluster.api.watch("Pod", lambda old, new: moments.append(cluster.env.now) if old is None else None)
    cluster.api.create(job(backoffLimit=3))
    run(cluster, 120)
    # each starts a second after it is made and ends two seconds later, in some whole second of the wall clock
    expected = [0.0]
    for wait in (10, 20, 40):
        end = expected[-1] + 3.05
        expected.append(int(end + 0.4) - 0.4 + wait)
    assert moments == pytest.approx(expected, abs=0.1)
    assert ended(cluster) == {"FailureTarget": "BackoffLimitExceeded", "Failed": "BackoffLimitExceeded"}
    assert counts(cluster)["failed"] == 4


def test_containers_that_are_started_again_count_as_failures():
    cluster = cluster_of(job("OnFailure", backoffLimit=2), plan=lambda _: FAILS)
    assert ended(cluster)["Failed"] == "BackoffLimitExceeded"
    assert counts(cluster)["failed"] == 1


def test_an_index_that_failed_too_often_lets_the_others_finish():
    cluster = cluster_of(
        job(completions=4, parallelism=4, completionMode="Indexed", backoffLimitPerIndex=1), plan=fails_at(1, 3)
    )
    status = status_of(get(cluster, "Job", "job"))
    assert (status["completedIndexes"], status["failedIndexes"]) == ("0,2", "1,3")
    assert ended(cluster)["Failed"] == "FailedIndexes"
    assert counts(cluster)["failed"] == 4


def test_too_many_failed_indexes_end_the_job_at_once():
    cluster = cluster_of(
        job(completions=9, parallelism=3, completionMode="Indexed", backoffLimitPerIndex=0, maxFailedIndexes=1),
        plan=fails_at(0, 1),
    )
    assert ended(cluster)["Failed"] == "MaxFailedIndexesExceeded"
    assert len(cluster.api.all("Pod")) <= 6


EXITED = {"operator": "In", "values": [1]}


@pytest.mark.parametrize(
    ("action", "spec", "expected"),
    [
        ("FailJob", {}, {"FailureTarget": "PodFailurePolicy", "Failed": "PodFailurePolicy"}),
        ("Ignore", {"backoffLimit": 0}, {}),
        ("Count", {"backoffLimit": 0}, {"FailureTarget": "BackoffLimitExceeded", "Failed": "BackoffLimitExceeded"}),
        (
            "FailIndex",
            {"completions": 1, "completionMode": "Indexed", "backoffLimitPerIndex": 5},
            {"FailureTarget": "FailedIndexes", "Failed": "FailedIndexes"},
        ),
    ],
)
def test_a_failure_policy_decides_what_a_failure_means(action, spec, expected):
    rules = {"rules": [{"action": action, "onExitCodes": EXITED}]}
    cluster = cluster_of(job(podFailurePolicy=rules, **spec), plan=lambda _: FAILS, until=20)
    assert ended(cluster) == expected


def test_not_in_matches_other_codes_but_never_success():
    rules = {"rules": [{"action": "FailJob", "onExitCodes": {"operator": "NotIn", "values": [1]}}]}
    assert ended(cluster_of(job(podFailurePolicy=rules), plan=lambda _: PodPlan(exit_after=1.0, exit_code=2)))
    assert "Failed" not in ended(cluster_of(job(podFailurePolicy=rules), plan=lambda _: SUCCEEDS))


def test_a_pod_that_an_eviction_took_can_be_ignored():
    rules = {"rules": [{"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}]}
    cluster = cluster_of(job(podFailurePolicy=rules, backoffLimit=0), plan=lambda _: PodPlan(exit_after=30.0), until=5)
    taints = [{"key": "gone", "effect": "NoExecute"}]
    (pod,) = cluster.api.all("Pod")
    cluster.api.modify("Node", ("", pod["spec"]["nodeName"]), lambda now: {**now, "spec": {"taints": taints}})
    run(cluster, 100)
    assert ended(cluster) == {"SuccessCriteriaMet": "CompletionsReached", "Complete": "CompletionsReached"}


def test_a_success_policy_ends_the_job_before_all_have_succeeded():
    policy = {"rules": [{"succeededIndexes": "0-2", "succeededCount": 1}]}
    cluster = cluster_of(
        job(completions=5, parallelism=2, completionMode="Indexed", successPolicy=policy),
        plan=lambda pod: SUCCEEDS if index_of(pod) == 0 else PodPlan(exit_after=500.0),
    )
    assert ended(cluster) == {"SuccessCriteriaMet": "SuccessPolicy", "Complete": "SuccessPolicy"}
    assert counts(cluster) == {"active": 0, "succeeded": 1, "failed": 0, "terminating": 0}


def test_a_deadline_ends_the_job_and_its_pods():
    cluster = cluster_of(job(activeDeadlineSeconds=5), plan=lambda _: PodPlan(exit_after=500.0))
    assert ended(cluster)["Failed"] == "DeadlineExceeded"
    assert not any(map(is_active, cluster.api.all("Pod")))


def test_a_suspended_job_has_no_pods_and_its_time_begins_anew():
    cluster = cluster_of(job(parallelism=2, completions=2, activeDeadlineSeconds=12), plan=lambda _: SUCCEEDS, until=2)
    patch(cluster, {"spec": {"suspend": True}}, "Job", "job")
    run(cluster, 8)
    assert ended(cluster) == {"Suspended": "JobSuspended"}
    assert not any(map(is_active, cluster.api.all("Pod")))
    patch(cluster, {"spec": {"suspend": False}}, "Job", "job")
    run(cluster, 20)
    assert ended(cluster)["Complete"] == "CompletionsReached"


def test_a_job_that_was_suspended_for_longer_than_its_deadline_fails_as_it_resumes():
    # syncJob looks at the deadline before it sets the start time anew
    cluster = cluster_of(job(activeDeadlineSeconds=12), plan=lambda _: SUCCEEDS, until=2)
    patch(cluster, {"spec": {"suspend": True}}, "Job", "job")
    run(cluster, 20)
    patch(cluster, {"spec": {"suspend": False}}, "Job", "job")
    run(cluster, 20)
    assert ended(cluster)["Failed"] == "DeadlineExceeded"


def test_without_completions_one_success_is_enough_and_starts_no_more():
    cluster = cluster_of(job(parallelism=3), plan=lambda _: SUCCEEDS)
    assert counts(cluster)["succeeded"] == 3
    assert len(cluster.api.all("Pod")) == 3


def test_a_finished_job_goes_after_its_time_with_its_pods():
    cluster = cluster_of(job(ttlSecondsAfterFinished=10), plan=lambda _: SUCCEEDS, until=12)
    assert "Complete" in ended(cluster)
    run(cluster, 10)
    assert (get(cluster, "Job", "job"), cluster.api.all("Pod")) == (None, [])


def test_a_job_that_is_deleted_lets_its_pods_go():
    cluster = cluster_of(job(parallelism=2, completions=4), plan=lambda _: PodPlan(exit_after=300.0), until=5)
    cluster.api.delete("Job", ("default", "job"))
    run(cluster, 20)
    assert [phase_of(pod) for pod in cluster.api.all("Pod")] == []


@given(indexes=st.sets(st.integers(0, 30)))
def test_indexes_are_written_and_read(indexes):
    assert job_indexes.parsed(job_indexes.written(indexes), 31) == indexes


def test_indexes_are_written_as_the_controller_writes_them():
    assert [job_indexes.written(one) for one in ([], [3], [1, 2], [1, 2, 3], [0, 2, 3, 5, 6, 7])] == [
        "", "3", "1,2", "1-3", "0,2,3,5-7"]  # fmt: skip


@pytest.mark.parametrize(("failures", "wait"), [(0, 0), (1, 10), (2, 20), (3, 40), (6, 320), (7, 600), (30, 600)])
def test_the_wait_doubles_up_to_ten_minutes(failures, wait):
    assert job_indexes.wait_after(failures, 100.0, 100.0) == wait
    assert job_indexes.wait_after(failures, 100.0, 100.0 + wait + 1) == 0
