"""Behind the figure: where each number is from, the figure as a table with its data, and the claims a test holds."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Callable, Sequence

import streamlit as st

from dashboard.figures import laid_out
from dashboard.page_part import PagePart, table
from sim.outcome import Outcome
from sim.report.shown import TableRow
from sim.report.sources import FACT, cited_source
from sim.report.texts import tr


@st.fragment
def row(page_parts: Sequence[PagePart]) -> None:
    """The row of popovers under a figure. What is in one is made when it is opened, and the page is not drawn again."""
    lang = page_parts[0].view.lang
    offered: list[tuple[str, str, str, Callable[[Sequence[PagePart]], None]]] = [
        ("sources", tr("ui.sources", lang), "menu_book", _all_sources),
        ("table", tr("ui.table", lang), "table", _tables),
    ]
    if any(page_part.outcome.verdicts for page_part in page_parts):
        offered.append(("expectations", tr("ui.expectations", lang), "rule", _expectations))
    with st.container(horizontal=True, gap="small"):
        for name, label, icon, draw in offered:
            key = f"{page_parts[0].key}:{name}"
            place = st.popover(label, icon=f":material/{icon}:", key=key, on_change="rerun")
            if place.open:
                with place:
                    draw(page_parts)


def _all_sources(page_parts: Sequence[PagePart]) -> None:
    for page_part in page_parts:
        _sources(page_part, laid_out.tables(page_part).sources)


def _tables(page_parts: Sequence[PagePart]) -> None:
    for page_part in page_parts:
        table(laid_out.tables(page_part).rows, page_part.view)
    for page_part in page_parts:
        _downloads(page_part)


def _expectations(page_parts: Sequence[PagePart]) -> None:
    lang = page_parts[0].view.lang
    for verdict in (verdict for page_part in page_parts for verdict in page_part.outcome.verdicts):
        mark = "✓ " + tr("ui.held", lang) if verdict.passed else "✗ " + tr("ui.claim.failed", lang)
        st.markdown(f"`{verdict.text}`  \n{mark} · {verdict.observed}")


def _sources(page_part: PagePart, rows: Sequence[TableRow]) -> None:
    """The rows with their sources, then every fact they name as it was published."""
    from sim.catalog.load import facts

    table(rows, page_part.view)
    named = dict.fromkeys(FACT.findall(" ".join(text for row in rows for text in row.values())))
    known = [facts()[name] for name in named if name in facts()]
    lang = page_part.view.lang
    table(
        [
            {
                tr("ui.fact.id", lang): fact.id,
                tr("ui.fact.what", lang): ", ".join(filter(None, (fact.technology, fact.metric, fact.statistic))),
                tr("ui.fact.value", lang): f"{fact.value} {fact.unit}".strip(),
                tr("ui.fact.source", lang): cited_source(fact, lang),
            }
            for fact in known
        ],
        page_part.view,
    )


def _downloads(page_part: PagePart) -> None:
    with st.container(horizontal=True):
        for name, label, make in (
            ("metrics", tr("ui.download.csv", page_part.view.lang), metrics_csv),
            ("records", tr("ui.download.records", page_part.view.lang), records_csv),
        ):
            st.download_button(
                label,
                _later(make, page_part.outcome),
                file_name=f"{page_part.scenario.id}-{page_part.outcome.study}-{name}.csv",
                mime="text/csv",
                icon=":material/download:",
                on_click="ignore",
                key=f"{page_part.key}:{name}",
            )


def _later(make: Callable[[Outcome], str], outcome: Outcome) -> Callable[[], str]:
    return lambda: make(outcome)


def metrics_csv(outcome: Outcome) -> str:
    """Every metric of an outcome, one a line, in SI units."""
    names = [
        "metric",
        "statistic",
        "of",
        "interval",
        "value",
        "unit",
        "low",
        "high",
        "range_low",
        "range_high",
        "estimate",
    ]
    lines = []
    for metric in outcome.metrics:
        low, high = metric.range or (None, None)
        lines.append(
            [
                metric.metric,
                metric.statistic,
                metric.of,
                metric.interval,
                metric.value,
                metric.unit,
                metric.low,
                metric.high,
                low,
                high,
                metric.estimate,
            ]
        )
    return _csv(names, lines)


def records_csv(outcome: Outcome) -> str:
    """Every record of an outcome, one a line. Columns of other kinds of records stay empty."""
    names = ["record", *dict.fromkeys(field.name for record in outcome.records for field in dataclasses.fields(record))]
    lines = []
    for record in outcome.records:
        kind = type(record).__name__.removesuffix("Record").lower()
        lines.append([kind, *(_flat(getattr(record, name, "")) for name in names[1:])])
    return _csv(names, lines)


def _flat(value: object) -> object:
    if isinstance(value, tuple):
        return " ".join("/".join(map(str, part)) if isinstance(part, tuple) else str(part) for part in value)
    return value.id if dataclasses.is_dataclass(value) and hasattr(value, "id") else value


def _csv(names: Sequence[str], lines: Sequence[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(lines)
    return text.getvalue()
