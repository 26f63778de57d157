"""What an archive gave on a day, and what has come since."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property

from sim.catalog.tables.releases import Release

KEEPS_OLD = "npm"
"""The archive that keeps old versions. Debian's mirrors keep the newest of each package and suite."""


class PackageArchive:
    """An archive by days. All packages are installed together, so a day says which versions they have.

    Two days between which nothing was released give the same environment.
    """

    def __init__(self, releases: Sequence[Release], *, keeps: bool) -> None:
        """Nothing is installed yet.

        Args:
            releases: In the order they can be installed.
            keeps: Whether a version that has a newer one can be had.
        """
        self._releases = releases
        self.keeps = keeps

    @cached_property
    def _days(self) -> list[int]:
        return [release.day for release in self._releases]

    @cached_property
    def _security(self) -> list[int]:
        return [release.day for release in self._releases if release.security]

    def state(self, day: int) -> int:
        """The environment that installing everything on a day gives: how many releases there had been."""
        return bisect_right(self._days, day)

    def day(self, state: int) -> int:
        """The day of the newest release in a state. 0 where there is none."""
        return self._releases[state - 1].day if state else 0

    def changed(self, since: int, until: int) -> int:
        """How many packages have another version at one state than at another."""
        first, last = sorted((since, until))
        return len({release.package for release in self._releases[first:last]})

    def oldest_missing(self, state: int, day: int) -> int | None:
        """The days since the first security release that a state has not, on a day. None where it has all."""
        at = bisect_right(self._security, self.day(state)) if state else 0
        if at < len(self._security) and self._security[at] <= day:
            return day - self._security[at]
        return None
