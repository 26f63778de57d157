"""The page of the sources: its title is counted, filters and rows are links, all that is shown is a file."""

from __future__ import annotations

import re

import pytest
from streamlit.testing.v1 import AppTest

from sim.evidence.sourced import rows
from sim.report.provenance import found
from tests.dashboard.apptest import error, opened, texts, title


def body(at: AppTest) -> str:
    """The table."""
    bodies = (str(element.proto.body) for element in at.get("html"))
    return next(text for text in bodies if 'class="sources"' in text)


def ids(at: AppTest) -> list[str]:
    return re.findall(r'<td [^>]*>(?:<div>.*?</div>)?<div><span class="id"><a [^>]*>([^<]+)</a>', body(at))


def test_the_title_counts_the_numbers_and_the_estimates() -> None:
    numbers = [row for row in rows() if row.kind == "number"]
    said = title(opened("sources"))
    assert f"{len(numbers)} numbers" in said
    assert f"{sum(bool(row.low and row.high) and row.basis == 'estimate' for row in numbers)} are estimates" in said


def test_a_link_filters_and_the_same_rows_are_in_the_file() -> None:
    at = opened("sources", of="technologies/lxc", basis="estimate", find="memory")
    wanted = found(rows(), kind="number", of="technologies/lxc", basis="estimate", words="memory")
    assert ids(at) == [row.id for row in wanted] != []
    assert f"{len(wanted)} of {len(rows()):,} rows" in texts(at)


def test_what_is_typed_is_searched_and_said_by_the_link() -> None:
    at = opened("sources")
    at.text_input(key="sources:find").set_value("overlayfs").run()
    assert at.query_params["find"] == "overlayfs"
    assert ids(at) == [row.id for row in found(rows(), kind="number", words="overlayfs")][:50]
    at.text_input(key="sources:find").set_value("no such thing anywhere").run()
    assert "No row fits" in at.info[0].value


def test_a_row_of_the_link_stands_first_with_what_stands_on_it_and_all_come_back() -> None:
    at = opened("sources", row="R0051")
    assert "R0051" in title(at)
    assert ids(at)[0] == "R0051"
    assert "parts/runc.phases.runc-create.cpu" in ids(at)
    at.button(key="sources:back").click().run()
    assert "row" not in at.query_params
    assert len(ids(at)) == 50


def test_a_row_that_there_is_not_is_answered_by_name() -> None:
    at = opened("sources", row="<b>R99999")
    assert "'<b>R99999' cannot be used here; expected the id of a row" in error(at)
    assert len(ids(at)) == 50


def test_further_rows_are_on_further_pages_and_a_link_opens_one(caplog: pytest.LogCaptureFixture) -> None:
    numbers = [row.id for row in rows() if row.kind == "number"]
    at = opened("sources")
    assert ids(at) == numbers[:50]
    at.get("pagination")[0].set_value(2).run()
    assert ids(at) == numbers[50:100]
    assert at.query_params["page"] == "2"
    again = opened("sources", page="2")
    assert ids(again) == numbers[50:100]
    assert "default value" not in caplog.text, "Streamlit warns of a widget with two first values"
    again.text_input(key="sources:find").set_value("docker").run()
    assert ids(again) == [row.id for row in found(rows(), kind="number", words="docker")][:50]
    assert "page" not in again.query_params


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_a_lecture_shows_the_table_alone(lang: str) -> None:
    at = opened("sources", embed=True, lang=lang, find="firecracker")
    assert len(ids(at)) == 5
    assert not at.text_input
    assert not at.get("download_button")


def test_links_keep_the_language() -> None:
    at = opened("sources", lang="ja", row="R0051")
    assert "sources?row=R0052&amp;lang=ja" in body(at)
    assert "scenarios?scenario=what-is-docker&amp;lang=ja" in body(at)
