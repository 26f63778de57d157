"""A fleet through the weeks: by a script that changes it in place, or by images that replace it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from sim.drift.archive import PackageArchive
from sim.engine.seeds import SeedTree

WEEK = 7
"""Days."""

Pinning = Literal["latest", "pinned", "snapshot"]
"""What a script or a Dockerfile asks for: the newest version, a version of each package, or an archive of one day."""

RunReference = Literal["digest", "tag"]
"""What a server is told to run: exactly these bytes, or whatever a name means at that moment."""


@dataclass(frozen=True, kw_only=True)
class Policy:
    """How a fleet is kept.

    Attributes:
        in_place: Whether a script changes the servers. Else images replace them.
        every: Weeks between two runs of the script, or two builds of the image. 0 is never.
        pinning: What the script or the Dockerfile asks for.
        raised: Weeks between two raises of the pins, or of the snapshot's day. 0 is never.
        within: Days that the runs of one round are spread over.
        reference: What servers are told to run. Of images alone.
        restart: Weeks between two restarts of a server, at which a tag is asked for. Of images alone.
        missed: The share of a script's runs that change nothing.
        hand_fixes: Changes by hand a year on each server.
    """

    in_place: bool
    every: int = 1
    pinning: Pinning = "latest"
    raised: int = 4
    within: int = WEEK
    reference: RunReference = "digest"
    restart: int = 4
    missed: float = 0.0
    hand_fixes: float = 0.0


@dataclass
class Server:
    """What one server runs.

    Attributes:
        state: The state of the archive that its packages are of.
        fixes: Changes by hand that it still has, each by a number of its own in the fleet.
    """

    state: int
    fixes: tuple[int, ...] = ()

    @property
    def environment(self) -> tuple[int, tuple[int, ...]]:
        """What tells it from other servers."""
        return self.state, self.fixes


@dataclass
class FleetYear:
    """What became of a fleet.

    Attributes:
        servers: As they are at the moment.
        edits: Lines of pins, days of a snapshot, that were changed.
        failed: Runs of the script, or builds, that failed, or changed nothing where they should have.
        last_change: How many packages the last change of a server exchanged.
    """

    servers: list[Server]
    edits: int = 0
    failed: int = 0
    last_change: int = 0
    images: list[int] = field(default_factory=list)
    """The state of each image that was built, the newest last. Of images alone."""


def weeks(policy: Policy, archive: PackageArchive, servers: int, count: int, seeds: SeedTree) -> Iterator[FleetYear]:
    """The fleet at the beginning and at the end of each week. It is one object that goes on changing.

    All servers begin equal, with what the archive has on its first day.
    """
    begun = archive.state(0)
    year = FleetYear([Server(begun) for _ in range(servers)], images=[] if policy.in_place else [begun])
    luck = [seeds.child("server", number) for number in range(servers)]
    fixes = [_fix_days(policy, place.stream("fixes"), count * WEEK) for place in luck]
    streams = [place.stream("runs") for place in luck]
    phases = [place.stream("restart").randrange(max(policy.restart, 1) * WEEK) for place in luck]
    yield year
    fixed = 0
    for week in range(count):
        first = week * WEEK
        round_due = bool(policy.every) and week % policy.every == 0 and week > 0
        days = [first + streams[number].randrange(max(policy.within, 1)) for number in range(servers)]
        missed = [streams[number].random() < policy.missed for number in range(servers)]
        _raise(policy, archive, year, week)
        for day in range(first, first + WEEK):
            for number, server in enumerate(year.servers):
                if day in fixes[number]:
                    fixed += 1
                    server.fixes = (*server.fixes, fixed)
            if policy.in_place:
                for number, server in enumerate(year.servers):
                    if round_due and days[number] == day:
                        _run_script(policy, archive, year, server, day, missed=missed[number])
                continue
            built = round_due and day == first and _build(policy, archive, year, day)
            for number, server in enumerate(year.servers):
                restarts = bool(policy.restart) and day % (policy.restart * WEEK) == phases[number]
                if (policy.reference == "digest" and built) or (policy.reference == "tag" and restarts):
                    _replace(year, archive, server)
        yield year


def _fix_days(policy: Policy, stream: random.Random, days: int) -> frozenset[int]:
    """The days on which somebody changes a server by hand: independent of one another, so many a year in the mean."""
    day, found = 0.0, set()
    while policy.hand_fixes > 0:
        day += stream.expovariate(policy.hand_fixes / 365.25)
        if day >= days:
            break
        found.add(int(day))
    return frozenset(found)


def _raised_on(policy: Policy, week: int) -> int:
    """The week of the last raise."""
    return week - week % policy.raised if policy.raised else 0


def _raise(policy: Policy, archive: PackageArchive, year: FleetYear, week: int) -> None:
    """Count what somebody edits when pins are raised: a line for each package that has changed, or one day."""
    if policy.pinning == "latest" or not policy.raised or week == 0 or week % policy.raised:
        return
    before, now = (archive.state(at * WEEK) for at in (week - policy.raised, week))
    year.edits += 1 if policy.pinning == "snapshot" else archive.changed(before, now)


def asked_for(policy: Policy, archive: PackageArchive, day: int) -> int:
    """The state that a run on a day asks for."""
    return archive.state(day if policy.pinning == "latest" else _raised_on(policy, day // WEEK) * WEEK)


def _wanted(policy: Policy, archive: PackageArchive, day: int) -> int | None:
    """The state that a run on a day can install. None where a version that is asked for is no longer there."""
    asked = asked_for(policy, archive, day)
    gone = policy.pinning == "pinned" and not archive.keeps and archive.state(day) != asked
    return None if gone else asked


def _run_script(
    policy: Policy, archive: PackageArchive, year: FleetYear, server: Server, day: int, *, missed: bool
) -> None:
    """Install what the script asks for. What is there already is not fetched again, so it cannot fail either."""
    asked, wanted = asked_for(policy, archive, day), _wanted(policy, archive, day)
    if missed or (wanted is None and server.state != asked):
        year.failed += 1
    elif wanted is not None and wanted != server.state:
        year.last_change = archive.changed(server.state, wanted)
        server.state = wanted


def _build(policy: Policy, archive: PackageArchive, year: FleetYear, day: int) -> bool:
    """Build the image anew, which fetches everything. Whether that worked."""
    wanted = _wanted(policy, archive, day)
    if wanted is None:
        year.failed += 1
        return False
    year.images.append(wanted)
    return True


def _replace(year: FleetYear, archive: PackageArchive, server: Server) -> None:
    """Put a new container of the newest image in a server's place. Changes by hand go with the old one."""
    if year.images[-1] != server.state:
        year.last_change = archive.changed(server.state, year.images[-1])
    server.state, server.fixes = year.images[-1], ()


def changed_by_second_run(policy: Policy, archive: PackageArchive, days: int) -> int:
    """How many packages change on a new server when what made it runs once more, so many days later."""
    unraised = replace(policy, raised=0)  # it is the same script
    return archive.changed(asked_for(unraised, archive, 0), asked_for(unraised, archive, days))


def last_day(week: int) -> int:
    """The last day of a week, from 0. Week 0 is the beginning."""
    return max(week * WEEK - 1, 0)
