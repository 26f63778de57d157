"""The figures of a scenario as files: SVG and PNG drawn without a browser, named by what they show.

vl-convert draws them. Without it, `InputError` says how to install it.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from sim.errors import InputError
from sim.export.legends import below
from sim.outcome import Outcome
from sim.report import words
from sim.report.figures.words.wordpicture import word_picture
from sim.report.graph.svg import escape, standalone
from sim.report.ring import FigurePlace, ringed_picture
from sim.report.shown import Drawing, request, shown
from sim.report.style import Language, Spec, Style
from sim.scenario import Scenario

VEGA_LITE = "6.4"
"""The version of Vega-Lite that figures are drawn with. vl-convert has several."""
VEGA_LICENCE = Path(__file__).with_name("vega.txt").read_text("utf-8")
"""The terms that Vega, Vega-Lite and vega-embed are under, which stand with every copy of them."""
_WIDTH = 800
_CLIP = re.compile(r"\bclip\d+\b")
_MARGIN = 12
"""Pixels around a picture."""
_OPENING = re.compile(r"<svg\b[^>]*>")
_VIEW_BOX = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')
_PLACED = re.compile(r' (?:width|height)="[^"]*"')
_SCALE = 2
"""Pixels of a PNG for each of the SVG: sharp on a projector."""


@dataclass(frozen=True)
class FigureFile:
    """A figure with the name of its file, without what tells its format.

    Attributes:
        name: "taxonomy-race.en". In a scenario of several parts the part's number is in it.
        legend: The HTML that explains its colours, "" for none.
        title: What it shows: its own heading, or the finding, or while the answers are left out the question.
        rings: What is ringed in a table of words. Other drawings have their rings already.
        style: How it is drawn.
    """

    name: str
    drawing: Drawing
    legend: str
    style: Style
    title: str
    rings: Sequence[FigurePlace] = ()


def converter() -> ModuleType:
    """vl-convert. Raises `InputError` where it is not installed."""
    try:
        import vl_convert
    except ImportError:
        raise InputError(
            "this export needs vl-convert-python, which draws charts without a browser; install it by: "
            "python -m pip install 'vl-convert-python>=1.7,<2'"
        ) from None
    module: ModuleType = vl_convert
    return module


@functools.cache
def vega_bundle() -> str:
    """Vega, Vega-Lite and vega-embed as one script, which sets `vegaEmbed`. It may stand inside a `script` element."""
    script: str = converter().javascript_bundle()
    return script.replace("</script", "<\\/script")


def fixed(spec: Spec, style: Style, width: int = _WIDTH) -> Spec:
    """The same figure at a width of its own and on its theme's background: a file has no page to be as wide as."""
    return {**spec, "width": width, "background": style.tokens.background, "padding": 16}


def figures(
    scenario: Scenario,
    outcomes: Sequence[Outcome],
    language: Language = "en",
    *,
    hidden: bool = False,
) -> list[FigureFile]:
    """Every figure of a scenario, in the order of its page.

    A legend is no figure of its own: it is drawn with those that follow it.

    Args:
        hidden: With the answers left out.
    """
    style, values = Style(language=language), words.values(*outcomes)
    asked = words.fill(scenario.title, values, language)
    finding = words.finding(scenario.lesson, values, language) if scenario.lesson and not hidden else ""
    found = []
    for number, outcome in enumerate(outcomes, 1):
        part = f"-{number}" if len(outcomes) > 1 else ""
        for drawing, legend in with_legends(shown(request(scenario, outcome, style), hidden=hidden)):
            name, title = f"{scenario.id}{part}-{drawing.id}.{language}", drawing.title or finding or asked
            found.append(FigureFile(name, drawing, legend, style, title))
    return found


def with_legends(drawings: Iterable[Drawing]) -> Iterator[tuple[Drawing, str]]:
    """Those that are figures, each with the HTML that explains its colours, "" for none."""
    legend = ""
    for drawing in drawings:
        if drawing.id == "legend":
            legend = drawing.content
        elif drawing.alt:
            own = drawing.words is not None and drawing.words.legend is not None
            yield drawing, "" if own else legend


def figure_svg(figure: FigureFile) -> str:
    """A figure as an SVG document that needs nothing beside it."""
    drawing, style = figure.drawing, figure.style
    if drawing.kind == "vega":
        svg = _renumbered(converter().vegalite_to_svg(fixed(drawing.content, style), vl_version=VEGA_LITE))
    else:
        content = drawing.content
        if drawing.words:
            content, _ = ringed_picture(word_picture(drawing.words), figure.rings, style)
        svg = _with_margin(standalone(content, style), style)
    return _titled(below(figure.legend, svg, style) if figure.legend else svg, figure)


def _titled(svg: str, figure: FigureFile) -> str:
    """The same picture with what it shows in words, for those who do not see it and for what lists files."""
    told = f"<title>{escape(figure.title)}</title><desc>{escape(figure.drawing.alt)}</desc>"
    return _OPENING.sub(lambda opening: opening[0] + told, svg, count=1)


def _with_margin(svg: str, style: Style) -> str:
    """The same picture with room around it, which on a page its place has."""
    opening = _OPENING.match(svg)
    box = _VIEW_BOX.search(opening[0]) if opening else None
    if opening is None or box is None:
        return svg
    width, height = (float(box[number]) for number in (1, 2))
    bare = _PLACED.sub("", opening[0])
    placed = f'<svg x="{_MARGIN}" y="{_MARGIN}" width="{width:g}" height="{height:g}"{bare.removeprefix("<svg")}'
    outer = f"{width + 2 * _MARGIN:g}", f"{height + 2 * _MARGIN:g}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {" ".join(outer)}" width="{outer[0]}" '
        f'height="{outer[1]}"><rect width="100%" height="100%" fill="{style.tokens.background}"/>'
        f"{placed}{svg[opening.end() :]}</svg>"
    )


def _renumbered(svg: str) -> str:
    """The same drawing with its clip paths numbered from 0: Vega goes on counting from one drawing to the next."""
    known: dict[str, str] = {}
    return _CLIP.sub(lambda match: known.setdefault(match[0], f"clip{len(known)}"), svg)


def figure_png(figure: FigureFile) -> bytes:
    """A figure as a PNG of twice the SVG's size."""
    png: bytes = converter().svg_to_png(figure_svg(figure), scale=_SCALE)
    return png
