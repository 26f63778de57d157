"""A thousand nodes pulling ten layers: the closed form first, then the cost against a loop of heap operations."""

from functools import partial

import pytest

from bench.distribution import WAYS, closed_form, growth, way
from bench.measure import cost


def test_nodes_in_step_give_the_closed_form():
    assert way(1000, "in step").samples["download_time"] == pytest.approx([closed_form(1000)] * 1000)


def test_a_thousand_nodes_each_by_itself_cost_about_a_million_heap_operations():
    """An absolute figure says more of the machine: docs/distribution.md has one."""
    way(10, "each with its own luck")
    costs = {name: cost(partial(way, 1000, name), 2.5) for name in WAYS}
    assert max(costs.values()) <= 2.5
    assert costs["in step"] < 0.1 * costs["each with its own luck, down a tree"]


def test_a_node_with_its_own_luck_costs_no_more_among_many_than_among_few():
    """Nine in ten of these nodes are spared, and are simulated as one. Where each is simulated, it is 2 to 3."""
    assert growth() <= 1.3
