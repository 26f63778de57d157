"""The layered layout: parents above children, nothing overlaps, the same under every hash seed."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.report.graph.coordinates import DUMMY, GAP, NODE
from sim.report.graph.layout import in_columns, layered
from sim.report.graph.order import crossings, ordered, ranks

DIAMOND = (["a", "b", "c", "d"], [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")])


@st.composite
def graphs(draw):
    count = draw(st.integers(1, 24))
    nodes = [f"n{i}" for i in range(count)]
    pairs = [(a, b) for i, a in enumerate(nodes) for b in nodes[i + 1 :]]
    edges = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=40)) if pairs else []
    return nodes, edges


@given(graphs())
@settings(max_examples=80, deadline=None)
def test_parents_stand_above_children_and_nodes_never_overlap(graph):
    nodes, edges = graph
    layout = layered(nodes, edges)
    assert set(layout.places) == set(nodes)
    for source, target in edges:
        assert layout.places[source][1] < layout.places[target][1]
    for row in range(layout.rows):
        across = sorted(x for x, at in layout.places.values() if at == row)
        assert all(b - a >= NODE + GAP - 1e-5 for a, b in itertools.pairwise(across))
    assert min(x for x, _ in layout.places.values()) >= NODE / 2 - 1e-5


@given(graphs())
@settings(max_examples=80, deadline=None)
def test_every_edge_has_a_route_through_every_row_between_and_through_no_node(graph):
    nodes, edges = graph
    layout = layered(nodes, edges)
    assert set(layout.routes) == set(edges)
    for (source, target), route in layout.routes.items():
        first, last = layout.places[source][1], layout.places[target][1]
        assert [row for _, row in route] == list(range(first + 1, last))
        for x, row in route:
            near = [at for at, other in layout.places.values() if other == row]
            assert all(abs(at - x) >= (NODE + DUMMY) / 2 + GAP - 1e-5 for at in near)


def test_a_diamond_is_symmetric():
    layout = layered(*DIAMOND)
    x = {node: place[0] for node, place in layout.places.items()}
    assert x["a"] == x["d"] == pytest.approx((x["b"] + x["c"]) / 2)


def test_a_long_edge_is_straight():
    chain = [("a", "b"), ("b", "c"), ("c", "d"), ("d", "e"), ("a", "e")]
    (route,) = [points for edge, points in layered(list("abcde"), chain).routes.items() if edge == ("a", "e")]
    assert len({x for x, _ in route}) == 1


def test_a_source_stands_directly_above_its_first_child():
    assert ranks(["a", "b", "c", "late"], [("a", "b"), ("b", "c"), ("late", "c")])["late"] == 1


def test_sweeps_untangle_what_can_be_untangled():
    graph = ordered(["a", "b", "x", "y"], [("a", "y"), ("b", "x")])
    assert crossings(graph.layers, graph.below) == 0
    assert crossings([["a", "b"], ["x", "y"]], {"a": ["y"], "b": ["x"]}) == 1
    assert crossings([["a", "b"], ["x"]], {"a": ["x"], "b": ["x"]}) == 0


def test_a_cycle_is_refused_by_name():
    with pytest.raises(ValueError, match="is on a cycle"):
        layered(["a", "b"], [("a", "b"), ("b", "a")])


def test_nothing_and_one_node_have_a_layout():
    assert layered([], []).rows == 0
    assert layered(["a"], []).places == {"a": (NODE / 2, 0)}


@given(graphs(), st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_in_columns_no_two_nodes_share_a_place_and_time_runs_down(graph, count):
    nodes, edges = graph
    layout = in_columns(nodes, edges, {node: i % count for i, node in enumerate(nodes)})
    assert len(set(layout.places.values())) == len(nodes)
    assert all(layout.places[source][1] < layout.places[target][1] for source, target in edges)


SCRIPT = """
from sim.outcome import Outcome
from sim.records.images import StepRecord
from sim.records.instances import Message
from sim.report.figures.images.build import build_graph
from sim.report.style import Style
records = []
for i in range(200):
    stage = f"s{i % 8}"
    inputs = [(f"n{i - 8}", "parent")] if i >= 8 else []
    if i % 7 == 3 and i > 20:
        inputs.append((f"n{i - 13}", "copy"))
    records.append(StepRecord("a", "1", f"n{i}", "x", stage, "RUN", f"RUN make {i}", i + 1, tuple(inputs), "hit", False,
                              Message("build.hit_command"), "k", "k", 1.0, 1, "x"))
print(build_graph(Outcome("x", "build", 1, 1, ("a",), (), tuple(records)), Style()))
"""


def test_two_hundred_vertices_are_drawn_the_same_under_two_hash_seeds():
    def draw(seed):
        environment = os.environ | {"PYTHONHASHSEED": seed}
        return subprocess.run(
            [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True
        )

    first, second = draw("1").stdout, draw("2").stdout
    assert first == second
    assert first.count("data-node=") == 200
