"""What a study shows on a page: its figure with the answer left out, its figure, its tables and sources.

One module a study, each with `before(page_part)`, `after(page_part)` and `sheet(page_part)`.
"""

from __future__ import annotations

import importlib
import importlib.util
from typing import Protocol, cast

from dashboard.page_part import PagePart, Sheet


class StudyFigure(Protocol):
    """What each module of a study offers."""

    def before(self, page_part: PagePart) -> None:
        """Draw the figure with the answer left out."""

    def after(self, page_part: PagePart) -> str:
        """Draw the figure, and return how to read what it shows now.

        That is "" where its controls change nothing about it.
        """

    def sheet(self, page_part: PagePart) -> Sheet:
        """The figure as tables: its numbers, and where they come from."""


def of_study(name: str) -> StudyFigure:
    """The figure of a study. One without a figure of its own is shown as bars of its headline metric."""
    own = importlib.util.find_spec(f"dashboard.figures.{name}")
    return cast("StudyFigure", importlib.import_module(f"dashboard.figures.{name if own else 'plain'}"))
