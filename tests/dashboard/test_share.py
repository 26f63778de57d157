"""The share menu: it opens on every page, its code is one of the standard, and its files come only when asked for."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import pytest
from streamlit.delta_generator import DeltaGenerator
from streamlit.testing.v1 import AppTest

from dashboard.sharing import failed, share
from dashboard.view import View
from sim import __version__, limits
from sim.errors import InputError
from sim.export import drawings_page, slides
from sim.export.packages import REVEAL
from sim.live import kept
from sim.scenario import Scenario
from sim.studies.base import Tick
from tests.dashboard.apptest import opened, texts, title, unescaped

VIEW = View(lang="en", size=1.0, dark=False, embed=False, show=True)


def opened_menu(path: str, **link: str) -> AppTest:
    at = opened(path, **link)
    at.session_state["share:menu"] = True
    return at.run()


@pytest.mark.parametrize(
    ("listens", "ip", "there"),
    [
        (None, "192.168.1.7", "http://192.168.1.7:8501/density?show=1"),
        ("0.0.0.0", "192.168.1.7", "http://192.168.1.7:8501/density?show=1"),
        ("localhost", "192.168.1.7", ""),
        (None, "127.0.0.1", ""),
    ],
)
def test_a_server_that_listens_everywhere_says_where_else_it_is(
    listens: str | None, ip: str, there: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streamlit.get_option", {"server.address": listens}.get)
    monkeypatch.setattr("streamlit.net_util.get_internal_ip", lambda: ip)
    assert share.elsewhere("http://localhost:8501/density?show=1") == there


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_the_menu_opens_on_every_page(lang: str) -> None:
    for path in ("", "density", "layers", "images", "accuracy"):
        at = opened_menu(path, lang=lang)
        assert not at.exception, path
        assert not at.error, path


def test_a_code_has_the_size_that_the_standard_gives_its_link_and_says_what_it_is() -> None:
    """ISO/IEC 18004, table 7: version 3 at level M holds 42 bytes, version 4 holds 62. Both have 17 + 4 n modules."""
    for length, version in ((42, 3), (43, 4), (62, 4)):
        drawn = share.code("h" * length, "title & more")
        width = re.search(r'width="(\d+)"', drawn)
        assert width is not None
        assert int(width[1]) == 4 * (17 + 4 * version + 8), "4 modules of quiet on each side"
        assert "title &amp; more" in drawn


def test_on_this_machine_alone_a_sentence_stands_for_the_code() -> None:
    assert "No QR code: phones cannot reach" in texts(opened_menu("density"))


def test_the_numbers_are_offered_with_the_result_alone() -> None:
    question, result = (
        {element.proto.label for element in opened_menu("density", **link).get("download_button")}
        for link in ({}, {"show": "1"})
    )
    assert "Scenario" in question & result
    assert {"Numbers as CSV", "Page"} <= result - question


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_a_picture_is_named_by_its_scenario_and_language(lang: str) -> None:
    given = [json.loads(one.proto.json) for one in opened_menu("density", show="1", lang=lang).get("bidi_component")]
    assert [saver["name"] for one in given if one for saver in one if "forms" in saver] == [f"density.{lang}"]


@pytest.mark.parametrize(
    ("path", "link", "pictures", "charts"),
    [
        ("stacks", {"lang": "ja", "stacks": "docker,lxc"}, 2, 0),
        ("images", {}, 1, 1),
        ("images", {"look": "each", "lang": "ja"}, 0, 1),
        ("accuracy", {}, 0, 2),
    ],
)
def test_figures_of_no_scenario_are_a_page_with_the_same_title(
    path: str, link: dict[str, str], pictures: int, charts: int
) -> None:
    at = opened_menu(path, **link)
    offered = [element.proto.label for element in at.get("download_button")]
    assert offered.count("ページ" if "lang" in link else "Page") == 1
    figures = at.session_state["shown:now"].figures
    page = drawings_page(figures.title, figures.draw(), "ja" if "lang" in link else "en", figures.notes)
    assert f"<h1>{html.escape(title(at))}</h1>" in page
    assert page.count("<img alt=") + page.partition("<script")[0].count("<svg") == pictures
    assert page.count('<div class="chart"') == charts
    assert page.count("<details>") == 1, "the figures' table"
    assert len(page.encode()) < 1_200_000


def test_where_no_figure_stands_no_page_is_offered() -> None:
    for path, link in (("course", {}), ("sources", {}), ("scenarios", {}), ("stacks", {"stacks": "none"})):
        assert not [e for e in opened_menu(path, **link).get("download_button") if e.proto.label == "Page"], path


def test_slides_are_offered_where_no_click_downloads_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIM_CACHE", str(tmp_path))
    assert "Slides" not in {element.proto.label for element in opened_menu("density", show="1").get("download_button")}
    (tmp_path / f"{REVEAL.name}-{REVEAL.version}" / "package").mkdir(parents=True)
    assert "Slides" in {element.proto.label for element in opened_menu("density", show="1").get("download_button")}


def test_a_live_page_is_offered_of_a_shipped_lesson_where_it_can_be_built(monkeypatch: pytest.MonkeyPatch) -> None:
    def offered(path: str, **link: str) -> bool:
        return "share:live:make" in {one.key for one in opened_menu(path, **link).button}

    monkeypatch.setattr(kept, "at_hand", lambda: True)
    monkeypatch.setattr(kept, "is_kept", lambda _: False)
    assert offered("density")
    assert not offered("explore", study="density"), "its controls are those of no lesson"
    monkeypatch.setattr(kept, "at_hand", lambda: False)
    assert not offered("density")


def test_a_live_page_is_made_while_the_page_says_how_far_that_is_and_then_downloaded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    there, told = [], []

    def made(lesson: Scenario, tick: Tick, wait: Tick) -> bytes:
        wait(0.25)
        tick(0.5)
        there.append(lesson.id)
        return b"page"

    monkeypatch.setattr(kept, "at_hand", lambda: True)
    monkeypatch.setattr(kept, "is_kept", lambda lesson: lesson.id in there)
    monkeypatch.setattr(kept, "kept_page", made)
    draw = DeltaGenerator.progress
    monkeypatch.setattr(
        DeltaGenerator, "progress", lambda place, share, text: (told.append((share, text)), draw(place, share, text))
    )
    at = opened_menu("density")
    assert there == []
    at = at.button(key="share:live:make").click().run()
    assert there == ["density"]
    making = [(share, f"Making the live page: {100 * share:.0f} %") for share in (0.0, 0.5)]
    assert told == [making[0], (0.25, "Another live page is being made: 25 %"), making[1]]
    assert "Live page (30 MB)" in {element.proto.label for element in at.get("download_button")}


def test_why_no_live_page_can_be_made_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: Scenario, __: Tick, ___: Tick) -> bytes:
        raise InputError("there is no node")

    monkeypatch.setattr(kept, "at_hand", lambda: True)
    monkeypatch.setattr(kept, "is_kept", lambda _: False)
    monkeypatch.setattr(kept, "kept_page", fails)
    at = opened_menu("density").button(key="share:live:make").click().run()
    assert [error.value for error in at.error] == ["there is no node"]


def test_the_longest_link_that_is_drawn_as_a_code_is_one() -> None:
    assert "<svg" in share.code("h" * limits.QR_LINK, "long")


def test_a_link_names_the_model_s_version_and_another_version_is_told() -> None:
    assert f"model={__version__}" in share.address({"lang": "en"})
    assert "This link was made with model 0.0.9" in texts(opened("density", model="0.0.9"))
    assert "This link was made" not in texts(opened("density", model=__version__))
    assert "x" * 21 not in texts(opened("density", model="x" * 5000))


EDITED = {"file": "README.md", "how": "touch"}


@pytest.mark.parametrize(
    ("path", "link"),
    [
        *((path, {}) for path in ("taxonomy", "memory-ledger", "density", "layers")),
        ("layers", EDITED),
        ("scenarios", {"scenario": "own-image"}),
        ("explore", {"study": "density"}),
    ],
)
def test_pages_and_slides_are_made_of_every_page_that_offers_them(
    path: str, link: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """reveal.js is a script that may be missing here. A page does without it."""
    for name in ("LICENSE", "dist/reveal.js", "dist/reveal.css"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    monkeypatch.setattr(slides, "npm", lambda _: tmp_path)
    monkeypatch.setattr(share, "slides_at_hand", lambda: True)
    shown = opened(path, show="1", **link).session_state["shown:now"]
    made = {take.name: str(take.make()) for take in share._pages(shown, VIEW)}
    assert set(made) == {"report", "slides"}
    for page in made.values():
        assert "<h1>" in page


def test_the_lab_s_page_has_the_title_of_what_was_edited() -> None:
    shown = opened("layers", show="1", **EDITED).session_state["shown:now"]
    (report,) = (take for take in share._pages(shown, VIEW) if take.name == "report")
    page = str(report.make())
    assert "<h1>Which steps of the next build run again?</h1>" in page
    assert "One line of requirements.txt" not in page


def test_why_a_file_cannot_be_made_is_said_in_the_menu_until_something_else_is_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails() -> bytes:
        raise InputError("there is no room for it")

    def breaks() -> bytes:
        raise KeyError("internal")

    takes = [share.Takeaway("report", "a.html", "text/html", fails), share.Takeaway("csv", "b.csv", "text/csv", breaks)]
    monkeypatch.setattr(share, "TAKERS", [lambda *_: takes])
    at = opened_menu("density")
    assert not at.error
    noted = at.session_state["share:failed"][1]
    for take, error in zip(takes, (InputError, KeyError), strict=True):
        with pytest.raises(error):
            failed.noting(take.file, take.make, noted)()
    said = [(unescaped(one.proto.title), one.value) for one in at.run().error]
    assert said == [
        ("a.html could not be made", "there is no room for it"),
        ("b.csv could not be made", "An error of this program. The server's log says more."),
    ]
    assert failed.noting("a.html", lambda: b"there", noted)() == b"there"
    assert [unescaped(one.proto.title) for one in at.run().error] == ["b.csv could not be made"]
    at.query_params["seed"] = "7"
    assert not at.run().error
