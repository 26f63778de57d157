"""A graph as text for other programs: Graphviz's DOT, and Mermaid, which GitHub and GitLab draw in Markdown.

The nodes and edges are those of the drawing (`svg.Card`, `svg.EdgeLine`). What a status looks like is said by glyph,
word and frame here too. Labels hold what a Dockerfile holds, so all that either language could read as its own is
escaped.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from sim.report.graph.svg import Card, EdgeLine, Tone
from sim.report.style import Style

LONGEST = 60
"""Characters of a step in a label. The rest is cut off."""


def dot(nodes: Sequence[Card], lines: Sequence[EdgeLine], style: Style) -> str:
    """The graph in DOT. Ids are the nodes' own."""
    red, muted = style.tokens.attention, style.tokens.muted
    styles: Mapping[Tone, str] = {
        "quiet": "",
        "hot": f', color="{red}", fontcolor="{red}"',
        "cause": f', color="{red}", fontcolor="{red}", penwidth=3',
        "unsure": f', color="{red}", style=dashed',
        "absent": f', color="{muted}", fontcolor="{muted}", style=dashed',
    }
    out = ["digraph build {", "  rankdir=TB;", "  node [shape=box];"]
    out += [f"  {_quoted(node.id)} [label={_quoted(*_label(node))}{styles[node.tone]}];" for node in nodes]
    for line in lines:
        kinds = ([f'color="{red}"'] if line.hot else []) + (["style=dashed"] if line.dashed else [])
        attributes = f" [{', '.join(kinds)}]" if kinds else ""
        out.append(f"  {_quoted(line.source)} -> {_quoted(line.target)}{attributes};")
    return "\n".join([*out, "}"]) + "\n"


def _quoted(*rows: str) -> str:
    r"""Rows of a label, or an id, as a string of DOT: a backslash begins an escape in it, and "\n" is a new row."""
    return '"' + r"\n".join(row.replace("\\", r"\\").replace('"', r"\"") for row in rows) + '"'


def mermaid(nodes: Sequence[Card], lines: Sequence[EdgeLine], style: Style) -> str:
    """The graph as a flowchart of Mermaid's. Ids are `mermaid_id` of the nodes'."""
    red, muted = style.tokens.attention, style.tokens.muted
    out = ["flowchart TB"]
    out += [f'  {mermaid_id(node.id)}["{"<br/>".join(map(_entities, _label(node)))}"]:::{node.tone}' for node in nodes]
    for line in lines:
        out.append(f"  {mermaid_id(line.source)} {'-.->' if line.dashed else '-->'} {mermaid_id(line.target)}")
    hot = [str(at) for at, line in enumerate(lines) if line.hot]
    out += [f"  linkStyle {','.join(hot)} stroke:{red}"] if hot else []
    out += [
        "  classDef quiet stroke-width:1px",
        f"  classDef hot stroke:{red},stroke-width:2px",
        f"  classDef cause stroke:{red},stroke-width:4px",
        f"  classDef unsure stroke:{red},stroke-dasharray:5 3",
        f"  classDef absent stroke:{muted},stroke-dasharray:4 3",
    ]
    return "\n".join(out) + "\n"


_SURE = " -./_,:="


def mermaid_id(node: str) -> str:
    """An id that is no word of Mermaid's: letters, digits and underscores behind "n_"."""
    return "n_" + re.sub(r"[^A-Za-z0-9]", lambda match: f"_{ord(match[0])}_", node)


def _entities(text: str) -> str:
    """A text inside a quoted label: all but letters, digits and what is sure by number, which Mermaid takes of any."""
    return "".join(c if c.isalnum() or c in _SURE else f"#{ord(c)};" for c in text)


def _label(node: Card) -> list[str]:
    """What a node says, in two rows."""
    body = " ".join(node.body.split())
    cut = body if len(body) <= LONGEST else body[: LONGEST - 1].rstrip() + "…"
    return [f"{node.glyph} {node.word} {cut}".rstrip(), " · ".join(part for part in (node.note, node.cost) if part)]
