"""Texts in lines of a width, and tables of words with more columns than a slide has room for."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.report.figures.textlines import BOLD, shortest, wrapped
from sim.report.figures.words.wordpicture import word_picture
from sim.report.figures.words.wordtable import CellLook, WordCell, WordColumn, WordRow, WordTable, plain_table
from sim.report.style import Style, text_width


@pytest.mark.parametrize(
    ("text", "letters", "lines"),
    [
        ("in the disk image", 12, ["in the disk", "image"]),
        ("/var/lib/postgresql/17", 16, ["/var/lib/", "postgresql/17"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        # One wide letter takes as much as 1.89 narrow ones.
        ("動作中のサーバー", 11, ["動作中の", "サーバー"]),
        ("残る数（5のうち）", 11, ["残る数", "（5のうち）"]),
        ("最大24\u202f時間分の作業", 14, ["最大", "24\u202f時間分の", "作業"]),
        ("", 4, [""]),
    ],
)
def test_a_line_ends_where_a_reader_ends_a_word(text: str, letters: int, lines: list[str]) -> None:
    assert wrapped(text, 10, 5.3 * letters + 0.1) == lines


@given(st.text("aあア漢 、（-/\u202f1", max_size=40), st.integers(2, 30), st.booleans())
def test_no_line_is_wider_than_its_room_and_no_letter_is_lost(text: str, letters: int, bold: bool) -> None:
    room = 10 * letters * (BOLD if bold else 1)
    lines = wrapped(text, 10, room, bold=bold)
    assert re.sub(r"\s", "", "".join(lines)) == re.sub(r"\s", "", text)
    assert all(text_width(line, 10) * (BOLD if bold else 1) <= room + 1e-9 for line in lines)


def test_a_name_that_stands_upright_is_as_short_as_its_lines_allow() -> None:
    assert shortest("network namespace", 13, 2) == ["network", "namespace"]
    assert shortest("cgroup of its own", 13, 2) == ["cgroup of", "its own"]
    assert shortest("capabilities", 13, 2) == ["capabilities"], "no word is broken"


def test_a_picture_of_many_columns_is_wider_so_that_no_word_is_broken() -> None:
    names = [f"label{number}" for number in range(60)]
    table = plain_table([{"metric": "time", **dict.fromkeys(names, "measured")}], Style())
    svg = ET.fromstring(word_picture(table))
    told = ["".join(text.itertext()) for text in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert told == ["metric", *names, "time", *["measured"] * 60]
    assert float(svg.get("viewBox", "").split()[2]) > 60 * text_width("measured", 13)


def test_a_cell_of_several_words_looks_as_the_last_that_applies() -> None:
    looks = {"stays": CellLook(bold=True), "stays lively": CellLook(ink="#f00")}
    table = WordTable(
        kind="t", style=Style(), columns=[WordColumn("a")], rows=[WordRow("r", [WordCell("w")])], looks=looks
    )
    assert table.look(WordCell(look="stays")).bold
    assert table.look(WordCell(look="lively stays")).ink == "#f00"
    assert table.look(WordCell(look="gone")) == CellLook()
