"""A page to take home is made once for all who see the same result, and so much is kept."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dashboard.sharing import made, share
from dashboard.sharing.made import MadePages, MadePictures
from dashboard.view import View
from sim.batch.run import run
from sim.export import FigureFile, figure_svg, figures
from sim.loading import load
from sim.outcome import Outcome
from sim.report.ring import place
from sim.report.style import Language, Style
from sim.scenario import Scenario
from tests.dashboard.apptest import opened

SCENARIO = load("density")
OUTCOMES = run(SCENARIO)


class Maker:
    """Makes pages of so many characters, and counts them."""

    def __init__(self, size: int = 10) -> None:
        self.size, self.count = size, 0

    def __call__(self, outcomes: tuple[Outcome, ...], scenario: Scenario, language: Language) -> str:
        self.count += 1
        return f"{self.count}{language}".ljust(self.size)


def test_the_same_result_is_made_once_and_another_is_not_taken_for_it() -> None:
    pages, make = MadePages(), Maker()
    first = pages.page("report", make, OUTCOMES, SCENARIO, "en")
    assert pages.page("report", make, OUTCOMES, load("density"), "en") is first
    assert make.count == 1
    copies = tuple(replace(outcome) for outcome in OUTCOMES)
    for name, outcomes, scenario, language in (
        ("slides", OUTCOMES, SCENARIO, "en"),
        ("report", OUTCOMES, SCENARIO, "ja"),
        ("report", copies, SCENARIO, "en"),
        ("report", OUTCOMES, replace(SCENARIO, seed=2), "en"),
    ):
        before = make.count
        pages.page(name, make, outcomes, scenario, language)
        assert make.count == before + 1


def test_what_was_not_asked_for_longest_goes_and_what_is_larger_than_all_is_not_kept() -> None:
    pages, make = MadePages(kept=30), Maker()
    for name in ("a", "b", "c", "a", "d"):
        pages.page(name, make, OUTCOMES, SCENARIO, "en")
    assert (make.count, pages.size) == (4, 30)
    pages.page("a", make, OUTCOMES, SCENARIO, "en")
    assert make.count == 4
    pages.page("b", make, OUTCOMES, SCENARIO, "en")
    assert make.count == 5, "it went when d came"
    pages.page("huge", Maker(31), OUTCOMES, SCENARIO, "en")
    assert pages.size == 30


def test_two_readers_of_one_link_are_given_one_page(monkeypatch: pytest.MonkeyPatch) -> None:
    make, view = Maker(), View(lang="en", size=1.0, dark=False, embed=False, show=True)
    monkeypatch.setattr(share, "report_page", make)
    made.made_pages.clear()
    texts = []
    for link in ({"show": "1"}, {"show": "1"}, {"show": "1", "seed": "7"}):
        shown = opened("taxonomy", **link).session_state["shown:now"]
        (report,) = (take for take in share._pages(shown, view) if take.name == "report")
        texts.append(report.make())
    assert texts[0] is texts[1]
    assert texts[2] != texts[0]
    assert make.count == 2
    made.made_pages.clear()


def test_the_picture_of_an_equal_figure_is_drawn_once_and_another_is_not_taken_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn: list[FigureFile] = []
    monkeypatch.setattr(made, "figure_svg", lambda figure: drawn.append(figure) or f"{len(drawn)}")
    pictures, scenario = MadePictures(kept=2), load("components")
    outcomes = run(scenario)
    one, again = (next(f for f in figures(scenario, outcomes, "en") if f.drawing.words) for _ in range(2))
    assert one is not again
    assert (pictures.picture(one), pictures.picture(again)) == ("1", "1")
    ring = place(label="vm")
    others = (replace(one, rings=(ring,)), replace(one, title="x"), replace(one, style=Style("dark")))
    assert [pictures.picture(other) for other in others] == ["2", "3", "4"]
    assert pictures.picture(again) == "5", "of two that are kept it is none"


def test_an_open_share_menu_draws_its_tables_of_words_once_for_all_runs_of_the_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made.made_pictures.clear()
    drawn: list[str] = []
    draw = figure_svg
    monkeypatch.setattr(made, "figure_svg", lambda figure: drawn.append(figure.name) or draw(figure))
    at = opened("scenarios", scenario="components", show="1")
    at.session_state["share:menu"] = True
    for _ in range(2):
        at.run()
        assert not at.exception
    assert len(drawn) == len(set(drawn)) == 1
