"""Tables whose cells are words with a verdict: how they are framed, and what all of them look like."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from sim.report.style import LEGIBLE, SMALLEST, Style

_ROW, _CELL = re.compile(r"<tr\b.*?</tr>", re.DOTALL), re.compile(r"<td\b([^>]*)>")


def word_grid(kind: str, columns: Sequence[str], rows: str, css: str, said: str, *, stacked: bool = True) -> str:
    """A table of words.

    Args:
        kind: Its class.
        columns: What stands above its columns, as HTML; above the rows' names stands nothing.
        rows: Its rows, as HTML.
        css: What it looks like.
        said: What it shows in a sentence, for those who do not see it. "" while the answers are left out.
        stacked: On a phone the cells of a row stand below its name, each under its column's, as columns have no room.
    """
    head = "".join(f'<th scope="col">{column}</th>' for column in columns)
    label = f' aria-label="{escape(said)}"' if said else ""
    if stacked:
        css, rows = css + _on_phone(kind), _under(columns, rows)
    return (
        f'<style>{css}</style><div style="overflow-x:auto"><table class="{kind}"{label}>'
        f"<thead><tr><th></th>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _under(columns: Sequence[str], rows: str) -> str:
    """The rows with the name of its column in each cell, for those who do not see it above."""

    def row(found: re.Match[str]) -> str:
        names = iter(columns)
        return _CELL.sub(lambda cell: f'<td{cell[1]} data-of="{next(names)}">', found[0])

    return _ROW.sub(row, rows)


def _on_phone(kind: str) -> str:
    one = f"table.{kind}"
    return (
        f"@media(max-width:640px){{{one},{one} tbody{{display:block;min-width:0}}{one} thead{{display:none}}"
        f"{one}{{padding:4px;box-sizing:border-box}}"
        f"{one} tr{{display:grid;grid-template-columns:repeat(auto-fill,minmax(100px,1fr));gap:4px;margin-bottom:10px}}"
        f"{one} th[scope=row]{{grid-column:1/-1;max-width:none;padding-left:0}}"
        f"{one} td::before{{content:attr(data-of);display:block;font-size:{LEGIBLE}px;font-weight:400;"
        "line-height:1.3}}"
    )


def word_grid_css(kind: str, style: Style, columns: int) -> str:
    """Framed cells of one width. What tells the verdicts apart is the figure's own."""
    tokens, size = style.tokens, max(SMALLEST, style.px(14))
    return (
        f".{kind}{{border-collapse:separate;border-spacing:4px;width:100%;font-size:{size}px;color:{tokens.ink}}}"
        f".{kind}{{table-layout:fixed;min-width:{style.px(100 * (columns + 1))}px}}"
        f".{kind} th{{text-align:left;font-weight:600;vertical-align:bottom;padding:2px 6px}}"
        f".{kind} th[scope=row]{{vertical-align:middle}}.{kind} thead th:first-child{{width:{style.px(122)}px}}"
        f".{kind} td{{border:1px solid {tokens.line};border-radius:4px;padding:4px 6px}}"
        f".{kind} td{{vertical-align:top;overflow-wrap:anywhere}}"
        f".{kind} small{{display:block;font-weight:400;color:{tokens.muted};font-size:{max(SMALLEST, size - 1)}px}}"
    )
