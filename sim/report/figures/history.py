"""A time line of what started Docker's containers: filled is on the way to your process, hollow exists beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from math import ceil, floor

from sim.catalog.tables.history import (
    Era,
    HistoryLane,
    MarkedRelease,
    history_documents,
    history_lanes,
    marked_releases,
)
from sim.outcome import Outcome
from sim.report.catalogtexts import all_documented, documented
from sim.report.style import FONT, SMALLEST, Language, Style
from sim.report.texts import tr

_FILLED = ("starts", "builds", "specifies")
_TOP, _BAR, _ROW, _FOOT = 26, 24, 34, 24


@dataclass(frozen=True, slots=True)
class _Axis:
    """From years to pixels."""

    first: float
    last: float
    left: float
    right: float

    def at(self, year: float) -> float:
        return self.left + (year - self.first) / (self.last - self.first) * (self.right - self.left)


def generations(outcome: Outcome) -> dict[str, MarkedRelease]:
    """Label to its release, where every label is of a release that the time line marks, and not all of one."""
    of = {technology: release for release in marked_releases().values() for technology in release.technologies}
    named = {label: given.get("technology", "") for label, given in (outcome.parameters or {}).items()}
    found = {label: of[technology] for label, technology in named.items() if technology in of}
    several = len({release.id for release in found.values()}) > 1
    return found if several and len(found) == len(outcome.labels) else {}


def timeline(style: Style, *, narrow: bool = False) -> str:
    """The time line as SVG.

    Args:
        narrow: For a phone: a lane's name above its bars.
    """
    width, left, row = (350, 4, _ROW + 18) if narrow else (740, 104, _ROW)
    axis = _axis(left, width - 6)
    height = _TOP + len(history_lanes()) * row + _FOOT
    parts = [_years(axis, height, style, step=4 if narrow else 2), _marks(axis, height, style)]
    for at, lane in enumerate(history_lanes()):
        foot = _TOP + (at + 1) * row
        x, anchor, y = (left, "start", foot - _BAR - 7) if narrow else (left - 10, "end", foot - 8)
        name = escape(lane.name.read(style.language))
        parts.append(f'<text x="{x}" y="{y}" text-anchor="{anchor}" class="n">{name}</text>')
        parts += [_bar(lane, era, axis, foot - _BAR, style) for era in lane.eras]
    said = escape(timeline_alt(style.language))
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{said}" '
        f'style="width:100%;max-width:{width * style.size:g}px"><style>{_css(style)}</style>{"".join(parts)}</svg>'
    )


def timeline_alt(language: Language = "en") -> str:
    """What changed with which release, in a sentence."""
    changes = [
        f"{release.name.read(language)} ({floor(release.date)})"
        for release in marked_releases().values()
        if release.change
    ]
    return tr("figure.history.alt", language, list=", ".join(changes))


def timeline_table(language: Language = "en") -> list[dict[str, str]]:
    """A row an era, the oldest first: when, which component, what it was, and where that can be read."""
    found = sorted(((era, lane) for lane in history_lanes() for era in lane.eras), key=lambda pair: pair[0].start)
    rows = []
    for era, lane in found:
        cells = {
            "from": _month(era.start),
            "to": _month(era.end) if era.end else "",
            "component": lane.name.read(language),
            "role": tr(f"figure.history.{era.role}", language),
            "source": all_documented(era.sources, history_documents(), language),
        }
        rows.append({tr(f"figure.history.col.{column}", language): cell for column, cell in cells.items()})
    return rows


def _axis(left: float, right: float) -> _Axis:
    dates = [release.date for release in marked_releases().values()]
    return _Axis(floor(min(dates)), ceil(max(dates)) + 1, left, right)


def _month(years: float) -> str:
    return f"{floor(years)}-{round((years - floor(years)) * 12) + 1:02}"


def _years(axis: _Axis, height: int, style: Style, step: int) -> str:
    line = style.tokens.line
    years = range(ceil(axis.first / step) * step, ceil(axis.last), step)
    return "".join(
        f'<path d="M{axis.at(year):.1f} {_TOP}V{height - _FOOT + 6}" stroke="{line}"/>'
        f'<text x="{axis.at(year):.1f}" y="{height - 4}" text-anchor="middle" class="y">{year}</text>'
        for year in years
    )


def _marks(axis: _Axis, height: int, style: Style) -> str:
    """A line for each release, red where something else starts the process from there on."""
    out = []
    for release, x, words in _placed(axis, style.language):
        colour = style.tokens.attention if release.change else style.tokens.muted
        source = documented(history_documents()[release.source], style.language)
        title = escape(f"{release.name.read(style.language)} · {source}")
        out.append(
            f'<g><title>{title}</title><path d="M{x:.1f} 20V{height - _FOOT + 2}" stroke="{colour}" '
            f'stroke-width="{2 if release.change else 1.2}"/>{words}</g>'
        )
    return "".join(out)


def _placed(axis: _Axis, language: Language) -> Iterator[tuple[MarkedRelease, float, str]]:
    """Each release with its place and its words: right of it, or left where the next is near, or none without room."""
    releases, taken = list(marked_releases().values()), 0.0
    for release, after in zip(releases, [*releases[1:], None], strict=True):
        x, name = axis.at(release.date), release.name.read(language)
        wide = _wide(name) + 4
        if after is None or x + wide < axis.at(after.date):
            place, anchor, taken = x, "start", x + wide
        elif x - wide > taken:
            place, anchor, taken = x - 3, "end", x
        else:
            place, anchor, name = x, "start", ""
        kind = "c" if release.change else "m"
        yield release, x, f'<text x="{place:.1f}" y="15" text-anchor="{anchor}" class="{kind}">{escape(name)}</text>'


def _wide(text: str) -> float:
    """About how many pixels words take: no font metrics in pure Python."""
    return sum(7 if ord(letter) < 0x300 else 13.5 for letter in text)


def _bar(lane: HistoryLane, era: Era, axis: _Axis, y: float, style: Style) -> str:
    """An era. Its words stand in it where there is room."""
    tokens, filled = style.tokens, era.role in _FILLED
    x, end = axis.at(era.start), axis.at(era.end if era.end is not None else axis.last)
    fill = tokens.owners[lane.owner]
    look = f'fill="{fill}"' if filled else f'fill="{tokens.background}" stroke="{fill}" stroke-width="1.5"'
    text = era.text.read(style.language)
    room = end - x - 12
    fits = text and _wide(text) <= room
    ink = tokens.on[lane.owner] if filled else tokens.ink
    words = f'<text x="{x + 7:.1f}" y="{y + 17:g}" fill="{ink}">{escape(text)}</text>' if fits else ""
    role = tr(f"figure.history.{era.role}", style.language)
    sources = all_documented(era.sources, history_documents(), style.language)
    title = escape(f"{lane.name.read(style.language)} · {role} · {sources}")
    return (
        f'<g><title>{title}</title><rect x="{x + 0.75:.1f}" y="{y + 0.75:g}" width="{max(end - x - 1.5, 1):.1f}" '
        f'height="{_BAR - 1.5}" rx="2" {look}/>{words}</g>'
    )


def _css(style: Style) -> str:
    tokens = style.tokens
    return (
        f"text{{font-family:var(--st-font,{FONT});font-size:{SMALLEST}px}}.n{{font-weight:600;font-size:14px;"
        f"fill:{tokens.ink};paint-order:stroke;stroke:{tokens.background};stroke-width:4px}}"
        f".y,.m{{fill:{tokens.muted}}}.c{{fill:{tokens.attention_text};font-weight:600}}"
    )
