"""A table of words as HTML."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from itertools import groupby

from sim.report.figures.words.wordtable import CellBar, CellLook, WordCell, WordColumn, WordRow, WordTable
from sim.report.ring import place_data
from sim.report.style import LEGIBLE, SMALLEST, Language

PHONE = "@media(max-width:640px)"


def word_grid(table: WordTable) -> str:
    """The table with its style."""
    rows = [row for row in table.rows if not row.foot]
    foot = "".join(_row(table, row) for row in table.rows if row.foot)
    body = "".join(_group(table, group, list(of)) for group, of in groupby(rows, key=lambda row: row.group))
    label = f' aria-label="{escape(table.said)}"' if table.said else ""
    return (
        f'<style>{_css(table)}</style><div style="overflow-x:auto"><table class="{table.kind}"{label}>'
        f"<thead><tr>{_head(table)}</tr></thead><tbody>{body}</tbody>"
        + (f"<tfoot>{foot}</tfoot>" if foot else "")
        + "</table></div>"
    )


def _columns_before(table: WordTable) -> int:
    """Columns before the first with cells: the rows' names, and their groups where these stand beside them."""
    return 1 + (table.layout == "dense" and any(row.group for row in table.rows))


def _head(table: WordTable) -> str:
    before = _columns_before(table)
    span = f' colspan="{before}"' if before > 1 else ""
    corner = f"<th{span}{_place(table.corner.place)}>{_unbroken(table.corner.name)}</th>"
    return corner + "".join(map(_head_cell, table.columns))


def _head_cell(column: WordColumn) -> str:
    kinds = " ".join(kind for kind, has in (("gap", column.gap), ("upright", column.upright)) if has)
    kind = f' class="{kinds}"' if kinds else ""
    return f'<th scope="col"{kind}{_place(column.place)}><span>{_unbroken(column.name)}</span></th>'


def _unbroken(name: str) -> str:
    """A name as HTML, that may not break at its hyphens."""
    return escape(name).replace("-", "\N{NON-BREAKING HYPHEN}")


def _group(table: WordTable, group: str, rows: list[WordRow]) -> str:
    """Rows that belong together, below their group's name, or beside it where the table is dense."""
    told, before = f"<span>{escape(group)}</span>", _columns_before(table)
    if not group:
        return "".join(_row(table, row) for row in rows)
    if before > 1:
        beside = f'<th scope="rowgroup" class="kind" rowspan="{len(rows)}">{told}</th>'
        return "".join(_row(table, row, "" if number else beside) for number, row in enumerate(rows))
    above = f'<tr><th scope="rowgroup" class="kind" colspan="{1 + len(table.columns)}">{told}</th></tr>'
    return above + "".join(_row(table, row) for row in rows)


def _row(table: WordTable, row: WordRow, beside: str = "") -> str:
    before = _columns_before(table)
    span = f' colspan="{before}"' if row.foot and before > 1 else ""
    title = f' title="{escape(row.told)}"' if row.told else ""
    name = f"<b>{escape(row.name)}</b>" if row.bold else escape(row.name)
    small = f" <small>{escape(row.small)}</small>" if row.small else ""
    cells = "".join(
        _cell(table, cell, column, foot=row.foot) for cell, column in zip(row.cells, table.columns, strict=True)
    )
    return f'<tr>{beside}<th scope="row"{span}{title}{_place(row.place)}>{name}{small}</th>{cells}</tr>'


def _cell(table: WordTable, cell: WordCell, column: WordColumn, *, foot: bool) -> str:
    kind = f' class="{"gap" if column.gap else cell.look}"' if column.gap or cell.look else ""
    title = f' title="{escape(cell.told)}"' if cell.told else ""
    under = f' data-of="{escape(column.name)}"' if table.stacked else ""
    words = escape(" ".join(filter(None, (cell.mark, cell.words))))
    words = f'<span aria-label="{escape(cell.said)}">{words}</span>' if cell.said else words
    small = f"<small>{escape(cell.small)}</small>" if cell.small else ""
    bars = "".join(map(_bar, cell.bars))
    inside = bars + words + small if foot else words + small + bars
    return f"<td{kind}{title}{_place(cell.place)}{under}>{inside}</td>"


def _bar(bar: CellBar) -> str:
    title = f' title="{escape(bar.told)}"' if bar.told else ""
    return f'<i style="{bar.swatch.css};width:{100 * bar.share:.0f}%"{title}></i>'


def _place(place: Mapping[str, str]) -> str:
    return place_data(**place) if place else ""


# ---- style --------------------------------------------------------------------------------------------------------


def _css(table: WordTable) -> str:
    made = {"framed": _framed, "lined": _lined, "dense": _dense}[table.layout](table)
    made += "".join(_look(table, name, look) for name, look in table.looks.items())
    if table.stacked:
        made += _on_phone(table.kind)
    if table.where:
        away = PHONE if table.where == "wide" else "@media(min-width:641px)"
        made += f"{away}{{.{table.kind}{{display:none}}}}"
    return made


def _look(table: WordTable, name: str, look: CellLook) -> str:
    size = f";font-size:{table.style.px(18)}px" if look.large else ""
    return f".{table.kind} td.{name.replace(' ', '.')}{{{look.css}{size}}}"


def _turn(language: Language) -> str:
    """Upright words. English is read from below. Japanese characters stand under each other, a little apart."""
    return ";letter-spacing:.08em" if language == "ja" else ";transform:rotate(180deg)"


def _shared(table: WordTable, size: int) -> str:
    """What all layouts have."""
    one, tokens = f".{table.kind}", table.style.tokens
    turn = _turn(table.style.language)
    least = max(SMALLEST, size - 1)
    return (
        f"{one}{{width:100%;font-size:{size}px;color:{tokens.ink}}}{one} th{{text-align:left;font-weight:400}}"
        f"{one} thead th,{one} th b{{font-weight:600}}{one} thead th{{vertical-align:bottom}}"
        f"{one} .upright span{{writing-mode:vertical-rl{turn}}}"
        f"{one} td{{text-align:{'center' if table.centred else 'left'}}}"
        f"{one} .gap,{one} .kind{{color:{tokens.muted};font-weight:400}}"
        f"{one} small{{display:block;font-weight:400;color:{tokens.muted};font-size:{least}px}}"
        f"{one} th small{{display:inline;font-size:{size}px}}{one} td.gap,{one} tfoot td{{border-color:transparent}}"
        f"{one} i{{display:block;box-sizing:border-box;height:{table.style.px(7)}px;margin-top:3px;border-radius:2px}}"
    )


def _framed(table: WordTable) -> str:
    """Framed cells."""
    style, one = table.style, f".{table.kind}"
    made = _shared(table, max(SMALLEST, style.px(14))) + (
        f"{one}{{border-collapse:separate;border-spacing:4px}}"
        f"{one} th{{padding:2px 6px}}{one} th[scope=row]{{vertical-align:middle;max-width:{style.px(table.names)}px}}"
        f"{one} td{{border:1px solid {style.tokens.line};border-radius:4px;padding:4px 6px;vertical-align:top}}"
    )
    columns = len(table.columns)
    if table.even:
        return made + (
            f"{one}{{table-layout:fixed;min-width:{style.px(100 * (columns + 1))}px}}"
            f"{one} thead th:first-child{{width:{style.px(table.names)}px}}{one} td{{overflow-wrap:anywhere}}"
        )
    if table.where == "phone":
        return made + f"{one}{{line-height:1.15}}{one} .kind{{padding:4px}}"
    return made if table.stacked else made + f"{one} td{{width:{88 // columns}%}}"


def _lined(table: WordTable) -> str:
    style, one = table.style, f".{table.kind}"
    turn = _turn(style.language)
    return _shared(table, max(SMALLEST, style.px(SMALLEST))) + (
        f"{one}{{border-collapse:collapse;line-height:1.3}}{one} th{{padding:1px 6px}}"
        f"{one} th[scope=row]{{white-space:nowrap}}{one} td{{padding:1px 4px}}"
        f"{one} th[scope=col]{{text-align:{'center' if table.centred else 'left'}}}"
        f"{one} tr{{border-bottom:1px solid {style.tokens.line}}}"
        f"{PHONE}{{{one} small{{display:none}}{one} th[scope=row]{{white-space:normal}}"
        f"{one} th[scope=col] span{{writing-mode:vertical-rl{turn}}}}}"
    )


def _dense(table: WordTable) -> str:
    style, one = table.style, f".{table.kind}"
    turn = _turn(style.language)
    cell, height = style.px(26), style.px(15)
    return _shared(table, max(SMALLEST, style.px(13))) + (
        f"{one}{{width:auto;border-collapse:separate;border-spacing:2px 1px;line-height:1}}"
        f"{one} th{{padding:0 4px;white-space:nowrap}}{one} tbody th{{width:1%}}"
        f"{one} .kind span{{writing-mode:vertical-rl{turn}}}"
        f"{one} .kind{{border-top:1px solid {style.tokens.line};text-align:center;vertical-align:middle;padding:0}}"
        f"{one} td{{box-sizing:border-box;width:{cell}px;min-width:{cell}px;height:{height}px;padding:0;"
        f"border:1px solid {style.tokens.line};border-radius:2px;line-height:{height - 4}px}}"
        f"{one} tfoot td{{vertical-align:top;white-space:nowrap}}{one} tfoot i{{margin:0 0 2px}}"
    )


def _on_phone(kind: str) -> str:
    """The name of its column in each cell, for those who do not see it above."""
    one = f"table.{kind}"
    return (
        f"{PHONE}{{{one},{one} :is(tbody,tfoot){{display:block;min-width:0}}{one} thead{{display:none}}"
        f"{one}{{padding:4px;box-sizing:border-box}}"
        f"{one} tr{{display:grid;grid-template-columns:repeat(auto-fill,minmax(100px,1fr));gap:4px;margin-bottom:10px}}"
        f"{one} th[scope=row]{{grid-column:1/-1;max-width:none;padding-left:0}}"
        f"{one} td::before{{content:attr(data-of);display:block;font-size:{LEGIBLE}px;font-weight:400;"
        "line-height:1.3}}"
    )
