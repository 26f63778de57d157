"""Deployments roll out step by step, within surge and unavailable, and always end when pods become ready."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.kubernetes.controllers import rolling
from sim.kubernetes.objects import changed, condition_of, key_of, replicas_of, spec_of
from sim.kubernetes.pod_run import PodPlan
from tests.kubernetes.clusters import (
    Watched,
    cluster_of,
    get,
    images,
    is_rolled_out,
    made,
    patch,
    patch_image,
    run,
    template,
)
from tests.kubernetes.clusters import rolling as strategy

NEVER = PodPlan(ready=None)


def only_v1_is_ready(pod):
    return PodPlan(ready=1.0 if pod["spec"]["containers"][0]["image"] == "app:v1" else None)


def sizes(cluster):
    return [replicas_of(one) for one in cluster.api.all("ReplicaSet")]


def progressing(cluster):
    return condition_of(get(cluster, "Deployment"), "Progressing")["reason"]


LIMITS = st.one_of(st.integers(0, 12), st.integers(0, 100).map(lambda percent: f"{percent}%"))


@given(replicas=st.integers(0, 12), surge=LIMITS, unavailable=LIMITS)
@settings(max_examples=60, deadline=None)
def test_a_rollout_stays_within_its_limits_and_ends(replicas, surge, unavailable):
    deployment = made("Deployment", replicas=replicas, strategy=strategy(surge, unavailable))
    cluster = cluster_of(deployment)
    most, least = rolling.fenceposts(get(cluster, "Deployment"))
    watched = Watched(cluster)
    patch_image(cluster, "app:v2")
    run(cluster, 300)
    assert watched.most <= replicas + most
    assert watched.least >= replicas - least
    assert is_rolled_out(get(cluster, "Deployment"))
    assert images(cluster) == ["app:v2"] * replicas
    assert progressing(cluster) == "NewReplicaSetAvailable"


@given(
    sizes=st.lists(st.integers(0, 12), min_size=2, max_size=4),
    surge=LIMITS,
    unavailable=LIMITS,
    pauses=st.lists(st.floats(0.1, 4), min_size=4, max_size=4),
)
@settings(max_examples=40, deadline=None)
def test_whatever_is_asked_for_in_the_middle_the_last_wish_comes_true(sizes, surge, unavailable, pauses):
    cluster = cluster_of(made("Deployment", replicas=sizes[0], strategy=strategy(surge, unavailable)))
    for number, (size, pause) in enumerate(zip(sizes, pauses, strict=False)):
        patch(cluster, {"spec": {"replicas": size, "template": template(f"app:v{number % 3}")}})
        run(cluster, pause)
    run(cluster, 300)
    assert is_rolled_out(get(cluster, "Deployment"))
    assert images(cluster) == [f"app:v{(len(sizes) - 1) % 3}"] * sizes[-1]


@given(replicas=st.integers(1, 10), surge=LIMITS, unavailable=LIMITS)
@settings(max_examples=30, deadline=None)
def test_pods_that_never_turn_ready_take_no_more_than_may_be_missing(replicas, surge, unavailable):
    cluster = cluster_of(
        made("Deployment", replicas=replicas, strategy=strategy(surge, unavailable), progressDeadlineSeconds=20),
        plan=only_v1_is_ready,
    )
    most, least = rolling.fenceposts(get(cluster, "Deployment"))
    watched = Watched(cluster)
    patch_image(cluster, "app:v2")
    run(cluster, 60)
    assert watched.least >= replicas - least
    assert watched.most <= replicas + most
    assert progressing(cluster) == "ProgressDeadlineExceeded"


# 25 % of 4 is 1 either way; of 10 it is 3 up and 2 down; of 1 it is 1 up and 0 down: images.md 4.3.
@pytest.mark.parametrize(("replicas", "most", "least"), [(4, 5, 3), (10, 13, 8), (1, 2, 1)])
def test_the_defaults_round_surge_up_and_unavailable_down(replicas, most, least):
    cluster = cluster_of(made("Deployment", replicas=replicas))
    watched = Watched(cluster)
    patch_image(cluster, "app:v2")
    run(cluster, 60)
    assert (watched.most, watched.least) == (most, least)


def test_a_crash_looping_template_stalls_where_the_controllers_own_example_says():
    # rolling.go: 10 replicas, surge 3, unavailable 2, and a new template whose pods never become available
    cluster = cluster_of(made("Deployment", replicas=10, strategy=strategy(3, 2)), plan=only_v1_is_ready)
    watched = Watched(cluster)
    patch_image(cluster, "app:v2")
    run(cluster, 30)
    assert watched.steps == [[10], [10, 3], [8, 3], [8, 5]]
    patch_image(cluster, "app:v1")
    run(cluster, 30)
    assert watched.steps[4:] == [[8, 0], [10, 0]]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [(12, [9, 6]), (20, [14, 9]), (5, [3, 5]), (0, [0, 0]), (11, [9, 5])],
)
def test_scaling_a_stuck_rollout_keeps_the_proportions(wanted, expected):
    # 8 and 5 of 13 become shares of wanted + 3, rounded to the nearest; the largest takes what is left over
    cluster = cluster_of(made("Deployment", replicas=10, strategy=strategy(3, 2)), plan=only_v1_is_ready)
    patch_image(cluster, "app:v2")
    run(cluster, 10)
    assert sizes(cluster) == [8, 5]
    patch(cluster, {"spec": {"replicas": wanted}})
    run(cluster, 10)
    assert sizes(cluster) == expected


def test_recreate_waits_until_the_last_old_pod_is_gone():
    cluster = cluster_of(
        made("Deployment", replicas=3, strategy={"type": "Recreate"}), plan=lambda _: PodPlan(termination=5.0)
    )
    watched = Watched(cluster)
    patch_image(cluster, "app:v2")
    run(cluster, 4.9)
    assert (sizes(cluster), images(cluster)) == ([0], [])
    run(cluster, 5)
    assert watched.steps == [[3], [0], [0, 3]]
    assert watched.most == 3


def test_a_paused_rollout_scales_but_does_not_roll():
    cluster = cluster_of(made("Deployment", replicas=4, paused=True))
    patch_image(cluster, "app:v2")
    patch(cluster, {"spec": {"replicas": 6}})
    run(cluster, 20)
    assert get(cluster, "Deployment")["status"]["replicas"] == 0
    patch(cluster, {"spec": {"paused": None}})
    run(cluster, 20)
    assert images(cluster) == ["app:v2"] * 6


def test_time_that_a_rollout_is_paused_does_not_count_against_its_deadline():
    cluster = cluster_of(made("Deployment", replicas=2, progressDeadlineSeconds=10), plan=only_v1_is_ready)
    patch_image(cluster, "app:v2")
    run(cluster, 5)
    patch(cluster, {"spec": {"paused": True}})
    run(cluster, 60)
    assert progressing(cluster) == "DeploymentPaused"
    patch(cluster, {"spec": {"paused": False}})
    run(cluster, 8)
    assert progressing(cluster) == "DeploymentResumed"
    run(cluster, 8)
    assert progressing(cluster) == "ProgressDeadlineExceeded"


def test_no_deadline_tells_no_progress():
    cluster = cluster_of(made("Deployment", replicas=1, progressDeadlineSeconds=2**31 - 1))
    patch_image(cluster, "app:v2")
    run(cluster, 20)
    assert condition_of(get(cluster, "Deployment"), "Progressing") is None


@pytest.mark.parametrize(("limit", "kept"), [(0, 1), (1, 2), (2, 3), (10, 5)])
def test_old_revisions_are_kept_up_to_the_limit(limit, kept):
    cluster = cluster_of(made("Deployment", replicas=1, revisionHistoryLimit=limit))
    for number in range(2, 6):
        patch_image(cluster, f"app:v{number}")
        run(cluster, 20)
    assert len(sizes(cluster)) == kept
    assert sizes(cluster)[-1] == 1


def test_an_undo_takes_the_old_replicaset_and_gives_it_the_next_revision():
    cluster = cluster_of(made("Deployment", replicas=2))
    patch_image(cluster, "app:v2")
    run(cluster, 20)
    patch_image(cluster, "app:v1")
    run(cluster, 20)
    revision = "deployment.kubernetes.io/revision"
    assert sizes(cluster) == [2, 0]
    assert [one["metadata"]["annotations"][revision] for one in cluster.api.all("ReplicaSet")] == ["3", "2"]
    assert get(cluster, "Deployment")["metadata"]["annotations"][revision] == "3"


def test_min_ready_seconds_are_counted_from_the_whole_second_in_which_a_pod_turned_ready():
    # ready at 1.0 s and some ms: the condition says 1.0, so the pod is available after 4.0 s; a look comes at 4.0 s
    # and some ms, three seconds after readiness was seen
    cluster = cluster_of(made("Deployment", replicas=1, minReadySeconds=3), plan=lambda _: PodPlan(0.0, 1.0), until=4.0)
    assert get(cluster, "Deployment")["status"]["availableReplicas"] == 0
    run(cluster, 0.2)
    assert get(cluster, "Deployment")["status"]["availableReplicas"] == 1


def test_annotations_of_the_deployment_go_to_its_replicaset_and_a_changed_min_ready_too():
    cluster = cluster_of(made("Deployment", replicas=1))
    patch(cluster, {"metadata": {"annotations": {"note": "x"}}, "spec": {"minReadySeconds": 7}})
    run(cluster, 20)
    (replica_set,) = cluster.api.all("ReplicaSet")
    assert replica_set["metadata"]["annotations"]["note"] == "x"
    assert spec_of(replica_set)["minReadySeconds"] == 7


def test_where_a_replicaset_that_was_let_go_has_the_name_the_next_one_has_another():
    cluster = cluster_of(made("Deployment", replicas=2))
    (first,) = cluster.api.all("ReplicaSet")
    cluster.api.modify("ReplicaSet", key_of(first), lambda one: changed(one, "other", "metadata", "labels", "app"))
    run(cluster, 30)
    deployment = get(cluster, "Deployment")
    assert deployment["status"]["collisionCount"] == 1
    assert is_rolled_out(deployment)
    assert len({one["metadata"]["name"] for one in cluster.api.all("ReplicaSet")}) == 2


def test_a_deleted_pod_is_replaced_and_nothing_else_moves():
    cluster = cluster_of(made("Deployment", replicas=3))
    watched = Watched(cluster)
    first = cluster.api.all("Pod")[0]
    cluster.api.delete("Pod", ("default", first["metadata"]["name"]))
    run(cluster, 20)
    assert watched.steps == [[3]]
    assert is_rolled_out(get(cluster, "Deployment"))
