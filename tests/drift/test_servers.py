"""Fleets and archives small enough to follow by hand, then the real archive's own counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from sim.catalog.tables.releases import FIRST_DAY, Release, packages, releases
from sim.drift.archive import PackageArchive
from sim.drift.servers import FleetYear, Policy, changed_by_second_run, weeks
from sim.engine.seeds import SeedTree

A1 = Release("a", "1.1", 3, security=False)
B1 = Release("b", "1.1", 10, security=True)
A2 = Release("a", "1.2", 17, security=True)


def archive(*, keeps: bool = False) -> PackageArchive:
    return PackageArchive((A1, B1, A2), keeps=keeps)


def last(policy: Policy, servers: int = 3, count: int = 4, seed: int = 1, *, keeps: bool = False) -> FleetYear:
    *_, year = weeks(policy, archive(keeps=keeps), servers, count, SeedTree(seed))
    return year


def states(year: FleetYear) -> set[int]:
    return {server.state for server in year.servers}


class TestArchive:
    def test_a_day_says_which_versions_there_are(self) -> None:
        assert [archive().state(day) for day in (0, 2, 3, 9, 10, 17, 99)] == [0, 0, 1, 1, 2, 3, 3]

    def test_packages_that_differ_are_counted_once_and_either_way(self) -> None:
        assert archive().changed(0, 3) == archive().changed(3, 0) == 2
        assert archive().changed(1, 2) == 1
        assert archive().changed(2, 2) == 0

    def test_the_oldest_missing_is_the_first_security_release_after_the_state(self) -> None:
        assert archive().oldest_missing(0, 9) is None
        assert archive().oldest_missing(0, 12) == 2
        assert archive().oldest_missing(1, 30) == 20
        assert archive().oldest_missing(2, 30) == 13
        assert archive().oldest_missing(3, 30) is None


class TestInPlace:
    POLICY = Policy(in_place=True, within=1)

    def test_a_round_on_one_day_keeps_servers_equal(self) -> None:
        """Rounds begin on days 7, 14 and 21; on day 21 all three releases are there."""
        assert states(last(self.POLICY)) == {3}

    def test_a_round_that_takes_a_week_does_not(self) -> None:
        """In the week of day 14 some servers run before day 17 and some after; all runs of the next are after it."""
        spread = replace(self.POLICY, within=7)
        assert states(last(spread, servers=50, count=3)) == {2, 3}
        assert states(last(spread, servers=50, count=4)) == {3}

    def test_runs_that_are_all_missed_change_nothing_and_are_counted(self) -> None:
        year = last(replace(self.POLICY, missed=1.0))
        assert states(year) == {0}
        assert year.failed == 3 * 3

    def test_without_runs_nothing_changes(self) -> None:
        year = last(replace(self.POLICY, every=0))
        assert (states(year), year.failed) == ({0}, 0)

    def test_changes_by_hand_stay_and_differ_on_each_server(self) -> None:
        year = last(replace(self.POLICY, hand_fixes=365.25), servers=5)
        assert len({server.environment for server in year.servers}) == 5
        fixes = [len(server.fixes) for server in year.servers]
        assert 5 < sum(fixes) / 5 <= 28, "one a day in the mean, days with two count once"

    def test_pins_that_are_never_raised_stay_although_their_versions_are_gone(self) -> None:
        """What is installed is not fetched again, so the run does not fail."""
        year = last(replace(self.POLICY, pinning="pinned", raised=0))
        assert (states(year), year.failed, year.edits) == ({0}, 0, 0)

    def test_a_raise_is_a_line_for_each_package_and_a_snapshot_s_is_one(self) -> None:
        """Raised on days 0 and 14: states 0 and 2, packages a and b."""
        pinned = last(replace(self.POLICY, pinning="pinned", raised=2))
        assert (states(pinned), pinned.edits, pinned.failed) == ({2}, 2, 0)
        snapshot = last(replace(self.POLICY, pinning="snapshot", raised=2))
        assert (states(snapshot), snapshot.edits) == ({2}, 1)

    def test_a_pin_raised_before_a_round_that_comes_too_late_fails_where_old_versions_go(self) -> None:
        """Pins of day 7 cannot be installed from day 10 on, those of day 14 from day 17 on."""
        spread = Policy(in_place=True, within=7, pinning="pinned", raised=1)
        year = last(spread, servers=50, count=3)
        assert year.failed > 0
        assert states(year) == {0, 1, 2}
        assert last(spread, servers=50, count=3, keeps=True).failed == 0


class TestImages:
    POLICY = Policy(in_place=False, every=2)

    def test_a_digest_is_one_environment_until_the_next_build(self) -> None:
        """Built on day 14, between b's release and a's second."""
        year = last(self.POLICY)
        assert (states(year), year.images) == ({2}, [0, 2])

    def test_a_tag_is_whatever_it_is_when_a_server_restarts(self) -> None:
        """Built on days 7, 14 and 21; a server restarts once in four weeks, on a day of its own."""
        tagged = last(replace(self.POLICY, every=1, reference="tag"), servers=60)
        assert tagged.images == [0, 1, 2, 3]
        assert states(tagged) == {0, 1, 2, 3}

    def test_a_container_that_is_replaced_loses_what_was_changed_by_hand(self) -> None:
        kept = last(replace(self.POLICY, every=0, hand_fixes=100.0), servers=10)
        replaced = last(replace(self.POLICY, every=1, hand_fixes=100.0), servers=10, count=4)
        assert sum(len(server.fixes) for server in kept.servers) > 2 * sum(len(s.fixes) for s in replaced.servers)

    def test_a_build_with_pins_whose_versions_are_gone_fails_and_the_old_image_stays(self) -> None:
        """Pins of day 0, built on day 14 when a and b have newer versions."""
        pinned = replace(self.POLICY, pinning="pinned", raised=0)
        assert (last(pinned).failed, last(pinned).images) == (1, [0])
        assert (last(pinned, keeps=True).failed, last(pinned, keeps=True).images) == (0, [0, 0])


def test_running_again_at_once_changes_nothing_and_later_what_was_released() -> None:
    policy = Policy(in_place=True)
    assert [changed_by_second_run(policy, archive(), days) for days in (0, 2, 3, 10, 17)] == [0, 0, 1, 2, 2]
    for pinning in ("pinned", "snapshot"):
        assert changed_by_second_run(replace(policy, pinning=pinning, raised=1), archive(), 17) == 0


def test_labels_share_their_luck() -> None:
    """The same server has the same days and the same misses under every policy."""
    policy = Policy(in_place=True, missed=0.3)
    first, second = last(policy, servers=30), last(replace(policy, hand_fixes=1.0), servers=30)
    assert [server.state for server in first.servers] == [server.state for server in second.servers]


class TestReleases:
    """Counts of the file, taken with `grep -c` from it."""

    @pytest.mark.parametrize(("archive", "count"), [("debian-stable", 59), ("debian-unstable", 92), ("npm", 17)])
    def test_packages(self, archive: str, count: int) -> None:
        assert len(packages(archive)) == count  # type: ignore[arg-type]

    def test_a_stable_update_waits_for_the_next_point_release(self) -> None:
        """curl 8.14.1-2+deb13u1 was signed off on 5 October 2025; Debian 13.2's base-files on 7 November."""
        stable = {(release.package, release.version): release for release in releases("debian-stable")}
        update = stable["curl", "8.14.1-2+deb13u1"]
        assert (update.day, update.security) == ((date(2025, 11, 7) - date(2025, 8, 9)).days, True)

    def test_a_security_update_does_not(self) -> None:
        stable = {(release.package, release.version): release for release in releases("debian-stable")}
        assert stable["apache2", "2.4.67-1~deb13u2"].day == (date(2026, 5, 6) - FIRST_DAY["debian-stable"]).days

    def test_releases_are_in_order_and_none_is_before_the_first_day(self) -> None:
        days = [release.day for release in releases("npm")]
        assert days == sorted(days)
        assert days[0] >= 0
