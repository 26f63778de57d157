"""What ships is found by its id, wherever it lies among the scenarios."""

from __future__ import annotations

from sim.loading import load
from sim.loading.shipped import find, folder


def test_every_scenario_that_ships_is_found_by_its_id_and_no_id_stands_for_two() -> None:
    files = [file for place in (".", "presets", "evidence") for file in sorted((folder() / place).glob("*.yaml"))]
    assert {file.parent.name for file in files} == {folder().name, "presets", "evidence"}
    assert len({file.stem for file in files}) == len(files)
    assert [find(file.stem).resolve() for file in files] == [file.resolve() for file in files]


def test_a_preset_of_the_page_explore_is_loaded_by_its_id() -> None:
    assert load("how-made").id == "how-made"
