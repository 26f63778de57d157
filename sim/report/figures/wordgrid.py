"""Tables whose cells are words with a verdict: how they are framed, and what all of them look like."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from sim.report.style import SMALLEST, Style


def word_grid(kind: str, columns: Sequence[str], rows: str, css: str, said: str) -> str:
    """A table that scrolls sideways where it is wide.

    Args:
        kind: Its class.
        columns: What stands above its columns, as HTML; above the rows' names stands nothing.
        rows: Its rows, as HTML.
        css: What it looks like.
        said: What it shows in a sentence, for those who do not see it. "" while the answers are left out.
    """
    head = "".join(f'<th scope="col">{column}</th>' for column in columns)
    label = f' aria-label="{escape(said)}"' if said else ""
    return (
        f'<style>{css}</style><div style="overflow-x:auto"><table class="{kind}"{label}>'
        f"<thead><tr><th></th>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def word_grid_css(kind: str, style: Style, columns: int) -> str:
    """Framed cells of one width. What tells the verdicts apart is the figure's own."""
    tokens, size = style.tokens, max(SMALLEST, style.px(14))
    return (
        f".{kind}{{border-collapse:separate;border-spacing:4px;width:100%;font-size:{size}px;color:{tokens.ink}}}"
        f".{kind}{{table-layout:fixed;min-width:{style.px(100 * (columns + 1))}px}}"
        f".{kind} th{{text-align:left;font-weight:600;vertical-align:bottom;padding:2px 6px}}"
        f".{kind} th[scope=row]{{vertical-align:middle}}"
        f".{kind} td{{border:1px solid {tokens.line};border-radius:4px;padding:4px 6px}}"
        f".{kind} td{{vertical-align:top;overflow-wrap:anywhere}}"
        f".{kind} small{{display:block;font-weight:400;color:{tokens.muted};font-size:{max(SMALLEST, size - 1)}px}}"
    )
