"""Images by hosts as a table: the word in each cell, and a bar for each thing put between image and host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from sim.catalog.portability import documents, portable_images
from sim.outcome import Metric, Outcome
from sim.records import Between, FitRecord
from sim.report.catalogtexts import documented
from sim.report.figures.wordgrid import word_grid
from sim.report.numbers import about, unit_of, written
from sim.report.ring import place_data
from sim.report.style import SMALLEST, Language, Style
from sim.report.texts import tr
from sim.report.words import label_names, spoken

_COSTS = ("hidden_start", "hidden_memory", "host_files_share")
"""The metrics of what a host puts between, where there is room for them."""
_ORDER: tuple[Between, ...] = ("emulation", "calls", "kernel", "machine")


def fits(outcome: Outcome) -> dict[tuple[str, str], FitRecord]:
    """The records by image and label."""
    return {(record.image, record.of): record for record in outcome.of_type(FitRecord)}


def images(outcome: Outcome) -> list[str]:
    """The images that any host was asked for, in the order they were."""
    return list(dict.fromkeys(record.image for record in outcome.of_type(FitRecord)))


def fit_grid(outcome: Outcome, style: Style, *, hidden: bool = False) -> str:
    """An HTML table of images by hosts. Where there is one image, a row a host, and what the hidden machine costs.

    Args:
        hidden: With the answers left out.
    """
    said = "" if hidden else " ".join(fit_alt(outcome, label, style.language) for label in outcome.labels)
    there, names = fits(outcome), spoken(label_names(outcome, style.language))
    asked = images(outcome)
    if len(asked) == 1:
        columns, rows = _costs_by_host(outcome, asked[0], names, style, hidden=hidden)
        return word_grid("hosts", columns, rows, _css("hosts", style) + _costs_css(style), said, stacked=False)
    rows = "".join(
        _row(
            image_name(image, style.language),
            [_cell(there.get((image, label)), style, hidden=hidden) for label in outcome.labels],
        )
        for image in asked
    )
    return word_grid("fit", [escape(names[label]) for label in outcome.labels], rows, _css("fit", style), said)


def _row(name: str, cells: Sequence[str]) -> str:
    return f'<tr><th scope="row">{escape(name)}</th>{"".join(cells)}</tr>'


def _costs_by_host(
    outcome: Outcome, image: str, names: Mapping[str, str], style: Style, *, hidden: bool
) -> tuple[list[str], str]:
    """The columns' names and the rows of one image."""
    there, language = fits(outcome), style.language
    most = {metric: max(outcome.metric(label, metric).value for label in outcome.labels) for metric in _COSTS}
    rows = [
        _row(
            names[label],
            [_cell(there.get((image, label)), style, hidden=hidden)]
            + [_cost_cell(outcome.metric(label, metric), most[metric], language, hidden=hidden) for metric in _COSTS],
        )
        for label in outcome.labels
    ]
    columns = [tr(f"figure.fit.col.{column}", language) for column in ("verdict", *_COSTS)]
    return [escape(column) for column in columns], "".join(rows)


def _cost_cell(metric: Metric, most: float, language: Language, *, hidden: bool) -> str:
    """What it costs, above a bar that is as long as the column's largest where it costs most."""
    if hidden:
        return "<td>?</td>"
    place = place_data(label=metric.of, metric=metric.metric)
    if not metric.value:
        return f"<td{place}>–</td>"
    share = f"{100 * metric.value / most:.0f}%"
    said = about(metric.value, unit_of(metric), language)
    return f'<td{place}>{escape(said)}<i class="cost" style="width:{share}"></i></td>'


def _css(kind: str, style: Style) -> str:
    tokens, size = style.tokens, max(SMALLEST, style.px(14))
    return (
        f".{kind}{{border-collapse:separate;border-spacing:4px;width:100%;font-size:{size}px;color:{tokens.ink}}}"
        f".{kind} th{{text-align:left;font-weight:600;vertical-align:bottom;padding:2px 6px}}"
        f".{kind} th[scope=row]{{vertical-align:middle;max-width:{style.px(190)}px}}"
        f".{kind} td{{border:1px solid {tokens.line};border-radius:4px;padding:4px 6px;vertical-align:top}}"
        f".{kind} td.runs{{border:2px solid {tokens.ink}}}"
        f".{kind} td.not{{background:{tokens.track};color:{tokens.muted}}}"
        f".{kind} small{{display:block;color:{tokens.muted};font-size:{max(SMALLEST, size - 1)}px}}"
        f".{kind} i{{display:block;height:{style.px(7)}px;margin-top:3px;border-radius:2px}}"
    )


def _costs_css(style: Style) -> str:
    return (
        f".hosts td{{width:22%}}.hosts i.cost{{background:{style.tokens.neutral}}}"
        f".hosts thead th{{font-weight:400;color:{style.tokens.muted}}}"
    )


def fit_legend(style: Style) -> str:
    """What the bars stand for."""
    shown = "".join(
        f'<span style="display:inline-flex;align-items:center;gap:6px;margin-right:18px">'
        f'<span style="display:inline-block;width:22px;height:9px;{_fill(between, style)}"></span>'
        f"{escape(tr(f'figure.fit.{between}', style.language))}</span>"
        for between in _ORDER
    )
    return f'<div style="font-size:{max(SMALLEST, style.px(14))}px;color:{style.tokens.muted}">{shown}</div>'


def fit_table(outcome: Outcome, language: Language = "en") -> list[dict[str, str]]:
    """A row an image and host: verdict, what is between, why, what it costs, and where the rule can be read."""
    names = spoken(label_names(outcome, language))
    return [
        {
            tr(f"figure.fit.col.{column}", language): cell
            for column, cell in (
                ("image", image_name(record.image, language)),
                ("host", names[record.of]),
                ("verdict", tr(f"figure.fit.{record.verdict}", language)),
                ("between", ", ".join(tr(f"figure.fit.{each}", language) for each in record.between)),
                ("why", _why(record, language)),
                ("cost", _cost(record, language)),
                ("source", documented(documents()[record.source], language)),
            )
        }
        for record in outcome.of_type(FitRecord)
    ]


def fit_alt(outcome: Outcome, label: str, language: Language = "en") -> str:
    """How many images run how on a host, in a sentence."""
    verdicts = [record.verdict for record in outcome.of_type(FitRecord) if record.of == label]
    name = spoken(label_names(outcome, language))[label]
    counts = {"runs": "runs", "on": "if", "through": "through", "not_at_all": "not"}
    said = {word: sum(verdict == kind for verdict in verdicts) for word, kind in counts.items()}
    return tr("figure.fit.alt", language, name=name, all=len(verdicts), **said)


def image_name(image: str, language: Language = "en") -> str:
    """What an image is called."""
    return portable_images()[image].name.read(language)


def _cell(record: FitRecord | None, style: Style, *, hidden: bool) -> str:
    if record is None:
        return "<td></td>"
    if hidden:
        return "<td>?</td>"
    mark = {"runs": "● ", "not": "✗ "}.get(record.verdict, "")
    word = mark + tr(f"figure.fit.{record.verdict}", style.language)
    small = ""
    if record.reason:
        short = tr(f"figure.fit.short.{record.reason}", style.language)
        small = f'<small title="{escape(_why(record, style.language))}">{escape(short)}</small>'
    bars = "".join(
        f'<i style="{_fill(between, style)}" title="{escape(tr(f"figure.fit.{between}", style.language))}"></i>'
        for between in _ORDER
        if between in record.between
    )
    place = place_data(label=record.of, image=record.image)
    return f'<td class="{record.verdict}"{place}>{escape(word)}{small}{bars}</td>'


def _why(record: FitRecord, language: Language) -> str:
    return tr(f"figure.fit.why.{record.reason}", language) if record.reason else ""


def _cost(record: FitRecord, language: Language) -> str:
    """What is put between costs. "" where nothing is."""
    if not record.between:
        return ""
    write = about if record.estimate else written
    return tr(
        "figure.fit.cost",
        language,
        start=write(record.start, "s", language),
        memory=write(record.memory, "B", language),
        speed=write(record.speed, "%", language),
    )


def _fill(between: Between, style: Style) -> str:
    """A kernel and a machine have their owners' colours. What translates is hatched."""
    tokens = style.tokens
    if between in ("kernel", "machine"):
        return f"background:{tokens.owners['kernel' if between == 'kernel' else 'machine']}"
    angle = 45 if between == "emulation" else 135
    return (
        f"border:1px solid {tokens.muted};"
        f"background:repeating-linear-gradient({angle}deg,{tokens.muted} 0 2px,transparent 2px 6px)"
    )
