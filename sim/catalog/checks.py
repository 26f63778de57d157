"""Rules that some of the catalog's numbers keep beside those of every number (`sim.catalog.read`)."""

from __future__ import annotations

from sim.catalog.model import Number
from sim.catalog.read import Table


def positive(table: Table, **numbers: Number) -> None:
    """Report each number, by its key, that may be zero or less: divided by, or waited for again and again."""
    for key, number in numbers.items():
        there = number.sources or number.estimate
        if there and min(number.value if end is None else end for end in (number.low, number.value)) <= 0:
            table.problem("is not above zero at every end of its range", key)
