"""A service in Swarm mode through each event, held against the rules' own arithmetic."""

from __future__ import annotations

from itertools import pairwise

import pytest

from sim.never import NEVER
from sim.orchestration.service import EventKind
from sim.orchestration.swarm_watch import GOSSIP, MESH_NOTICES
from tests.orchestration.services import answering, behaviour, moments, numbers, swarm

EVENTS: tuple[EventKind, ...] = ("start", "scale", "update", "bad_update", "node_failure", "drain", "load")


@pytest.mark.parametrize("event", EVENTS)
def test_lives_have_no_gaps_and_spans_begin_before_they_end(event: EventKind) -> None:
    timeline = swarm(event, scale_to=7)
    assert timeline.replicas
    for life in timeline.replicas:
        assert all(first.end == second.start for first, second in pairwise(life.stretches))
        assert all(one.start < one.end for one in life.stretches)
        assert all(span.listed < span.delisted and span.closing <= span.dead for span in life.spans)


@pytest.mark.parametrize("replicas", [1, 4, 7])
@pytest.mark.parametrize("parallelism", [1, 2, 3])
def test_a_stop_first_update_takes_so_many_slots_at_a_time(replicas: int, parallelism: int) -> None:
    timeline = swarm("update", replicas=replicas, unavailable=parallelism)
    counted = numbers(timeline)
    assert min(ready for _, ready in counted) == max(0, replicas - parallelism)
    assert max(ready for _, ready in counted) == replicas
    assert timeline.settled < timeline.until


@pytest.mark.parametrize("parallelism", [1, 2])
def test_a_start_first_update_is_never_short_of_replicas(parallelism: int) -> None:
    timeline = swarm("update", replicas=4, surge=parallelism)
    counted = numbers(timeline)
    assert min(ready for _, ready in counted) == 4
    assert max(there for there, _ in counted) == 4 + parallelism


def test_the_mesh_hears_that_a_task_ends_before_the_task_does() -> None:
    timeline = swarm("update")
    old = [span for life in timeline.replicas if life.version == 1 for span in life.spans]
    assert len(old) == 4
    for span in old:
        # Taken off the routing, then two seconds until TERM (moby, defaultGossipConvergeDelay).
        assert span.closing - (span.delisted - GOSSIP) == pytest.approx(2.0)
        assert span.dead - span.closing == pytest.approx(1.01)  # a second to finish, and its reaction
    assert min(answering(timeline, moment) for moment in moments(timeline, 0.0)) == 3


def test_a_version_that_never_turns_healthy_is_tried_again_and_the_update_goes_no_further() -> None:
    timeline = swarm("bad_update")
    tried = [life for life in timeline.replicas if life.version == 2]
    assert len({life.name.split(".")[1] for life in tried}) == 1
    assert len(tried) > 3
    assert timeline.settled == NEVER
    assert min(ready for _, ready in numbers(timeline)) == 3


def test_a_dead_node_misses_three_heartbeats_and_its_tasks_start_elsewhere() -> None:
    timeline = swarm("node_failure", at=10.0)
    (node,) = [one for one in timeline.nodes if one.down != NEVER]
    assert 10 <= node.noticed - node.down <= 15
    lost = [life for life in timeline.replicas if life.node == node.name]
    assert lost
    for life in lost:
        assert life.spans[0].dead == 10.0
        assert life.spans[0].delisted == pytest.approx(10.0 + MESH_NOTICES)
    made = [life for life in timeline.replicas if life.stretches[0].state == "pending"]
    assert len(made) == len(lost)
    assert all(life.node != node.name for life in made)
    assert node.noticed <= min(life.stretches[0].start for life in made) < node.noticed + 0.2


def test_what_ignores_term_is_killed_after_its_grace() -> None:
    timeline = swarm("update", does=behaviour(on_term="ignores"), grace=6.0)
    for life in timeline.replicas:
        if life.version == 1:
            leaves = next(one.start for one in life.stretches if one.state == "leaving")
            assert life.spans[0].dead - leaves == pytest.approx(2.0 + 6.0, abs=0.15)
