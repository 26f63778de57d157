"""One assembly as a drawing: its components in their places, who calls whom, and what no longer works.

A column is a role: who asks, who serves, who keeps containers, who watches one, who makes one. The picture is a
self-contained SVG. Each component is a button with its name, home and state.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.catalog.tables.assemblies import PROCESS, assembly_documents, components
from sim.outcome import Outcome
from sim.records.assemblies import CallRecord, ComponentRecord
from sim.report.catalogtexts import all_documented, documented
from sim.report.graph.svg import escape
from sim.report.ring import place_data
from sim.report.style import FONT, SMALLEST, Language, Style, text_width
from sim.report.texts import tr

WIDTH, HEIGHT = 120, 50
_ACROSS, _DOWN = 46, 34
"""Between columns, where the name of an interface stands, and between rows."""
_NARROW_ACROSS, _NARROW_DOWN = 9, 32
_ROOM = 30
"""Between boxes side by side for the name of an interface. Where there is less, it is in the tooltip alone."""
_HEAVY = 1.08
"""How much wider a heavy letter is."""
_MARGIN = 4
_PROCESS_PLACE = (4, 2)

_Corner = tuple[float, float]
"""The upper left corner of a box."""


@dataclass(frozen=True, slots=True)
class _Grid:
    """Where places are. On a phone columns run down, and places that nobody takes are closed up."""

    narrow: bool
    columns: tuple[int, ...]
    rows: tuple[int, ...]

    def at(self, place: tuple[int, int]) -> tuple[float, float]:
        """The upper left corner of a place."""
        column, row = self.columns.index(place[0]), self.rows.index(place[1])
        if self.narrow:
            return _MARGIN + row * (WIDTH + _NARROW_ACROSS), _MARGIN + column * (HEIGHT + _NARROW_DOWN)
        return _MARGIN + column * (WIDTH + _ACROSS), _MARGIN + row * (HEIGHT + _DOWN)

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the drawing."""
        x, y = self.at((self.columns[-1], self.rows[-1]))
        return x + WIDTH + _MARGIN, y + HEIGHT + _MARGIN + 8


def places(outcome: Outcome, label: str) -> dict[str, tuple[int, int]]:
    """Column and row of each component of a label's assembly, and of the process."""
    mine = [record.component for record in outcome.of_type(ComponentRecord) if record.of == label]
    return {name: components()[name].place for name in mine} | {PROCESS: _PROCESS_PLACE}


def assembly_drawing(
    outcome: Outcome, style: Style, label: str, *, picked: str = "", hidden: bool = False, narrow: bool = False
) -> str:
    """The drawing of one label's assembly.

    Args:
        picked: The component that has the ring.
        hidden: Before the run: nothing is marked.
        narrow: For a phone: from top to bottom.
    """
    at = places(outcome, label)
    taken = list(at.values())
    columns, rows = (tuple(sorted({place[axis] for place in taken})) for axis in (0, 1))
    grid = _Grid(narrow, columns, rows)
    width, height = grid.size
    said = escape(assembly_alt(outcome, label, style, hidden=hidden))
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="group" '
            f'aria-label="{said}"{place_data(label=label)} '
            f'style="width:100%;max-width:{width * style.size:g}px"><style>{_css(style)}</style>'
        ),
        _arrows(style),
    ]
    calls = [record for record in outcome.of_type(CallRecord) if record.of == label]
    parts += [_edge(call, at, grid, style.language, hidden=hidden) for call in calls]
    for record in outcome.of_type(ComponentRecord):
        if record.of == label:
            parts.append(_box(record, grid.at(at[record.component]), style, picked=picked, hidden=hidden))
    parts.append(_process(grid.at(_PROCESS_PLACE), style))
    return "".join(parts) + "</svg>"


def assembly_alt(outcome: Outcome, label: str, style: Style, *, hidden: bool = False) -> str:
    """The calls from command to process as a sentence, and what is broken."""
    way = [call for call in outcome.of_type(CallRecord) if call.of == label and call.on_way]
    chain = ", ".join(
        tr(
            "figure.parts.calls",
            style.language,
            caller=called_name(c.caller, style),
            called=called_name(c.called, style),
        )
        for c in way
    )
    if hidden:
        return chain
    broken = [
        called_name(record.component, style)
        for record in outcome.of_type(ComponentRecord)
        if record.of == label and record.state != "works"
    ]
    lost = tr("figure.parts.lost", style.language, list=", ".join(broken)) if broken else ""
    return f"{chain}. {lost}".strip()


def called_name(component: str, style: Style) -> str:
    """A component's name, or the container's first process."""
    if component == PROCESS:
        return tr("figure.parts.process", style.language)
    return components()[component].name.read(style.language)


def _box(record: ComponentRecord, corner: tuple[float, float], style: Style, *, picked: str, hidden: bool) -> str:
    """A component: its name, its home, and what became of it."""
    state = "works" if hidden else record.state
    name = called_name(record.component, style)
    word = "" if state == "works" else tr(f"figure.parts.state.{state}", style.language)
    fill = f' style="fill:{style.tokens.owners[record.owner]}"' if state == "works" else ""
    ink = f' style="fill:{style.tokens.on[record.owner]}"' if state == "works" else ""
    does = components()[record.component].does.read(style.language)
    spoken = ", ".join(filter(None, (name, record.home, word)))
    about = f"{does} {all_documented(record.source.split(), assembly_documents(), style.language)}"
    glyph = {"works": "", "broken": "✗ ", "left_out": "– "}[state]
    chosen = str(record.component == picked).lower()
    return (
        f'<g class="n {state}" data-node="{record.component}" tabindex="0" role="button" aria-pressed="{chosen}" '
        f'aria-label="{escape(spoken)}" transform="translate({corner[0]:g} {corner[1]:g})">'
        f"<title>{escape(about)}</title>"
        f'<rect class="ring" x="-4" y="-4" width="{WIDTH + 8}" height="{HEIGHT + 8}" rx="8"/>'
        f'<rect class="b" width="{WIDTH}" height="{HEIGHT}" rx="4"{fill}/>'
        f'<text class="{_title(glyph + name)}" x="9" y="21"{ink}>{escape(glyph + name)}</text>'
        f'<text class="s" x="9" y="39"{ink}>{escape(word or record.home)}</text></g>'
    )


def _title(name: str) -> str:
    """The class of a box's name: smaller where it would not fit."""
    return "t" if text_width(name, 14 * _HEAVY) <= WIDTH - 16 else "t long"


def _process(corner: tuple[float, float], style: Style) -> str:
    tokens = style.tokens
    name, note = (tr(f"figure.parts.{key}", style.language) for key in ("process", "pid"))
    return (
        f'<g transform="translate({corner[0]:g} {corner[1]:g})">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="4" fill="{tokens.owners["application"]}"/>'
        f'<text class="{_title(name)}" x="9" y="21" style="fill:{tokens.on["application"]}">{escape(name)}</text>'
        f'<text class="s" x="9" y="39" style="fill:{tokens.on["application"]}">{escape(note)}</text></g>'
    )


def _edge(call: CallRecord, at: dict[str, tuple[int, int]], grid: _Grid, language: Language, *, hidden: bool) -> str:
    """An arrow, its interface beside it."""
    path, (x, y, anchor) = _line(grid.at(at[call.caller]), grid.at(at[call.called]))
    cut = call.broken and not hidden
    classes = "e" + " w" * call.on_way + " x" * cut
    arrow = "cut" if cut else "way" if call.on_way else "by"
    words = f'<text class="i" x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(call.by)}</text>' if anchor else ""
    source = escape(f"{call.by}. {documented(assembly_documents()[call.source], language)}")
    return f'<g><title>{source}</title><path class="{classes}" d="{path}" marker-end="url(#{arrow})"/>{words}</g>'


def _line(a: _Corner, b: _Corner) -> tuple[str, tuple[float, float, str]]:
    """A path from a box to another, and where its words stand with which end. "" where there is no room for words."""
    if a[1] == b[1]:
        far = abs(b[0] - a[0]) > WIDTH + max(_ACROSS, _NARROW_ACROSS)
        return _around(a, b) if far else _level(a, b)
    return _upright(a, b) if a[0] == b[0] else _bent(a, b)


def _level(a: _Corner, b: _Corner) -> tuple[str, tuple[float, float, str]]:
    start, end = (a[0] + WIDTH, b[0] - 2) if b[0] > a[0] else (a[0], b[0] + WIDTH + 2)
    y = a[1] + HEIGHT / 2
    anchor = "middle" if abs(end - start) >= _ROOM else ""
    return f"M{start:g} {y:g}H{end:g}", ((start + end) / 2, y - 6, anchor)


def _around(a: _Corner, b: _Corner) -> tuple[str, tuple[float, float, str]]:
    """Below the boxes that stand between."""
    start, end, foot = a[0] + WIDTH / 2, b[0] + WIDTH / 2, a[1] + HEIGHT
    path = f"M{start:g} {foot:g}V{foot + 9:g}H{end:g}V{foot + 2:g}"
    return path, (a[0] + WIDTH + _ACROSS / 2, foot + 5, "middle")


def _upright(a: _Corner, b: _Corner) -> tuple[str, tuple[float, float, str]]:
    start, end = _feet(a, b)
    x = a[0] + WIDTH / 2
    return f"M{x:g} {start:g}V{end:g}", (x + 6, (start + end) / 2 + 4, "start")


def _bent(a: _Corner, b: _Corner) -> tuple[str, tuple[float, float, str]]:
    start, end = _feet(a, b)
    side = 24 if b[0] > a[0] else -24
    x, px, middle = a[0] + WIDTH / 2 + side, b[0] + WIDTH / 2 - side, (start + end) / 2
    path = f"M{x:g} {start:g}C{x:g} {middle:g} {px:g} {middle:g} {px:g} {end:g}"
    return path, ((x + px) / 2, middle - 3, "middle")


def _feet(a: _Corner, b: _Corner) -> tuple[float, float]:
    """Where a line between rows begins and ends."""
    return (a[1] + HEIGHT, b[1] - 2) if b[1] > a[1] else (a[1], b[1] + HEIGHT + 2)


def _arrows(style: Style) -> str:
    tokens = style.tokens
    heads = (("way", tokens.ink), ("by", tokens.muted), ("cut", tokens.attention))
    return "<defs>" + "".join(
        f'<marker id="{name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9" '
        f'markerUnits="userSpaceOnUse" orient="auto">'
        f'<path d="M0 0L8 4L0 8z" fill="{colour}"/></marker>'
        for name, colour in heads
    ) + "</defs>"  # fmt: skip


def _css(style: Style) -> str:
    tokens = style.tokens
    return (
        f"text{{font-family:var(--st-font,{FONT})}}.t{{font-weight:600;font-size:14px}}.t.long{{font-size:{SMALLEST}px;letter-spacing:-.3px}}.s{{font-size:{SMALLEST}px}}"
        f".i{{font-size:{SMALLEST}px;fill:{tokens.muted};paint-order:stroke;stroke:{tokens.background};stroke-width:4px}}"
        f".e{{fill:none;stroke:{tokens.muted};stroke-width:1.4}}.e.w{{stroke:{tokens.ink};stroke-width:2.2}}"
        f".e.x{{stroke:{tokens.attention};stroke-dasharray:6 4}}"
        f".broken .b{{fill:{tokens.wash};stroke:{tokens.attention};stroke-width:2}}"
        f".broken text{{fill:{tokens.attention_text}}}"
        f".left_out .b{{fill:{tokens.background};stroke:{tokens.attention};stroke-width:2.5;stroke-dasharray:6 4}}"
        f".left_out text{{fill:{tokens.attention_text}}}"
        f".ring{{fill:none;stroke:none}}.n[aria-pressed=true] .ring{{stroke:{tokens.ink};stroke-width:2.5}}"
    )
