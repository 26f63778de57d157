"""The cache walk on abstract vertices, after BuildKit's solver tests (moby/buildkit, solver/scheduler_test.go).

A vertex has a seed, which is all of its key, and a value, which is what it leaves at /v. Executions are counted.
"""

import networkx as nx
import pytest

from sim.builds.cache.buildkit import CacheStore, walk
from sim.builds.context import tree as trees
from sim.builds.context.rootfs import Files
from sim.builds.context.selection import Selector
from sim.builds.context.tree import Tree
from sim.builds.dockerfile.stages import parse
from sim.builds.graph.vertices import BuildGraph, Input, Vertex

EVERYTHING = Selector("/v")
OTHER = Selector("/other")


@pytest.fixture
def solver():
    """A solver with a store; `solver(vertices)` gives each vertex's outcome and the names executed."""
    store = CacheStore()

    def solve(*described):
        values = {}
        graph = nx.DiGraph()
        order = []
        for name, seed, value, inputs, *rest in described:
            ignore = bool(rest and rest[0])
            links = tuple(Input(source, *how) for source, *how in inputs)
            vertex = Vertex(name, "exec", name, "", 0, {"seed": seed}, links, ignore_cache=ignore)
            values[name] = value
            graph.add_node(name, vertex=vertex)
            order.append(name)
        build = BuildGraph(graph, order[-1], tuple(order), parse("FROM scratch\n"), Tree())
        executed = []

        def output(vertex, below):
            executed.append(vertex.id)
            return Files(written=lambda: {"v": trees.file(values[vertex.id]), "other": trees.file("o")}, declared=True)

        steps = walk(build, store, output)
        return {name: step.outcome for name, step in steps.items()}, executed

    return solve


def fast(name):
    return (name, "parent")


def slow(name, selector=EVERYTHING):
    return (name, "copy", (selector,), True)


def test_a_repeated_build_executes_nothing(solver):
    solver(("v1", "s1", "a", []), ("v0", "s0", "b", [fast("v1")]))
    outcome, executed = solver(("v1", "s1", "a", []), ("v0", "s0", "b", [fast("v1")]))
    assert outcome == {"v1": "hit", "v0": "hit"}
    assert executed == []


def test_a_changed_input_is_followed_by_all_that_knows_it_by_key(solver):
    solver(("v1", "s1", "a", []), ("v0", "s0", "b", [fast("v1")]))
    _, executed = solver(("v1", "s1-changed", "a", []), ("v0", "s0", "b", [fast("v1")]))
    assert executed == ["v1", "v0"]


def test_slow_cache(solver):
    """A changed input of equal content is executed, and what takes it by content is not."""
    solver(("v1", "s1", "a", []), ("v0", "s0", "b", [slow("v1")]))
    outcome, executed = solver(("v1", "s1-changed", "a", []), ("v0", "s0", "b", [slow("v1")]))
    assert outcome["v0"] == "hit"
    assert executed == ["v1"]


def test_optimized_cache_access(solver):
    """Two slow inputs, one changed but of equal content: the other is not even loaded."""
    solver(("v1", "s1", "a", []), ("v2", "s2", "b", []), ("v0", "s0", "c", [slow("v1"), slow("v2")]))
    again = [("v1", "s1", "a", []), ("v2", "s2-changed", "b", []), ("v0", "s0", "c", [slow("v1"), slow("v2")])]
    outcome, executed = solver(*again)
    assert (outcome["v0"], executed) == ("hit", ["v2"])


def test_a_second_time_the_content_is_known_by_key(solver):
    solver(("v1", "s1", "a", []), ("v0", "s0", "b", [slow("v1")]))
    solver(("v1", "s1-changed", "a", []), ("v0", "s0", "b", [slow("v1")]))
    outcome, executed = solver(("v1", "s1-changed", "a", []), ("v0", "s0", "b", [slow("v1")]))
    assert outcome == {"v1": "hit", "v0": "hit"}
    assert executed == []


def test_changed_content_executes(solver):
    solver(("v1", "s1", "a", []), ("v0", "s0", "b", [slow("v1")]))
    _, executed = solver(("v1", "s1-changed", "a2", []), ("v0", "s0", "b", [slow("v1")]))
    assert executed == ["v1", "v0"]


def test_cache_slow_with_selector(solver):
    """Only the selected path counts."""
    solver(("v1", "s1", "a", []), ("v0", "s0", "b", [slow("v1", OTHER)]))
    _, executed = solver(("v1", "s1-changed", "a2", []), ("v0", "s0", "b", [slow("v1", OTHER)]))
    assert executed == ["v1"]


def test_cache_with_selector(solver):
    """The same input by another path is another key."""
    solver(("v1", "s1", "a", []), ("v0", "s0", "b", [("v1", "copy", (EVERYTHING,), False)]))
    _, executed = solver(("v1", "s1", "a", []), ("v0", "s0", "b", [("v1", "copy", (OTHER,), False)]))
    assert executed == ["v0"]


def test_ignore_cache_of_an_input_reaches_what_is_built_on_it(solver):
    """The input runs though its key is stored, and offers no key, so that a new result is never hidden."""
    solver(("v1", "s1", "a", []), ("v0", "s0", "b", [fast("v1")]))
    _, executed = solver(("v1", "s1", "a2", [], True), ("v0", "s0", "b", [fast("v1")]))
    assert executed == ["v1", "v0"]
    _, executed = solver(("v1", "s1", "a", []), ("v0", "s0", "b", [fast("v1")]))
    assert executed == []


def test_the_newest_result_of_a_key_is_taken(solver):
    solver(("v1", "s1", "old", []))
    solver(("v1", "s1", "new", [], True))
    solver(("v1", "s1", "x", []), ("v0", "s0", "b", [slow("v1")]))
    _, executed = solver(("v2", "s2", "new", []), ("v0", "s0", "b", [slow("v2")]))
    assert executed == ["v2"]


def test_of_two_results_that_the_same_keys_lead_to_the_newest_is_taken(solver):
    """A rerun of one input with what another one left joins their keys, so that two results match the first build."""
    other = ("v2", "s2", "fixed", [])
    solver(("v1", "s1", "x", []), other, ("v0", "s0", "old", [slow("v1"), fast("v2")]))
    solver(("v1", "s1-other", "y", []), other, ("v0", "s0", "new", [slow("v1"), fast("v2")]))
    _, executed = solver(("v1", "s1", "y", [], True), other, ("v0", "s0", "z", [slow("v1"), fast("v2")]))
    assert executed == ["v1"]
    first = [("v1", "s1", "x", []), other, ("v0", "s0", "z", [slow("v1"), fast("v2")])]
    assert solver(*first, ("v3", "s3", "b", [slow("v0")]))[1] == ["v3"]
    # What was taken of v0 is known by its checksum.
    assert solver(("v4", "s4", "new", []), ("v3", "s3", "b", [slow("v4")]))[1] == ["v4"]


def test_an_earlier_value_is_found_again(solver):
    for seed in ("s1", "s2"):
        solver(("v1", seed, "a", []), ("v0", "s0", "b", [fast("v1")]))
    _, executed = solver(("v1", "s1", "a", []), ("v0", "s0", "b", [fast("v1")]))
    assert executed == []


def test_a_deep_chain_is_walked_without_recursion(solver):
    chain = [("v0", "s0", "a", [])]
    chain += [(f"v{n}", f"s{n}", "a", [fast(f"v{n - 1}")]) for n in range(1, 3000)]
    assert len(solver(*chain)[1]) == 3000
    assert solver(*chain)[1] == []
