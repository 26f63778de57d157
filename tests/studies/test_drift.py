"""A fleet's year with real releases: against a count made from the file itself, and where one can say beforehand."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from typing import Any

import pytest

from sim.catalog.tables.releases import FILE
from sim.engine.seeds import SeedTree
from sim.never import never
from sim.studies.base import Context, StudyRun
from sim.studies.drift import TOLD, Drift, run


def ran(seed: int = 1, **fields: Any) -> StudyRun:
    return run(Drift(**fields), Context("it", SeedTree(seed)))


def value(run: StudyRun, metric: str) -> float:
    (sample,) = run.samples[metric]
    return sample


def test_an_image_that_is_never_rebuilt_lacks_what_came_first() -> None:
    """npm has no security releases in the file; Debian's first was on 12 August 2025, day 3."""
    assert value(ran(strategy="images", repeated_every=0), "oldest_missing") == (52 * 7 - 1 - 3) * 86_400
    assert value(ran(strategy="images", repeated_every=0, archive="npm"), "oldest_missing") == 0


def test_running_again_after_a_month_changes_the_packages_that_the_file_has_for_it() -> None:
    """Security releases of the first thirty days, and the stable updates of Debian 13.1 (24 August 2025)."""
    with FILE.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    first = date(2025, 8, 9)
    changed = {
        row["package"]
        for row in rows
        if (row["ecosystem"] == "debian-security" and first <= date.fromisoformat(row["date"]) <= first + timedelta(30))
        or (row["ecosystem"] == "debian-stable" and first <= date.fromisoformat(row["date"]) <= date(2025, 8, 24))
    }
    assert value(ran(), "changed_after_month") == len(changed) > 3
    assert value(ran(), "changed_at_once") == 0


def test_digests_keep_a_fleet_equal_and_a_script_does_not() -> None:
    assert value(ran(strategy="images", repeated_every=26), "environments_most") == 1
    assert value(ran(), "environments_most") > 2
    assert value(ran(hand_fixes=2.0), "environments") > value(ran(), "environments")


def test_going_back_is_a_start_or_old_packages_or_never() -> None:
    assert value(ran(strategy="images"), "rollback_time") < 2
    assert never(value(ran(), "rollback_time"))
    assert 3 <= value(ran(pinning="snapshot"), "rollback_time") < 59 * 10
    assert not never(value(ran(archive="npm"), "rollback_time"))


def test_deployments_fail_where_servers_differ_from_what_was_tested() -> None:
    assert value(ran(strategy="images"), "failed_deployments") == 0
    assert value(ran(strategy="images", hand_fixes=5.0, repeated_every=0), "failed_deployments") > 0
    assert value(ran(repeated_every=4), "failed_deployments") > value(ran(repeated_every=1), "failed_deployments") > 0


def test_records_tell_each_week_of_the_first_servers() -> None:
    told = ran(servers=30, weeks=5, strategy="images", repeated_every=0)
    assert [(record.week, record.server) for record in told.records] == [
        (week, server) for week in range(6) for server in range(TOLD)
    ]
    assert {record.environment for record in told.records} == {0}


@pytest.mark.parametrize("bound", ["low", "high"])
def test_the_ends_of_the_ranges_are_on_either_side(bound: Any) -> None:
    runs = {end: run(Drift(), Context("it", SeedTree(1), bound=end)) for end in ("low", "value", "high")}
    failed = {end: value(runs[end], "failed_runs") for end in runs}
    assert failed["low"] < failed["value"] < failed["high"]
