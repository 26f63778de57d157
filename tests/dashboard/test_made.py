"""A page to take home is made once for all who see the same result, and so much is kept."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dashboard.sharing import made, share
from dashboard.sharing.made import MadePages
from dashboard.view import View
from sim.batch.run import run
from sim.loading import load
from sim.outcome import Outcome
from sim.report.style import Language
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
