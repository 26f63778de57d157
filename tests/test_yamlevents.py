"""Events of YAML are ruamel.yaml's own, and stand where it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from sim.yamlevents import events

FILES = sorted((Path(__file__).parents[1] / "scenarios").glob("*.yaml"))
ODD = [
    "a: 1\r\nb: [2,\r\n  3]\r\n",
    "a: 1\rb: 2\r",
    '\ufeffa: |\n  two\n  lines\n# no more\nb: "x\\\n  y"\n',
    "a: \ufeffb\nc: d\n",
    "- &x {a: 'it''s', ? b : c}\n- *x\n- !t >-\n  folded\n\n  text\n",
    "%YAML 1.1\n---\na: b\n...\n---\nc\u2028d: e\x85f: g\n",
    "a:\tb\n\tc: d\n",
    "a: [1, 2\n",
    "a: 'b\n",
    "a: *\n",
    "a: \x01\n",
    "",
]


def told(parsed: Any) -> list[object]:
    """Each event and where it begins and ends, and what ends them."""
    found: list[object] = []
    try:
        for event in parsed:
            marks = [(mark.index, mark.line, mark.column) for mark in (event.start_mark, event.end_mark) if mark]
            found.append((repr(event), marks))
    except YAMLError as error:
        found.append(str(error))
    return found


def plainly(text: str) -> list[object]:
    return told(YAML(typ="safe", pure=True).parse(text))


@pytest.mark.parametrize("path", FILES[::6], ids=lambda path: path.stem)
def test_a_lesson_s_events_are_ruamel_s(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert told(events(text)) == plainly(text)


@pytest.mark.parametrize("text", ODD)
def test_line_ends_marks_and_errors_are_where_ruamel_has_them(text: str) -> None:
    assert told(events(text)) == plainly(text)


@given(st.text("ab:-?#&*!|>'\"%{}[], \n\r\t\ufeff\u2028\\", max_size=40))
def test_no_text_is_read_otherwise(text: str) -> None:
    assert told(events(text)) == plainly(text)
