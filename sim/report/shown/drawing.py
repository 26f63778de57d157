"""What stands on a page of an outcome, as values: drawings, and what a reader may choose about them.

Dashboard, report page and live page lay these out, each with its own means. They draw nothing of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any, Literal, Protocol

from sim.outcome import Outcome
from sim.report.figures.words.wordgrid import word_grid
from sim.report.figures.words.wordtable import WordTable
from sim.report.style import Language, Spec, Style
from sim.report.words import LabelNames, spoken
from sim.scenario import Scenario

DrawingKind = Literal["vega", "svg", "html"]
"""A Vega-Lite specification, an SVG document, or a piece of HTML with inline styles and no script."""

TableRow = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class OfferedChange:
    """A change of a control that a button makes, where the scenario has that control.

    Attributes:
        label: What the button says.
        control: The control's path.
        value: What it is set to, in written form.
    """

    label: str
    control: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """One drawing.

    Attributes:
        id: What it is called among those of its outcome ("race", "lens"). Lower case, digits and hyphens.
        kind: What `content` is.
        content: The drawing itself.
        alt: What it shows, in a sentence. "" for HTML that is no figure, which is read as it is.
        words: The values of HTML that is a table of words, by which a file has a picture of it.
        title: A heading above it, "" for none.
        shade: How dark the band is that the title explains, from 0 to 1. 0 for none.
        table: The same as rows.
        row: Drawings of the same row stand beside one another where there is room. "" for a row of its own.
        narrow: The SVG that a phone shows instead, "" for the same one.
        focus: The node of an SVG that is selected, "" for none.
        picks: What a click on a node of it says: "said" for a prediction's steps, "step" and "component" for which to
            explain. The request's `picked` has it by that name.
        plays: What `sim.report.player` plays of it, where the SVG is the still picture of a time line. A page without
            the player shows the still picture.
        share: How wide it is beside the others of its row.
        offers: A change that is offered below it.
        column: Which column of its row it stands in, below the others of that column. None for one of its own.
    """

    id: str
    kind: DrawingKind
    content: Any
    alt: str = ""
    words: WordTable | None = None
    title: str = ""
    shade: float = 0.0
    table: Sequence[TableRow] = ()
    row: str = ""
    narrow: str = ""
    focus: str = ""
    picks: Literal["", "said", "step", "component"] = ""
    plays: Mapping[str, Any] | None = None
    share: int = 1
    column: int | None = None
    offers: OfferedChange | None = None


@dataclass(frozen=True, kw_only=True)
class FigureChoice:
    """Something a reader may choose about the drawings of an outcome that changes nothing about the run.

    Attributes:
        name: What links and `DrawingRequest.picked` call it.
        label: What it is called on the page.
        options: What may be chosen, each with its name.
        default: What is chosen at first.
        above: The id of the drawing that it stands above.
        shown_label: Whether its label is to be seen.
        in_lecture: Whether it is offered inside a lecture. The link alone decides there otherwise.
        beside: Whether that drawing, a legend, stands at its right.
    """

    name: str
    label: str
    options: Mapping[str, str]
    default: str
    above: str
    shown_label: bool = False
    in_lecture: bool = True
    beside: bool = False

    @property
    def switch(self) -> bool:
        """Whether it is a yes or no."""
        return set(self.options) == {"true", "false"}


@dataclass(frozen=True, kw_only=True)
class DrawingRequest:
    """What is to be drawn of an outcome, how and for whom.

    Attributes:
        lecture: Whether it is for a low screen, inside a lecture's slide.
        said: What the reader predicted: labels in order, or steps of a build.
        picked: What the reader chose, by the names of `FigureChoice`. What is no option counts as the default.
    """

    scenario: Scenario
    outcome: Outcome
    style: Style
    names: LabelNames
    lecture: bool = False
    said: tuple[str, ...] = ()
    picked: Mapping[str, str] = field(default_factory=dict)

    @property
    def language(self) -> Language:
        """The language of the drawings."""
        return self.style.language

    def called(self, label: str) -> str:
        """A label's name, with its kind where two labels share a name."""
        return spoken(self.names)[label]

    def pick(self, name: str, options: Mapping[str, str] | Sequence[str], default: str) -> str:
        """What the reader chose, where that is an option."""
        picked = self.picked.get(name, default)
        return picked if picked in options else default


@dataclass(frozen=True)
class FigureTables:
    """The drawings as rows: what they show, and what each number rests on."""

    rows: Sequence[TableRow]
    sources: Sequence[TableRow] = ()


class ShownStudy(Protocol):
    """What the module of each study in this package has."""

    def choices(self, request: DrawingRequest) -> tuple[FigureChoice, ...]:
        """What the reader may choose about the drawings."""

    def before(self, request: DrawingRequest) -> tuple[Drawing, ...]:
        """The drawings with the answer left out."""

    def after(self, request: DrawingRequest) -> tuple[Drawing, ...]:
        """The drawings, top to bottom."""

    def note(self, request: DrawingRequest) -> str:
        """How to read what is drawn now. "" where its choices change nothing about that."""

    def tables(self, request: DrawingRequest) -> FigureTables:
        """The drawings as rows."""


def of_labels(
    request: DrawingRequest, label: str, labels: Sequence[str], above: str, **more: Any
) -> tuple[FigureChoice, ...]:
    """A choice of one of several labels, by the name "of". None where there are no several."""
    if len(labels) < 2:
        return ()
    options = {of: request.called(of) for of in labels}
    chosen = {"name": "of", "label": label, "options": options, "default": labels[0], "above": above}
    return (FigureChoice(**chosen | more),)


def html(id_: str, text: str) -> Drawing:
    """A piece of HTML as a drawing."""
    return Drawing(id=id_, kind="html", content=text)


def word_table(id_: str, table: WordTable, rows: Sequence[TableRow], content: str = "", title: str = "") -> Drawing:
    """A table of words as a drawing. Its HTML names it, so that what saves a page's pictures finds it.

    Args:
        rows: The same as rows, with what it rests on.
        content: Its HTML where that is not the table alone.
    """
    told = f'<div data-words="{id_}">{content or word_grid(table)}</div>'
    return Drawing(id=id_, kind="html", content=told, alt=table.alt, words=table, table=rows, title=title)


def chart(id_: str, spec: Spec, alt: str, **more: Any) -> Drawing:
    """A chart as a drawing."""
    return Drawing(id=id_, kind="vega", content=spec, alt=alt, **more)


def small(request: DrawingRequest, id_: str, text: str) -> Drawing:
    """A sentence below a drawing."""
    return html(id_, f'<p style="margin:0;font-size:.875rem;color:{request.style.tokens.muted}">{escape(text)}</p>')


def questioned(request: DrawingRequest, labels: Sequence[str]) -> tuple[Drawing, ...]:
    """What is compared, by name, where the shape of a figure would be the answer."""
    lines = "".join(f"<p><strong>{escape(request.called(label))}</strong> · ?</p>" for label in labels)
    return (html("compared", f"<div>{lines}</div>"),)
