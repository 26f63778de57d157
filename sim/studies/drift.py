"""One script and many servers, a year later: how many environments are there, and how old is what they lack?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge, Le, doc

from sim.catalog import load
from sim.catalog.model import Application, Host, Technology
from sim.catalog.names import CatalogName
from sim.catalog.tables.mechanisms import drift
from sim.catalog.tables.releases import SOURCE, Archive, releases
from sim.drift.archive import KEEPS_OLD, PackageArchive
from sim.drift.servers import (
    WEEK,
    FleetYear,
    Pinning,
    Policy,
    RunReference,
    Server,
    asked_for,
    changed_by_second_run,
    last_day,
    weeks,
)
from sim.never import NEVER
from sim.outcome import MetricSpec
from sim.platforms.single import start_alone
from sim.records.hosts import EnvironmentRecord
from sim.studies.base import Context, Repeated, Study, StudyRun

TOLD = 24
"""Servers whose records are kept, as many as a figure shows."""

_DAY = 86_400.0
_MONTH = 30


@dataclass(frozen=True, kw_only=True)
class Drift:
    """A fleet, what keeps it, and for how long."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - pydantic reads this name from the class

    strategy: Annotated[
        Literal["in-place", "images"], doc("A script changes the servers in place, or images replace them.")
    ] = "in-place"
    servers: Annotated[int, Ge(1), Le(1000), Repeated(), doc("How many servers there are, equal at first.")] = 20
    weeks: Annotated[int, Ge(1), Le(60), doc("How long they are watched.")] = 52
    archive: Annotated[Archive, doc("Where the packages are from: real releases of each.")] = "debian-stable"
    repeated_every: Annotated[
        int, Ge(0), Le(60), doc("Weeks between runs of the script, or builds of the image; 0 for never.")
    ] = 1
    pinning: Annotated[
        Pinning, doc("What is asked for: the newest versions, a version of each package, or an archive of one day.")
    ] = "latest"
    raised_every: Annotated[
        int, Ge(0), Le(60), doc("Weeks between raises of the pins or the snapshot's day; 0 for never.")
    ] = 4
    round_days: Annotated[
        int, Ge(1), Le(WEEK), doc("Days that one round of the script takes to get round all servers.")
    ] = WEEK
    hand_fixes: Annotated[float, Ge(0), Le(100), doc("Changes by hand a year on each server.")] = 0.0
    reference: Annotated[
        RunReference,
        doc("What servers are told to run: a digest when there is a new one, or a tag whenever they restart."),
    ] = "digest"
    restarted_every: Annotated[
        int, Ge(1), Le(60), doc("Weeks between two restarts of a server, at which a tag is asked for.")
    ] = 4
    technology: Annotated[
        str | Technology, CatalogName("technologies"), doc("What starts the image that a server goes back to.")
    ] = "docker"
    application: Annotated[str | Application, CatalogName("applications"), doc("What the servers run.")] = "web"
    host: Annotated[str | Host, CatalogName("hosts"), doc("What a server runs on.")] = "server"


def run(params: Drift, context: Context) -> StudyRun:
    """Watch the fleet week by week. A deployment goes out in each week, tested on what a fresh server would be."""
    numbers = drift()
    archive = PackageArchive(releases(params.archive), keeps=params.archive == KEEPS_OLD)
    in_place = params.strategy == "in-place"
    policy = Policy(
        in_place=in_place,
        every=params.repeated_every,
        pinning=params.pinning,
        raised=params.raised_every,
        within=params.round_days,
        reference=params.reference,
        restart=params.restarted_every,
        missed=numbers.missed.at(context.bound),
        hand_fixes=params.hand_fixes,
    )
    watched = _Watched(policy, archive, numbers.failure.at(context.bound))
    records: list[EnvironmentRecord] = []
    for week, year in enumerate(weeks(policy, archive, params.servers, params.weeks, context.seeds)):
        watched.see(year, week)
        if context.records:
            records += _records(context.label, week, year, archive)
        context.tick(week / params.weeks)
    return StudyRun(
        samples={
            "environments": [watched.distinct],
            "environments_most": [watched.distinct_most],
            "oldest_missing": [watched.oldest * _DAY],
            "oldest_missing_most": [watched.oldest_most * _DAY],
            "failed_deployments": [watched.failing],
            "failed_runs": [year.failed],
            "edits": [year.edits],
            "rollback_time": [_rollback(params, archive, year, context)],
            "changed_at_once": [changed_by_second_run(policy, archive, 0)],
            "changed_after_month": [changed_by_second_run(policy, archive, _MONTH)],
        },
        records=tuple(records),
        estimates=_LUCK | {"rollback_time"} if in_place else frozenset({"failed_deployments"}),
        ranged=True,
    )


class _Watched:
    """What is counted of a fleet as the weeks go by. Ages are in days."""

    def __init__(self, policy: Policy, archive: PackageArchive, failure: float) -> None:
        self._policy, self._archive, self._failure = policy, archive, failure
        self.distinct = self.distinct_most = self.oldest = self.oldest_most = 0
        self.failing = 0.0

    def see(self, year: FleetYear, week: int) -> None:
        """Look at the fleet at the end of a week, when a deployment goes out to all servers."""
        day = last_day(week)
        self.distinct = len({server.environment for server in year.servers})
        missing = [self._archive.oldest_missing(server.state, day) or 0 for server in year.servers]
        self.oldest = max(missing)
        self.distinct_most = max(self.distinct_most, self.distinct)
        self.oldest_most = max(self.oldest_most, self.oldest)
        if week:
            tested = asked_for(self._policy, self._archive, day) if self._policy.in_place else year.images[-1]
            self.failing += math.fsum(self._chance(server, tested) for server in year.servers)

    def _chance(self, server: Server, tested: int) -> float:
        """The chance that a deployment fails on a server. It was tested where nothing was changed by hand."""
        differs = self._archive.changed(server.state, tested) + len(server.fixes)
        return 1 - (1 - self._failure) ** differs


def _rollback(params: Drift, archive: PackageArchive, year: FleetYear, context: Context) -> float:
    """Seconds to put one server back to before its last change.

    The old image is still on the server, and is started. Old packages are installed again, where they can be had.
    """
    if params.strategy == "images":
        return start_alone(
            load.technology(params.technology),
            load.application(params.application),
            load.host(params.host),
            context.seeds,
            context.bound,
        )
    if year.last_change and not (archive.keeps or params.pinning == "snapshot"):
        return NEVER
    return year.last_change * drift().package.at(context.bound)


def _records(label: str, week: int, year: FleetYear, archive: PackageArchive) -> Iterator[EnvironmentRecord]:
    """What the first servers run. Environments are numbered in the order they are met in the week."""
    day = last_day(week)
    numbers: dict[object, int] = {}
    for number, server in enumerate(year.servers[:TOLD]):
        missing = archive.oldest_missing(server.state, day)
        yield EnvironmentRecord(
            of=label,
            server=number,
            week=week,
            environment=numbers.setdefault(server.environment, len(numbers)),
            packages_day=archive.day(server.state),
            fixes=len(server.fixes),
            oldest_missing=None if missing is None else missing * _DAY,
            source=SOURCE,
        )


_LUCK = frozenset(
    {"environments", "environments_most", "oldest_missing", "oldest_missing_most", "failed_deployments", "failed_runs"}
)
"""What hangs on the share of runs that are missed, an estimate."""

_END = "at the end"
_WHOLE = "over all weeks"

STUDY = Study(
    name="drift",
    parameters=Drift,
    metrics=(
        MetricSpec("environments", "1", _END, "Environments that differ among the servers", headline=True),
        MetricSpec("environments_most", "1", _WHOLE, "The most environments in any week"),
        MetricSpec(
            "oldest_missing", "s", _END, "Age of the oldest security release that some server lacks", headline=True
        ),
        MetricSpec("oldest_missing_most", "s", _WHOLE, "The most that age was in any week"),
        MetricSpec(
            "failed_deployments",
            "1",
            _WHOLE,
            "Servers on which a weekly deployment fails, in the mean, because they differ",
        ),
        MetricSpec("failed_runs", "1", _WHOLE, "Runs of the script, or builds, that failed or changed nothing"),
        MetricSpec("edits", "1", _WHOLE, "Lines of pins, or days of a snapshot, that somebody changed"),
        MetricSpec("rollback_time", "s", "decision to one server back", "Time to undo the last change of a server"),
        MetricSpec("changed_at_once", "1", "two runs on one day", "Packages that the second run changes"),
        MetricSpec("changed_after_month", "1", "two runs 30 days apart", "Packages that the second run changes"),
    ),
    run=run,
    named_by_technology=False,
)
