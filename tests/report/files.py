"""A figure as a file has it, where there is no page to be as wide as."""

from __future__ import annotations

from sim.report.style import Spec, Style


def fixed(spec: Spec, style: Style, width: int = 800) -> Spec:
    """The same figure at a width of its own and on its theme's background."""
    return {**spec, "width": width, "background": style.tokens.background, "padding": 16}
