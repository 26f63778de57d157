"""The player of a time line in a real browser: scrub, step from event to event, play, and less motion."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.dashboard.browsing import SIZES, open_page, overflow

pytestmark = pytest.mark.browser

LINK = "scenarios?scenario=orchestration&show=1&of=probed"
NOW = "el => Number(el.value)"


def opened(page: Page, app_url: str, link: str = LINK) -> None:
    open_page(page, f"{app_url}/{link}")
    expect(page.locator(".player .node").first).to_be_visible(timeout=60_000)


def now(page: Page) -> float:
    return float(page.locator(".player .scrub").evaluate(NOW))


def test_it_opens_where_something_is_red_and_says_so_in_words(page: Page, app_url: str) -> None:
    opened(page, app_url)
    expect(page.locator(".player .pod", has_text="still asked")).to_be_visible()
    expect(page.locator(".player .here button")).to_contain_text("asked, does not answer")
    label = page.locator(".player svg[role=img]").get_attribute("aria-label")
    assert label
    assert "replicas wanted" in label


def test_arrow_keys_go_from_event_to_event_and_the_slider_anywhere(page: Page, app_url: str) -> None:
    opened(page, app_url)
    scrub = page.locator(".player .scrub")
    first = now(page)
    scrub.press("ArrowRight")
    second = now(page)
    scrub.press("ArrowLeft")
    assert second >= first
    assert abs(now(page) - first) < 0.2
    scrub.evaluate("el => { el.value = 0; el.dispatchEvent(new Event('input')); }")
    expect(page.locator(".player .pod", has_text="answers")).to_have_count(6)
    page.get_by_role("button", name="Next event").click()
    assert now(page) > 0


def test_it_plays_and_pauses(browser: Browser, app_url: str) -> None:
    page = browser.new_page(reduced_motion="no-preference")
    opened(page, app_url)
    first = now(page)
    page.get_by_role("button", name="Play").click()
    page.wait_for_timeout(1500)
    page.get_by_role("button", name="Pause").click()
    held = now(page)
    assert held > first
    page.wait_for_timeout(400)
    assert now(page) == held
    page.close()


def test_less_motion_plays_from_event_to_event(browser: Browser, app_url: str) -> None:
    page = browser.new_page(reduced_motion="reduce")
    opened(page, app_url)
    lines = page.locator(".player .events li.past")
    first = lines.count()
    page.get_by_role("button", name="Play").click()
    page.wait_for_timeout(3000)
    page.get_by_role("button", name="Pause").click()
    assert first < lines.count() <= first + 6  # an event, or some of one moment, each 1.2 s
    page.close()


def test_a_line_of_the_list_goes_to_its_moment(page: Page, app_url: str) -> None:
    opened(page, app_url)
    last = page.locator(".player .events button").last
    last.click()
    assert now(page) > 20


def test_no_page_scrolls_sideways(page: Page, app_url: str) -> None:
    """Opened in the widest window, which then narrows."""
    page.set_viewport_size({"width": 1920, "height": 1080})
    opened(page, app_url)
    for size in reversed(SIZES):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.wait_for_timeout(200)
        assert overflow(page) <= 0, size
