"""The staircase of isolation as a table: a row turns white at the step that takes the host's away."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from sim.catalog.isolation import KINDS, aspects, isolation_documents, isolation_steps
from sim.outcome import Outcome
from sim.records import ViewRecord, ViewScope
from sim.report.catalogtexts import documented
from sim.report.numbers import about, marked, written
from sim.report.ring import place_data
from sim.report.style import SMALLEST, Language, Style
from sim.report.texts import tr
from sim.report.words import label_names, spoken

_SCOPES: tuple[ViewScope, ...] = ("host", "own", "none")
_MARKS: dict[ViewScope, str] = {"host": "", "own": "○", "none": "✗"}
_GAP = '<td class="gap"></td>'


def views(outcome: Outcome, label: str) -> list[ViewRecord]:
    """The records of a label, step by step."""
    return [record for record in outcome.of_type(ViewRecord) if record.of == label]


def rows(records: Sequence[ViewRecord]) -> list[str]:
    """The aspects in the order in which they stop being the host's, kind by kind. Those that stay come last."""
    gone: dict[str, int] = {}
    for record in records:
        if record.scope != "host":
            gone.setdefault(record.aspect, record.number)
    last = len(records)
    named = list(dict.fromkeys(record.aspect for record in records))
    return sorted(named, key=lambda aspect: (KINDS.index(aspects()[aspect].kind), gone.get(aspect, last)))


def stairs(outcome: Outcome, style: Style, *, hidden: bool = False) -> str:
    """An HTML table: the steps of the first label from left to right, then what the other labels end with.

    Args:
        hidden: With the answers left out.
    """
    first, *others = outcome.labels
    records = views(outcome, first)
    ends = {label: {record.aspect: record for record in views(outcome, label)} for label in others}
    body = lines = ""
    for kind in KINDS:
        named = [aspect for aspect in rows(records) if aspects()[aspect].kind == kind]
        told = f"<span>{escape(tr(f'figure.view.{kind}', style.language))}</span>"
        group = f'<th scope="rowgroup" class="kind" rowspan="{len(named)}">{told}</th>'
        lines += f'<tr><th scope="rowgroup" class="kind" colspan="{2 + len(others)}">{told}</th></tr>'
        for place, aspect in enumerate(named):
            own = [record for record in records if record.aspect == aspect]
            last = [ends[label][aspect] for label in others]
            body += f"<tr>{'' if place else group}{_row(aspect, own, last, style, hidden=hidden)}</tr>"
            lines += _line(aspect, own, last, style, hidden=hidden)
    table = f"<thead>{_head(outcome, records, style)}</thead><tbody>{body}</tbody>"
    costs = "" if hidden else f"<tfoot>{_costs(outcome, records, style)}</tfoot>"
    listed = f"<thead>{_list_head(outcome, style)}</thead><tbody>{lines}</tbody>"
    return (
        f"<style>{_css(style)}</style>"
        f'<div style="overflow-x:auto"><table class="view">{table}{costs}</table>'
        f'<table class="view list">{listed}</table></div>'
    )


def _list_head(outcome: Outcome, style: Style) -> str:
    names = spoken(label_names(outcome, style.language))
    first, *others = (f"<span>{escape(names[label])}</span>" for label in outcome.labels)
    ends = "".join(f'<th scope="col">{other}</th>' for other in others)
    return f'<tr><th></th><th scope="col" class="first">{first}</th>{ends}</tr>'


def _line(aspect: str, steps: Sequence[ViewRecord], ends: Sequence[ViewRecord], style: Style, *, hidden: bool) -> str:
    """A row for a phone, which has no room for the steps: the one that takes the aspect from the host, by name."""
    named, last = aspects()[aspect], steps[-1]
    taken = next((record for record in steps if record.scope != "host"), None)
    word = isolation_steps()[taken.step].name.read(style.language) if taken else tr("figure.view.host", style.language)
    place = place_data(label=last.of, aspect=aspect)
    new = " new" if taken else ""
    cell = '<td class="unknown">?</td>' if hidden else f'<td class="{last.scope}{new}"{place}>{escape(word)}</td>'
    cells = "".join(_cell(record, hidden=hidden, mark=True) for record in ends)
    return f'<tr><th scope="row">{escape(named.name.read(style.language))}</th>{cell}{cells}</tr>'


def stairs_legend(style: Style) -> str:
    """What filled and white cells stand for."""
    size = max(SMALLEST, style.px(14))
    shown = "".join(
        f'<span style="display:inline-flex;align-items:center;gap:6px;margin-right:18px;white-space:nowrap">'
        f'<span style="display:inline-block;width:18px;height:16px;line-height:16px;text-align:center;'
        f'{_fill(scope, style)}">{_MARKS[scope]}</span>'
        f"{escape(tr(f'figure.view.{scope}', style.language))}</span>"
        for scope in _SCOPES
    )
    return f'<div class="stairs" style="font-size:{size}px;color:{style.tokens.muted}">{shown}</div>'


def stairs_table(outcome: Outcome, language: Language = "en") -> list[dict[str, str]]:
    """A row for each step of each label that changes something, and for each aspect that stays the host's."""
    names = spoken(label_names(outcome, language))
    found = []
    for label in outcome.labels:
        records = views(outcome, label)
        end = max((record.number for record in records), default=0)
        for record in records:
            if record.taken or (record.number == end and record.scope == "host"):
                aspect = aspects()[record.aspect]
                cells = {
                    "of": names[label],
                    "step": isolation_steps()[record.step].name.read(language) if record.taken else "",
                    "aspect": aspect.name.read(language),
                    "scope": tr(f"figure.view.{record.scope}", language),
                    "command": aspect.command,
                    "source": documented(isolation_documents()[record.source], language),
                }
                found.append({tr(f"figure.view.col.{key}", language): cell for key, cell in cells.items()})
    return found


def _head(outcome: Outcome, records: Sequence[ViewRecord], style: Style) -> str:
    language = style.language
    names = spoken(label_names(outcome, language))
    steps = dict.fromkeys((record.number, record.step) for record in records)
    told = [
        isolation_steps()[step].name.read(language) if step else tr("figure.view.process", language)
        for _, step in steps
    ]
    cells = "".join(f'<th scope="col"><span>{_breakable(name)}</span></th>' for name in told)
    ends = "".join(
        f'<th scope="col"{place_data(label=label)}><span>{escape(names[label])}</span></th>'
        for label in outcome.labels[1:]
    )
    gap = f'<th class="gap"><span>{escape(tr("figure.view.end", language))}</span></th>' if ends else ""
    first = outcome.labels[0]
    name = f'<th colspan="2"{place_data(label=first)}>{escape(names[first])}</th>'
    return f"<tr>{name}{cells}{gap}{ends}</tr>"


def _breakable(name: str) -> str:
    """A step's name, which may break before the Japanese word for a namespace, as it may at the blank in English."""
    return escape(name).replace("名前空間", "<wbr>名前空間")


def _row(aspect: str, steps: Sequence[ViewRecord], ends: Sequence[ViewRecord], style: Style, *, hidden: bool) -> str:
    named = aspects()[aspect]
    cells = "".join(
        _cell(record, hidden=hidden and record.number > 0, mark=record.taken, last=record is steps[-1])
        for record in steps
    )
    cells += _GAP if ends else ""
    cells += "".join(_cell(record, hidden=hidden, mark=True) for record in ends)
    stays = not hidden and steps[-1].scope == "host"
    name = f"<b>{escape(named.name.read(style.language))}</b>" if stays else escape(named.name.read(style.language))
    place = place_data(label=steps[-1].of, aspect=aspect)
    return f'<th scope="row" title="{escape(named.command)}"{place}>{name}</th>{cells}'


def _cell(record: ViewRecord, *, hidden: bool, mark: bool, last: bool = True) -> str:
    if hidden:
        return '<td class="unknown">?</td>'
    new = " new" if mark and record.scope != "host" else ""
    place = place_data(label=record.of, aspect=record.aspect) if last else ""
    return f'<td class="{record.scope}{new}"{place}>{_MARKS[record.scope] if mark else ""}</td>'


def _costs(outcome: Outcome, records: Sequence[ViewRecord], style: Style) -> str:
    """The time of each step of the first label, and of all steps of the others."""
    language = style.language
    steps = {record.number: record for record in records}
    cells = "".join(f"<td>{_cost(record, style)}</td>" for record in steps.values())
    cells += _GAP if outcome.labels[1:] else ""
    for label in outcome.labels[1:]:
        metric = outcome.metric(label, "cost")
        told = f"{metric.value * 1000:.0f}"
        cells += f"<td>{marked(told, language, short=True) if metric.estimate and metric.value else told}</td>"
    return f'<tr><th scope="row" colspan="2">{escape(tr("figure.view.cost", language))}</th>{cells}</tr>'


def _cost(record: ViewRecord, style: Style) -> str:
    """A bar of a pixel for each millisecond and more, and above a millisecond its time."""
    if not record.step:
        return ""
    text = (about if record.estimate else written)(record.cost, "s", style.language)
    width = max(1, round(record.cost * 1000))
    told = f"{record.cost * 1000:.0f}" if record.cost >= 0.001 else ""
    return f'<i title="{escape(text)}" style="width:{min(width, style.px(22))}px"></i>{told}'


def _fill(scope: ViewScope, style: Style) -> str:
    tokens = style.tokens
    if scope == "host":
        return f"background:{tokens.owners['kernel']};border:1px solid {tokens.owners['kernel']}"
    return f"border:2px solid {tokens.owners['kernel']};color:{tokens.ink}"


def _css(style: Style) -> str:
    tokens, size = style.tokens, max(SMALLEST, style.px(13))
    upright = ";text-align:end" if style.language == "ja" else ";transform:rotate(180deg)"
    cell, height = style.px(26), style.px(15)
    return (
        f".view{{border-collapse:separate;border-spacing:2px 1px;font-size:{size}px;color:{tokens.ink};line-height:1}}"
        f".view th{{text-align:left;font-weight:400;padding:0 4px;white-space:nowrap}}.view tbody th{{width:1%}}"
        f".view thead th{{vertical-align:bottom;font-weight:600}}"
        f".view thead th span,.view .kind span{{writing-mode:vertical-rl{upright}}}"
        f".view .kind,.view thead .gap{{color:{tokens.muted};font-weight:400}}"
        f".view .kind{{border-top:1px solid {tokens.line};text-align:center;vertical-align:middle;padding:0}}"
        f".view td{{box-sizing:border-box;width:{cell}px;min-width:{cell}px;height:{height}px;text-align:center;"
        f"padding:0;border:1px solid {tokens.line};border-radius:2px;line-height:{height - 4}px}}"
        f".view .host{{{_fill('host', style)}}}.view .new{{{_fill('own', style)}}}"
        f".view .unknown{{color:{tokens.muted}}}.view .gap,.view tfoot td{{border-color:transparent}}"
        f".view tfoot td{{vertical-align:top;white-space:nowrap}}"
        f".view.list{{display:none}}"
        f"@media(max-width:640px){{.view{{display:none}}.view.list{{display:table;width:100%}}"
        f".view.list .first{{vertical-align:bottom}}"
        f".view.list .first span{{writing-mode:initial;transform:none}}"
        f".view.list th{{white-space:normal}}.view.list tbody th{{width:auto}}.view.list .kind{{padding:4px}}"
        f".view.list .kind span{{writing-mode:initial;transform:none}}"
        f".view.list .host{{color:{tokens.on['kernel']}}}"
        f".view.list td{{height:{style.px(22)}px;line-height:1.1}}}}"
        f".view tfoot i{{display:block;height:{style.px(7)}px;margin-bottom:2px;background:{tokens.owners['kernel']}}}"
    )
