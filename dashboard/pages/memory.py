"""The page of the scenario `memory-ledger`."""

from __future__ import annotations

from dashboard import shipped
from dashboard.lessons import lesson
from dashboard.view import View


def page(view: View) -> None:
    """Draw the page."""
    lesson.show(shipped.scenario("memory-ledger"), view)
