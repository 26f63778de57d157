"""Whatever a file holds, `load` gives a scenario or problems: no other error, and no problem without a message."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.errors import InputError
from sim.loading import controls, from_document, load_text, override
from sim.loading.document import read
from sim.scenario import Scenario

SETTINGS = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)

RICH = """\
memory: 64 MiB
spots: [{at: 5 ms}, {at: 1 min, mark: y}]
lesson:
  objectives: [{en: See., ja: 見る。}]
  predict: {ask: {en: Which?, ja: どれ?}, rank: time.p50}
  findings: [{when: slow.time.p50 > 1, text: {en: "{slow.time.p50}", ja: 遅い}}]
  explain: {en: So., ja: そう。}
  quiz:
    - ask: {en: Which?, ja: どれ?}
      choices: [{text: {en: S, ja: S}, holds: slow.time.p50 > 1}, {text: {en: F, ja: F}, holds: slow.time.p50 < 1}]
      explain: {en: So., ja: そう。}
published:
  - {metric: time, of: slow, interval: first in line to served, statistic: p50,
     value: 2, unit: s, source: a, use: check}
"""

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=20),
    st.sampled_from(["", "5 s", "-1 MiB", "slow.time.p50 < 1", "{", "{x}", "{{}}", "a.b.c", "en", "Ω", "startup"]),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


PIECES = st.text(max_size=4) | st.sampled_from(
    ["\t", "\n", ": ", "- ", "{", "}", "[", "&a ", "*a", "!!x ", "|", "'", '"', "%", "\x00", "---\n", "\u2028", "\x85"]
)


def answered(make: Callable[[], Scenario]) -> None:
    """A scenario, or problems of one line each."""
    messages: list[str] = ["made"]
    try:
        assert isinstance(make(), Scenario)
    except InputError as error:
        messages = [problem.message for problem in error.problems]
    assert messages
    assert all(message.strip() and "\n" not in message for message in messages)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, item in items for found in places(item, (*path, key)))]


@pytest.fixture
def rich(counter: str) -> str:
    assert load_text(counter + RICH)
    return counter + RICH


@SETTINGS
@given(data=st.data())
def test_any_value_anywhere(rich: str, data: st.DataObject) -> None:
    document = copy.deepcopy(read(rich, "").value)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(places(document)[1:]))
        node = document
        for key in path[:-1]:
            node = node[key]
        action = data.draw(st.sampled_from(["replace", "remove", "add"]))
        if action == "replace":
            node[path[-1]] = data.draw(VALUES)
        elif action == "remove":
            del node[path[-1]]
        elif isinstance(node, dict):
            node[data.draw(st.text(max_size=8))] = data.draw(VALUES)
    answered(lambda: from_document(document))


@SETTINGS
@given(data=st.data())
def test_any_slip_in_the_text(rich: str, data: st.DataObject) -> None:
    text = rich
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 12)))
        text = text[:start] + data.draw(PIECES) + text[end:]
    answered(lambda: load_text(text))


@SETTINGS
@given(text=st.text(max_size=200))
def test_any_text(counter: str, text: str) -> None:
    answered(lambda: load_text(text))
    answered(lambda: load_text(counter + text))


@SETTINGS
@given(data=st.data())
def test_any_written_value_of_any_control(rich: str, data: st.DataObject) -> None:
    scenario = load_text(rich)
    paths = [control.path for control in controls(scenario, every=True)] + ["slow.count", "seed", "parts.0.x", "..", ""]
    changes = data.draw(st.dictionaries(st.sampled_from(paths), SCALARS | st.text(max_size=30), max_size=3))
    answered(lambda: override(scenario, changes))
