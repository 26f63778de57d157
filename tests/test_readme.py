"""The README states what the program says of itself."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from streamlit import config

from sim.evidence import stored
from sim.evidence.accuracy import Accuracy
from tests.replayed import replayed

ROOT = Path(__file__).parents[1]
SECTION = (ROOT / "README.md").read_text(encoding="utf-8").partition("## How right is it")[2].partition("\n## ")[0]


def test_another_port_is_an_option_that_reaches_streamlit_and_that_it_knows() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (option,) = re.findall(r"^\$ bash scripts/dashboard\.sh --(\S+) \d+ ", readme, re.MULTILINE)
    assert config.get_option(option) is not None  # it raises for an option that there is not
    script = (ROOT / "scripts" / "dashboard.sh").read_text(encoding="utf-8")
    assert 'streamlit run app.py "$@"' in script


@pytest.fixture(scope="module")
def compared() -> Accuracy:
    current = stored.current()
    assert current is not None, "run python -m scripts.generate"
    return current


@pytest.mark.xdist_group("replay")  # in one process, which replays once
def test_the_agreement_with_recorded_builds_is_what_replay_reaches() -> None:
    stated = re.findall(r"^\| `([a-z0-9-]+)` \| (\d+ of \d+) \| (\d+ of \d+) \|$", SECTION, re.MULTILINE)
    reached = [
        (
            name,
            f"{each.agree} of {each.steps}",
            f"{each.agree_after_first} of {each.steps_after_first}",
        )
        for name, each in replayed().builders.items()
    ]
    assert len(reached) == 3
    assert sorted(stated) == sorted(reached)


@pytest.mark.xdist_group("replay")  # in one process, which replays once
def test_the_agreement_with_recorded_engines_is_what_replay_reaches() -> None:
    row = r"^\| `([a-z]+)` \| [^|]+ \| (\d+ of \d+) \| (\d+ of \d+) \|$"
    reached = [
        (name, f"{tally.agree} of {tally.items}", f"{tally.cases_agree} of {tally.cases}")
        for name, tally in replayed().tallies.items()
    ]
    assert re.findall(row, SECTION, re.MULTILINE) == reached


def test_the_median_errors_are_the_recorded_ones() -> None:
    recorded = json.loads((ROOT / "sim" / "evidence" / "data" / "accuracy.json").read_text(encoding="utf-8"))
    medians = {f"{error * 100:.1f}" for error in recorded["medians"].values()}
    assert set(re.findall(r"\| \d+ \| (\d+\.\d) % \|", SECTION)) == medians


def test_so_many_figures_were_compared(compared: Accuracy) -> None:
    stated = [
        (int(count), int(of_all)) for count, of_all in re.findall(r"\| (\d+) \| \S+ % \| (\d+) \| \S+ % \|", SECTION)
    ]
    counts = [(len(compared.counted(use)), len(compared.counted(use, assumed=True))) for use in ("check", "calibrate")]
    assert stated == counts
    assert f"compares {sum(of_all for _, of_all in counts)} predictions" in SECTION


def test_so_many_orders_are_right(compared: Accuracy) -> None:
    right = sum(ordering.right for ordering in compared.orderings)
    assert f"{right} of {len(compared.orderings)} such pairs" in SECTION
