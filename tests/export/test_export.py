"""Files for a lecture: complete, small, and asking for nothing beside them."""

from __future__ import annotations

import base64
import gzip
import html
import json
import re
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

import sim
from sim import export
from sim.cli import answer
from sim.errors import InputError
from sim.export import packages
from sim.export.legends import chips
from sim.live import answer as door
from sim.loading import from_document
from sim.report import words
from sim.report.figures.legend import legend
from sim.report.graph.svg import standalone
from sim.report.shown import request, shown
from sim.report.style import LANGUAGES, SMALLEST, Language, Style, rows_of
from sim.report.texts import tr
from tests import shipped

MOST = 1_200_000
"""Bytes of a report page."""

SVG = "{http://www.w3.org/2000/svg}"

LOADING = {"src", "srcset", "poster", "data", "action", "background", "formaction"}
"""Attributes that a browser asks an address of. `href` loads nothing but in `link` and `use`, which no page has."""


class Addresses(HTMLParser):
    """What a page would load, its scripts, and its elements by name."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        asked = [value or "" for name, value in attrs if name in LOADING]
        self.loaded += [address for address in asked if not address.startswith("data:")]


def asks_for_nothing(page: str) -> None:
    read = Addresses()
    read.feed(page)
    assert read.loaded == []
    assert not {"link", "use", "base", "object", "embed"} & set(read.seen)
    assert "default-src &#x27;none&#x27;" in page
    assert "unsafe-eval" not in page.partition("<title>")[0]
    styles = "".join(re.findall(r"<style>(.*?)</style>", page, re.DOTALL))
    assert not re.search(r"@import|url\(\s*['\"]?(?!data:|#)", styles)


@pytest.fixture(scope="module", params=sim.lessons())
def ran(request: pytest.FixtureRequest) -> tuple[sim.Scenario, tuple[sim.Outcome, ...]]:
    scenario = sim.load(request.param)
    return scenario, shipped.outcomes(scenario, min(2, scenario.replications))


def test_a_report_is_small_complete_and_asks_for_nothing(ran: tuple[sim.Scenario, tuple[sim.Outcome, ...]]) -> None:
    scenario, outcomes = ran
    for language in ("en", "ja"):
        page = export.report_page(outcomes, scenario, language)
        assert len(page.encode()) < MOST
        asks_for_nothing(page)
        assert f"model {sim.__version__}" in page or f"モデル {sim.__version__}" in page
        drawings = [one for outcome in outcomes for one in shown(request(scenario, outcome, Style(language=language)))]
        charts = [one for one in drawings if one.kind == "vega"]
        # Behind the figures are the questions, each with one of them drawn again with its ring.
        figures, _, questions = page.partition(f"<h2>{tr('ui.quiz', language)}</h2>")
        assert figures.count('class="chart" role="img"') == len(charts)
        asked = scenario.lesson.quiz if scenario.lesson else ()
        assert questions.count('class="chart" role="img"') <= len(asked)
        packed = re.findall(r'<script type="text/plain">([^<]*)<', figures)
        assert [rows(json.loads(gzip.decompress(base64.b64decode(one)))) for one in packed] == [
            rows(one.content) for one in charts
        ]
        assert all(one.alt for one in drawings if one.kind != "html")
        slim = [standalone(one.narrow, Style(language=language)) for one in drawings if one.narrow]
        sources = re.findall(r'<picture><source media="([^"]*)" srcset="data:image/svg\+xml;base64,([^"]*)">', figures)
        assert [(media, base64.b64decode(svg).decode()) for media, svg in sources] == [
            ("(max-width:640px)", svg) for svg in slim
        ]


def rows(node: object) -> list[object]:
    """All rows in a specification, whichever way they are written."""
    if isinstance(node, list):
        return [row for one in node for row in rows(one)]
    if not isinstance(node, dict):
        return []
    own = rows_of(node["data"]) if "data" in node and "name" not in node["data"] else []
    return [*own, *(row for name, one in node.items() if name != "data" for row in rows(one))]


def test_a_lesson_has_figures_in_both_languages_and_each_table_of_words_is_a_picture(
    ran: tuple[sim.Scenario, tuple[sim.Outcome, ...]],
) -> None:
    scenario, outcomes = ran
    for language in LANGUAGES:
        figures = export.figures(scenario, outcomes, language)
        assert figures
        finding = words.finding(scenario.lesson, words.values(*outcomes), language) if scenario.lesson else ""
        for figure in figures:
            assert figure.title == figure.drawing.title or figure.title == finding
            if figure.drawing.words:
                svg = ET.fromstring(export.figure_svg(figure))
                titles = [svg.findtext(f"{SVG}{name}") for name in ("title", "desc")]
                assert titles == [figure.title, figure.drawing.alt]
                assert export.figure_png(figure).startswith(b"\x89PNG")
                width, height = (float(side) for side in svg.attrib["viewBox"].split()[2:])
                scale = min(1200 / width, 528 / height) * 960 / 1200
                assert scale * SMALLEST > 9, "pixels of the smallest text on a slide of 960 by 540"


@pytest.mark.parametrize(("name", "language"), [("taxonomy", "en"), ("layers", "en"), ("portability", "ja")])
def test_a_figure_is_a_picture_with_its_legend(name: str, language: Language) -> None:
    scenario = sim.load(name)
    figures = export.figures(scenario, sim.run(scenario, replications=1), language)
    assert len({figure.name for figure in figures}) == len(figures)
    for figure in figures:
        svg = export.figure_svg(figure)
        root = ET.fromstring(svg)
        assert root.tag == f"{SVG}svg"
        assert "var(" not in svg
        loaded = [value for one in root.iter() for name, value in one.attrib.items() if name.endswith("href")]
        assert [value for value in loaded if not value.startswith("#")] == []
        texts = " ".join(root.itertext())
        assert all(chip.text in texts for chip in chips(figure.legend))
        png = export.figure_png(figure)
        assert png.startswith(b"\x89PNG")
        width = int.from_bytes(png[16:20], "big")
        assert width == pytest.approx(2 * float(root.attrib["viewBox"].split()[2]), abs=2)
        assert export.figure_svg(figure) == svg, "the same each time"


def test_a_legend_is_read_as_it_is_drawn_on_a_page() -> None:
    found = chips(legend(Style(), ("kernel", "files"), ("interval", "range")))
    assert [chip.text for chip in found] == [
        tr("owner.kernel"), tr("owner.files"), tr("figure.mark.interval"), tr("figure.mark.range")
    ]  # fmt: skip
    assert found[0].style["background"] == Style().tokens.owners["kernel"]
    assert found[0].width == pytest.approx(0.95 * 14)


def test_files_are_named_by_scenario_drawing_and_language(tmp_path: Path) -> None:
    assert answer(["export", "density", "--out", str(tmp_path), "--format", "svg,report", "--language", "en,ja"]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "density-ladder.en.svg", "density-ladder.ja.svg", "density-report.en.html", "density-report.ja.html"
    ]  # fmt: skip
    assert 'lang="ja"' in (tmp_path / "density-report.ja.html").read_text("utf-8")


def test_a_seed_is_in_the_files(tmp_path: Path) -> None:
    assert answer(["export", "density", "--out", str(tmp_path), "--seed", "77"]) == 0
    assert "seed 77" in (tmp_path / "density-report.en.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["density", "--format", "pdf"], "no format 'pdf'"),
        (["density", "--language", "xx"], "no language 'xx'; there are en, ja"),
        (["density", "density"], "is given twice"),
        (["no-such-lesson"], "no such file"),
        (["density", "--format", "trace"], "density: nothing in it happens in time"),
    ],
)
def test_what_cannot_be_exported_is_said_with_code_2(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert answer(["export", *arguments, "--out", str(tmp_path)]) == 2
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


# ---- what is downloaded ---------------------------------------------------------------------------------------------


@pytest.fixture
def no_downloads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and a path on which there is no program."""
    monkeypatch.setenv("SIM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def program(folder: Path, name: str, code: str) -> None:
    path = folder / name
    path.write_text(f"#!{sys.executable}\n{code}\n", "utf-8")
    path.chmod(0o755)


@pytest.mark.parametrize("form", ["slide", "live"])
def test_without_npm_an_export_that_needs_it_says_so(
    form: str, no_downloads: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert answer(["export", "density", "--out", str(no_downloads / "out"), "--format", form]) == 2
    said = capsys.readouterr().err
    assert "is downloaded by npm, and there is no npm" in said
    assert list((no_downloads / "out").iterdir()) == []


def test_a_download_that_fails_is_said_with_its_own_words(no_downloads: Path) -> None:
    program(no_downloads, "npm", "import sys; sys.exit('npm error network ENOTFOUND')")
    with pytest.raises(InputError, match=r"is the network there\? It said: npm error network ENOTFOUND"):
        packages.npm(packages.REVEAL)
    assert list((no_downloads / "cache").iterdir()) == [], "nothing half done is left"


def test_a_program_that_fails_by_the_signal_that_everybody_heard_is_no_bad_input(
    no_downloads: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program(no_downloads, "npm", "import os, signal; os.kill(os.getppid(), signal.SIGINT); raise SystemExit('failed')")
    for form in ("live", "slide"):
        assert answer(["export", "density", "--out", str(no_downloads / "out"), "--format", form]) == 130
        assert capsys.readouterr().err == "interrupted\n"
    assert list((no_downloads / "out").iterdir()) == []


def test_an_archive_of_another_hash_is_not_used(no_downloads: Path) -> None:
    program(no_downloads, "npm", "open('reveal.js-6.0.2.tgz', 'wb').write(b'else')")
    with pytest.raises(InputError, match="is another than was pinned"):
        packages.npm(packages.REVEAL)
    assert list((no_downloads / "cache").iterdir()) == []


def test_a_deck_has_a_slide_for_each_figure_and_one_for_the_live_page(no_downloads: Path) -> None:
    folder = no_downloads / "cache" / "reveal.js-6.0.2" / "package" / "dist"
    folder.mkdir(parents=True)
    (folder / "reveal.js").write_text("window.Reveal = {initialize() {}}; // </script>", "utf-8")
    (folder / "reveal.css").write_text(".reveal{color:red}", "utf-8")
    (folder.parent / "LICENSE").write_text("MIT, as it stands -- here", "utf-8")
    scenario = sim.load("taxonomy")
    outcomes = sim.run(scenario, replications=1)
    deck = export.slide(outcomes, scenario, "en")
    asks_for_nothing(deck)
    assert deck.count("<section>") == len(export.figures(scenario, outcomes))
    asked = deck.partition('<section class="asked">')[2].partition("</section>")[0]
    assert "Which is ready first?" in asked
    assert asked.count("<img") == 1, "the question stands with its figure"
    assert "window.Reveal" in deck
    assert "MIT, as it stands" in deck.partition("-->")[0]
    told = sim.load("throwaway-tool")
    japanese = export.slide(sim.run(told, replications=1), told, "ja")
    assert 1 + japanese.count("<section>") == japanese.count("<img") == 2, "the question has its figure too"
    assert "<table" not in japanese
    assert deck.count("</script>") == deck.count("<script>"), "no script ends early"
    framed = export.slide(outcomes, scenario, "en", "taxonomy-live.html#taxonomy:en")
    assert '<iframe sandbox="allow-scripts"' in framed
    assert 'data-src="taxonomy-live.html#taxonomy:en"' in framed


def test_that_vl_convert_is_missing_is_said_before_anything_runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("it ran")

    monkeypatch.setitem(sys.modules, "vl_convert", None)
    monkeypatch.setattr("sim.cli.export._run", never)
    monkeypatch.setattr("sim.live.builder.page", never)
    assert answer(["export", "density", "--out", str(tmp_path / "lecture"), "--format", "live,svg"]) == 2
    assert "python -m pip install" in capsys.readouterr().err
    assert not (tmp_path / "lecture").exists()


def test_without_vl_convert_an_export_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    with pytest.raises(InputError, match="python -m pip install 'vl-convert-python"):
        export.files.converter()


# ---- texts of a scenario that somebody else wrote --------------------------------------------------------------------

HOSTILE = "</script><!--<script><img src=x onerror=alert(1)>\"'&"


def with_hostile_texts(value: Any) -> Any:
    """A document whose every text that a reader sees begins as nobody's should."""
    if isinstance(value, dict):
        if value and set(value) <= {"en", "ja"}:
            return {language: HOSTILE + text for language, text in value.items()}
        return {name: with_hostile_texts(one) for name, one in value.items()}
    return [with_hostile_texts(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", ["isolation", "layers", "memory-ledger"])
def test_texts_of_a_scenario_are_no_markup_in_a_page_and_in_what_the_live_page_takes_as_html(name: str) -> None:
    written = sim.load(name)
    document = json.loads(json.dumps(written.document))
    labels = {label: {"en": HOSTILE + label, "ja": HOSTILE + label} for label in document["compare"]}
    scenario = from_document(with_hostile_texts(document) | {"labels": labels}, written.file, written.folder)
    read = Addresses()
    read.feed(export.report_page(sim.run(scenario, replications=1), scenario, "en").partition("<body>")[2])
    assert read.loaded == []
    door.put(scenario)
    found = json.loads(door.answer(json.dumps({"name": scenario.id, "shown": True})))
    taken = [found["explain"], found["besides"], *(one for asked in found["quiz"] for one in asked["choices"])]
    taken += [part[name] for part in found["parts"] for name in ("note", "table", "sources")]
    taken += [one["content"] for part in found["parts"] for one in part["drawings"] if one["kind"] != "vega"]
    assert any("&lt;img" in text for text in taken), "the texts are there"
    assert not [text for text in taken if "<img" in text or "<script" in text]


def test_a_report_asks_its_questions_and_rings_where_the_answer_is() -> None:
    scenario = sim.load("taxonomy")
    assert scenario.lesson is not None
    page = export.report_page(sim.run(scenario, replications=2), scenario)
    assert page.count("Look at the ring in the figure: ") == sum(not q.change for q in scenario.lesson.quiz)
    assert "What does the virtual machine under KVM spend most of its start on?" in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_report_says_where_the_questions_that_it_leaves_out_are_answered(language: Language, tmp_path: Path) -> None:
    own = tmp_path / "my lesson.yaml"
    own.write_text(Path(sim.load("taxonomy").file).read_text("utf-8"), "utf-8")
    for given, named in (("taxonomy", "taxonomy"), (own, "'my lesson.yaml'")):
        scenario = sim.load(given)
        page = export.report_page(sim.run(scenario, replications=2), scenario, language)
        command = f"python -m sim lesson {named} --answers --language {language}"
        assert f"<code>{html.escape(command)}</code>" in page
    lesson = scenario.lesson
    assert lesson is not None
    without = replace(scenario, lesson=replace(lesson, quiz=tuple(one for one in lesson.quiz if not one.change)))
    assert "--answers" not in export.report_page(sim.run(without, replications=2), without, language)
