"""How right the model is: every published figure against its prediction, with the way to where it was published."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from dashboard import undoing
from dashboard.controls import choice
from dashboard.frame import head
from dashboard.page_part import chart
from dashboard.shown import ShownFigures, offer_figures
from dashboard.view import View
from sim.quantity import dimension_of
from sim.report.figures.accuracy import (
    AIMS,
    LINK,
    accuracy_alt,
    accuracy_rows,
    dimensions,
    lanes,
    lanes_title,
    scatter,
    use_name,
)
from sim.report.narrowing import wide_inputs
from sim.report.numbers import NARROW
from sim.report.shown import Drawing
from sim.report.shown.drawing import html
from sim.report.sources import publication_name, publication_slug
from sim.report.style import Style
from sim.report.texts import tr

if TYPE_CHECKING:
    from sim.evidence.accuracy import Accuracy, Coverage
    from sim.evidence.rows import AccuracyRow

_FILTERS = {name: f"accuracy:{name}" for name in ("use", "source", "of")}
"""The keys of what chooses points, by the parameter of the link."""
_CASES = Path(__file__).resolve().parents[2] / "scenarios" / "evidence"
_FIGURE_AND_TEXT = (9, 4)
_NAMES = {"s": "time", "B": "memory", "1/s": "rate", "B/s": "throughput", "1": "ratio"}
"""What a dimension is called in a link and in the catalog of texts."""
_IN_A_HALL = 0.62
"""Of the scatter's height, so that it fits a lecture's screen with the names of its publications."""
_SENTENCE = 20
"""A cell with more characters holds a sentence."""
_AROUND = 12
"""Pixels around the scatter in a file, whose fonts may be taller than those of the page."""
_FIRST = 60
"""Rows of the table on the page. The CSV has all of them."""


def page(view: View) -> None:
    """Draw the page. A link may name a use and a publication: `?use=check&source=manco-et-al-sosp-2017`."""
    lang = view.lang
    head(view, lambda: st.caption(tr("ui.accuracy.kicker", lang)))
    title = st.container()
    figure, text = (st.container(), st.container()) if view.embed else st.columns(_FIGURE_AND_TEXT, gap="large")
    with figure:
        place = st.empty()
    accuracy = _accuracy(place, view)
    every = accuracy.rows
    with text:
        told = st.container()
        bar = st.container()
        shown = _filtered(every, view)
    finding = _finding(shown, view)
    title.title(finding, anchor=False)
    with figure:
        if shown:
            drawn, unit = _figure(shown, view)
            offer_figures(
                ShownFigures(
                    name="accuracy",
                    title=finding,
                    draw=lambda: _file(shown, drawn, unit, view),
                    notes=[*_said(accuracy, view), tr("ui.accuracy.read", lang)],
                )
            )
        else:
            st.info(tr("figure.accuracy.none", lang))
    if not view.embed:
        undoing.of_filters("accuracy", _FILTERS, view, bar)
    if shown and not view.embed:
        with told:
            for line in _said(accuracy, view):
                st.markdown(line)
            st.caption(tr("ui.accuracy.read", lang))
        st.markdown(f"**{lanes_title(shown, lang)}**")
        chart(lanes(shown, view.style), accuracy_alt(shown, lang))
        _wide(shown, view)
        _table(shown, view)


def _accuracy(place: st.delta_generator.DeltaGenerator, view: View) -> Accuracy:
    """The accuracy of the shipped cases, as it is stored. Where a file that it hangs on was changed, they are run."""
    try:
        with place.container(), st.spinner(tr("ui.accuracy.loading", view.lang)):
            return _run(max((file.stat().st_mtime_ns for file in _CASES.glob("*.yaml")), default=0))
    finally:
        place.empty()


@st.cache_resource(show_spinner=False, max_entries=2)
def _run(changed: int) -> Accuracy:  # noqa: ARG001 - when a case changed is the cache's key
    from sim.evidence.stored import stored_or_computed

    return stored_or_computed()


def _filtered(every: Sequence[AccuracyRow], view: View) -> list[AccuracyRow]:
    """The points of the use and the publication that the reader picked."""
    lang = view.lang
    uses = {"": tr("ui.accuracy.all", lang)} | {use: use_name(use, lang) for use in ("check", "calibrate")}
    names = sorted({point.publication for point in every}, key=str.casefold)
    slugs = {publication_slug(name): publication_name(name, lang) for name in names}
    use = choice(tr("ui.accuracy.use", lang), uses, "", "use", view, key="accuracy:use", drawn=not view.embed)
    options = {"": tr("ui.accuracy.every", lang, n=len(names))} | slugs
    source = choice(
        tr("ui.accuracy.source", lang), options, "", "source", view, key="accuracy:source", drawn=not view.embed
    )
    return [p for p in every if use in ("", p.use) and source in ("", publication_slug(p.publication))]


def _finding(shown: Sequence[AccuracyRow], view: View) -> str:
    """The median error over stated hosts, each publication weighing the same, and over all where that is another.

    It is of what was never calibrated with, where there is any.
    """
    from sim.evidence.rows import counts_in, weighed_median

    counted = [point for point in shown if counts_in(point, assumed=True)] or shown
    checked = [point for point in counted if point.use == "check"]
    every = checked or counted
    stated = [point for point in every if not point.assumed]
    median, of_all = weighed_median(stated or every), weighed_median(every)
    if median is None or of_all is None:
        return tr("ui.accuracy.question", view.lang)
    key = "ui.accuracy.found.check" if checked else "ui.accuracy.found.calibrate"
    said = tr(key, view.lang, n=f"{len(stated or every):,}", median=_percent(median))
    if not stated:
        return said + tr("ui.accuracy.found.assumed", view.lang)
    if len(stated) == len(every):
        return said
    return said + tr("ui.accuracy.found.all", view.lang, n=f"{len(every):,}", median=_percent(of_all))


def _percent(share: float) -> str:
    """A median to a tenth of a percent, as the README and docs/evidence.md have it."""
    return f"{share * 100:.1f}{NARROW}%"


def _file(shown: Sequence[AccuracyRow], drawn: Sequence[AccuracyRow], unit: str, view: View) -> tuple[Drawing, ...]:
    """The scatter that is shown, and all points by publication, as they stand in a file."""
    lang, style = view.lang, Style(language=view.lang)
    rows = [{name: cell for name, cell in row.items() if name != LINK} for row in accuracy_rows(shown, lang)[:_FIRST]]
    spec = scatter(drawn, style, unit) | {"padding": _AROUND}
    return (
        html("legend", _legend(style)),
        Drawing(id="scatter", kind="vega", content=spec, alt=accuracy_alt(drawn, lang)),
        Drawing(
            id="lanes",
            kind="vega",
            content=lanes(shown, style),
            alt=accuracy_alt(shown, lang),
            title=lanes_title(shown, lang),
            table=rows,
        ),
    )


def _figure(shown: Sequence[AccuracyRow], view: View) -> tuple[list[AccuracyRow], str]:
    """The scatter of one dimension. Where there are several, the reader picks one. Its points and their unit."""
    lang = view.lang
    there = dimensions(shown)
    named = {unit: tr(f"ui.accuracy.of.{_NAMES[unit]}", lang) for unit in there}
    options = {_NAMES[unit]: f"{named[unit]} · {sum(dimension_of(p.unit) == unit for p in shown)}" for unit in there}
    by_name = {_NAMES[unit]: unit for unit in there}
    label = tr("ui.accuracy.measured", lang)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        of = choice(
            label,
            options,
            next(iter(options)),
            "of",
            view,
            key="accuracy:of",
            hidden=True,
            few=len(_NAMES),
            drawn=len(options) > 1,
        )
        st.html(_legend(view.style), width="content")
    drawn = [point for point in shown if dimension_of(point.unit) == by_name[of]]
    spec = scatter(drawn, view.style, by_name[of])
    if view.embed:
        spec["height"] = round(spec["height"] * _IN_A_HALL)
    chart(spec, accuracy_alt(drawn, lang))
    return drawn, by_name[of]


def _legend(style: Style) -> str:
    """The fills and the attention colour. The shapes are named below the figure."""
    tokens, lang = style.tokens, style.language
    chips = (
        (f"border:2px solid {tokens.ink}", use_name("calibrate", lang)),
        (f"background:{tokens.ink}", use_name("check", lang)),
        (f"background:{tokens.attention}", tr("ui.accuracy.far", lang)),
        (f"background:{tokens.ink};opacity:.16;width:.4em", tr("figure.mark.range", lang)),
    )
    return f'<div style="font-size:.9rem;line-height:1.9;color:{tokens.muted}">' + "".join(
        '<span style="display:inline-flex;align-items:center;gap:.4em;margin-right:.95em;white-space:nowrap">'
        f'<span style="width:.85em;height:.85em;{look}"></span>{escape(said)}</span>'
        for look, said in chips
    ) + "</div>"  # fmt: skip


def _said(accuracy: Accuracy, view: View) -> list[str]:
    """The medians as they are weighed, the orderings, and how often the published figure lies in the range."""
    lang = view.lang
    lines = []
    for use in ("check", "calibrate"):
        median, of_all = accuracy.median(use), accuracy.median(use, assumed=True)
        if median is not None and of_all is not None:
            n, every = len(accuracy.counted(use)), len(accuracy.counted(use, assumed=True))
            sources, of_every = len(accuracy.of_sources(use)), len(accuracy.of_sources(use, assumed=True))
            said = {"median": _percent(median), "of_all": _percent(of_all), "aim": f"{AIMS[use] * 100:.0f}"}
            lines.append(
                tr(f"ui.accuracy.median.{use}", lang, n=n, sources=sources, every=every, of_every=of_every, **said)
            )
    right = sum(ordering.right for ordering in accuracy.orderings)
    lines.append(tr("ui.accuracy.orderings", lang, right=right, judged=len(accuracy.orderings)))
    lines.append(_covered(accuracy.covered("check"), view))
    apart = len(accuracy.apart())
    if apart:
        lines.append(tr("ui.accuracy.apart", lang, n=apart))
    return lines


def _covered(coverage: Coverage, view: View) -> str:
    """How many checks lie in their range, and how wide it is."""
    share = f"{coverage.inside / max(coverage.figures, 1) * 100:.0f}{NARROW}%"
    width = f"{coverage.width:.2f}"
    return tr("ui.accuracy.covered", view.lang, inside=coverage.inside, n=coverage.figures, share=share, width=width)


def _wide(shown: Sequence[AccuracyRow], view: View) -> None:
    """The inputs that make ranges wide, each with the measurement that would narrow them."""
    from sim.evidence.ranges import WIDE

    found = wide_inputs([point for point in shown if point.use == "check" and point.weight], view.lang)
    if not found:
        return
    names = [tr(f"ui.accuracy.wide.{name}", view.lang) for name in ("ranges", "alone", "input", "measure")]
    rows = [(str(each.ranges), f"{each.alone:.2f}", each.id, each.measure) for each in found]
    with st.expander(tr("ui.accuracy.wide", view.lang, n=sum(each.ranges for each in found), width=WIDE)):
        st.html(_as_html([dict(zip(names, row, strict=True)) | {LINK: ""} for row in rows], view))


def _table(shown: Sequence[AccuracyRow], view: View) -> None:
    """Every point with its link, the worst first, and the same as a file."""
    rows = accuracy_rows(shown, view.lang)
    with st.container(horizontal=True, gap="small"):
        with st.popover(tr("ui.table", view.lang), icon=":material/table:"):
            st.html(_as_html(rows[:_FIRST], view))
            if len(rows) > _FIRST:
                st.caption(tr("ui.accuracy.more", view.lang, n=len(rows) - _FIRST))
        st.download_button(
            tr("ui.download.csv", view.lang),
            lambda: _as_csv(accuracy_rows(shown, view.lang)),
            file_name="accuracy.csv",
            mime="text/csv",
            icon=":material/download:",
            type="tertiary",
            on_click="ignore",
        )


def _as_html(rows: Sequence[dict[str, str]], view: View) -> str:
    """A table whose last column but the address is a link to it."""
    if not rows:
        return ""
    tokens = view.style.tokens
    cell = f"padding:.3em .9em .3em 0;border-bottom:1px solid {tokens.line};text-align:left;vertical-align:top"
    columns = [column for column in rows[0] if column != LINK]
    heads = "".join(f'<th scope="col" style="{cell};color:{tokens.muted}">{escape(name)}</th>' for name in columns)
    body = ""
    for row in rows:
        cells = [escape(row[column]) for column in columns]
        if row[LINK]:
            where = f'href="{escape(row[LINK])}" style="color:inherit" target="_blank" rel="noopener noreferrer"'
            cells[0] = f"<a {where}>{cells[0]}</a>"
        body += "<tr>" + "".join(f'<td style="{cell}{_roomy(text)}">{text}</td>' for text in cells) + "</tr>"
    return (
        '<div style="overflow-x:auto"><table style="font-size:.85rem;line-height:1.45;border-collapse:collapse">'
        f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _roomy(text: str) -> str:
    """Room for a sentence, which would stand in a column of single characters on a phone."""
    return f";min-width:{_SENTENCE / 2}em" if len(text) > _SENTENCE else ""


def _as_csv(rows: Sequence[dict[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else [LINK], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
