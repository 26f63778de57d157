"""A build of 200 vertices is planned in a time gated as a ratio to a loop of heap operations in the same process."""

import sys

import pytest

from bench import builds
from bench.measure import dearer

pytestmark = pytest.mark.slow


def test_the_dockerfiles_have_the_vertices_they_say():
    assert builds.first(builds.chain(200)).last.steps == 200
    assert builds.first(builds.stages(200)).last.steps == 200
    assert builds.edited(builds.stages(200)).last.misses + builds.edited(builds.stages(200)).last.depends == 200


def test_a_plan_costs_less_than_two_hundred_thousand_heap_operations():
    """Where 100,000 of them take 19 ms, a plan takes 21 ms, and the target of 50 ms is 2.6 times the loop."""
    ways, loop = builds.rivals(200), builds.rivals(200)["heap operations"]
    builds.first(builds.chain(2))
    assert dearer(ways["chain, first build"], loop, 2) < 2
    assert dearer(ways["stages, first build"], loop, 2) < 2
    assert dearer(ways["chain, first build and the next"], loop, 4) < 4


def calls(work):
    """How many functions are called, those written in C too: a measure that no other load on the machine blurs."""
    count = 0

    def see(frame, event, argument):
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(see)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("dockerfile", [builds.chain(200), builds.stages(200)], ids=["chain", "stages"])
def test_a_vertex_costs_few_calls(dockerfile):
    """590 a vertex at most, and 1,430 with the build after an edit, which is walked twice."""
    builds.edited(dockerfile)
    assert calls(lambda: builds.first(dockerfile)) < 640 * 200
    assert calls(lambda: builds.edited(dockerfile)) < 1550 * 200


@pytest.mark.parametrize("make", [builds.chain, builds.stages])
def test_a_vertex_of_two_thousand_costs_as_much_as_one_of_a_hundred(make):
    """0.95 to 1.01 times by itself, of 5,000 too (docs/performance.md). Other work beside it takes the cache from the
    larger build: up to 1.15 was seen."""
    assert builds.growth(make, most=1.2, many=2000, rounds=6) <= 1.2
