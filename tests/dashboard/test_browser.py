"""The real app in a real browser: what a reader clicks, types, embeds and carries on a phone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.frame import PLACES
from tests.dashboard.browsing import CHART, DRAWING, fitted, heading, open_page, settled

pytestmark = pytest.mark.browser


def test_the_first_page_leads_to_the_race(page: Page, app_url: str) -> None:
    open_page(page, app_url)
    expect(page.get_by_role("heading", level=1)).to_contain_text("virtual machine")
    expect(page.locator("[data-testid=stPageLink] a")).to_have_count(4)
    page.locator("[data-testid=stPageLink] a").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Which is ready first?")
    assert page.url.endswith("/taxonomy")


def test_the_navigation_stays_on_one_line(page: Page, app_url: str) -> None:
    for lang in ("en", "ja"):
        open_page(page, f"{app_url}/?lang={lang}")
        links = page.locator("[data-testid=stTopNavLink]")
        expect(links).to_have_count(len(PLACES))
        boxes = [box for n in range(len(PLACES)) if (box := links.nth(n).bounding_box())]
        assert len(boxes) == len(PLACES)
        # While the page settles a link moves by less than a pixel: a second line is a whole link further down.
        assert max(box["y"] for box in boxes) - min(box["y"] for box in boxes) < boxes[0]["height"] / 2
        assert all(box["x"] + box["width"] <= 1280 for box in boxes)


def test_the_race_is_predicted_and_run(page: Page, app_url: str) -> None:
    open_page(page, f"{app_url}/taxonomy")
    run = page.get_by_role("button", name="Run the race")
    expect(run).to_be_disabled()
    for rank, name in enumerate(("Docker", "Firecracker", "LXC", "QEMU", "ESXi", "VirtualBox"), 1):
        lane = page.get_by_role("toolbar").get_by_role("button", name=name)
        lane.click()
        expect(lane).to_have_accessible_name(re.compile(rf"^{rank}\b"))
    run.click()
    expect(page.get_by_text(re.compile(r"You placed \d of 6 correctly"))).to_be_visible()
    expect(page.locator(CHART)).to_have_count(2)
    assert not heading(page).endswith("?")


def test_a_scenario_runs_under_changed_conditions_and_the_view_is_a_link(page: Page, app_url: str) -> None:
    open_page(page, f"{app_url}/scenarios?scenario=what-is-docker&show=1")
    expect(page.locator(CHART).first).to_be_visible()
    page.get_by_text("Change the conditions").click()
    expect(page.get_by_role("radio", name="cold")).to_be_visible()
    settled(page)  # the conditions are drawn once they are opened
    page.get_by_role("radio", name="cold").click()
    expect(page.get_by_text("changed: Page cache = cold")).to_be_visible()
    settled(page)
    assert "page_cache=cold" in page.url
    title = heading(page)
    open_page(page, page.url)
    expect(page.get_by_text("changed: Page cache = cold")).to_be_visible()
    assert heading(page) == title


def test_a_long_run_says_how_far_it_is_and_stops_when_asked(page: Page, app_url: str) -> None:
    page.goto(f"{app_url}/taxonomy?show=1&host=epyc-7542&instances=160")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Cancelled.")).to_be_visible(timeout=60_000)
    settled(page)
    expect(page.get_by_role("button", name="Run it after all")).to_be_visible()


def test_the_page_is_japanese_when_the_link_says_so(page: Page, app_url: str) -> None:
    open_page(page, f"{app_url}/layers?lang=ja&show=1")
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    expect(page.get_by_role("heading", level=1)).to_contain_text("再実行")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("re-runs")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert "lang=" not in page.url


def test_a_browser_that_asks_for_japanese_gets_it_until_its_reader_chooses_english(
    browser: Browser, browser_context_args: dict[str, Any], app_url: str
) -> None:
    with browser.new_context(**{**browser_context_args, "locale": "ja-JP"}) as context:
        page = context.new_page()
        open_page(page, app_url)
        expect(page.locator("html")).to_have_attribute("lang", "ja")
        expect(page.get_by_role("button", name="English")).to_be_visible()
        page.wait_for_url("**lang=ja**")
        page.get_by_role("button", name="English").click()
        expect(page.locator("html")).to_have_attribute("lang", "en")
        page.wait_for_url("**lang=en**")
        page.reload()
        expect(page.locator("html")).to_have_attribute("lang", "en")
        open_page(page, f"{app_url}/taxonomy?embed=true")
        expect(page.get_by_role("heading", level=1)).to_contain_text("first")


LECTURE = (
    "taxonomy?embed=true",
    "taxonomy?embed=true&show=1",
    "density?embed=true",
    "density?embed=true&show=1",
    "memory-ledger?embed=true&show=1",
    "memory-ledger?embed=true&show=1&ruler=configured",
    "layers?embed=true&show=1",
    "scenarios?embed=true&show=1&scenario=instruction-order",
    "scenarios?embed=true&show=1&scenario=layers&lang=ja",
    "scenarios?embed=true&show=1&scenario=own-image",
    "scenarios?embed=true&show=1&scenario=taxonomy-between",
)


def test_inside_a_lecture_there_is_no_navigation_and_all_fits_720_pixels(page: Page, app_url: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    for link in LECTURE:
        open_page(page, f"{app_url}/{link}")
        expect(page.locator(DRAWING).last).to_be_visible()
        foot = page.get_by_text(re.compile("seed 1|シード 1"))
        expect(foot).to_be_visible()
        fitted(page)
        box = foot.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 720, link
        expect(page.locator("[data-testid=stTopNavLink]")).to_have_count(0)


def test_the_image_page_fits_a_lectures_screen(page: Page, app_url: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    open_page(page, f"{app_url}/images?embed=true")
    last = page.locator("[data-node]").last
    expect(last).to_be_visible()
    box = last.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 720


def test_a_phone_shows_the_figure_first(page: Page, app_url: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    open_page(page, f"{app_url}/taxonomy?show=1")
    figure, text = page.locator(CHART).first.bounding_box(), page.get_by_text("No prediction made.").bounding_box()
    assert figure is not None
    assert text is not None
    assert figure["y"] < text["y"]


COLUMNS = "all => new Set(all.map((one) => Math.round(one.getBoundingClientRect().x))).size"


def test_a_builds_graph_is_one_column_on_a_phone_and_needs_no_scrolling_sideways(page: Page, app_url: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for link in ("scenarios?scenario=layers&show=1", "images", "layers?show=1"):
        open_page(page, f"{app_url}/{link}")
        nodes = page.locator("[data-node]")
        expect(nodes.first).to_be_visible()
        boxes = [box for n in range(nodes.count()) if (box := nodes.nth(n).bounding_box())]
        assert all(box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes), link
        smallest = page.locator("[data-node] text").evaluate_all(
            "all => Math.min(...all.map(t => parseFloat(getComputedStyle(t).fontSize) * t.getScreenCTM().a))"
        )
        assert smallest >= 13, link
    page.set_viewport_size({"width": 1280, "height": 900})
    for _ in range(300):  # it is drawn anew where its window has grown
        page.wait_for_timeout(200)
        if page.locator("[data-node]").evaluate_all(COLUMNS) > 1:
            break
    else:
        pytest.fail("on a desk stages stand side by side")


def test_the_numbers_behind_a_figure_can_be_taken_home(page: Page, app_url: str, tmp_path: Path) -> None:
    page.set_viewport_size({"width": 1280, "height": 2000})  # room for the table that opens
    open_page(page, f"{app_url}/taxonomy?show=1")
    page.get_by_role("button", name="Table and data").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    file = tmp_path / "metrics.csv"
    download.value.save_as(file)
    lines = file.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("metric,statistic,of,")
    assert any(line.startswith("startup_time,p50,docker,") for line in lines)
