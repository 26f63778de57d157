"""A replica's notes become stretches without gaps, and spans: one for each process that is asked."""

from __future__ import annotations

from sim.never import NEVER
from sim.orchestration.cut import cut
from sim.orchestration.lives import LifeNotes
from sim.traffic.spans import ServingSpan


def restarted() -> LifeNotes:
    """It is listed from 2 to 20 throughout; its first process dies at 8, and another one runs from 10."""
    notes = LifeNotes("web-1", 1, "n1")
    notes.at(0, "pending")
    notes.at(1, "starting", "placed", "n1 10")
    notes.began(1, answers=3)
    notes.at(1, "starting", "placed", "n1 10")
    notes.at(2, "ready")
    notes.list_from(2)
    notes.kill(8)
    notes.began(10, answers=12)
    notes.at(18, "leaving", "scaled")
    notes.close(19, 20)
    notes.delist(20)
    notes.end(21)
    notes.at(22, "ready")
    return notes


def test_stretches_follow_each_other_and_nothing_is_noted_after_the_end() -> None:
    life = restarted().life(0)
    assert life is not None
    assert [(one.state, one.start, one.end) for one in life.stretches] == [
        ("pending", 0, 1), ("starting", 1, 2), ("ready", 2, 18), ("leaving", 18, 21),
    ]  # fmt: skip


def test_each_process_that_is_asked_has_a_span_until_the_next_one_starts() -> None:
    life = restarted().life(0)
    assert life is not None
    assert life.spans == (
        ServingSpan("web-1", listed=2, delisted=10, answers=3, closing=8, dead=8),
        ServingSpan("web-1", listed=10, delisted=20, answers=12, closing=19, dead=20),
    )


def test_what_was_over_before_the_study_is_left_out_and_what_was_not_begins_with_it() -> None:
    notes = restarted()
    assert notes.life(21) is None
    life = notes.life(15)
    assert life is not None
    assert [(one.state, one.start, one.end) for one in life.stretches] == [("ready", 0, 3), ("leaving", 3, 6)]
    assert life.spans == (ServingSpan("web-1", listed=0, delisted=5, answers=0, closing=4, dead=5),)


def test_a_life_is_cut_where_it_is_asked_or_answers_and_where_it_does_no_more() -> None:
    life = restarted().life(0)
    assert life is not None
    told = [(piece.start, piece.end, piece.asked, piece.answers) for piece in cut(life, 20.5)]
    assert told == [
        (0, 1, False, False), (1, 2, False, False), (2, 3, True, False), (3, 8, True, True), (8, 10, True, False),
        (10, 12, True, False), (12, 18, True, True), (18, 19, True, True), (19, 20, True, False),
        (20, 20.5, False, False),
    ]  # fmt: skip


def test_a_life_that_goes_on_ends_with_the_study() -> None:
    notes = LifeNotes("web-1", 1, "n1")
    notes.at(0, "ready")
    life = notes.life(0)
    assert life is not None
    assert life.stretches[0].end == NEVER
    assert [piece.end for piece in cut(life, 60)] == [60]
