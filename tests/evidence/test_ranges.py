"""Ranges of predictions: inputs are added as squares, and the model's own discrepancy is set by no check."""

from __future__ import annotations

import math

import pytest

from sim.batch.inputs import InputEffect
from sim.catalog import ledger, load
from sim.catalog.number import Number
from sim.evidence import stored
from sim.evidence.accuracy import Accuracy
from sim.evidence.ranges import DISCREPANCY, WIDE, named, spread


@pytest.fixture(scope="module")
def found() -> Accuracy:
    current = stored.current()
    assert current is not None, "run python -m scripts.generate"
    return current


def test_effects_are_added_as_squares_of_logarithms_with_the_discrepancy() -> None:
    """Factors of 2 up and 3 up, and of 4 down."""
    number = Number(1.0, "s", estimate="guess")
    given = [InputEffect(number, 0.0, math.log(2)), InputEffect(number, math.log(4), math.log(3))]
    within = spread(given)
    assert within.up == pytest.approx(math.sqrt(DISCREPANCY**2 + 0.480453 + 1.206949), rel=1e-6)
    assert within.down == pytest.approx(math.sqrt(DISCREPANCY**2 + 1.921812), rel=1e-6)
    assert (within.widest, within.alone) == ("estimate: guess", pytest.approx(12.0))


def test_without_a_ranged_input_the_discrepancy_alone_is_left() -> None:
    within = spread([InputEffect(Number(1.0, "s"), 0.0, 0.0)])
    assert (within.down, within.up, within.widest) == (DISCREPANCY, DISCREPANCY, "")


def test_an_input_is_called_as_the_ledger_calls_it() -> None:
    assert named(load.host("azure-d2s").cpu_speed) == "hosts/azure-d2s.cpu_speed"


def test_the_discrepancy_is_the_largest_miss_of_calibrate_rows_that_set_no_number(found: Accuracy) -> None:
    """Counted anew from the rows and from who cites what; it is in the code to two places, so that one case has it."""
    set_numbers = load.cited()
    rows = [row for row in found.rows if row.use == "calibrate" and row.source not in set_numbers]
    largest = max(rows, key=lambda row: abs(math.log(row.predicted / row.published)))
    assert round(abs(math.log(largest.predicted / largest.published)), 2) == DISCREPANCY
    assert (largest.case, largest.of, largest.statistic) == ("nsdi20-boot-m5d-metal", "qemu_qboot_1", "p90")
    assert found.discrepancy() == pytest.approx(DISCREPANCY, abs=0.005)


def test_every_wide_range_names_an_input_of_the_ledger(found: Accuracy) -> None:
    known = {number.id for number in ledger.numbers()}
    wide = [row for row in found.rows if row.wide]
    assert len(wide) > 50
    assert {row.widest for row in wide} <= known
    assert all(1 < row.alone <= row.width * 1.0001 for row in wide)
    assert all(row.widest for row in found.rows if row.width > WIDE)


def test_no_range_is_narrower_than_the_discrepancy(found: Accuracy) -> None:
    assert min(row.width for row in found.rows) == pytest.approx(math.exp(2 * DISCREPANCY))
