"""What a reader has done of the course is in the reader's browser, and is shown by it alone."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, expect

from sim.catalog.tables.course import chapters
from sim.loading import load
from tests.dashboard.browsing import open_page, settled

pytestmark = pytest.mark.browser

QUESTIONS = load("memory-ledger").lesson.quiz
FIRST = chapters()[0].lessons[0].id
READ = "() => localStorage.getItem('virtualization-simulator:lessons')"
MARK = "card => getComputedStyle(card, '::after').content"


def record(page: Page) -> dict[str, dict[str, int]]:
    kept: dict[str, dict[str, int]] = json.loads(page.evaluate(READ) or "{}")
    return kept


def test_a_lesson_is_begun_by_its_run_done_by_its_answers_and_forgotten_by_a_button(page: Page, app_url: str) -> None:
    open_page(page, f"{app_url}/course")
    expect(page.get_by_role("status").filter(has_text=re.compile(r"^0 of \d+ done"))).to_be_visible()
    assert record(page) == {}

    open_page(page, f"{app_url}/memory-ledger")
    page.get_by_text("Several times as much").click()
    page.get_by_role("button", name="Run", exact=True).click()
    groups = page.get_by_role("radiogroup").filter(has=page.get_by_role("radio"))
    expect(page.get_by_text("Check yourself")).to_be_visible()
    settled(page)
    page.wait_for_function("localStorage.getItem('virtualization-simulator:lessons')")
    assert record(page) == {"memory-ledger": {"answered": 0, "of": len(QUESTIONS)}}

    for question in QUESTIONS:
        group = groups.filter(has_text=question.choices[0].text.en).last
        group.get_by_text(question.choices[0].text.en, exact=True).click()
        settled(page)
    page.wait_for_function(f"JSON.parse({READ[6:]})['memory-ledger'].answered === {len(QUESTIONS)}")

    open_page(page, f"{app_url}/course")
    expect(page.get_by_role("status").filter(has_text=re.compile(r"^1 of \d+ done"))).to_be_visible()
    assert "done" in page.locator(".st-key-card-memory-ledger").evaluate(MARK)
    assert page.locator(".st-key-card-density").evaluate(MARK) == "none"
    following = page.get_by_role("link", name="Next: lesson 1, ")
    assert following.evaluate("link => link.href") == f"{app_url}/scenarios?scenario={FIRST}"
    page.get_by_role("button", name="Forget this").click()
    expect(page.get_by_role("status").filter(has_text=re.compile(r"^0 of \d+ done"))).to_be_visible()
    assert record(page) == {}


def test_somebody_elses_answers_in_a_link_count_for_nothing(page: Page, app_url: str) -> None:
    open_page(page, f"{app_url}/memory-ledger?show=1&said=1&quiz=1,1")
    expect(page.get_by_text("Check yourself")).to_be_visible()
    settled(page)
    assert record(page) == {}


@pytest.mark.parametrize("kept", ["{", "[]", "7", '{"memory-ledger": 3, "<img src=x onerror=boom()>": {}}'])
def test_a_record_that_was_tampered_with_breaks_nothing(page: Page, app_url: str, kept: str) -> None:
    page.goto(f"{app_url}/_stcore/health")  # of the same origin
    page.evaluate("kept => localStorage.setItem('virtualization-simulator:lessons', kept)", kept)
    open_page(page, f"{app_url}/course")
    expect(page.get_by_role("status").filter(has_text=re.compile(r"^0 of \d+ done"))).to_be_visible()
