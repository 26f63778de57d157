"""The reason a step gives for what differs of the command line."""

import networkx as nx
import pytest

from sim.builds.context.edits import Change, Edit
from sim.builds.dockerfile.stages import parse
from sim.builds.graph.vertices import BuildGraph
from sim.builds.plan import plan_builds
from sim.builds.reasons.why import Built, pair, reason
from sim.report.texts import told


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("--ulimit nofile=9", "--ulimit nofile=10", ("nofile=9:9", "nofile=10:10")),
        ("", "--shm-size 1m", ("default", "1048576")),
    ],
)
def test_a_run_says_which_limit_is_another(bench, before, after, said):
    made = bench()
    graphs = []
    for args in (before, after):
        made.build("FROM base:1\nRUN b\n", args)
        vertices = {s.vertex.id: s.vertex for s in made.steps.values()}
        graph = nx.DiGraph()
        for vertex in vertices.values():
            graph.add_node(vertex.id, vertex=vertex)
        graphs.append(
            Built(BuildGraph(graph, "", tuple(vertices), parse("FROM base:1\n"), made.files), dict(made.steps))
        )
    old, now = graphs
    run = next(step for step in now.steps.values() if step.vertex.instruction == "RUN")
    found = reason(run, now, old, pair(old.graph, now.graph))
    arguments = dict(found.arguments)
    assert found.id == "build.value_changed"
    assert (arguments["old"], arguments["new"]) == said


def test_a_here_document_is_broken_by_its_text_and_not_by_a_stage():
    plan = plan_builds("FROM a\nCOPY <<EOF /etc/motd\nhello\nEOF\n", {}, [Change()])
    (copy,) = [record for record in plan.last.records if record.status == "hit"]
    assert (copy.breaks.id, dict(copy.breaks.arguments)) == ("build.breaks_document", {"name": "EOF"})
    assert told(copy.breaks, "en") == "A change of the text of its here-document EOF would make it run."
    assert told(copy.breaks, "ja") == "ヒアドキュメントEOFの文が変われば再実行されます。"
    edit = Edit(path="Dockerfile", content="FROM a\nCOPY <<EOF /etc/motd\nbye\nEOF\n")
    changed = plan_builds("FROM a\nCOPY <<EOF /etc/motd\nhello\nEOF\n", {}, [Change(edits=(edit,))])
    assert [record.line for record in changed.last.records if record.status == "miss"] == [2]
