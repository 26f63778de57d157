"""What containers live through while a project comes up: against hand arithmetic, and without gaps."""

from __future__ import annotations

from itertools import pairwise

import pytest

from sim.compose.bringup import Behaviour, BroughtUp, bring_up
from tests.compose.conftest import opened

LAZY = """
services:
  api: {image: a, depends_on: {db: {condition: service_healthy}}}
  db: {image: d, healthcheck: {test: t, interval: 10s}}
"""
HASTY = "services:\n  db: {image: d, healthcheck: {test: t, interval: 1s}}\n"


def lived(found: BroughtUp, service: str) -> list[tuple[str, float, float, int | None]]:
    return [
        (one.state, round(one.start, 6), round(one.end, 6), one.code)
        for one in found.stretches
        if one.service == service
    ]


def test_a_service_that_works_waits_for_its_probe_and_others_for_it():
    """db starts at 0.2 and works at 4.2. Its first probe begins at 10.2 and ends at 10.25. The look at 10.7 sees it."""
    found = bring_up(opened(LAZY), {"db": Behaviour(4.0), "api": Behaviour(1.0)})
    (starting, unasked, works) = lived(found, "db")
    assert (starting, unasked) == (("starting", 0, 4.2, None), ("unasked", 4.2, 10.25, None))
    assert works[:2] == ("works", 10.25)
    created, starting, works = lived(found, "api")
    assert (created, starting) == (("created", 0, 10.7, None), ("starting", 10.7, 11.9, None))
    assert works[:2] == ("works", 11.9)


def test_three_probes_that_fail_make_it_unhealthy_until_one_succeeds():
    """Probes end at 1.25, 2.3 and 3.35, all before 4.2, and the one at 4.4 succeeds."""
    starting, unhealthy, *works = lived(bring_up(opened(HASTY), {"db": Behaviour(4.0)}), "db")
    assert (starting, unhealthy[:2]) == (("starting", 0, 3.35, None), ("unhealthy", 3.35))
    assert unhealthy[2] <= 4.4
    assert not works or works[0][0] == "works"


def test_errors_and_waits_take_turns_until_it_works():
    """web starts at 0.4 and ends after a second, and waits 0.1 s. A start takes 0.2 s. db works at 2.0."""
    text = "services:\n  db: {image: d}\n  web: {image: w, depends_on: [db], restart: always}\n"
    found = bring_up(opened(text), {"db": Behaviour(1.8)})
    assert lived(found, "web")[:6] == [
        ("created", 0, 0.2, None),
        ("starting", 0.2, 0.4, None),
        ("crashed", 0.4, 1.4, 1),
        ("waiting", 1.4, 1.5, None),
        ("starting", 1.5, 1.7, None),
        ("crashed", 1.7, 2.7, 1),
    ]
    assert found.crashes == sum(one.state == "crashed" for one in found.stretches) == 2


def test_a_job_runs_and_has_ended_with_its_code_and_what_waits_for_it_was_never_started():
    text = """
services:
  job: {image: j, depends_on: [db]}
  db: {image: d}
  api: {image: a, depends_on: {job: {condition: service_completed_successfully}}}
"""
    late = bring_up(opened(text), {"db": Behaviour(5.0), "job": Behaviour(runs=3.0)})
    assert [one[0] for one in lived(late, "job")] == ["created", "starting", "crashed", "exited"]
    assert lived(late, "job")[-1][3] == 1
    assert [one[0] for one in lived(late, "api")] == ["created"]
    fine = lived(bring_up(opened(text), {"job": Behaviour(runs=3.0)}), "job")
    assert fine[1:3] == [("starting", 0.2, 0.4, None), ("running", 0.4, 3.4, None)]
    assert (fine[3][0], fine[3][1], fine[3][3]) == ("exited", 3.4, 0)


@pytest.mark.parametrize("text", [LAZY, HASTY, LAZY.replace("service_healthy", "service_started")])
def test_stretches_leave_no_gap_and_neighbours_differ(text):
    found = bring_up(opened(text), {"db": Behaviour(4.0), "api": Behaviour(1.0)})
    for service in found.started:
        stretches = [one for one in found.stretches if one.service == service]
        assert all(one.start < one.end for one in stretches)
        assert all(one.end == after.start and one.state != after.state for one, after in pairwise(stretches))
