"""A service on Kubernetes through each event, held against the rules' own arithmetic."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.errors import InputError
from sim.kubernetes.controllers.base import Sync
from sim.kubernetes.controllers.deployment import DeploymentController
from sim.kubernetes.objects import ObjectKey
from sim.never import NEVER
from sim.orchestration.kubernetes_objects import service_objects
from sim.orchestration.service import EventKind, ServiceWish
from tests.orchestration.services import answering, behaviour, kubernetes, moments, numbers

EVENTS: tuple[EventKind, ...] = ("start", "scale", "update", "bad_update", "node_failure", "drain", "load")


@pytest.mark.parametrize("event", EVENTS)
def test_lives_have_no_gaps_and_spans_begin_before_they_end(event: EventKind) -> None:
    timeline = kubernetes(event, scale_to=7)
    assert timeline.replicas
    for life in timeline.replicas:
        assert all(first.end == second.start for first, second in pairwise(life.stretches))
        assert all(one.start < one.end for one in life.stretches)
        assert all(span.listed < span.delisted and span.closing <= span.dead for span in life.spans)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 12), st.integers(0, 5), st.integers(0, 5), st.booleans())
def test_never_more_than_the_surge_and_never_fewer_than_may_be_missing(
    replicas: int, surge: int, unavailable: int, probe: bool
) -> None:
    if surge == unavailable == 0:
        unavailable = 1
    timeline = kubernetes("update", replicas=replicas, surge=surge, unavailable=unavailable, probe=probe, until=900)
    counted = numbers(timeline)
    assert max(there for there, _ in counted) <= replicas + surge
    assert min(ready for _, ready in counted) >= replicas - unavailable
    assert timeline.settled < 900
    assert (
        sum(one.state == "ready" for life in timeline.replicas for one in life.stretches if one.end == NEVER)
        == replicas
    )


@pytest.mark.parametrize(("replicas", "most", "least"), [(1, 2, 1), (4, 5, 3), (6, 8, 5), (10, 13, 8)])
def test_a_quarter_more_is_rounded_up_and_a_quarter_fewer_down(replicas: int, most: int, least: int) -> None:
    counted = numbers(kubernetes("update", replicas=replicas))
    assert max(there for there, _ in counted) == most == replicas + math.ceil(replicas / 4)
    assert min(ready for _, ready in counted) == least == replicas - math.floor(replicas / 4)


def test_a_version_that_never_turns_ready_stalls_where_the_rules_say() -> None:
    """Ten replicas, three more, two fewer: old 8 and new 5 (the worked example of the rolling algorithm)."""
    timeline = kubernetes("bad_update", replicas=10, surge=3, unavailable=2)
    at_end = {life.name: life for life in timeline.replicas if life.stretches[-1].end == NEVER}
    assert sum(life.version == 1 for life in at_end.values()) == 8
    assert sum(life.version == 2 for life in at_end.values()) == 5
    assert timeline.settled == NEVER
    assert {life.stretches[-1].why for life in at_end.values() if life.version == 2} == {"never_answers"}


def test_a_probe_lists_a_pod_after_it_answers_and_without_one_it_is_listed_before() -> None:
    for probe in (True, False):
        timeline = kubernetes("update", probe=probe)
        spans = [span for life in timeline.replicas if life.version == 2 for span in life.spans]
        assert len(spans) == 4
        assert all((span.listed > span.answers) == probe for span in spans)


def test_without_a_probe_all_count_as_ready_while_nobody_answers() -> None:
    timeline = kubernetes("update", probe=False, does=behaviour(warm_up=8.0))
    assert min(ready for _, ready in numbers(timeline)) >= 3
    assert min(answering(timeline, moment) for moment in moments(timeline, 0.0)) == 0


def test_a_probe_is_passed_at_whole_periods_after_the_start() -> None:
    """Five seconds and a little of warm-up, a probe each 3 s: ready at 6 s, and a waiting reason for the rest."""
    timeline = kubernetes("update", probe_every=3.0)
    (new,) = [life for life in timeline.replicas if life.version == 2][:1]
    warming, probing = (one for one in new.stretches if one.state == "unready")
    assert (warming.why, probing.why, probing.detail) == ("warming", "probe", "3")
    assert probing.end - warming.start == pytest.approx(6.0, abs=0.02)


def test_a_pre_stop_hook_puts_term_off_and_grace_bounds_what_ignores_it() -> None:
    old = [life for life in kubernetes("update", wait_before_term=4.0).replicas if life.version == 1]
    for life in old:
        leaves = next(one.start for one in life.stretches if one.state == "leaving")
        assert life.spans[0].closing - leaves == pytest.approx(4.0, abs=0.02)
        assert life.spans[0].dead - leaves == pytest.approx(5.0, abs=0.02)
        assert life.spans[0].delisted < life.spans[0].closing
    for grace, hook, killed in ((7.0, 0.0, 7.0), (7.0, 4.0, 7.0), (3.0, 3.0, 5.0)):
        # A hook that takes up all of the grace period leaves two seconds more.
        does = behaviour(on_term="ignores")
        timeline = kubernetes("update", does=does, grace=grace, wait_before_term=hook)
        (life, *_) = [life for life in timeline.replicas if life.version == 1]
        leaves = next(one.start for one in life.stretches if one.state == "leaving")
        assert life.spans[0].dead - leaves == pytest.approx(killed, abs=0.02)


def test_a_dead_node_is_believed_for_its_grace_and_its_pods_stay_for_five_minutes() -> None:
    timeline = kubernetes("node_failure", at=10.0)
    (node,) = [one for one in timeline.nodes if one.down != NEVER]
    # Its last renewal was at most 10 s before; 50 s after that was seen, at one of the looks each 5 s.
    assert 40 < node.noticed - node.down <= 55.1
    lost = [life for life in timeline.replicas if life.node == node.name]
    assert lost
    for life in lost:
        assert [one.why for one in life.stretches if one.state == "lost"] == ["silent", "tolerated", "unconfirmed"]
        assert life.spans[0].dead == 10.0
        assert node.noticed < life.spans[0].delisted < node.noticed + 1.2
        told_to_end = life.stretches[-1].start
        assert 300 <= told_to_end - node.noticed < 306
    made = [life for life in timeline.replicas if life.stretches[0].state == "pending"]
    assert len(made) == len(lost)
    assert min(life.stretches[0].start for life in made) > node.noticed + 300


def test_a_shorter_toleration_brings_pods_back_sooner_and_saves_no_request() -> None:
    for seconds in (0.0, 30.0):
        timeline = kubernetes("node_failure", tolerated=seconds)
        (node,) = [one for one in timeline.nodes if one.down != NEVER]
        assert 40 < node.noticed - node.down <= 55.1
        assert node.noticed + seconds < timeline.settled < node.noticed + seconds + 25


def test_a_budget_holds_a_drain_up() -> None:
    free = kubernetes("drain", replicas=6, nodes=2)
    held = kubernetes("drain", replicas=6, nodes=2, budget=1)
    assert min(ready for _, ready in numbers(free)) == 3
    assert min(ready for _, ready in numbers(held)) == 5
    assert {one.why for life in held.replicas for one in life.stretches if one.state == "leaving"} == {"drained"}
    assert not [life for life in held.replicas if life.node == "n1" and life.stretches[-1].end == NEVER]


def test_pods_that_fit_nowhere_wait_and_say_why() -> None:
    timeline = kubernetes("scale", scale_to=10, nodes=1, cores="4")
    waiting = [life.stretches[-1] for life in timeline.replicas if life.stretches[-1].state == "pending"]
    assert len(waiting) == 2  # eight of half a core fit
    assert all("Insufficient cpu" in one.detail for one in waiting)
    assert timeline.settled == NEVER
    assert timeline.nodes[0].slots == 8


def test_a_placement_tells_the_scores_with_the_chosen_node_first() -> None:
    timeline = kubernetes("scale", scale_to=5)
    (new,) = [life for life in timeline.replicas if life.stretches[0].state == "pending"]
    placed = next(one for one in new.stretches if one.why == "placed")
    first, *others = (part.split() for part in placed.detail.split(", "))
    assert first[0] == new.node
    assert all(int(first[1]) >= int(score) for _, score in others)
    assert len(others) == 2


def test_a_users_deployment_is_taken_with_what_it_says() -> None:
    labels = {"app": "shop"}
    container = {"name": "c", "image": "shop:7", "readinessProbe": {"periodSeconds": 2}}
    mine = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "shop"},
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": labels},
            "strategy": {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }
    timeline = kubernetes("update", given=(mine,), replicas=None, cpu=None, memory=None, probe=None)
    counted = numbers(timeline)
    assert max(there for there, _ in counted) == 4
    assert min(ready for _, ready in counted) == 3
    assert {life.name.rpartition("-")[0].rpartition("-")[0] for life in timeline.replicas} == {"shop"}
    with pytest.raises(InputError, match="2 Deployments"):
        service_objects(ServiceWish(), (mine, mine))


def test_a_finished_rollout_that_loses_its_pods_is_not_looked_at_again_and_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks: list[float] = []
    sync = DeploymentController.sync

    def counting(self: DeploymentController, key: ObjectKey) -> Sync:
        looks.append(self.env.now)
        return sync(self, key)

    monkeypatch.setattr(DeploymentController, "sync", counting)
    kubernetes("node_failure", nodes=1, until=1500.0, tolerated=0.0)
    assert len(looks) < 200
