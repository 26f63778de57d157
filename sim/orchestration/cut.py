"""A replica's life in pieces in which it is asked all the time or not at all, and answers or does not."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from sim.orchestration.timeline import ReplicaLife, ReplicaStretch


@dataclass(frozen=True, slots=True)
class LifePiece:
    """A part of a stretch.

    Attributes:
        stretch: Which.
        start, end: Seconds since the study began.
        asked: Whether the balancer sends it requests.
        answers: Whether it answers those that it is sent.
    """

    stretch: ReplicaStretch
    start: float
    end: float
    asked: bool
    answers: bool


def cut(life: ReplicaLife, until: float) -> Iterator[LifePiece]:
    """The pieces of a life up to the end of the study, in order and without gaps."""
    moments = sorted(
        {
            moment
            for span in life.spans
            for moment in (span.listed, span.delisted, span.answers, span.closing, span.dead)
        }
    )
    for stretch in life.stretches:
        end = min(stretch.end, until)
        edges = [stretch.start, *(one for one in moments if stretch.start < one < end), end]
        for first, last in itertools.pairwise(edges):
            if first < last:
                yield LifePiece(stretch, first, last, *_asked_and_answers(life, first))


def _asked_and_answers(life: ReplicaLife, moment: float) -> tuple[bool, bool]:
    for span in life.spans:
        if span.listed <= moment < span.delisted:
            return True, span.answers <= moment < min(span.closing, span.dead)
    return False, False
