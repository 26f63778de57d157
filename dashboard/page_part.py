"""What the figures of a page are drawn from, and how a chart and a table are put on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import streamlit as st

from dashboard.view import View, language_query, smallest_text
from sim.outcome import Outcome
from sim.report.htmltable import html_table
from sim.report.ring import FigurePlace
from sim.report.shown import DrawingRequest, TableRow
from sim.report.style import SMALLEST, Spec, legible, with_rows
from sim.report.words import LabelName, spoken
from sim.scenario import Scenario


@dataclass(frozen=True)
class PagePart:
    """One part of a scenario as it stands on a page.

    Attributes:
        said: What the reader predicted, labels in order or steps. Empty where nothing was.
        part: Which part it is.
        ring: The places that are ringed.
    """

    scenario: Scenario
    outcome: Outcome
    names: Mapping[str, LabelName]
    view: View
    said: tuple[str, ...] = ()
    part: int = 0
    ring: tuple[FigurePlace, ...] = ()

    @property
    def key(self) -> str:
        """A prefix for the keys of widgets."""
        return f"{self.scenario.id}:{self.outcome.study}" + (f":{self.part}" if self.part else "")

    def called(self, label: str) -> str:
        """A label's name, with its kind where two labels share a name."""
        return spoken(self.names)[label]

    def request(self, picked: Mapping[str, str] | None = None) -> DrawingRequest:
        """What is to be drawn of it.

        Args:
            picked: What the reader chose about the drawings.
        """
        return DrawingRequest(
            scenario=self.scenario,
            outcome=self.outcome,
            style=self.view.style,
            names=self.names,
            lecture=self.view.embed,
            said=self.said,
            picked=picked or {},
        )


_MARGIN = {"left": 5, "right": 14, "top": 5, "bottom": 5}
"""Pixels around a chart whose last labels stand beyond its bars."""


_TALLER = 1.4
"""How much higher a chart without lanes is drawn in a hall, whose screen has the room."""


_LEADING = 2
"""Pixels between the names of lanes."""


def chart(spec: Spec, alt: str, key: str = "") -> None:
    """A chart as wide as its place, described by `alt`, in our own look rather than Streamlit's."""
    # Rows that stand in the specification need not be fetched, one `data:` URL after the other. For those at its top
    # Streamlit would import a data frame library.
    spec = {name: part if name == "data" else with_rows(part) for name, part in spec.items()}
    least = smallest_text()
    # Streamlit stretches a chart to the pixels of its window, which in a hall are not those of the scaled page. Of one
    # that is as wide as its content it leaves the width to Vega, whose "container" is right.
    if least == SMALLEST:
        st.vega_lite_chart(spec, theme=None, alt=alt, width="stretch", key=key or None)
        return
    fitting = {"padding": _MARGIN, "autosize": {"type": "fit-x", "contains": "padding"}, **legible(spec, least)}
    height = fitting.get("height")
    if isinstance(height, int | float):
        fitting["height"] = height * _TALLER
    elif height:
        fitting["height"] = {"step": max(height["step"], least + _LEADING)}
    st.vega_lite_chart(fitting, theme=None, alt=alt, width="content", key=key or None)


def table(rows: Sequence[TableRow], view: View) -> None:
    """Rows as a small table, each fact and each estimate a link to its row on the page of sources.

    Written as HTML: `st.table` would import a data frame library for it.
    """
    if rows:
        st.html(html_table(rows, view.style, lambda query: sources_address(query, view)))


def sources_address(query: Mapping[str, str], view: View) -> str:
    """The address of the page of sources, below the dashboard's, for a query of its own."""
    return "sources?" + urlencode(dict(query) | language_query(view.lang))
