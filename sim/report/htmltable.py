"""Rows as a small HTML table, each fact's id a link to what it was published in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from sim.catalog.load import facts
from sim.report.sources import FACT, address
from sim.report.style import Style


def linked(text: str) -> str:
    """A text as HTML, the ids of facts in it linked to what they were published in, where that has an address."""
    return FACT.sub(lambda match: _link(match[0]), escape(text))


def _link(name: str) -> str:
    fact = facts().get(name)
    where = address(fact) if fact else ""
    if fact is None or not where:
        return name
    return (
        f'<a href="{escape(where)}" title="{escape(fact.source)}" style="color:inherit" target="_blank" '
        f'rel="noopener noreferrer">{name}</a>'
    )


def html_table(rows: Sequence[Mapping[str, str]], style: Style | None) -> str:
    """Rows as a table that scrolls sideways where it is wide. "" where there is none.

    Args:
        style: The colours of its lines, written at each cell. None where the page has rules for tables.
    """
    if not rows:
        return ""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    whole, head_cell, cell = ("", "", "") if style is None else _styles(style)
    head = "".join(f'<th scope="col"{head_cell}>{escape(c)}</th>' for c in columns)
    body = "".join(
        "<tr>" + "".join(f"<td{cell}>{linked(row.get(column, ''))}</td>" for column in columns) + "</tr>"
        for row in rows
    )
    return (
        f'<div style="overflow-x:auto"><table{whole}><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _styles(style: Style) -> tuple[str, str, str]:
    """The style attributes of a table, of a cell in its head, and of one in its body."""
    tokens = style.tokens
    cell = f"padding:.3em .9em .3em 0;border-bottom:1px solid {tokens.line};text-align:left;vertical-align:top"
    return (
        ' style="font-size:.85rem;line-height:1.45;border-collapse:collapse"',
        f' style="{cell};color:{tokens.muted};font-weight:600"',
        f' style="{cell}"',
    )
