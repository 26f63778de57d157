"""A fresh builder with an imported cache, as measured with real builders (shared fact sheet, section 1.4)."""

import pytest

from sim.builds.builders import graph_for, read_dockerfile
from sim.builds.cache.buildkit import exported
from sim.builds.context.edits import Change, Edit
from sim.builds.graph.options import BuildOptions
from sim.builds.plan import plan_builds
from sim.errors import InputError

TEXT = "FROM base:1 AS build\nCOPY x /x\nRUN make\nFROM base:1\nRUN other\nCOPY --from=build /out /out\nRUN last\n"


@pytest.fixture
def moved(bench):
    """A bench whose cache went through an export."""

    def make(mode):
        made = bench(files={"x": "1"}, left={"RUN make": {"/out": "o"}})
        made.build(TEXT)
        graph, _ = graph_for(
            made.builder, read_dockerfile(made.files, "Dockerfile"), made.files, BuildOptions(), None, None
        )
        made.store = exported(made.store, graph, made.steps, mode)
        made.runs = 100
        return made

    return make


@pytest.mark.parametrize("mode", ["min", "max"])
def test_the_same_inputs_are_found_whole_and_nothing_runs(moved, mode):
    made = moved(mode)
    assert made.build() == "ccccc"
    assert made.runs == 100


def test_a_change_before_the_copy_needs_the_builder_which_max_restores_and_min_runs(moved):
    changed = TEXT.replace("RUN other", "RUN other2")
    assert moved("max").build(changed) == "ccRRR"
    assert moved("min").build(changed) == "RRRRR"


@pytest.mark.parametrize("mode", ["min", "max"])
def test_the_layers_of_the_image_itself_are_found_in_either_mode(moved, mode):
    """min carries what the image is made of (moby/buildkit, README): only the changed last step runs."""
    assert moved(mode).build(TEXT.replace("RUN last", "RUN last2")) == "ccccR"


@pytest.mark.parametrize("mode", ["min", "max"])
def test_a_builder_that_leaves_the_same_output_needs_no_other_result(moved, mode):
    made = moved(mode)
    made.edit({"x": "2"})
    assert made.build() == "RRccc"


@pytest.mark.parametrize(("cache", "misses"), [("kept", 0), ("empty", 3), ("min", 0), ("max", 0)])
def test_a_change_says_which_cache_a_build_finds(cache, misses):
    plan = plan_builds("FROM a\nRUN a\nCOPY x /x\nRUN b\n", {"x": "1"}, [Change(cache=cache)])
    assert plan.last.misses == misses


def test_a_cache_that_was_not_exported_in_full_runs_what_it_lacks():
    changed = TEXT.replace("RUN other", "RUN other2")
    edits = (Edit(path="Dockerfile", content=changed),)
    found = {m: plan_builds(TEXT, {"x": "1"}, [Change(edits=edits, cache=m)]).last for m in ("min", "max")}
    assert found["min"].misses > found["max"].misses
    reasons = [r.reason.id for r in found["min"].records if r.status == "miss"]
    assert reasons[:2] == ["build.result_missing", "build.result_missing"]


def test_the_legacy_builder_exports_no_cache():
    with pytest.raises(InputError, match="cache 'max' is for BuildKit"):
        plan_builds("FROM a\nRUN a\n", {}, [Change(cache="max")], "legacy")
