"""Assemblies by components as a table: what each can still do, which components it takes, and what became of them."""

from __future__ import annotations

from dataclasses import replace

from sim.catalog.tables.assemblies import assemblies, assembly_documents, components
from sim.outcome import Outcome
from sim.records.assemblies import AssemblyRecord, CallRecord, ComponentRecord
from sim.report.catalogtexts import all_documented
from sim.report.figures.assembling import called_name
from sim.report.figures.words.wordtable import (
    UNKNOWN,
    CellLook,
    WordCell,
    WordColumn,
    WordRow,
    WordTable,
    swatch_chip,
)
from sim.report.style import SMALLEST, Language, Style
from sim.report.texts import tr
from sim.report.words import label_names, spoken

_ASKED = ("run", "keep", "beside", "build", "pull")
"""What is asked of an assembly, the most telling first."""
_SHOWN = {"works": "●", "broken": "○", "left_out": "✗"}


def assembly_of(outcome: Outcome, label: str) -> str:
    """The id of a label's assembly."""
    return next(record.assembly for record in outcome.of_type(AssemblyRecord) if record.of == label)


def answers(outcome: Outcome) -> dict[tuple[str, str], bool]:
    """Whether a label's assembly still does what it is asked, by (label, what)."""
    return {(record.of, record.asked): record.works for record in outcome.of_type(AssemblyRecord)}


def taken(outcome: Outcome) -> list[str]:
    """The components that any label takes, in the catalog's order."""
    used = {record.component for record in outcome.of_type(ComponentRecord)}
    return [name for name in components() if name in used]


def assembly_words(outcome: Outcome, style: Style, *, hidden: bool = False, compact: bool = False) -> WordTable:
    """A table with a column for each label: what it still does, then the components that it takes.

    Args:
        hidden: Before the run: one question without its answers, and nothing is marked.
        compact: Without the components' homes, for a lecture's half of a screen.
    """
    language, did = style.language, answers(outcome)
    names = spoken(label_names(outcome, language))
    every = [each for each in _ASKED if any((label, each) in did for label in outcome.labels)]
    asked = [
        WordRow(
            tr(f"figure.parts.asked.{each}", language),
            [_answer(did.get((label, each)), label, each, language, hidden=hidden) for label in outcome.labels],
        )
        for each in (every[:1] if hidden else every)
    ]
    return WordTable(
        kind="asm",
        style=style,
        columns=[WordColumn(names[label], place={"label": label}) for label in outcome.labels],
        rows=[*asked, *_component_rows(outcome, language, hidden=hidden, compact=compact)],
        looks=_looks(style),
        said="" if hidden else components_alt(outcome, language),
        layout="lined",
        names=320,
        centred=True,
    )


def _component_rows(outcome: Outcome, language: Language, *, hidden: bool, compact: bool) -> list[WordRow]:
    states = {(record.of, record.component): record.state for record in outcome.of_type(ComponentRecord)}
    return [
        WordRow(
            components()[name].name.read(language),
            [_state(states.get((label, name)), label, name, language, hidden=hidden) for label in outcome.labels],
            small="" if compact else components()[name].home,
            told=_about(name, language),
        )
        for name in taken(outcome)
    ]


def _looks(style: Style) -> dict[str, CellLook]:
    tokens = style.tokens
    bad = CellLook(fill=tokens.wash, ink=tokens.attention_text)
    return {
        "none": CellLook(ink=tokens.muted),
        "yes": CellLook(bold=True),
        "no": replace(bad, bold=True),
        "broken": bad,
        "left_out": bad,
    }


def parts_legend(style: Style) -> str:
    """What the marks stand for."""
    shown = "".join(
        swatch_chip("", tr(f"figure.parts.mark.{state}", style.language), gap=14, height=16, mark=mark)
        for state, mark in _SHOWN.items()
    )
    return f'<div style="font-size:{max(SMALLEST, style.px(14))}px;color:{style.tokens.muted}">{shown}</div>'


def components_alt(outcome: Outcome, language: Language = "en") -> str:
    """Which labels still start a container, and which do not, in a sentence."""
    names, did = spoken(label_names(outcome, language)), answers(outcome)
    able = [names[label] for label in outcome.labels if did[label, "run"]]
    unable = [names[label] for label in outcome.labels if not did[label, "run"]]
    none = tr("figure.parts.nobody", language)
    return tr("figure.parts.alt", language, able=", ".join(able) or none, unable=", ".join(unable) or none)


def components_table(outcome: Outcome, language: Language = "en") -> list[dict[str, str]]:
    """A row a label and component: whose it is, what it does, whom it calls, what became of it, and the source."""
    names = spoken(label_names(outcome, language))
    style = Style(language=language)
    calls = outcome.of_type(CallRecord)
    return [
        {
            tr(f"figure.parts.col.{column}", language): cell
            for column, cell in (
                ("assembly", names[record.of]),
                ("component", components()[record.component].name.read(language)),
                ("home", record.home),
                ("does", components()[record.component].does.read(language)),
                (
                    "calls",
                    ", ".join(
                        f"{called_name(call.called, style)} ({call.by})"
                        for call in calls
                        if call.of == record.of and call.caller == record.component
                    ),
                ),
                ("state", tr(f"figure.parts.mark.{record.state}", language)),
                ("source", all_documented(record.source.split(), assembly_documents(), language)),
            )
        }
        for record in outcome.of_type(ComponentRecord)
    ]


def assemblies_table(outcome: Outcome, language: Language = "en") -> list[dict[str, str]]:
    """A row a label: what it is, since which release it is described, what it was called, who assembles it."""
    rows = []
    for label in outcome.labels:
        assembly = assemblies()[assembly_of(outcome, label)]
        cells = (
            ("assembly", assembly.name.read(language)),
            ("formerly", assembly.formerly),
            ("release", assembly.release),
            ("maker", assembly.maker),
            ("assembles", assemblies()[assembly.assembles].name.read(language) if assembly.assembles else ""),
            ("source", all_documented(assembly.sources, assembly_documents(), language)),
        )
        rows.append({tr(f"figure.parts.col.{column}", language): cell for column, cell in cells})
    return rows


def _answer(works: bool | None, label: str, asked: str, language: Language, *, hidden: bool) -> WordCell:
    if works is None:
        return WordCell("–", look="none")
    if hidden:
        return UNKNOWN
    kind, glyph = ("yes", "✓") if works else ("no", "✗")
    word = tr(f"figure.{kind}", language)
    return WordCell(mark=glyph, look=kind, told=word, said=word, place={"label": label, "asked": asked})


def _state(state: str | None, label: str, component: str, language: Language, *, hidden: bool) -> WordCell:
    if state is None:
        return WordCell()
    shown = "works" if hidden else state
    word = tr(f"figure.parts.mark.{shown}", language)
    place = {"label": label, "component": component}
    return WordCell(mark=_SHOWN[shown], look=shown, told=word, said=word, place=place)


def _about(component: str, language: Language) -> str:
    found = components()[component]
    return f"{found.does.read(language)} {all_documented(found.sources, assembly_documents(), language)}"
