"""What a page shows of an outcome, top to bottom. One module a study, as `drawing.ShownStudy` says.

Dashboard, report page, live page and exported files are all laid out from this.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator
from typing import cast

from sim.outcome import Outcome
from sim.report.shown.drawing import (
    Drawing,
    DrawingKind,
    DrawingRequest,
    FigureChoice,
    FigureTables,
    OfferedChange,
    ShownStudy,
    TableRow,
)
from sim.report.style import Style
from sim.report.words import label_names
from sim.scenario import Scenario

__all__ = [
    "Drawing", "DrawingKind", "DrawingRequest", "FigureChoice", "FigureTables", "OfferedChange", "ShownStudy",
    "TableRow", "of_study", "one_by_one", "request", "shown",
]  # fmt: skip


def of_study(name: str) -> ShownStudy:
    """What is shown of a study. One without a figure of its own is shown as bars of its headline metric."""
    own = importlib.util.find_spec(f"{__name__}.{name}")
    return cast("ShownStudy", importlib.import_module(f"{__name__}.{name if own else 'plain'}"))


def request(
    scenario: Scenario, outcome: Outcome, style: Style, **more: bool | tuple[str, ...] | dict[str, str]
) -> DrawingRequest:
    """A request for the drawings of an outcome, with the names of its labels.

    Args:
        more: What else a `DrawingRequest` has.
    """
    names = label_names(outcome, style.language)
    return DrawingRequest(scenario=scenario, outcome=outcome, style=style, names=names, **more)  # type: ignore[arg-type]


def shown(request: DrawingRequest, *, hidden: bool = False) -> tuple[Drawing, ...]:
    """The drawings of an outcome, top to bottom.

    Args:
        hidden: With the answer left out.
    """
    study = of_study(request.outcome.study)
    return study.before(request) if hidden else study.after(request)


def one_by_one(request: DrawingRequest) -> Iterator[Drawing]:
    """The same drawings with the answer. Some studies make each when it is asked for."""
    study = of_study(request.outcome.study)
    return iter(getattr(study, "one_by_one", study.after)(request))
