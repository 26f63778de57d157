"""How long a service is away: against hand arithmetic with starts of 0.2 s."""

from __future__ import annotations

import pytest

from sim.compose.bringup import Behaviour, ProjectRun
from sim.compose.outages import crash, redeploy
from sim.compose.reading.files import DiskFiles
from sim.never import NEVER
from tests.compose.conftest import opened

TEXT = "services:\n  web: {image: w, restart: always, depends_on: [db]}\n  db: {image: d, restart: POLICY}\n"
TAKES = {"db": Behaviour(2.0), "web": Behaviour(3.0, needs=False)}


def brought_up(policy: str = "always") -> ProjectRun:
    run = ProjectRun(opened(TEXT.replace("POLICY", policy)), TAKES, None, DiskFiles())
    run.run()
    return run


def test_a_change_takes_its_service_away_from_the_stop_until_the_new_container_works():
    """The old container ends at once when it is asked to. A start takes 0.2 s, and web works 3 s after it."""
    run = brought_up()
    outage = redeploy(run, "web")
    assert (outage.start, outage.end) == pytest.approx((0.0, 3.2))
    assert len(run.members("web")) == 2
    assert len(run.members("db")) == 1


def test_a_crash_takes_a_service_away_for_the_wait_the_start_and_until_it_works():
    """The engine waits 0.1 s before the first restart, and 0.2 s before the next where it ran under 10 s."""
    run = brought_up()
    assert crash(run, "db").end == pytest.approx(0.1 + 0.2 + 2.0)
    assert crash(run, "db").end == pytest.approx(0.2 + 0.2 + 2.0)


def test_without_a_restart_policy_a_crashed_service_stays_away():
    assert crash(brought_up("'no'"), "db").end == NEVER


def test_a_service_can_crash_after_its_change_was_deployed():
    run = brought_up()
    redeploy(run, "db")
    assert crash(run, "db").end == pytest.approx(0.1 + 0.2 + 2.0)
