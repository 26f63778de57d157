"""The page of the accuracy: its title is computed, filters are links, and all points lead to what was published."""

from __future__ import annotations

import json
import re
import statistics
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from sim.evidence import stored
from sim.evidence.accuracy import Accuracy
from sim.report.numbers import NARROW
from sim.report.style import rows_of
from tests.dashboard.apptest import charts, opened, texts, title

_PAGE = Path(__file__).parents[2] / "docs" / "evidence.md"


def drawn(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """The points of a chart."""
    return [row for layer in spec["layer"] if layer["mark"]["type"] == "point" for row in rows_of(layer["data"])]


@pytest.fixture(scope="module")
def rows() -> Any:
    current = stored.current()
    assert current is not None, "run python -m scripts.generate"
    return current.rows


def test_the_title_and_the_text_say_one_median_in_which_each_publication_weighs_the_same(rows: Any) -> None:
    """Weighed by hand: errors in order, each with its share of its publication, up to half of all."""
    checked = [row for row in rows if row.use == "check" and row.weight]
    sizes = Counter(row.publication for row in checked)
    ordered = sorted((abs(row.error), 1 / sizes[row.publication]) for row in checked)
    below = median = 0.0
    for error, share in ordered:
        below, median = below + share, error
        if below >= len(sizes) / 2:
            break
    at = opened("accuracy")
    said = f"{median * 100:.1f}{NARROW}%"
    assert f"{len(checked):,}" in title(at)
    assert said in title(at)
    assert f"**{said}** is the median error on the {len(checked)} points" in texts(at)
    plain = f"{statistics.median(abs(row.error) for row in checked) * 100:.1f}{NARROW}%"
    assert plain != said
    assert plain not in title(at) + texts(at)


def test_the_median_with_assumed_hosts_stands_beside_it(rows: Any) -> None:
    at = opened("accuracy")
    of_all = stored.current().median("check", assumed=True)
    every = sum(row.use == "check" and not row.apart for row in rows)
    said = f"{of_all * 100:.1f}{NARROW}%"
    assert f"and {said} on all {every}, whose hosts are partly assumed" in title(at)
    assert f"**{said}** on all {every}" in texts(at)
    assumed = opened("accuracy", source="kuo-et-al-eurosys-2020")
    assert title(assumed).endswith("whose hosts are assumed")


def test_nothing_of_this_projects_own_stays_english_in_japanese() -> None:
    at = opened("accuracy", lang="ja")
    options = dict(enumerate(at.selectbox(key="accuracy:source").options))
    assert "基準ホストでの実測" in options.values()
    assert "reference host" not in json.dumps([drawn(spec) for spec in charts(at)])


def test_the_numbers_on_the_tabs_add_up_to_all_points_and_each_tab_shows_its_own(rows: Any) -> None:
    tabs = opened("accuracy").segmented_control(key="accuracy:of")
    counts = dict(zip(("time", "throughput", "memory", "rate", "ratio"), [0] * 5, strict=True))
    for option in tabs.options:
        name, _, count = option.rpartition(" · ")
        counts[name] = int(count)
    assert sum(counts.values()) == len(rows)
    for name, words in (("throughput", "throughput"), ("rate", "rates")):
        scatter, _ = charts(opened("accuracy", of=name))
        assert len(drawn(scatter)) == counts[words] > 0


def test_every_point_is_in_the_lanes_and_those_of_one_dimension_in_the_scatter(rows: Any) -> None:
    scatter, lanes = charts(opened("accuracy", of="memory"))
    assert len(drawn(lanes)) == len(rows)
    assert len(drawn(scatter)) == sum(row.unit in ("B", "kB", "KiB", "MB", "MiB", "GB", "GiB") for row in rows)


def test_a_link_picks_the_use_and_the_publication(rows: Any) -> None:
    at = opened("accuracy", use="calibrate", source="agache-et-al-nsdi-2020")
    assert not at.exception
    wanted = [row for row in rows if row.use == "calibrate" and row.publication == "Agache et al., NSDI 2020"]
    assert len(drawn(charts(at)[1])) == len(wanted)
    assert "calibrated" in title(at)


def test_a_link_that_names_nothing_shows_everything() -> None:
    at = opened("accuracy", use="guess", source="nobody")
    assert not at.exception
    assert len({row["publication"] for row in drawn(charts(at)[1])}) > 5


def test_both_medians_say_what_they_aim_at(rows: Any) -> None:
    said = texts(opened("accuracy"))
    aim = re.search(r"The aim for checks is (\d+) %", _PAGE.read_text(encoding="utf-8"))
    assert aim is not None
    assert f"at most {aim[1]}" in said
    assert "at most 10" in said
    assert "orderings" in said


def test_the_page_states_coverage_and_what_would_narrow_wide_ranges(rows: Any) -> None:
    at = opened("accuracy")
    checked = [row for row in rows if row.use == "check" and row.weight]
    inside = sum(row.low <= row.published <= row.high for row in checked)
    width = statistics.median(row.high / row.low for row in checked)
    assert f"**{inside} of the {len(checked)} checked points" in texts(at)
    assert f"at most {width:.2f} times as high as low" in texts(at)
    assert f"{sum(bool(row.apart) for row in rows)} more points are counted apart" in texts(at)
    (wide,) = [each for each in at.expander if "ranges wider than" in each.label]
    assert "hosts/m5d-metal.cpu_speed" in str(wide.children[0].proto)


def test_the_first_visit_runs_no_case(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a fresh server: the stored accuracy is shown, and a stale one is computed."""
    from dashboard.pages import accuracy as shown
    from sim.evidence import stored

    shown._run.clear()
    ran: list[bool] = []
    monkeypatch.setattr(stored, "accuracy", lambda **_: ran.append(True) or Accuracy((), ()))
    assert len(drawn(charts(opened("accuracy"))[1])) > 300
    assert not ran
    shown._run.clear()
    monkeypatch.setattr(stored, "current", lambda: None)
    opened("accuracy")
    assert ran
    shown._run.clear()
