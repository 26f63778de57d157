"""The README states what the program says of itself."""

from __future__ import annotations

import json
import re
from pathlib import Path

from sim.evidence.replay import replay

ROOT = Path(__file__).parents[1]
SECTION = (ROOT / "README.md").read_text(encoding="utf-8").partition("## How right is it")[2].partition("\n## ")[0]


def test_the_agreement_with_recorded_builds_is_what_replay_reaches() -> None:
    stated = dict(re.findall(r"([a-z][a-z0-9-]*) (\d+ of \d+)", SECTION))
    reached = {name: f"{each.agree} of {each.steps}" for name, each in replay().builders.items()}
    assert len(reached) == 3
    assert {name: stated.get(name) for name in reached} == reached


def test_the_median_errors_are_the_recorded_ones() -> None:
    recorded = json.loads((ROOT / "sim" / "evidence" / "data" / "accuracy.json").read_text(encoding="utf-8"))
    medians = {use: f"{error * 100:.1f}" for use, error in recorded["medians"].items()}
    stated = re.findall(r"median\s+absolute\s+error\s+(?:of\s+)?(\d+\.\d)\s%", SECTION)
    assert medians["check"] in stated
    assert set(stated) <= set(medians.values())
