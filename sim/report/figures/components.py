"""Assemblies by components as a table: what each can still do, which components it takes, and what became of them."""

from __future__ import annotations

from html import escape

from sim.catalog.assemblies import assemblies, assembly_documents, components
from sim.outcome import Outcome
from sim.records import AssemblyRecord, CallRecord, ComponentRecord
from sim.report.catalogtexts import all_documented
from sim.report.figures.assembling import called_name
from sim.report.ring import place_data
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


def assembly_grid(outcome: Outcome, style: Style, *, hidden: bool = False, compact: bool = False) -> str:
    """An HTML table with a column for each label: what it still does, then the components that it takes.

    Args:
        hidden: Before the run: one question without its answers, and nothing is marked.
        compact: Without the components' homes, for a lecture's half of a screen.
    """
    language, tokens, size = style.language, style.tokens, max(SMALLEST, style.px(SMALLEST))
    names = spoken(label_names(outcome, language))
    head = "".join(
        f'<th scope="col"{place_data(label=label)}><span>{escape(names[label])}</span></th>' for label in outcome.labels
    )
    did = answers(outcome)
    states = {(record.of, record.component): record.state for record in outcome.of_type(ComponentRecord)}
    every = [each for each in _ASKED if any((label, each) in did for label in outcome.labels)]
    asked = every[:1] if hidden else every
    rows = "".join(
        f'<tr class="a"><th scope="row">{escape(tr(f"figure.parts.asked.{each}", language))}</th>'
        + "".join(
            _answer(did.get((label, each)), place_data(label=label, asked=each), language, hidden=hidden)
            for label in outcome.labels
        )
        + "</tr>"
        for each in asked
    )
    rows += "".join(
        f'<tr><th scope="row" title="{escape(_about(name, language))}">{escape(components()[name].name.read(language))}'
        + ("" if compact else f" <small>{escape(components()[name].home)}</small>")
        + "</th>"
        + "".join(
            _state(states.get((label, name)), place_data(label=label, component=name), language, hidden=hidden)
            for label in outcome.labels
        )
        + "</tr>"
        for name in taken(outcome)
    )
    upright = "" if language == "ja" else ";transform:rotate(180deg)"
    css = (
        f".asm{{border-collapse:collapse;width:100%;font-size:{size}px;line-height:1.3;color:{tokens.ink}}}"
        f".asm th{{text-align:left;font-weight:600;padding:1px 6px;vertical-align:bottom}}"
        f".asm th[scope=row]{{white-space:nowrap}}"
        f".asm td{{text-align:center;padding:1px 4px}}.asm th[scope=col]{{text-align:center}}"
        f".asm tr{{border-bottom:1px solid {tokens.line}}}"
        f".asm small{{color:{tokens.muted};font-weight:400;font-size:{size}px}}"
        f".asm .a th,.asm .a td{{padding:3px 6px}}.asm .a td{{font-weight:600}}.asm td.none{{color:{tokens.muted}}}"
        f".asm td.no,.asm td.broken,.asm td.left_out{{color:{tokens.attention_text};background:{tokens.wash}}}"
        "@media (max-width:640px){.asm small{display:none}.asm th[scope=row]{white-space:normal}"
        f".asm th[scope=col] span{{writing-mode:vertical-rl{upright}}}}}"
    )
    table = f"<thead><tr><th></th>{head}</tr></thead><tbody>{rows}</tbody>"
    said = "" if hidden else escape(components_alt(outcome, language))
    return (
        f'<style>{css}</style><div style="overflow-x:auto"><table class="asm" aria-label="{said}">{table}</table></div>'
    )


def parts_legend(style: Style) -> str:
    """What the marks stand for."""
    shown = "".join(
        f'<span style="margin-right:1.2em">{mark} {escape(tr(f"figure.parts.mark.{state}", style.language))}</span>'
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


def _answer(works: bool | None, place: str, language: Language, *, hidden: bool) -> str:
    if works is None:
        return '<td class="none">–</td>'
    if hidden:
        return "<td>?</td>"
    word = escape(tr("figure.yes" if works else "figure.no", language))
    kind, glyph = ("yes", "✓") if works else ("no", "✗")
    return f'<td class="{kind}" title="{word}"{place}><span aria-label="{word}">{glyph}</span></td>'


def _state(state: str | None, place: str, language: Language, *, hidden: bool) -> str:
    if state is None:
        return "<td></td>"
    shown = "works" if hidden else state
    word = escape(tr(f"figure.parts.mark.{shown}", language))
    return f'<td class="{shown}" title="{word}"{place}><span aria-label="{word}">{_SHOWN[shown]}</span></td>'


def _about(component: str, language: Language) -> str:
    found = components()[component]
    return f"{found.does.read(language)} {all_documented(found.sources, assembly_documents(), language)}"
