"""Stacks side by side, aligned at what isolates the instances: below is shared, what is drawn twice is paid twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from sim.catalog.load import technologies
from sim.catalog.tables.stacks import Stack, StackPart, stack_documents, stacks, without_stack
from sim.records.instances import Owner
from sim.report.catalogtexts import documented
from sim.report.figures.textlines import wrapped
from sim.report.numbers import about, written
from sim.report.style import FONT, Language, Style
from sim.report.texts import tr

INSTANCES = (1, 2, 10)
"""How many instances a stack may be drawn with."""

_WIDTH, _BOX, _GAP, _LINE = 146, 34, 4, 20
"""Of a stack; of a box and between boxes; what a boundary takes."""
_NAME, _SMALL, _HEAD = 16, 14, 19
"""Sizes of a stack's name and of what else is told of it, and from one line of these to the next."""
_MANY = 2
"""More boxes in a row than this are too narrow for words: the row has one label."""
_HOLLOW = "hardware"


@dataclass(frozen=True, slots=True)
class MoreMemory:
    """Bytes that one more instance takes, and whether that is an estimate."""

    bytes: float
    estimate: bool

    def said(self, language: Language) -> str:
        """As a figure says it."""
        return (about if self.estimate else written)(self.bytes, "B", language)


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of what is told of a stack.

    Attributes:
        ink: Its colour. "" for that of most words.
        number: What stands behind it in bold.
    """

    words: str
    size: int
    ink: str = ""
    bold: bool = False
    number: str = ""


def stack_cards(chosen: Sequence[Stack], more: Mapping[str, MoreMemory], style: Style, instances: int) -> str:
    """The stacks as HTML: a card each, boundaries at one height, as many side by side as there is room for.

    Args:
        more: What one more instance takes, by stack.
    """
    above = max((_height(stack.above) + _LINE * bool(stack.inner) for stack in chosen), default=0)
    below = max((_height(stack.below) for stack in chosen), default=0)
    top = max((_HEAD * len(_head(stack, style)) for stack in chosen), default=0) + _GAP
    foot = max((_HEAD * len(_foot(stack, more[stack.id], style)) for stack in chosen), default=0) + _GAP
    cards = "".join(_card(stack, more[stack.id], style, instances, (top + above, below, foot)) for stack in chosen)
    look = (
        f"display:flex;flex-wrap:wrap;gap:{style.px(14)}px;font-family:var(--st-font,{FONT});color:{style.tokens.ink}"
    )
    return f'<div style="{look}">{cards}</div>'


def shown_owners(chosen: Sequence[Stack]) -> list[Owner]:
    """Whose boxes there are, for the legend."""
    return list({part.owner for stack in chosen for part in (*stack.below, *stack.above) if part.id != _HOLLOW})


def stacks_finding(chosen: Sequence[Stack], more: Mapping[str, MoreMemory], language: Language = "en") -> str:
    """What one more instance draws and takes again, in the two stacks that differ most in it."""
    ordered = sorted(chosen, key=lambda stack: more[stack.id].bytes)
    if not ordered:
        return tr("ui.stacks.question", language)
    least, most = ordered[0], ordered[-1]
    said = {
        f"{what}_{end}": value
        for end, stack in (("least", least), ("most", most))
        for what, value in (
            ("name", stack.name.read(language)),
            ("boxes", _boxes(len(stack.repeated), language)),
            ("memory", more[stack.id].said(language)),
        )
    }
    return tr("ui.stacks.found.one" if least is most else "ui.stacks.found", language, **said)


def _boxes(count: int, language: Language) -> str:
    return tr("ui.stacks.box" if count == 1 else "ui.stacks.boxes", language, n=count)


def stacks_alt(stack: Stack, language: Language = "en") -> str:
    """A stack from the bottom up, in a sentence."""
    joined = {
        side: ", ".join(part.name.read(language) for part in parts)
        for side, parts in (("below", stack.below), ("above", stack.above))
    }
    boundary = tr(f"figure.stack.{stack.boundary}", language)
    return tr("figure.stack.alt", language, name=stack.name.read(language), boundary=boundary, **joined)


def stacks_table(
    chosen: Sequence[Stack], more: Mapping[str, MoreMemory], language: Language = "en"
) -> list[dict[str, str]]:
    """A row a stack: its parts from the bottom up, its boundary, what each instance draws and takes, its source."""
    rows = []
    for stack in chosen:
        cells = {
            "name": f"{stack.name.read(language)}, {stack.kind.read(language)}",
            "below": _list(stack.below, language),
            "boundary": tr(f"figure.stack.{stack.boundary}", language),
            "above": _list(stack.above, language),
            "each": _list(stack.repeated, language),
            "more": more[stack.id].said(language),
            "source": documented(stack_documents()[stack.source], language),
        }
        rows.append({tr(f"figure.stack.col.{column}", language): cell for column, cell in cells.items()})
    return rows


def all_technologies(language: Language = "en") -> list[dict[str, str]]:
    """A row for each technology of the catalog, by its name: its stack, or why it has none."""
    found = {name: tr("figure.stack.no", language, why=why.read(language)) for name, why in without_stack().items()}
    for stack in reversed([*stacks().values()]):  # Docker Desktop is Docker too, and comes after it
        found |= dict.fromkeys((stack.technology, *stack.also), stack.name.read(language))
    technology, shown = (tr(f"figure.stack.col.{column}", language) for column in ("technology", "name"))
    rows = [{technology: every.name.read(language), shown: found[name]} for name, every in technologies().items()]
    return sorted(rows, key=lambda row: row[technology].casefold())


def _list(parts: Sequence[StackPart], language: Language) -> str:
    return ", ".join(part.name.read(language) for part in parts)


def _height(parts: Sequence[StackPart]) -> int:
    return len(parts) * (_BOX + _GAP)


def _head(stack: Stack, style: Style) -> list[_Line]:
    """Name and kind, in lines."""
    language, muted = style.language, style.tokens.muted
    kind = stack.kind.read(language).partition(":" if language == "en" else "（")[0]
    names = wrapped(stack.name.read(language), _NAME, _WIDTH, bold=True)
    return [
        *(_Line(line, _NAME, bold=True) for line in names),
        *(_Line(line, _SMALL, muted) for line in wrapped(kind, _SMALL, _WIDTH)),
    ]


def _foot(stack: Stack, more: MoreMemory, style: Style) -> list[_Line]:
    """The boundary, and what one more takes."""
    language, muted = style.language, style.tokens.muted
    boundary = wrapped(tr(f"figure.stack.{stack.boundary}", language), _SMALL, _WIDTH + _GAP, bold=True)
    return [
        _Line(tr("figure.stack.boundary", language), _SMALL, muted),
        *(_Line(line, _SMALL, bold=True) for line in boundary),
        _Line(tr("figure.stack.more", language), _SMALL, muted, number=more.said(language)),
    ]


def _lines(lines: Sequence[_Line], top: float, style: Style) -> str:
    """Lines below one another."""
    return "".join(
        f'<text y="{top + number * _HEAD + _NAME:g}" font-size="{line.size}" fill="{line.ink or style.tokens.ink}" '
        f'font-weight="{600 if line.bold else 400}">{escape(line.words)}{_number(line, style)}</text>'
        for number, line in enumerate(lines)
    )


def _number(line: _Line, style: Style) -> str:
    if not line.number:
        return ""
    return f' <tspan font-weight="600" fill="{style.tokens.ink}">{escape(line.number)}</tspan>'


def _card(stack: Stack, more: MoreMemory, style: Style, instances: int, places: tuple[int, int, int]) -> str:
    """Name, boxes around their boundary, and what one more takes.

    Args:
        places: Where the boxes above the boundary end, and the heights of those below it and of what is told below.
    """
    above, below, under = places
    source = documented(stack_documents()[stack.source], style.language)
    out, y = [_lines(_head(stack, style), 0, style)], above
    for part in stack.above:
        if stack.inner and part.id == stack.inner.id:
            y -= _LINE
            out.append(_boundary(y + _LINE / 2 - 2, style, 2.5))
        y -= _BOX + _GAP
        out.append(_row(part, y, style, instances, source))
    out.append(_boundary(above + _LINE / 2 - _GAP / 2, style, 5))
    for depth, part in enumerate(reversed(stack.below)):
        out.append(_row(part, above + _LINE + depth * (_BOX + _GAP), style, instances, source))
    foot = _foot(stack, more, style)
    bottom = above + _LINE + below
    out.append(_lines(foot, bottom, style))
    height = bottom + under
    said = escape(f"{stacks_alt(stack, style.language)} {foot[-1].words} {foot[-1].number}")
    return (
        f'<div style="width:{style.px(_WIDTH)}px">'
        f'<svg viewBox="0 0 {_WIDTH} {height}" width="100%" role="img" aria-label="{said}" '
        f'style="display:block;font-family:var(--st-font,{FONT});font-size:14px;font-weight:600">'
        f'<rect width="{_WIDTH}" height="{height}" fill="{style.tokens.background}" fill-opacity="0"/>'
        f"{''.join(out)}</svg></div>"
    )


def _boundary(y: float, style: Style, thick: float) -> str:
    return f'<path d="M0 {y:g}H{_WIDTH}" stroke="{style.tokens.ink}" stroke-width="{thick:g}"/>'


def _row(part: StackPart, y: float, style: Style, instances: int, source: str) -> str:
    """A part: one box over the whole width, or one for each instance."""
    tokens, count = style.tokens, instances if part.each else 1
    room = (_WIDTH + _GAP) / count
    hollow = part.id == _HOLLOW
    fill = f'fill="none" stroke="{tokens.muted}"' if hollow else f'fill="{tokens.owners[part.owner]}"'
    ink = tokens.ink if hollow else tokens.on[part.owner]
    name = part.name.read(style.language)
    boxes = "".join(
        f'<rect x="{at * room:.1f}" y="{y:g}" width="{room - _GAP:.1f}" height="{_BOX}" rx="2" {fill}/>'
        for at in range(count)
    )
    if count > _MANY:
        words = _plate(f"{name} ×{count}", y, style)
    else:
        middles = [at * room + (room - _GAP) / 2 for at in range(count)]
        words = "".join(_word(name, x, y, ink, room - _GAP - 8) for x in middles)
    times = tr("figure.stack.each" if part.each else "figure.stack.once", style.language)
    owner = tr(f"owner.{part.owner}", style.language)
    about_it = escape(" · ".join((name, owner, times, source)))
    return f"<g><title>{about_it}</title>{boxes}{words}</g>"


def _word(text: str, x: float, y: float, ink: str, room: float) -> str:
    """A label in the middle of a box, pressed together where it is too wide for it."""
    tight = f' textLength="{room:.0f}" lengthAdjust="spacingAndGlyphs"' if _wide(text) > room else ""
    return f'<text x="{x:.1f}" y="{y + _BOX / 2 + 5:g}" text-anchor="middle" fill="{ink}"{tight}>{escape(text)}</text>'


def _wide(text: str) -> float:
    """About how many pixels a label takes: no font metrics in pure Python."""
    return sum(7.2 if ord(letter) < 0x300 else 14 for letter in text)


def _plate(text: str, y: float, style: Style) -> str:
    """A label over a row of slivers, on the page's colour."""
    wide, page = _wide(text) + 14, style.tokens.background
    plate = (
        f'<rect x="{(_WIDTH - wide) / 2:g}" y="{y + 7:g}" width="{wide:g}" height="{_BOX - 14}" rx="3" fill="{page}"/>'
    )
    return plate + _word(text, _WIDTH / 2, y, style.tokens.ink, _WIDTH)
