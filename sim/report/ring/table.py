"""A ring in a table of words: round its cells, or a row, that say they are of a place (`data-place`)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from sim.report.ring.places import Place, belongs, read_place
from sim.report.style import Style
from sim.report.texts import tr

_MARKED = re.compile(r'<(td|th|tr)\b[^>]*?\bdata-place="([^"]*)"[^>]*>')
_CELL = re.compile(r"<t[dh]\b[^>]*>")


def ringed_table(html: str, places: Sequence[Place], style: Style) -> tuple[str, int]:
    """The table with a ring round each cell or row of the places, and how many rings there are."""
    found = [
        match for match in _MARKED.finditer(html) if any(belongs(wanted, read_place(match[2])) for wanted in places)
    ]
    for number, match in reversed(list(enumerate(found))):
        look = f'style="outline:3px solid {style.tokens.attention};outline-offset:1px;border-radius:6px"'
        opened = f"{match[0][:-1]} {look}>"
        rest = html[match.end() :]
        if number == 0:
            here = escape(tr("figure.ring.here", style.language))
            word = f'<b style="color:{style.tokens.attention_text}">◯ {here}</b> '
            inner = _CELL.match(rest) if match[1] == "tr" else None
            rest = f"{inner[0]}{word}{rest[inner.end() :]}" if inner else word + rest
        html = html[: match.start()] + opened + rest
    return html, len(found)
