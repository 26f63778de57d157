"""A build's graph as DOT and Mermaid: read back by small parsers of the two grammars, it is the graph that is drawn."""

from __future__ import annotations

import html
import re
import xml.etree.ElementTree as ET

import pytest

from sim.builds.context.edits import Change, Edit
from sim.builds.plan import plan_builds
from sim.outcome import Outcome
from sim.report.building.report import graph
from sim.report.graph.svg import Card, EdgeLine
from sim.report.graph.texts import LONGEST, dot, mermaid, mermaid_id
from sim.report.style import Style

HOSTILE = [
    'RUN echo "a"; b[c]{d}(e) <f> & #quot; `g` |h|',
    r"RUN printf 'a\nb\\' \"x\" \l \N",
    'RUN ["sh", "-c", "end"]',
    "RUN graph TD; subgraph end --> x %% --- classDef",
    'RUN "]:::hot',
    'RUN a"; b -> c; "',
    "RUN \x1b[31m red",
    "RUN 日本語 é",
    "RUN </text><script>",
]
TEXT = (
    "FROM base AS one\nCOPY a.txt /a\nRUN make\nFROM base AS other\nRUN unused\nFROM base\nENV X=1\n"
    "COPY --from=one /o /o\n"
)


def outcome(text=TEXT):
    changes = [Change(edits=(Edit(path="a.txt", content="2"),))]
    records = plan_builds(text, {"a.txt": "1"}, changes).records
    return Outcome("x", "build", 1, 1, ("build",), (), tuple(records))


TOKEN = re.compile(r'\s*(?:("(?:[^"\\]|\\.)*")|([A-Za-z_]\w*|-?\d+(?:\.\d+)?)|(->|[{}\[\];=,]))', re.DOTALL)


def read_dot(text):
    """Nodes with their labels' rows, and edges, of a digraph as https://graphviz.org/doc/info/lang.html has it."""
    tokens, at = [], 0
    while text[at:].strip():
        found = TOKEN.match(text, at)
        assert found, f"no token at {text[at : at + 30]!r}"
        tokens.append(next(each for each in found.groups() if each is not None))
        at = found.end()
    tokens.reverse()

    def take(expected=None):
        token = tokens.pop()
        assert expected in (None, token)
        return token

    def name():
        token = take()
        assert token.startswith('"') or re.fullmatch(r"\w+", token)
        return re.sub(r'\\"', '"', token[1:-1]) if token.startswith('"') else token

    def attributes():
        found = {}
        if tokens[-1] == "[":
            take("[")
            while tokens[-1] != "]":
                key = name()
                take("=")
                found[key] = name()
                if tokens[-1] == ",":
                    take(",")
            take("]")
        return found

    nodes, edges = {}, {}
    take("digraph")
    name()
    take("{")
    while tokens[-1] != "}":
        first = name()
        if tokens[-1] == "=":
            take("=")
            name()
        elif tokens[-1] == "->":
            take("->")
            second = name()
            edges[first, second] = attributes()
        else:
            found = attributes()
            if first not in ("node", "edge", "graph"):
                rows = [""]
                for part in re.findall(r"\\.|[^\\]", found["label"], re.DOTALL):
                    if part == r"\n":
                        rows.append("")
                    else:
                        assert part in ("\\\\",) or not part.startswith("\\"), part
                        rows[-1] += part.replace("\\\\", "\\")
                nodes[first] = rows
        take(";")
    take("}")
    assert not tokens
    return nodes, edges


def read_mermaid(text):
    """Nodes with their labels' rows, and edges, of a flowchart; a quoted label ends at the next quote."""
    lines = text.splitlines()
    assert lines[0] == "flowchart TB"
    nodes, edges = {}, {}
    for line in lines[1:]:
        if found := re.fullmatch(r'  (\w+)\["([^"]*)"\]:::(\w+)', line):
            assert not re.search(r"[`\[\]{}()|<>;&\\]", re.sub(r"<br/>|#\d+;", "", found[2])), found[2]
            rows = found[2].split("<br/>")
            nodes[found[1]] = [re.sub(r"#(\d+);", lambda entity: chr(int(entity[1])), row) for row in rows]
        elif found := re.fullmatch(r"  (\w+) (-->|-\.->) (\w+)", line):
            edges[found[1], found[3]] = found[2]
        else:
            assert re.fullmatch(r"  (classDef \w+ [\w:,.# -]+|linkStyle [\d,]+ stroke:#\w+)", line), line
    return nodes, edges


def read_svg(text):
    root = ET.fromstring(text)
    nodes = [each.get("data-node") for each in root.iter() if each.get("data-node")]
    return nodes, {(e.get("data-from"), e.get("data-to")) for e in root.iter() if e.get("data-from")}


@pytest.mark.parametrize("text", [TEXT, *(TEXT.replace("RUN make", each) for each in HOSTILE)], ids=repr)
def test_the_three_forms_have_the_same_nodes_and_edges(text):
    made = outcome(text)
    nodes, edges = read_svg(graph(made, "svg"))
    assert (len(nodes), len(edges)) == (7, 5)
    in_dot, dot_edges = read_dot(graph(made, "dot"))
    assert list(in_dot) == nodes
    assert set(dot_edges) == edges
    in_mermaid, mermaid_edges = read_mermaid(graph(made, "mermaid"))
    assert list(in_mermaid) == [mermaid_id(node) for node in nodes]
    assert set(mermaid_edges) == {(mermaid_id(a), mermaid_id(b)) for a, b in edges}
    assert list(in_mermaid.values()) == list(in_dot.values())


def node(body, name="v1"):
    return Card(name, "✗", "RUN", body, "first cause", "≈ 9 s", "cause", body)


@pytest.mark.parametrize("text", HOSTILE, ids=repr)
def test_a_label_is_read_back_as_it_was(text):
    body = " ".join(text.removeprefix("RUN ").replace("\x1b", "").split())
    rows = [f"✗ RUN {body}", "first cause · ≈ 9 s"]
    assert read_dot(dot([node(body)], [], Style()))[0] == {"v1": rows}
    assert read_mermaid(mermaid([node(body)], [], Style()))[0] == {"n_v1": rows}


def test_hits_and_misses_are_told_by_word_and_by_frame():
    nodes, edges = read_dot(graph(outcome(), "dot"))
    told = {
        rows[0].split()[1] + " " + rows[0].split()[2]: (rows[0][0], rows[1].partition(" · ")[0])
        for rows in nodes.values()
    }
    assert told["COPY a.txt"] == ("✗", "first cause")
    assert told["RUN make"] == ("✗", "re-runs")
    assert told["RUN unused"] == ("–", "not built")
    assert told["COPY --from=one"][0] == "?"
    hot = [pair for pair, how in edges.items() if "color" in how]
    assert len(hot) == 1
    assert [how["style"] for how in edges.values() if "style" in how] == ["dashed"]


def test_a_long_step_is_cut_and_ids_stay_apart():
    (rows,) = read_dot(dot([node("x" * 1000)], [], Style()))[0].values()
    assert len(rows[0]) <= LONGEST + len("✗ RUN ")
    names = ["a-b", "a_b", "a.b", "a_45_b", "end", "A"]
    assert len({mermaid_id(name) for name in names}) == len(names)
    nodes, edges = read_mermaid(mermaid([node("x", n) for n in names], [EdgeLine("a-b", "end", dashed=True)], Style()))
    assert len(nodes) == len(names)
    assert list(edges.values()) == ["-.->"]


def test_an_svg_is_a_picture_of_its_own_whatever_the_dockerfile_holds():
    text = graph(outcome(TEXT.replace("RUN make", "RUN \x1b[0m </svg>")), "svg")
    assert "var(" not in text
    assert html.escape("</svg>") in text
    ET.fromstring(text)
