"""What steps are once they are put together, as lists."""

from __future__ import annotations

from simpy import Environment

from sim.engine.stations import Station, TimedStation
from sim.engine.steps import held, merged, served, stay

ENV = Environment()
THREADS, CORES = Station(ENV, 1), TimedStation(ENV, 1)


def test_what_takes_no_time_is_no_step() -> None:
    assert stay(0.0) == served(CORES, 0.0) == held(THREADS, []) == []


def test_a_server_is_held_from_the_first_step_to_the_last() -> None:
    assert held(THREADS, stay(1.0)) == [("take", THREADS, 1.0, None), ("give", THREADS, 0.0, None)]
    assert held(THREADS, served(CORES, 1.0)) == [("enter", THREADS, 1.0, CORES), ("give", THREADS, 0.0, None)]
    assert held(THREADS, held(THREADS, stay(1.0)))[0] == ("take", THREADS, 0.0, None)


def test_who_stays_after_being_served_does_both_in_one_step() -> None:
    one, two, three = *served(CORES, 1.0), *stay(2.0), *stay(3.0)
    assert list(merged([one, two, three], ())) == [("serve", CORES, 1.0, 5.0)]
    assert list(merged([two, one], ())) == [two, one]


def test_a_step_whose_time_is_drawn_is_left_as_it_is() -> None:
    """It is known by its identity: another one may be equal."""
    one, two, equal = *served(CORES, 1.0), *stay(2.0), *stay(2.0)
    assert list(merged([one, equal], [two])) == [("serve", CORES, 1.0, 2.0)]
    assert list(merged([one, two], [two])) == [one, two]
    assert list(merged([one, two], [one])) == [one, two]
