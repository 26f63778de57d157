"""A new version has an image of its own, which shares all layers but the last with the one before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sim.orchestration.timeline import ServiceTimeline
from tests.orchestration.services import kubernetes, swarm


def pulled(timeline: ServiceTimeline, version: int) -> float:
    """Seconds of pulling, over all replicas of a version."""
    return sum(
        one.end - one.start
        for life in timeline.replicas
        if life.version == version
        for one in life.stretches
        if one.state == "pulling"
    )


@pytest.mark.parametrize("platform", [kubernetes, swarm])
def test_an_update_pulls_what_is_new_and_no_more(platform: Callable[..., Any]) -> None:
    first = pulled(platform("start", at=0.0, pull=True, nodes=1), 1)
    again = pulled(platform("update", pull=True, nodes=1), 2)
    assert 0 < again < first / 2


@pytest.mark.parametrize("platform", [kubernetes, swarm])
def test_nothing_is_pulled_where_images_are_there(platform: Callable[..., Any]) -> None:
    assert pulled(platform("update", nodes=1), 2) == 0
