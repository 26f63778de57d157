"""Images by hosts as a table: the word in each cell, and a bar for each thing put between image and host."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sim.catalog.tables.portability import documents, portable_images
from sim.outcome import Metric, Outcome
from sim.records.hosts import Between, FitRecord
from sim.report.catalogtexts import documented
from sim.report.figures.words.wordtable import (
    CellBar,
    CellLook,
    Swatch,
    WordCell,
    WordColumn,
    WordRow,
    WordTable,
    hidden_row,
    swatch_chip,
)
from sim.report.numbers import about, unit_of, written
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


def fit_words(outcome: Outcome, style: Style, *, hidden: bool = False) -> WordTable:
    """A table of images by hosts. Where there is one image, a row a host, and what the hidden machine costs.

    Args:
        hidden: With the answers left out.
    """
    language, asked = style.language, images(outcome)
    made = _costs_by_host(outcome, asked[0], style) if len(asked) == 1 else _by_image(outcome, asked, style)
    if hidden:
        return replace(made, rows=[hidden_row(row) for row in made.rows])
    return replace(made, said=" ".join(fit_alt(outcome, label, language) for label in outcome.labels))


def _by_image(outcome: Outcome, asked: Sequence[str], style: Style) -> WordTable:
    there, names = fits(outcome), spoken(label_names(outcome, style.language))
    return WordTable(
        kind="fit",
        style=style,
        columns=[WordColumn(names[label]) for label in outcome.labels],
        rows=[
            WordRow(image_name(image, style.language), [_cell(there.get((image, of)), style) for of in outcome.labels])
            for image in asked
        ],
        looks=_looks(style),
        names=210,
        stacked=True,
    )


def _costs_by_host(outcome: Outcome, image: str, style: Style) -> WordTable:
    """One image: what each host makes of it."""
    there, language = fits(outcome), style.language
    names = spoken(label_names(outcome, language))
    most = {metric: max(outcome.metric(label, metric).value for label in outcome.labels) for metric in _COSTS}
    rows = [
        WordRow(
            names[label],
            [_cell(there.get((image, label)), style)]
            + [_cost_cell(outcome.metric(label, metric), most[metric], style) for metric in _COSTS],
        )
        for label in outcome.labels
    ]
    columns = [WordColumn(tr(f"figure.fit.col.{column}", language)) for column in ("verdict", *_COSTS)]
    return WordTable(kind="hosts", style=style, columns=columns, rows=rows, looks=_looks(style))


def _cost_cell(metric: Metric, most: float, style: Style) -> WordCell:
    """What it costs, above a bar that is as long as the column's largest where it costs most."""
    place = {"label": metric.of, "metric": metric.metric}
    if not metric.value:
        return WordCell("–", place=place)
    said = about(metric.value, unit_of(metric), style.language)
    return WordCell(said, bars=(CellBar(Swatch(style.tokens.neutral), share=metric.value / most),), place=place)


def _looks(style: Style) -> dict[str, CellLook]:
    tokens = style.tokens
    return {"runs": CellLook(edge=tokens.ink, width=2), "not": CellLook(fill=tokens.track, ink=tokens.muted)}


def fit_legend(style: Style) -> str:
    """What the bars stand for."""
    shown = "".join(
        swatch_chip(_swatch(between, style).css, tr(f"figure.fit.{between}", style.language)) for between in _ORDER
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


def _cell(record: FitRecord | None, style: Style) -> WordCell:
    if record is None:
        return WordCell()
    language = style.language
    rule = documented(documents()[record.source], language)
    return WordCell(
        tr(f"figure.fit.{record.verdict}", language),
        tr(f"figure.fit.short.{record.reason}", language) if record.reason else "",
        mark={"runs": "●", "not": "✗"}.get(record.verdict, ""),
        look=record.verdict,
        bars=tuple(
            CellBar(_swatch(between, style), tr(f"figure.fit.{between}", language))
            for between in _ORDER
            if between in record.between
        ),
        told="\n".join(filter(None, (_why(record, language), _cost(record, language), rule))),
        place={"label": record.of, "image": record.image},
    )


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


def _swatch(between: Between, style: Style) -> Swatch:
    """A kernel and a machine have their owners' colours. What translates is hatched."""
    tokens = style.tokens
    if between in ("kernel", "machine"):
        return Swatch(tokens.owners["kernel" if between == "kernel" else "machine"])
    return Swatch(tokens.muted, 45 if between == "emulation" else 135)
