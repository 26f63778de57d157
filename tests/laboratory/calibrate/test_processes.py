"""What is left of loops that make calls when the loop itself is taken off."""

from __future__ import annotations

import pytest

from sim.laboratory.calibrate.probes.processes import without


def test_the_loop_beside_it_is_taken_off_so_that_a_clock_that_slows_down_does_not_count() -> None:
    """Loops of 1, then of 2 and 3 as the clock slows; calls cost 4, 4 and 5 beyond the quicker loop beside."""
    assert without([1.0, 2.0, 3.0], [5.0, 6.0, 8.0]) == pytest.approx([4.0, 4.0, 5.0])


def test_a_pair_in_which_nothing_is_left_is_left_out_and_not_a_call_in_no_time() -> None:
    assert without([1.0, 9.0, 9.0], [5.0, 4.0, 14.0]) == pytest.approx([4.0, 5.0])


def test_one_disturbed_loop_makes_no_call_look_cheap() -> None:
    assert without([4.5, 1.0, 1.0], [5.0, 5.0, 5.0]) == pytest.approx([4.0, 4.0, 4.0])
