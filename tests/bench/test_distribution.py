"""A thousand nodes pulling ten layers: the closed form first, then the cost against a loop of heap operations."""

import pytest

from bench.distribution import REFERENCE, WAYS, closed_form, timed, way


def test_nodes_in_step_give_the_closed_form():
    assert way(1000, "in step").samples["download_time"] == pytest.approx([closed_form(1000)] * 1000)


def test_a_thousand_nodes_each_by_itself_cost_about_a_million_heap_operations():
    """An absolute figure says more of the machine: docs/distribution.md has one."""
    way(10, "each with its own luck")
    seconds = timed(1000, 3)
    assert all(seconds[name] <= 2.5 * seconds[REFERENCE] for name in WAYS)
    assert seconds["in step"] < 0.1 * seconds["each with its own luck"]
