"""Every lesson as a student takes it: predicted by its kind, run, corrected, reloaded, at four sizes of a window."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

import sim
from sim.report.style import LANGUAGES, Language
from sim.scenario import Prediction
from tests.dashboard.browsing import (
    IDLE,
    SIZES,
    at_sizes,
    empty_share,
    hall_misfits,
    heading,
    misfits,
    open_page,
    settled,
)
from tests.dashboard.conftest import watch

pytestmark = pytest.mark.browser

FRAME, PROJECTOR = (960, 540), (1920, 1080)
SMALL_PROJECTOR = (1280, 720)
"""A projector with few pixels, on which figures that are wide or high have least room."""
MOST_EMPTY = 0.4
"""The share of a projector's height that may be empty below a lesson."""
SMALLEST, SMALLEST_PROJECTED = 12, 18
"""Pixels of the smallest text, and on a projector."""
SHARES = 6
"""Tests that the lessons are dealt to, so that several processes can take them."""


def predict(page: Page, asked: Prediction) -> str:
    """Say something, as the lesson asks for it, by the keyboard alone. Returns what the link then says."""
    if asked.rank:
        lanes = page.get_by_role("toolbar").get_by_role("button")
        for number in range(lanes.count()):
            lanes.nth(number).press("Enter")
            expect(lanes.nth(number)).to_have_accessible_name(re.compile(rf"^{number + 1}\b"))
    elif asked.guess:
        page.get_by_role("spinbutton").first.fill("3")
        page.get_by_role("spinbutton").first.press("Enter")
    elif asked.choices:
        page.get_by_role("radio").first.press("Space")
    settled(page)
    run = page.locator("[data-testid=stBaseButton-primary]:enabled").first
    question = heading(page)
    run.press("Enter")
    expect(page.get_by_role("heading", level=1).first).not_to_have_text(question)
    page.wait_for_selector(IDLE, timeout=300_000)  # its questions "what if" run too
    return page.url.partition("?")[2]


def dealt() -> dict[str, tuple[Language, Language, bool]]:
    """Each lesson with its two languages, in turn by fours, and whether it is the first of its kind in them."""
    found: dict[str, tuple[Language, Language, bool]] = {}
    kinds = set()
    for number, name in enumerate(sim.lessons()):
        predicted = sim.load(name).lesson.predict
        lang, other = reversed(LANGUAGES) if number // 4 % 2 else LANGUAGES
        kind = next(word for word in ("rank", "guess", "choices", "steps") if getattr(predicted, word)), lang
        found[name] = lang, other, kind not in kinds
        kinds.add(kind)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("share", range(SHARES))
def test_every_lesson_is_taken_and_fits_every_window(page: Page, app_url: str, share: int) -> None:
    """A figure's layout on a projector grows with its pixels: 1280x720 has the least room for each of its lines.

    So every lesson is seen there, and only the first of each kind of prediction in each language at 1920x1080, too.
    Those alone are reloaded.
    """
    wrong: dict[str, list[str]] = {}
    for name, (lang, other, sample) in list(dealt().items())[share::SHARES]:
        scenario = sim.load(name)
        page.set_viewport_size({"width": 1280, "height": 720})
        open_page(page, f"{app_url}/scenarios?scenario={name}&lang={lang}")
        found = [f"question, {one}" for one in at_sizes(page, SIZES, SMALLEST, whole=True)]
        link = predict(page, scenario.lesson.predict)
        found += [f"answer, {one}" for one in at_sizes(page, SIZES, SMALLEST, whole=True)]
        if sample:
            if "said=" not in link or "show=1" not in link:
                found.append(f"the link does not say what was predicted: {link}")
            finding = heading(page)
            page.reload()
            settled(page)
            expect(page.get_by_role("heading", level=1).first).to_have_text(finding)
        found += [f"answer, {one}" for one in in_halls(page, large=sample)]
        in_other_language(page, scenario.title.read(other))
        found += [f"question, the other language, {one}" for one in in_halls(page, large=sample)]
        if found:
            wrong[name] = found
    assert not wrong, "\n".join(f"{name}: {one}" for name, found in wrong.items() for one in found)


def in_other_language(page: Page, title: str) -> None:
    """Take the answer back and change the language, and run the page once more: it is still this lesson's question."""
    finding = heading(page)
    page.locator("[class*='-again'] button").last.click()
    expect(page.get_by_role("heading", level=1).first).not_to_have_text(finding)
    settled(page)
    page.locator(".st-key-language button").click()
    expect(page.get_by_role("heading", level=1).first).to_have_text(title)
    settled(page)
    page.keyboard.press("r")
    page.wait_for_timeout(300)
    settled(page)
    expect(page.get_by_role("heading", level=1).first).to_have_text(title)


def in_halls(page: Page, *, large: bool) -> list[str]:
    """What does not fit a frame on a slide or a projector, or leaves a projector empty.

    The page is put into a frame by its link and onto a projector by its key, without a reload, and out again.

    Args:
        large: Look at a projector of more pixels, too.
    """
    plain = page.url
    moved(page, f"{plain}{'&' if '?' in plain else '?'}embed=true", FRAME)
    expect(page.locator(".st-key-hall")).to_be_attached()
    found = hall_misfits(page, FRAME, SMALLEST)
    moved(page, plain, SMALL_PROJECTOR)
    outside(page)
    page.keyboard.press("p")
    expect(page.locator(".st-key-projector-bar")).to_be_attached()
    for size in (SMALL_PROJECTOR, PROJECTOR)[: 1 + large]:
        found += hall_misfits(page, size, SMALLEST_PROJECTED)
        if (empty := empty_share(page)) > MOST_EMPTY:
            found.append(f"{empty:.0%} of {size[0]}x{size[1]} are empty")
    page.keyboard.press("p")
    outside(page)
    return found


def outside(page: Page) -> None:
    expect(page.locator(".st-key-hall")).not_to_be_attached()
    settled(page)


def moved(page: Page, url: str, size: tuple[int, int]) -> None:
    """The same page in another window and by another link, whose script runs once more by its key."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.evaluate("(url) => history.replaceState(null, '', url)", url)
    page.keyboard.press("r")


def test_a_page_taken_home_opens_without_a_network(page: Page, app_url: str, browser: Browser, tmp_path: Path) -> None:
    open_page(page, f"{app_url}/taxonomy?show=1")
    page.get_by_role("button", name="Share").click()
    with page.expect_download() as download:
        page.get_by_role("button", name=re.compile("^Page")).click()
    file = tmp_path / "page.html"
    download.value.save_as(file)
    context: Any = browser.new_context(offline=True)
    home = context.new_page()
    check = watch(home)
    home.goto(file.as_uri())
    expect(home.locator("svg.marks").first).to_be_visible(timeout=60_000)
    assert not misfits(home, SMALLEST)
    check()
    context.close()
