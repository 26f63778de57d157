"""What the figures of a page are drawn from, and how a chart, a table and a legend are put on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import streamlit as st

from dashboard.view import View, smallest_text
from sim.outcome import Outcome
from sim.report.sources import FACT, address
from sim.report.style import SMALLEST, Spec, legible
from sim.report.words import LabelName
from sim.scenario import Scenario

TableRow = Mapping[str, str]


@dataclass(frozen=True)
class PagePart:
    """One part of a scenario as it stands on a page.

    Attributes:
        said: What the reader predicted, labels in order or steps. Empty where nothing was.
        part: Which part it is.
    """

    scenario: Scenario
    outcome: Outcome
    names: Mapping[str, LabelName]
    view: View
    said: tuple[str, ...] = ()
    part: int = 0

    @property
    def key(self) -> str:
        """A prefix for the keys of widgets."""
        return f"{self.scenario.id}:{self.outcome.study}" + (f":{self.part}" if self.part else "")

    def called(self, label: str) -> str:
        """A label's name, with its kind where two labels share a name."""
        name = self.names[label]
        twins = [other for other in self.names.values() if other.name == name.name]
        return name.name if len(twins) == 1 else f"{name.name} · {name.kind}"


@dataclass(frozen=True)
class Sheet:
    """A figure as rows: what it shows, and what each number rests on."""

    rows: Sequence[TableRow]
    sources: Sequence[TableRow]


_MARGIN = {"left": 5, "right": 14, "top": 5, "bottom": 5}
"""Pixels around a chart whose last labels stand beyond its bars."""


def chart(spec: Spec, alt: str, key: str = "") -> None:
    """A chart as wide as its place, described by `alt`, in our own look rather than Streamlit's."""
    least = smallest_text()
    # Streamlit stretches a chart to the pixels of its window, which in a hall are not those of the scaled page. Of one
    # that is as wide as its content it leaves the width to Vega, whose "container" is right.
    if least == SMALLEST:
        st.vega_lite_chart(spec, theme=None, alt=alt, width="stretch", key=key or None)
        return
    fitting = {"padding": _MARGIN, "autosize": {"type": "fit-x", "contains": "padding"}, **legible(spec, least)}
    st.vega_lite_chart(fitting, theme=None, alt=alt, width="content", key=key or None)


def linked(text: str) -> str:
    """A text as HTML, the ids of facts in it linked to what they were published in, where that has an address."""
    return FACT.sub(lambda match: _link(match[0]), escape(text))


def _link(name: str) -> str:
    from sim.catalog.load import facts

    fact = facts().get(name)
    where = address(fact) if fact else ""
    if fact is None or not where:
        return name
    return (
        f'<a href="{escape(where)}" title="{escape(fact.source)}" style="color:inherit" target="_blank" '
        f'rel="noopener noreferrer">{name}</a>'
    )


def table(rows: Sequence[TableRow], view: View) -> None:
    """Rows as a small table, each fact's id a link to what it was published in.

    Written as HTML: `st.table` would import a data frame library for it.
    """
    if not rows:
        return
    columns = list(dict.fromkeys(column for row in rows for column in row))
    tokens = view.style.tokens
    cell = f"padding:.3em .9em .3em 0;border-bottom:1px solid {tokens.line};text-align:left;vertical-align:top"
    head = "".join(
        f'<th scope="col" style="{cell};color:{tokens.muted};font-weight:600">{escape(c)}</th>' for c in columns
    )
    body = "".join(
        "<tr>" + "".join(f'<td style="{cell}">{linked(row.get(column, ""))}</td>' for column in columns) + "</tr>"
        for row in rows
    )
    st.html(
        '<div style="overflow-x:auto"><table style="font-size:.85rem;line-height:1.45;border-collapse:collapse">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
