"""What the two image stores move, by the layer sizes of an official image, added up by hand."""

from __future__ import annotations

import pytest

from sim.catalog import load
from sim.engine.seeds import SeedTree
from sim.registry.exchange.containerd_state import COPY_BUFFER
from sim.registry.exchange.exchange import LEAD
from sim.report.figures.words.imagestore import store_words
from sim.report.figures.words.wordgrid import word_grid
from sim.report.style import Style
from sim.studies.base import Context
from sim.studies.imagestore import StoreComparison, run

SIZES = [layer.size for layer in load.images()["python:3.12"].layers]


def measured(**params: object) -> dict[str, float]:
    samples = run(StoreComparison(**params), Context("it", SeedTree(1))).samples  # type: ignore[arg-type]
    return {name: values[0] for name, values in samples.items()}


@pytest.mark.parametrize("layer", range(1, len(SIZES) + 1))
def test_overlay2_fetches_what_lies_above_a_changed_layer(layer: int) -> None:
    assert measured(store="overlay2", changed_layer=layer)["next_bytes"] == sum(SIZES[layer - 1 :])
    assert measured(store="containerd", changed_layer=layer)["next_bytes"] == SIZES[layer - 1]


def test_a_layer_beyond_the_highest_is_the_highest() -> None:
    assert measured(store="overlay2", changed_layer=100)["next_bytes"] == SIZES[-1]


@pytest.mark.parametrize("seconds", [0.5, 1.0, 3.0, 6.0])
def test_containerd_goes_on_from_whole_buffers(seconds: float) -> None:
    came = int((seconds - LEAD) * 25e6)
    left = [size - came // COPY_BUFFER * COPY_BUFFER for size in SIZES if size > came]
    assert measured(store="containerd", stopped_after=seconds)["again_bytes"] == sum(left)
    assert measured(store="overlay2", stopped_after=seconds)["again_bytes"] == sum(SIZES)


def test_a_pull_that_ended_before_its_interruption_leaves_nothing_to_fetch() -> None:
    for store in ("overlay2", "containerd"):
        assert measured(store=store, stopped_after=3_600.0)["again_bytes"] == 0


def test_the_rest() -> None:
    overlay2, containerd = measured(store="overlay2"), measured(store="containerd")
    assert (overlay2["loaded_bytes"], containerd["loaded_bytes"]) == (sum(SIZES), 0)
    assert (overlay2["pull_failed"], containerd["pull_failed"]) == (0, 1)
    assert (overlay2["layers_at_once"], containerd["layers_at_once"]) == (3, len(SIZES))
    assert containerd["disk_bytes"] - overlay2["disk_bytes"] == sum(SIZES)
    assert measured(store="overlay2", downloads=2)["layers_at_once"] == 2
    assert measured(store="containerd", downloads=2)["layers_at_once"] == len(SIZES)


def test_the_table_marks_what_is_more_and_hides_the_answers() -> None:
    from sim.batch.run import run as run_scenario
    from sim.loading import load as load_scenario

    (outcome,) = run_scenario(load_scenario("two-stores"))
    shown = word_grid(store_words(outcome, Style()))
    assert shown.count('class="more"') == 5
    assert "the pull fails" in shown
    assert "the pull fails" not in word_grid(store_words(outcome, Style(), hidden=True))
