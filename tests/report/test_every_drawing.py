"""What holds for every drawing of every shipped lesson: words for those who cannot see it, rows, what hovering tells.

The finding is the page's title (`figures/test_shipped.py`). Here is what stands below it, in both languages, on a page
and in a lecture.
"""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from sim.outcome import Outcome
from sim.report import words
from sim.report.catalogtexts import ESTIMATE
from sim.report.figures.words.wordpicture import word_picture
from sim.report.figures.words.wordtable import WordTable
from sim.report.formats import csvfile
from sim.report.shown import Drawing, DrawingRequest, of_study, request, shown
from sim.report.style import LANGUAGES, SMALLEST, Style, text_width, with_rows
from sim.report.texts import tr
from sim.scenario import Scenario
from tests import shipped

SCENARIOS = sorted((Path(__file__).resolve().parents[2] / "scenarios").glob("*.yaml"))
SVG = "{http://www.w3.org/2000/svg}"
SOURCED = {
    "startup": {"race", "lens", "queue"},
    "distribution": {"layers"},
    "memory": {"ledger"},
    "density": {"ladder", "every"},
}
"""Drawings whose marks are facts or estimates themselves. The others draw sums and events of a run."""
UNITS = r"MiB|GiB|KiB|MB|GB|kB|ms|µs|\bs\b|min|%|秒|分|ミリ秒|instances|個|\d"


@cache
def outcomes(path: Path) -> tuple[Scenario, tuple[Outcome, ...]]:
    scenario = shipped.read(path)
    return scenario, shipped.outcomes(scenario, 1)


def requests(path: Path) -> Iterator[DrawingRequest]:
    scenario, parts = outcomes(path)
    for outcome in parts:
        for language in LANGUAGES:
            for lecture in (False, True):
                yield request(scenario, outcome, Style(language=language), lecture=lecture)


@lru_cache(maxsize=4)  # tests of a lesson follow each other, see tests/conftest.py
def everything(path: Path, *, hidden: bool) -> tuple[tuple[DrawingRequest, Drawing], ...]:
    return tuple((asked, one) for asked in requests(path) for one in shown(asked, hidden=hidden))


def drawn(path: Path, *, hidden: bool = False) -> Iterator[tuple[DrawingRequest, Drawing]]:
    yield from ((asked, one) for asked, one in everything(path, hidden=hidden) if one.kind != "html" or one.words)


def tooltips(node: Any) -> Iterator[Any]:
    """Every tooltip of a specification."""
    if isinstance(node, dict):
        if node.get("tooltip"):
            yield node["tooltip"]
        for one in node.values():
            yield from tooltips(one)
    elif isinstance(node, list):
        for one in node:
            yield from tooltips(one)


def pictures(one: Drawing) -> Iterator[ET.Element]:
    for svg in (word_picture(one.words),) if one.words else (one.content, one.narrow):
        if svg:
            bare = re.search(r"<svg[^>]*xmlns=", svg) is None
            yield ET.fromstring(svg.replace("<svg ", f'<svg xmlns="{SVG[1:-1]}" ', 1) if bare else svg)


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_it_has_words_for_those_who_cannot_see_it(path: Path) -> None:
    for hidden in (False, True):
        for _, one in everything(path, hidden=hidden):
            if one.kind == "html" and not one.words:
                assert "<table" not in one.content, f"{one.id} has no picture"
                continue
            assert one.alt.strip(), one.id
            for svg in pictures(one) if one.kind != "vega" else ():
                assert svg.get("role") in ("img", "group")
                assert svg.get("aria-label") or svg.get("aria-hidden") == "true", one.id


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_it_has_its_rows_with_a_unit_and_the_metrics_as_csv(path: Path) -> None:
    for asked, one in drawn(path):
        assert one.table, one.id
        assert len({tuple(row) for row in one.table}) == 1, f"{one.id}: every row has the same columns"
        rows_written = json.dumps([dict(row) for row in one.table], ensure_ascii=False)
        assert re.search(UNITS, rows_written), one.id
        if asked.language == "ja":
            assert ESTIMATE not in rows_written, one.id
            assert ESTIMATE not in (json.dumps(one.content) if one.kind == "vega" else one.content), one.id
        assert of_study(asked.outcome.study).tables(asked).rows
    rows = list(csv.DictReader(io.StringIO(csvfile.table([outcomes(path)[1]]))))
    assert {row["of"] for row in rows} >= {label for part in outcomes(path)[1] for label in part.labels}
    assert all(row["unit"] for row in rows)


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_pointing_at_it_tells_more_and_its_source_where_it_draws_facts(path: Path) -> None:
    for asked, one in drawn(path):
        if one.kind == "vega":
            told = [field["field"] for tip in tooltips(one.content) for field in tip]
            assert told, f"{one.id} tells nothing"
            if one.id in SOURCED.get(asked.outcome.study, ()):
                assert "source" in told, one.id
                rows = json.dumps(with_rows(one.content))
                assert re.search(r'"source": "[^"]', rows), one.id
            continue
        for svg in pictures(one):
            titles = ["".join(title.itertext()) for title in svg.iter(f"{SVG}title")]
            assert titles or one.picks, f"{one.id} tells nothing"
            if one.id in SOURCED.get(asked.outcome.study, ()):
                assert any("\n" in title and title.rpartition("\n")[2].strip() for title in titles), one.id


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_no_text_of_a_picture_is_smaller_than_the_smallest(path: Path) -> None:
    for hidden in (False, True):
        for _, one in drawn(path, hidden=hidden):
            if one.kind != "vega":
                for svg in pictures(one):
                    sizes = [float(text.get("font-size", SMALLEST)) for text in svg.iter(f"{SVG}text")]
                    assert min(sizes, default=SMALLEST) >= SMALLEST, one.id


INTERVALS = {"startup", "distribution", "plain"}
RANDOM = [path for path in SCENARIOS if INTERVALS & {part.study for part in shipped.read(path).parts}]
"""Studies that draw randomness and tell of intervals, and their lessons."""


@pytest.mark.parametrize("path", RANDOM, ids=lambda path: path.stem)
def test_where_several_replications_ran_the_rows_have_the_interval(path: Path) -> None:
    """Their metrics have an interval from six replications on, and a table says it."""
    scenario, _ = outcomes(path)
    parts = [part for part in shipped.outcomes(scenario, 6) if any(m.low is not None for m in part.metrics)]
    for outcome in parts:
        if outcome.study not in INTERVALS:
            continue
        asked = request(scenario, outcome, Style())
        tables = of_study(outcome.study).tables(asked)
        assert tr("figure.mark.interval", "en") in {column for row in tables.rows for column in row}


def test_the_title_of_every_lesson_is_a_finding_with_its_numbers_filled_in() -> None:
    for path in SCENARIOS:
        scenario, parts = outcomes(path)
        if scenario.lesson is not None:
            for language in LANGUAGES:
                title = words.finding(scenario.lesson, words.values(*parts), language)
                assert title, path.stem
                assert "{" not in title, path.stem


class PlacedText(NamedTuple):
    """A text of a picture and where it is, by the measure that wraps it."""

    words: str
    left: float
    top: float
    right: float
    bottom: float


def placed_texts(svg: ET.Element) -> Iterator[PlacedText]:
    for text in svg.iter(f"{SVG}text"):
        told = text.find(f"{SVG}title")
        said = (told.tail if told is not None else text.text) or ""
        size, x, y = (float(text.get(name, "")) for name in ("font-size", "x", "y"))
        long = text_width(said, size)
        back = {"start": 0.0, "middle": long / 2, "end": long}[text.get("text-anchor", "start")]
        if text.get("writing-mode"):
            yield PlacedText(said, x - size / 2, y, x + size / 2, y + long)
        elif text.get("transform"):
            yield PlacedText(said, x - 0.75 * size, y - long, x, y)
        else:
            yield PlacedText(said, x - back, y - 0.75 * size, x - back + long, y)


def frames(svg: ET.Element) -> list[tuple[float, float, float, float]]:
    """The boxes behind cells, swatches and bars: left, top, right, bottom."""
    paths = (re.fullmatch(r"M([\d.-]+) ([\d.-]+)h([\d.]+)v([\d.]+)h-[\d.]+z", p.get("d", "")) for p in svg.iter())
    boxes = ([float(value) for value in path.groups()] for path in paths if path)
    return [(x, y, x + wide, y + high) for x, y, wide, high in boxes]


def told_in_order(table: WordTable) -> Iterator[str]:
    for row in table.rows:
        yield row.name
        yield from (part for cell in row.cells for part in (cell.mark, cell.words, cell.small) if part)


TABLES = {"compose", "components", "docker-desktop", "isolation", "microservices", "portability", "production",
          "throwaway-tool", "two-stores"}  # fmt: skip
"""Lessons with tables of words."""


@pytest.mark.parametrize("path", [path for path in SCENARIOS if path.stem in TABLES], ids=lambda path: path.stem)
def test_the_picture_of_a_table_of_words_has_every_word_in_its_cell_and_none_on_another(path: Path) -> None:
    tables = [one.words for hidden in (False, True) for _, one in drawn(path, hidden=hidden) if one.words]
    assert tables
    for table in tables:
        svg = ET.fromstring(word_picture(table))
        texts, boxes = list(placed_texts(svg)), frames(svg)
        _, _, width, height = map(float, svg.get("viewBox", "").split())
        rest = re.sub(r"\s", "", "".join(text.words for text in texts))
        for told in told_in_order(table):
            _, found, rest = rest.partition(re.sub(r"\s", "", told))
            assert found, told
        for at, text in enumerate(texts):
            assert 0 <= text.left < text.right <= width, text
            assert -1 <= text.top < text.bottom <= height, text
            middle = (text.top + text.bottom) / 2
            around = [(x, y, x2, y2) for x, y, x2, y2 in boxes if x <= text.left < x2 and y <= middle < y2]
            assert all(text.right <= x2 and text.bottom <= y2 for _, _, x2, y2 in around), text
            later = texts[at + 1 :]
            met = [o for o in later if text.left < o.right - 0.5 and o.left < text.right - 0.5
                   and text.top < o.bottom - 0.5 and o.top < text.bottom - 0.5]  # fmt: skip
            assert not met, (text, met)
