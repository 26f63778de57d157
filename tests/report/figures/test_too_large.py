"""A build of more steps than can be seen is a sentence; the table has them all."""

from sim import limits
from sim.batch.run import run
from sim.loading import load_text
from sim.report.figures.images.build import build_graph, build_table
from sim.report.style import Language, Style


def outcome(tmp_path, steps):
    (tmp_path / "Dockerfile").write_text("FROM a\n" + "RUN x\n" * steps)
    text = "id: big\nconcept: layers\ntitle: {en: t, ja: t}\nsummary: {en: s, ja: s}\nstudy: build\ncontext: .\n"
    return run(load_text(text, "big.yaml", str(tmp_path)), replications=1)[0]


def test_past_the_limit_a_sentence_with_the_number_stands_for_the_graph(tmp_path):
    found = outcome(tmp_path, limits.DRAWN + 10)
    said: dict[Language, str] = {"en": "at most 500 are drawn", "ja": "図に描くのは 500 個まで"}
    for language, word in said.items():
        drawn = build_graph(found, Style(language=language))
        assert word in drawn
        assert "data-node" not in drawn
    assert len(build_table(found)) > limits.DRAWN
    few = build_graph(outcome(tmp_path, 20), Style())
    assert few.count("data-node") == 21
