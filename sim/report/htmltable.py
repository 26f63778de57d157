"""Rows as a small HTML table, each fact's id a link to what it was published in, or to its row on a page of sources."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from html import escape

from sim.catalog.load import facts
from sim.report.sources import FACT, address
from sim.report.style import Style

SourcePage = Callable[[Mapping[str, str]], str]
"""The address of a page of sources, for a query: {"row": "R0051"}, or {"find": "words of an estimate's reasoning"}."""

_ESTIMATE = re.compile(r"\bestimate(?=: ([^;(]{1,100}))|推定(?=：([^;(（]{1,100}))")
"""An estimate in a source's line, and how its reasoning begins, in English or Japanese."""
_INSIDE_ADDRESS = re.compile(r"(?<=[\w/])/(?=[\w.])")
"""A slash of an address, after which a line may end. Else the longest address would be a table's least width."""
_PIECES = re.compile(rf"{FACT.pattern}|{_ESTIMATE.pattern}")


def linked(text: str, page: SourcePage | None = None) -> str:
    """A text as HTML, the ids of facts in it linked to what they were published in, where that has an address.

    Args:
        page: Where there is a page of sources. Facts and estimates lead to their rows there instead.
    """
    parts, at = [], 0
    for match in (_PIECES if page else FACT).finditer(text):
        parts += [_text(text[at : match.start()]), _link(match, page)]
        at = match.end()
    return "".join([*parts, _text(text[at:])])


def _text(text: str) -> str:
    """A text as HTML. Lines may end inside an address."""
    escaped = escape(text)
    return _INSIDE_ADDRESS.sub("/<wbr>", escaped) if "://" in escaped else escaped


def _link(match: re.Match[str], page: SourcePage | None) -> str:
    name = match[0]
    fact = facts().get(name)
    if page:
        reasoning = match[1] or match[2]
        where = page({"find": reasoning.strip()} if reasoning else {"row": name}) if reasoning or fact else ""
    else:
        where = address(fact) if fact else ""
    if not where:
        return escape(name)
    title = f' title="{escape(fact.source)}"' if fact else ""
    return (
        f'<a href="{escape(where)}"{title} style="color:inherit" target="_blank" '
        f'rel="noopener noreferrer">{escape(name)}</a>'
    )


def html_table(rows: Sequence[Mapping[str, str]], style: Style | None, page: SourcePage | None = None) -> str:
    """Rows as a table that scrolls sideways where it is wide. "" where there is none.

    Args:
        style: The colours of its lines, written at each cell. None where the page has rules for tables.
        page: As `linked` has it.
    """
    if not rows:
        return ""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    whole, head_cell, cell = ("", "", "") if style is None else _styles(style)
    head = "".join(f'<th scope="col"{head_cell}>{escape(c)}</th>' for c in columns)
    body = "".join(
        "<tr>" + "".join(f"<td{cell}>{linked(row.get(column, ''), page)}</td>" for column in columns) + "</tr>"
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
