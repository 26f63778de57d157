"""The data behind a figure, as files and as tables."""

from __future__ import annotations

import csv
import io
import re

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.popovers import metrics_csv, records_csv
from sim.outcome import Metric, Outcome
from sim.records.images import StepRecord
from sim.records.instances import ConstraintRecord, Message
from sim.report.htmltable import linked
from tests.dashboard.apptest import opened


@pytest.fixture
def outcome() -> Outcome:
    step = StepRecord(
        "a", "2", "s1", "[1/2] RUN x", "", "RUN", "RUN x, y", 3, (("s0", "parent"), ("s2", "copy")), "miss", True,
        Message("reason.text", (("line", 3),)), "aa", "bb", 1.5, None, "F001",
    )  # fmt: skip
    rung = ConstraintRecord("a", "pods", 110, True, 1.0, 110.0, "1", "D001")
    metric = Metric("misses", "value", "a", "", 5.0, "1", None, None, (4.0, 6.0), True)
    return Outcome("made", "build", 1, 1, ("a",), (metric,), (step, rung))


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_metrics_are_one_a_line_with_the_ends_of_their_range(outcome: Outcome) -> None:
    (row,) = rows(metrics_csv(outcome))
    assert row["metric"] == "misses"
    assert (row["range_low"], row["value"], row["range_high"]) == ("4.0", "5.0", "6.0")
    assert row["low"] == ""
    assert row["estimate"] == "True"


def test_records_of_several_kinds_share_a_file(outcome: Outcome) -> None:
    step, rung = rows(records_csv(outcome))
    assert (step["record"], rung["record"]) == ("step", "constraint")
    assert step["text"] == "RUN x, y"
    assert step["inputs"] == "s0/parent s2/copy"
    assert step["reason"] == "reason.text"
    assert (rung["constraint"], rung["text"]) == ("pods", "")


def test_what_a_table_says_cannot_become_markup() -> None:
    def script() -> None:
        from dashboard.page_part import table
        from dashboard.view import View

        view = View(lang="en", size=1.0, dark=False, embed=False, show=False)
        table([{"a": "<b>1</b>"}, {"a": "2", "b|": "RUN x && y"}], view)

    body = AppTest.from_function(script).run().get("html")[0].proto.body
    assert "&lt;b&gt;1&lt;/b&gt;" in body
    assert "RUN x &amp;&amp; y" in body
    assert body.count("<th ") == 2
    assert body.count("<tr>") == 3


def test_a_fact_and_an_estimate_in_a_table_are_links_to_their_rows_on_the_page_of_sources() -> None:
    def script() -> None:
        from dashboard.page_part import table
        from dashboard.view import View

        view = View(lang="ja", size=1.0, dark=False, embed=False, show=False)
        source = "Agache et al., NSDI 2020 (C062); X9999 (R0125) <b>; estimate: one process & a thread; D0002"
        table([{"source": source}], view)

    body = AppTest.from_function(script).run().get("html")[0].proto.body
    assert '<a href="sources?row=C062&amp;lang=ja"' in body
    assert '<a href="sources?row=R0125&amp;lang=ja"' in body
    assert '<a href="sources?find=one+process+%26+a+thread&amp;lang=ja"' in body
    assert ">estimate</a>: one process &amp; a thread; <a" in body
    assert "X9999 (" in body, "there is no such fact"
    assert "NSDI 2020" in body
    assert "&lt;b&gt;" in body


def test_without_a_page_of_sources_a_fact_leads_to_where_it_was_published() -> None:
    """In an exported page."""
    said = linked("(C062); measured on the reference host (R0125); estimate: a guess <b>")
    assert 'href="https://' in said
    assert ">C062</a>" in said
    assert "(R0125); estimate: a guess &lt;b&gt;" in said, "what was measured for this project has no address"


def test_the_sources_of_a_lesson_are_cited_with_their_links() -> None:
    at = opened("memory-ledger", show="1")
    assert not any("NSDI" in element.proto.body for element in at.get("html")), "made only when it is opened"
    at.session_state["memory-ledger:memory:sources"] = True
    bodies = "".join(element.proto.body for element in at.run().get("html"))
    assert re.search(r"Agache et al\., NSDI 2020 \(<a href=\"sources\?row=D1630\"[^>]*>D1630</a>", bodies)
    assert re.search(r"measured on the reference host \(<a [^>]*>R\d+", bodies)
