"""Facts are kept as they were published or measured."""

import csv
import re
from pathlib import Path

import pytest

from sim.catalog import facts as files
from sim.catalog import load

ELSEWHERE = re.compile(r"\bas above\b|^same \w+$|\bditto\b|\bibid|\bthe same[,;]", re.IGNORECASE)
SHARED = Path(__file__).parents[3] / "shared" / "data"


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def spelled_out(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """The rows with what conditions leave to the row above them ("as above", "same host") said in each."""
    above = ""
    for row in rows:
        machine = above.partition("; ")[2]
        conditions = row.get("conditions", "")
        row["conditions"] = machine if conditions == "same host" else conditions.replace("as above", above)
        above = row["conditions"]
    return rows


@pytest.mark.parametrize(
    ("copy", "original"),
    [("measurements.csv", "published_measurements.csv"), ("curves.csv", "published_curves.csv")],
)
def test_published_figures_are_copied_unchanged(copy, original):
    if not (SHARED / original).exists():
        pytest.skip("the originals are not beside this checkout")
    assert rows_of(files.FOLDER / copy) == spelled_out(rows_of(SHARED / original))


def test_no_fact_leaves_what_it_says_to_another_row():
    """On a page a fact stands alone."""
    for fact in load.facts().values():
        for said in (fact.metric, fact.conditions, fact.source):
            assert not ELSEWHERE.search(said), (fact.id, said)


def test_every_row_is_a_fact_once():
    rows = 0
    for name in ("measurements.csv", "curves.csv", "reference_host.csv", "kernels.csv", "documented.csv"):
        with (files.FOLDER / name).open(encoding="utf-8", newline="") as file:
            rows += len(list(csv.DictReader(file)))
    assert len(load.facts()) == rows
    assert {fact_id[0] for fact_id in load.facts()} == {"C", "D", "F", "K", "R"}


def test_a_fact_keeps_its_words():
    fact = load.facts()["F0707"]
    assert (fact.technology, fact.metric, fact.value) == ("kubelet", "serializeImagePulls", "true")


def test_a_curves_point_says_what_it_may_be_used_for():
    facts = load.facts()
    assert (facts["C001"].use, facts["C006"].use) == ("calibrate", "check")
    assert (facts["C006"].value, facts["C006"].statistic) == ("157.3", "p50")


@pytest.mark.parametrize(
    ("fact", "dimension", "values"),
    [
        ("R0051", "s", [0.0202]),
        ("R0104", "1/s", [57, 60]),
        ("F0306", "s", [0.03, 0.02]),
        ("F0107", "B", [2.5 * 2**20]),
        ("F0197", "1", [0.95]),
        ("R0051", "B", []),
        ("F0707", "1", []),
    ],
)
def test_a_facts_cell_is_read_in_a_dimension(fact, dimension, values):
    assert files.values(load.facts()[fact], dimension) == pytest.approx(tuple(values))
