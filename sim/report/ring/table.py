"""A ring in a table of words: round its cells that say they are of a place (`data-place`)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from sim.report.ring.places import FigurePlace, belongs, read_place
from sim.report.style import Style
from sim.report.texts import tr

_MARKED = re.compile(r'<(td|th)\b[^>]*?\bdata-place="([^"]*)"[^>]*>')


def ringed_table(html: str, places: Sequence[FigurePlace], style: Style) -> tuple[str, int]:
    """The table with a ring round each cell of the places, and how many rings there are.

    The word stands in the first of them, before what the cell says: beside it, it would cover another cell's.
    """
    found = [
        match for match in _MARKED.finditer(html) if any(belongs(wanted, read_place(match[2])) for wanted in places)
    ]
    for number, match in reversed(list(enumerate(found))):
        outline = f"outline:3px solid {style.tokens.attention};outline-offset:-1px"
        look = f'style="position:relative;{outline};border-radius:6px"'
        opened = f"{match[0][:-1]} {look}>"
        rest = html[match.end() :]
        table = html.rfind("<table", 0, match.start())
        if number == 0 or found[number - 1].start() < table:  # a phone may have a table of its own
            here, tokens = escape(tr("figure.ring.here", style.language)), style.tokens
            word = (
                f'<b style="display:inline-block;white-space:nowrap;margin-right:.4em;padding:0 3px;font-weight:700;'
                f'line-height:1;background:{tokens.background};color:{tokens.attention_text}">{here}</b>'
            )
            rest = word + rest
        html = html[: match.start()] + opened + rest
    return html, len(found)
