"""The critical path of a build: the steps that make the time of the next build, and their mark in its graph."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from graphlib import TopologicalSorter

from sim.outcome import Outcome
from sim.report.figures.images.build import steps
from sim.report.graph.svg import escape
from sim.report.style import Style
from sim.report.texts import tr

_WIDTH = 7
"""Pixels of an edge on the path, and of the bar at a node's left. Other hot edges have 3."""


def critical_path(outcome: Outcome, build: str = "", *, label: str = "") -> tuple[str, ...]:
    """The ids of the steps on the longest way through what runs again, first to last. There is none where nothing runs.

    BuildKit runs independent stages side by side, so that only these make the time. The legacy builder runs one step
    after the other, so that there it is every step that runs.
    """
    shown = {step.step: step for step in steps(outcome, build, label)}
    runs = {name for name, step in shown.items() if step.status in ("miss", "depends")}
    label = label or next(iter(outcome.labels), "")
    if (outcome.parameters or {}).get(label, {}).get("builder") == "legacy":
        return tuple(name for name in shown if name in runs)
    inputs = {name: [source for source, _ in step.inputs if source in shown] for name, step in shown.items()}
    ends: dict[str, float] = {}
    before: dict[str, str] = {}
    for name in TopologicalSorter(inputs).static_order():
        slowest = max(inputs[name], key=lambda source: ends[source], default="")
        before[name] = slowest
        ends[name] = (ends[slowest] if slowest else 0.0) + ((shown[name].seconds or 0.0) if name in runs else 0.0)
    path: list[str] = []
    at = max((name for name in shown if name in runs), key=lambda name: ends[name], default="")
    while at:
        path.append(at)
        at = before[at]
    return tuple(name for name in reversed(path) if name in runs)


def emphasised(svg: str, path: Sequence[str], style: Style) -> str:
    """A build's graph with its critical path marked: heavy edges, a bar at each node's left, and the words read aloud.

    Args:
        svg: As `build_graph` gives it.
    """
    if not path:
        return svg
    red = f"var(--st-red-color,{style.tokens.attention})"
    css = f".e.k{{stroke-width:{_WIDTH}}}.k-bar{{fill:{red}}}</style>"
    svg = svg.replace("</style>", css, 1)
    names = {escape(name) for name in path}
    pairs = {(escape(source), escape(target)) for source, target in itertools.pairwise(path)}
    said = escape(tr("figure.on_path", style.language))

    def edge(match: re.Match[str]) -> str:
        on = " k" if (match["source"], match["target"]) in pairs else ""
        return f'<path class="{match["kind"]}{on}" {match["ends"]}'

    def node(match: re.Match[str]) -> str:
        if match["name"] not in names:
            return match[0]
        bar = f'<rect class="k-bar" width="{_WIDTH}" height="{match["height"]}" rx="3"/>'
        return f'{match["head"]}, {said}"{match["rest"]}{bar}'

    ends = r'data-from="(?P<source>[^"]*)" data-to="(?P<target>[^"]*)"'
    svg = re.sub(rf'<path class="(?P<kind>e[^"]*)" (?P<ends>{ends})', edge, svg)
    card = (
        r'(?P<head><g class="n [^"]*" data-node="(?P<name>[^"]*)"[^>]*aria-label="[^"]*)"'
        r'(?P<rest>[^>]*><rect class="b"[^>]*height="(?P<height>\d+)"[^>]*/>)'
    )
    return re.sub(card, node, svg)
