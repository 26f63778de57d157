"""The real app in a real browser: what a reader clicks, types, embeds and carries on a phone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

IDLE = "[data-testid=stApp][data-test-script-state=notRunning]"
CHART = '[role="graphics-document"]'


def open_page(page: Page, url: str) -> None:
    page.goto(url)
    page.wait_for_selector(IDLE, timeout=60_000)


def settled(page: Page) -> None:
    page.wait_for_selector(IDLE, timeout=30_000)


def heading(page: Page) -> str:
    return page.locator("h1").first.inner_text()


def overflow(page: Page) -> int:
    """Pixels by which the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


def test_the_first_page_leads_to_the_race(page: Page, app_url: str) -> None:
    open_page(page, app_url)
    expect(page.get_by_role("heading", level=1)).to_contain_text("virtual machine")
    expect(page.locator("[data-testid=stPageLink] a")).to_have_count(4)
    page.locator("[data-testid=stPageLink] a").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Which is ready first?")
    assert page.url.endswith("/taxonomy")


def test_the_race_is_predicted_and_run(page: Page, app_url: str) -> None:
    open_page(page, f"{app_url}/taxonomy")
    run = page.get_by_role("button", name="Run the race")
    expect(run).to_be_disabled()
    for rank, name in enumerate(("Docker", "Firecracker", "LXC", "QEMU", "VirtualBox"), 1):
        lane = page.get_by_role("toolbar").get_by_role("button", name=name)
        lane.click()
        expect(lane).to_contain_text(f"{rank}")
    run.click()
    expect(page.get_by_text(re.compile(r"You placed \d of 5 correctly"))).to_be_visible()
    expect(page.locator(CHART)).to_have_count(2)
    assert not heading(page).endswith("?")


def test_a_scenario_runs_under_changed_conditions_and_the_view_is_a_link(page: Page, app_url: str) -> None:
    open_page(page, f"{app_url}/scenarios?scenario=what-is-docker&show=1")
    expect(page.locator(CHART).first).to_be_visible()
    page.get_by_text("Change the conditions").click()
    page.get_by_role("radio", name="cold").click()
    expect(page.get_by_text("changed: Page cache = cold")).to_be_visible()
    settled(page)
    assert "page_cache=cold" in page.url
    title = heading(page)
    open_page(page, page.url)
    expect(page.get_by_text("changed: Page cache = cold")).to_be_visible()
    assert heading(page) == title


def test_a_long_run_says_how_far_it_is_and_stops_when_asked(page: Page, app_url: str) -> None:
    page.goto(f"{app_url}/taxonomy?show=1&instances=20000")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Cancelled.")).to_be_visible(timeout=20_000)
    settled(page)
    expect(page.get_by_role("button", name="Run it after all")).to_be_visible()


def test_a_step_of_the_build_is_picked_by_mouse_and_by_keyboard(page: Page, app_url: str) -> None:
    open_page(page, f"{app_url}/layers?show=1")
    node = page.locator("[data-node]")
    cause = page.locator('[data-node][aria-pressed="true"]')
    expect(cause).to_have_attribute("aria-label", re.compile(r"COPY requirements\.txt"))
    page.locator('[data-node][aria-label*="RUN pip install"]').click()
    expect(page.locator('[data-node][aria-pressed="true"]')).to_have_attribute(
        "aria-label", re.compile("RUN pip install")
    )
    reason = page.locator("[data-testid=stVerticalBlock] code", has_text="RUN pip install").first
    expect(reason).to_be_visible()
    settled(page)
    hit = page.locator('[data-node][aria-label*="RUN npm install"]')
    hit.focus()
    page.keyboard.press("Enter")
    expect(page.locator('[data-node][aria-pressed="true"]')).to_have_attribute(
        "aria-label", re.compile("RUN npm install")
    )
    expect(page.get_by_text("cache key").first).to_be_visible()
    assert node.count() > 10


def test_editing_the_dockerfile_turns_hits_into_misses_and_undo_brings_them_back(page: Page, app_url: str) -> None:
    open_page(page, f"{app_url}/layers?show=1&file=none")
    again = page.locator(".gutter .cause, .gutter .miss")
    expect(again).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Nothing re-runs")
    paper = page.get_by_label("Dockerfile of the next build")
    text = paper.input_value()
    paper.fill(text.replace("RUN npm install", "RUN npm ci"))
    expect(again).not_to_have_count(0)
    expect(page.locator(".gutter .cause")).to_have_attribute("data-line", "4")
    expect(page.get_by_role("heading", level=1)).to_contain_text("This Dockerfile re-runs")
    page.get_by_role("button", name="Undo").click()
    expect(again).to_have_count(0)
    assert paper.input_value() == text


def test_a_dockerfile_that_cannot_be_read_is_answered_beside_it_and_the_figure_stays(page: Page, app_url: str) -> None:
    open_page(page, f"{app_url}/layers?show=1")
    expect(page.locator('[data-node][aria-pressed="true"]')).to_be_visible()
    nodes = page.locator("[data-node]").count()
    paper = page.get_by_label("Dockerfile of the next build")
    paper.fill("FRM python\n" + paper.input_value())
    expect(page.locator("[data-testid=stAlert]")).to_contain_text("FRM")
    settled(page)
    assert page.locator("[data-node]").count() == nodes


def test_steps_are_predicted_by_clicking_them(page: Page, app_url: str) -> None:
    open_page(page, f"{app_url}/layers")
    assert heading(page).endswith("?")
    page.locator('[data-node][aria-label*="RUN pip install"]').click()
    expect(page.get_by_text("1 chosen")).to_be_visible()
    settled(page)
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_text(re.compile(r"You named 1 of the \d+ steps"))).to_be_visible()


def test_the_page_is_japanese_when_the_link_says_so(page: Page, app_url: str) -> None:
    open_page(page, f"{app_url}/layers?lang=ja&show=1")
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    expect(page.get_by_role("heading", level=1)).to_contain_text("再実行")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("re-runs")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert "lang=" not in page.url


def test_inside_a_lecture_there_is_no_navigation_and_all_fits_720_pixels(page: Page, app_url: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    for link in ("taxonomy?embed=true", "taxonomy?embed=true&show=1", "density?embed=true"):
        open_page(page, f"{app_url}/{link}")
        expect(page.locator(CHART).last).to_be_visible()
        foot = page.get_by_text("seed 1")
        expect(foot).to_be_visible()
        box = foot.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 720, link
        expect(page.locator("[data-testid=stTopNavLink]")).to_have_count(0)


def test_a_phone_shows_the_figure_first_and_scrolls_only_down(page: Page, app_url: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for link in ("", "taxonomy?show=1", "memory-ledger?show=1", "density?show=1", "layers?show=1"):
        open_page(page, f"{app_url}/{link}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert overflow(page) <= 0, link
    open_page(page, f"{app_url}/taxonomy?show=1")
    figure, text = page.locator(CHART).first.bounding_box(), page.get_by_text("No prediction made.").bounding_box()
    assert figure is not None
    assert text is not None
    assert figure["y"] < text["y"]


def test_the_numbers_behind_a_figure_can_be_taken_home(page: Page, app_url: str, tmp_path: Path) -> None:
    open_page(page, f"{app_url}/taxonomy?show=1")
    page.get_by_role("button", name="Table and data").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    file = tmp_path / "metrics.csv"
    download.value.save_as(file)
    lines = file.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("metric,statistic,of,")
    assert any(line.startswith("startup_time,p50,docker,") for line in lines)
