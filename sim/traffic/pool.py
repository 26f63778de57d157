"""The replicas of a run: those that are sent requests, in cohorts, and those that end what they have."""

from __future__ import annotations

from sim.traffic.cohorts import ALIKE, Cohort, ReplicaFlow

_COHORTS = 24
"""Cohorts at most. Where there are more, those with the most similar numbers of requests are joined."""


class ReplicaPool:
    """Who is sent requests, and what is there in each.

    Args:
        flow: How the requests in a replica go up and down.

    Attributes:
        cohorts: Those that are sent requests.
    """

    def __init__(self, flow: ReplicaFlow) -> None:
        self.flow = flow
        self.cohorts: list[Cohort] = []
        self._of: dict[int, Cohort] = {}
        self._ending: dict[int, tuple[Cohort, float, int]] = {}

    def __len__(self) -> int:
        """How many are sent requests."""
        return len(self._of)

    def __contains__(self, index: int) -> bool:
        """Whether a replica is sent requests."""
        return index in self._of

    def admit(self, index: int, now: float) -> None:
        """Send a replica requests from now on. It may still have some."""
        one = self._ended(index, now)[0] if index in self._ending else Cohort({index})
        other = next((other for other in self.cohorts if other.alike(one)), None)
        if other is None:
            self.cohorts.append(one)
            self._of[index] = one
        else:
            self._of[index] = other.join(one)

    def dismiss(self, index: int, now: float, stretch: int) -> None:
        """Send a replica no more. It ends what it has.

        Args:
            stretch: How many stretches of the run have passed.
        """
        cohort = self._of.pop(index)
        cohort.members.discard(index)
        if not cohort.members:
            self.cohorts = [other for other in self.cohorts if other is not cohort]
        self._ending[index] = (Cohort({index}, cohort.there, cohort.variance), now, stretch)

    def remove(self, index: int, now: float) -> tuple[float, int]:
        """Take a dismissed replica away. How many requests are there, and the stretch at which it was dismissed.

        Nothing, and 0, of one that never was sent any.
        """
        if index not in self._ending:
            return 0.0, 0
        cohort, stretch = self._ended(index, now)
        return cohort.there, stretch

    def dismissed(self) -> list[int]:
        """Those that end what they have."""
        return list(self._ending)

    def _ended(self, index: int, now: float) -> tuple[Cohort, int]:
        cohort, since, stretch = self._ending.pop(index)
        if now > since:
            self.flow.advance(cohort, 0.0, now - since)
        return cohort, stretch

    def join(self) -> None:
        """Make one cohort of those that have become alike."""
        if len(self.cohorts) < 2:
            return
        self.cohorts.sort(key=lambda cohort: cohort.there)
        within = ALIKE
        self._join(within)
        while len(self.cohorts) > _COHORTS:
            within *= 2
            self._join(within)

    def _join(self, within: float) -> None:
        kept = [self.cohorts[0]]
        for cohort in self.cohorts[1:]:
            if not kept[-1].alike(cohort, within):
                kept.append(cohort)
                continue
            fewer = min(kept[-1].members, cohort.members, key=len)
            kept[-1] = kept[-1].join(cohort)
            self._of.update(dict.fromkeys(fewer, kept[-1]))
        self.cohorts = kept
