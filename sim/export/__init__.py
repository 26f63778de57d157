"""A scenario that was run as files: pictures, a report page and slides.

What a dashboard needs of it are these functions. Each raises `InputError` where something is missing that it needs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from sim.export.files import FigureFile, figure_png, figure_svg, figures, with_legends
from sim.export.packages import REVEAL, is_there
from sim.export.report import drawings_page, report_page
from sim.export.slides import slide
from sim.outcome import Outcome
from sim.report.style import Language
from sim.report.trace import chrome, columns
from sim.report.trace.timed import timed
from sim.scenario import Scenario

__all__ = [
    "FigureFile",
    "drawings_page",
    "figure_png",
    "figure_svg",
    "figures",
    "live_name",
    "report_page",
    "slide",
    "slides_at_hand",
    "traced",
    "with_legends",
    "written",
]


def slides_at_hand() -> bool:
    """Whether slides can be made without a download: reveal.js is there."""
    return is_there(REVEAL)


def live_name(scenarios: Sequence[Scenario]) -> str:
    """What the live page of scenarios is called: by its scenario, or "course" where it has several."""
    return f"{scenarios[0].id if len(scenarios) == 1 else 'course'}-live.html"


def traced(scenario: Scenario, outcomes: Sequence[Outcome]) -> Iterator[tuple[str, str]]:
    """What happened in time as Chrome's JSON and as CSV, each as its name and its content. None where nothing did."""
    told = [timed(outcome) for outcome in outcomes]
    if any(told):
        yield f"{scenario.id}-trace.json", chrome.document(outcomes, told)
        yield f"{scenario.id}-trace.csv", columns.document(outcomes, told)


def written(
    forms: Collection[str], scenario: Scenario, outcomes: Sequence[Outcome], language: Language = "en", live: str = ""
) -> Iterator[tuple[str, str | bytes]]:
    """The files of one scenario in one language, each as its name and its content.

    Args:
        forms: "svg", "png", "report" and "slide", those that are wanted.
        live: The name of a live page beside them, which the slides then show. "" for none.
    """
    for figure in figures(scenario, outcomes, language) if {"svg", "png"} & set(forms) else ():
        if "svg" in forms:
            yield f"{figure.name}.svg", figure_svg(figure)
        if "png" in forms:
            yield f"{figure.name}.png", figure_png(figure)
    if "report" in forms:
        yield f"{scenario.id}-report.{language}.html", report_page(outcomes, scenario, language)
    if "slide" in forms:
        address = f"{live}#{scenario.id}:{language}" if live else ""
        yield f"{scenario.id}-slides.{language}.html", slide(outcomes, scenario, language, address)
