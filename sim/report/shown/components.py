"""Assemblies: one as a drawing of who calls whom, all as a table of what they take and still do."""

from __future__ import annotations

from sim.catalog.tables.assemblies import assembly_documents, components
from sim.report.catalogtexts import reasoned
from sim.report.figures.assembling import assembly_alt, assembly_drawing
from sim.report.figures.bars import metric_table
from sim.report.figures.words.components import assemblies_table, assembly_words, components_table, parts_legend
from sim.report.htmltable import linked
from sim.report.shown.drawing import (
    Drawing,
    DrawingRequest,
    FigureChoice,
    FigureTables,
    OfferedChange,
    html,
    of_labels,
    word_table,
)
from sim.report.style import Language
from sim.report.texts import tr
from sim.scenario import Source

_VIEWS = ("grid", "graph")
"""What a hall is shown, one at a time: the screen has no room for both."""


def choices(request: DrawingRequest) -> tuple[FigureChoice, ...]:
    """Which assembly is drawn, and in a hall whether that is shown or the table."""
    lang, labels = request.language, request.outcome.labels
    which = of_labels(request, tr("ui.parts.which", lang), labels, "graph", name="drawn", in_lecture=False)
    if not request.lecture:
        return which
    options = {view: tr(f"ui.parts.view.{view}", lang) for view in _VIEWS}
    view, title = _view(request), tr("ui.parts.view", lang)
    return *which, FigureChoice(name="view", label=title, options=options, default=_VIEWS[0], above=view)


def before(request: DrawingRequest) -> tuple[Drawing, ...]:
    """Who calls whom and takes what, with nothing left out yet."""
    if request.lecture:
        return (_grid(request, hidden=True),)
    return _graph(request, hidden=True), _grid(request, hidden=True)


def after(request: DrawingRequest) -> tuple[Drawing, ...]:
    """The same with what no longer works in red, and what the picked component does."""
    if request.lecture:
        return ((_grid if _view(request) == "grid" else _graph)(request, hidden=False),)
    picked = _picked(request)
    told = (_told(request, picked),) if picked else ()
    legend = html("legend", parts_legend(request.style))
    return _graph(request, hidden=False), *told, legend, _grid(request, hidden=False)


def note(request: DrawingRequest) -> str:
    """How to read the drawing."""
    return tr("ui.parts.read", request.language)


def tables(request: DrawingRequest) -> FigureTables:
    """Every component with its calls and source, and the assemblies with their releases and all metrics."""
    outcome, lang = request.outcome, request.language
    rows = components_table(outcome, lang)
    return FigureTables(rows, [*assemblies_table(outcome, lang), *metric_table(outcome, language=lang)])


def _view(request: DrawingRequest) -> str:
    return request.pick("view", _VIEWS, _VIEWS[0])


def _picked(request: DrawingRequest) -> str:
    return request.pick("component", tuple(components()), "")


def _graph(request: DrawingRequest, *, hidden: bool) -> Drawing:
    """One assembly. A phone shows it narrow."""
    labels = request.outcome.labels
    label, picked = request.pick("drawn", labels, labels[0]), _picked(request)
    wide, narrow = (
        assembly_drawing(request.outcome, request.style, label, picked=picked, hidden=hidden, narrow=slim)
        for slim in (False, True)
    )
    return Drawing(
        id="graph", kind="svg", content=wide, narrow=narrow,
        alt=assembly_alt(request.outcome, label, request.style, hidden=hidden), table=tables(request).rows,
        focus=picked, picks="component",
    )  # fmt: skip


def _grid(request: DrawingRequest, *, hidden: bool) -> Drawing:
    table = assembly_words(request.outcome, request.style, hidden=hidden, compact=request.lecture)
    return word_table("grid", table, tables(request).rows)


def _told(request: DrawingRequest, picked: str) -> Drawing:
    """What the picked component does, and where that can be read. It may be left out instead."""
    found, lang = components()[picked], request.language
    said = " · ".join(linked(text) for text in (found.name.read(lang), found.home, found.does.read(lang)))
    links = " · ".join(_link(assembly_documents()[name], lang) for name in found.sources)
    leave = tr("ui.parts.leave", lang, name=found.name.read(lang))
    content = f'<div style="font-size:.9rem">{said} {links}</div>'
    return Drawing(id="told", kind="html", content=content, offers=OfferedChange(leave, "left_out", picked))


def _link(document: Source, lang: Language) -> str:
    where = f'href="{linked(document.url)}" target="_blank" rel="noopener noreferrer" style="color:inherit"'
    return f"<a {where}>{linked(reasoned(document.text.en, lang))}</a>"
