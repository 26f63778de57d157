"""A scenario as one HTML page with live charts: no Python, no network, nothing beside it."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from sim.export.files import VEGA_LICENCE, vega_bundle
from sim.export.page import data_url, page
from sim.export.questions import questions
from sim.outcome import Outcome
from sim.report import words
from sim.report.besides import besides
from sim.report.bibliography import of_outcomes
from sim.report.catalogtexts import sourced
from sim.report.controlnames import provenance
from sim.report.figures.bars import metric_table
from sim.report.graph.svg import standalone
from sim.report.htmltable import html_table
from sim.report.richtext import inline, paragraphs
from sim.report.shown import Drawing, TableRow, of_study, request
from sim.report.style import LIGHT, Language, Spec, Style, with_rows
from sim.report.texts import tr
from sim.scenario import Scenario

NOTICE = f"""Charts are drawn by Vega, Vega-Lite and vega-embed, which stand in this file
(BSD-3-Clause, https://github.com/vega).

{VEGA_LICENCE}"""

PHONE = "(max-width:640px)"
"""The windows in which a page shows the drawings made for phones, as the dashboard does."""

STYLE = f"""
:root{{color-scheme:light}}
body{{font:16px/1.55 "Source Sans 3","Noto Sans","Noto Sans CJK JP","Noto Sans JP",system-ui,sans-serif;
color:{LIGHT.ink};background:{LIGHT.background};max-width:70rem;margin:1.5rem auto;padding:0 1rem}}
h1{{font-size:1.7rem;line-height:1.25;margin:.2rem 0 .6rem}} h2{{font-size:1.05rem;margin:1.4rem 0 .3rem}}
h3{{font-size:1rem;margin:1rem 0 .3rem;display:flex;gap:.5em;align-items:center}}
h3 i{{width:1em;height:1.2em;background:{LIGHT.ink}}}
.made,footer{{color:{LIGHT.muted};font-size:.875rem}} .row{{display:flex;flex-wrap:wrap;gap:1rem}}
.row>div{{flex:1 1 20rem;min-width:0}} .chart{{width:100%}} figure{{margin:0 0 .8rem}}
img{{max-width:100%;height:auto}}
table{{font-size:.85rem;line-height:1.45;border-collapse:collapse}}
details td,details th{{padding:.3em .9em .3em 0;text-align:left;vertical-align:top;
border-bottom:1px solid {LIGHT.line}}}
details th{{color:{LIGHT.muted};font-weight:600}} td a{{color:inherit}}
details{{margin:.6rem 0}} summary{{cursor:pointer;font-weight:600}} code{{font-size:.9em}} li{{margin:.25rem 0}}
"""


def report_page(outcomes: Sequence[Outcome], scenario: Scenario, language: Language = "en") -> str:
    """The page of a scenario that was run.

    Args:
        outcomes: One of each part, as `sim.run` gives them.

    Raises `InputError` where vl-convert, which carries the charts' scripts, is not installed.
    """
    values = words.values(*outcomes)
    asked = words.fill(scenario.title, values, language)
    finding = words.finding(scenario.lesson, values, language) if scenario.lesson else ""
    body = [f"<main><h1>{escape(finding or asked)}</h1>"]
    if finding:
        body.append(f"<p><b>{escape(asked)}</b></p>")
    body.append(paragraphs(words.fill(scenario.summary, values, language)))
    for outcome in outcomes:
        body += _part(scenario, outcome, language)
    if scenario.lesson:
        body.append(paragraphs(words.fill(scenario.lesson.explain, values, language)))
        style = Style(language=language)
        body += questions(scenario, outcomes, style, lambda drawing: _drawn(drawing, style))
        body.append(besides(scenario.lesson, values, language))
    body += [*_behind(scenario, outcomes, language), "</main>"]
    made = provenance(scenario, outcomes[0], language)
    body.append(f"<footer><p>{escape(made)}</p></footer>")
    return _file(finding or asked, body, language)


def drawings_page(title: str, drawings: Sequence[Drawing], language: Language = "en", notes: Sequence[str] = ()) -> str:
    """A page of drawings that no scenario was run for, as of stacks or of images' layers.

    Args:
        notes: How to read them, and what they rest on.

    Raises `InputError` as `report_page` does.
    """
    style = Style(language=language)
    body = [f"<main><h1>{escape(title)}</h1>", *_laid_out(drawings, style), *map(paragraphs, notes)]
    return _file(title, [*body, *_tables(drawings, language), "</main>"], language)


def _file(title: str, body: Sequence[str], language: Language) -> str:
    scripts = (vega_bundle(), Path(__file__).with_name("draw.js").read_text("utf-8"))
    return page(language=language, title=title, style=STYLE, body="\n".join(body), scripts=scripts, notice=NOTICE)


def _part(scenario: Scenario, outcome: Outcome, language: Language) -> Iterator[str]:
    """The drawings of one part, how to read them, and their tables."""
    study, style = of_study(outcome.study), Style(language=language)
    wanted = request(scenario, outcome, style)
    drawings = study.after(wanted)
    yield from _laid_out(drawings, style)
    yield paragraphs(study.note(wanted))
    sources = study.tables(wanted).sources
    yield from _tables(drawings, language, sources)
    yield _folded(tr("ui.export.metrics", language), html_table(metric_table(outcome, language=language), None))
    if sources and sources not in [drawing.table for drawing in drawings]:
        yield _folded(tr("ui.sources", language), html_table(sources, None))


def _laid_out(drawings: Sequence[Drawing], style: Style) -> Iterator[str]:
    rows: list[list[Drawing]] = []
    for drawing in drawings:
        if rows and drawing.row and rows[-1][0].row == drawing.row:
            rows[-1].append(drawing)
        else:
            rows.append([drawing])
    for row in rows:
        yield '<div class="row">' + "".join(f"<div>{_drawn(one, style)}</div>" for one in row) + "</div>"


def _tables(drawings: Sequence[Drawing], language: Language, sources: Sequence[TableRow] = ()) -> Iterator[str]:
    """The tables of drawings. One that is the table of sources too is written once and says both."""
    for table in _distinct([drawing.table for drawing in drawings]):
        said = ("ui.table", "ui.sources") if table == sources else ("ui.table",)
        yield _folded(" · ".join(tr(text, language) for text in said), html_table(table, None))


def _distinct(tables: Sequence[Sequence[TableRow]]) -> list[Sequence[TableRow]]:
    """Each table once: drawings of one study often share theirs."""
    found: list[Sequence[TableRow]] = []
    for table in tables:
        if table and table not in found:
            found.append(table)
    return found


def _drawn(drawing: Drawing, style: Style) -> str:
    swatch = f'<i style="opacity:{drawing.shade}"></i>' if drawing.shade else ""
    heading = f"<h3>{swatch}{escape(drawing.title)}</h3>" if drawing.title else ""
    if drawing.kind == "html":
        return heading + str(drawing.content)
    alt = escape(drawing.alt)
    if drawing.kind == "svg":
        slim = f'<source media="{PHONE}" srcset="{_picture(drawing.narrow, style)}">' if drawing.narrow else ""
        image = f'<img alt="{alt}" src="{_picture(drawing.content, style)}">'
        return f"{heading}<figure><picture>{slim}{image}</picture></figure>"
    place = f'<div class="chart" role="img" aria-label="{alt}"></div>'
    return f'{heading}<figure>{place}<script type="text/plain">{packed(drawing.content)}</script></figure>'


def _picture(svg: str, style: Style) -> str:
    return data_url(standalone(svg, style), "image/svg+xml")


def packed(spec: Spec) -> str:
    """A specification, its rows written out, compressed and as text: a chart of many lanes is half a megabyte else."""
    text = json.dumps(with_rows(spec), ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode()


def _folded(title: str, content: str) -> str:
    return f"<details><summary>{escape(title)}</summary>{content}</details>" if content else ""


def _behind(scenario: Scenario, outcomes: Sequence[Outcome], language: Language) -> Iterator[str]:
    """What the page's numbers and sentences can be checked by."""
    verdicts = [verdict for outcome in outcomes for verdict in outcome.verdicts]
    claims = "".join(
        f"<li>{'✓' if verdict.passed else '✗'} <code>{escape(verdict.text)}</code> · {escape(verdict.observed)}</li>"
        for verdict in verdicts
    )
    yield _folded(tr("ui.expectations", language), f"<ul>{claims}</ul>" if claims else "")
    facts = [
        (f"{', '.join(entry.ids)}: {sourced(entry.source, language)}", entry.url) for entry in of_outcomes(outcomes)
    ]
    values = words.values(*outcomes)
    told = scenario.lesson.sources if scenario.lesson else ()
    facts += [(words.fill(source.text, values, language), source.url) for source in told]
    listed = "".join(f"<li>{inline(text)} {_link(url)}</li>" for text, url in facts)
    yield _folded(tr("ui.lesson.sources", language), f"<ul>{listed}</ul>" if listed else "")


def _link(url: str) -> str:
    return f'<a href="{escape(url)}" rel="noopener noreferrer">{escape(url)}</a>' if url else ""
