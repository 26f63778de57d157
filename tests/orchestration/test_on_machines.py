"""A service on a group of machines through each event: replicas, nodes, and what becomes of requests."""

from __future__ import annotations

from itertools import pairwise

import pytest

from sim.never import NEVER
from sim.orchestration.on_machines import MachinesRun, group_settings, on_machines
from sim.orchestration.service import EventKind, ServiceEvent, ServiceWish
from sim.orchestration.timeline import ServiceTimeline
from sim.traffic.load import Load, constant, spike
from sim.traffic.replica import ReplicaCapacity
from sim.traffic.serving import serve
from sim.vmgroup.machines import PROVISIONING
from sim.vmgroup.settings import GroupSettings, TargetTracking
from tests.vmgroup.groups import HEALTHY, kind

EVENTS: tuple[EventKind, ...] = ("start", "scale", "update", "bad_update", "node_failure", "drain", "load")


def ran(
    event: EventKind, told: GroupSettings, at: float = 10.0, until: float = 1200.0, load: Load | None = None
) -> ServiceTimeline:
    run = MachinesRun(told, kind(), load or constant(0), work=0.01)
    return on_machines(run, ServiceEvent(event, at, replicas=6), until)


def failed(timeline: ServiceTimeline, load: Load) -> float:
    spans = [span for life in timeline.replicas for span in life.spans]
    return serve(load, spans, ReplicaCapacity(0.02, 4, timeout=10.0), timeline.until, 2.0).failed


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("replacement", ["refresh", "blue_green"])
def test_stretches_have_no_gaps_and_spans_lie_in_them(event: EventKind, replacement: str) -> None:
    timeline = ran(event, GroupSettings(4, replacement=replacement))  # type: ignore[arg-type]
    assert timeline.replicas
    for life in timeline.replicas:
        assert all(first.end == second.start for first, second in pairwise(life.stretches))
        assert all(stretch.start < stretch.end for stretch in life.stretches)
        for span in life.spans:
            assert life.stretches[0].start <= span.listed < span.delisted
            assert span.closing <= span.dead
    assert [node.name for node in timeline.nodes] == [
        life.name for life in timeline.replicas if any(one.state != "pending" for one in life.stretches)
    ]


def test_a_group_is_at_rest_before_its_event() -> None:
    timeline = ran("load", GroupSettings(4))
    assert [[(one.state, one.start, one.end) for one in life.stretches] for life in timeline.replicas] == [
        [("ready", 0.0, NEVER)]
    ] * 4
    assert timeline.wanted == ((0.0, 4),)


def test_a_group_that_is_started_has_nothing_before() -> None:
    timeline = ran("start", GroupSettings(4), at=50)
    assert timeline.wanted == ((0.0, 0), (50, 4))
    assert timeline.settled == pytest.approx(50 + HEALTHY)
    assert {life.stretches[0].start for life in timeline.replicas} == {50}


def test_scaling_takes_a_boot_and_a_check() -> None:
    timeline = ran("scale", GroupSettings(4))
    assert timeline.settled == pytest.approx(10 + HEALTHY)
    assert [node.up for node in timeline.nodes] == [0, 0, 0, 0, *[pytest.approx(10 + PROVISIONING)] * 2]


def test_an_update_loses_nothing_and_blue_green_is_faster() -> None:
    load = constant(120.0)
    refresh, switch = (ran("update", GroupSettings(4, replacement=how)) for how in ("refresh", "blue_green"))
    assert failed(refresh, load) == pytest.approx(0, abs=0.01)
    assert failed(switch, load) == pytest.approx(0, abs=0.01)
    assert switch.settled < refresh.settled / 10


def test_a_bad_version_never_settles_and_its_machines_never_serve() -> None:
    timeline = ran("bad_update", GroupSettings(4))
    assert timeline.settled == NEVER
    assert not any(
        stretch.state == "ready" for life in timeline.replicas if life.version == 2 for stretch in life.stretches
    )


def test_a_failed_machine_takes_its_requests_until_it_is_noticed() -> None:
    """Of four machines one is dead: a quarter of 120 a second is refused until the balancer knows."""
    timeline = ran("node_failure", GroupSettings(4))
    dead = timeline.nodes[0]
    assert dead.down == 10
    assert 30 < dead.noticed - dead.down <= 65
    assert failed(timeline, constant(120.0)) == pytest.approx(30 * (dead.noticed - dead.down), abs=2)
    assert [stretch.state for stretch in timeline.replicas[0].stretches] == ["ready", "lost"]


def test_a_spike_is_followed_when_the_metric_has_shown_it() -> None:
    """Three minutes of points, and then a boot: until then there are as many machines as before."""
    load = spike(100, 380, 60, 0, 2000, 0)
    timeline = ran("load", GroupSettings(4, most=10, scaling=TargetTracking(0.5)), load=load)
    assert timeline.wanted[1] == (240, 8), "95 % of four machines, at a target of 50 %"


def test_a_wish_becomes_the_group_s_settings() -> None:
    told = group_settings(ServiceWish(replicas=8, surge=2, unavailable=2, probe_every=10.0, most=20, target=0.7))
    assert (told.desired, told.most, told.check.interval) == (8, 20, 10.0)
    assert (told.min_healthy, told.max_healthy, told.scaling) == (0.75, 1.25, TargetTracking(0.7))
    assert group_settings(ServiceWish(replicas=3)) == GroupSettings(3)


def test_the_same_seed_is_the_same_run() -> None:
    assert ran("update", GroupSettings(4)) == ran("update", GroupSettings(4))
