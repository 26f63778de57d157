"""The legend, once a page, as HTML with inline styles: owners in stack order, then what the strokes mean.

The marks are told apart without colour: an estimate is pale and dashed, what is counted again is hatched.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Literal

from sim.records.instances import OWNERS, Owner
from sim.report.figures.parts import PALE
from sim.report.style import Style
from sim.report.texts import tr

LegendMark = Literal["estimate", "interval", "range", "queued", "again", "untouched"]


def legend(
    style: Style, owners: Sequence[Owner] = OWNERS, marks: Sequence[LegendMark] = (), short: bool = False,
    estimates: tuple[int, int] = (0, 0),
) -> str:  # fmt: skip
    """The owners a figure shows, in stack order, and only the marks it uses.

    Args:
        short: The owner's first word.
        estimates: How many parts are estimates, of how many. For a figure that marks its sums instead of each part.
    """
    tokens = style.tokens
    suffix = ".short" if short else ""
    chips = [
        _chip(f"background:{tokens.owners[owner]}", tr(f"owner.{owner}{suffix}", style.language))
        for owner in OWNERS
        if owner in owners
    ]
    ink, box = tokens.ink, "box-sizing:border-box;width:1.7em"
    strokes: dict[LegendMark, str] = {
        "estimate": f"border:1.5px dashed {ink};background:{ink}{round(255 * PALE):02X};{box}",
        "again": f"border:1.5px solid {ink};background:repeating-linear-gradient(135deg,{ink} 0 1.5px,"
        f"transparent 1.5px 5px);{box}",
        "untouched": f"border:1.5px solid {tokens.muted};{box}",
        "queued": f"border:1.5px solid {tokens.muted};{box}",
        "interval": f"background:linear-gradient({ink},{ink}) center/100% 2px no-repeat;border:solid {ink};"
        f"border-width:0 2px;{box};height:.8em",
        "range": f"background:{ink};opacity:.32;height:.4em;width:1.6em",
    }
    chips += [_chip(strokes[mark], tr(f"figure.mark.{mark}", style.language)) for mark in marks]
    if estimates[0]:
        told = tr("figure.mark.estimates", style.language, n=estimates[0], all=estimates[1])
        chips.append(_chip(strokes["estimate"], told))
    return f'<div style="font-size:.9rem;line-height:1.9;color:{tokens.muted}">{"".join(chips)}</div>'


def _chip(style: str, text: str) -> str:
    return (
        '<span style="display:inline-flex;align-items:center;gap:.4em;margin-right:.95em;white-space:nowrap">'
        f'<span style="width:.95em;height:.95em;{style}"></span>{escape(text)}</span>'
    )
