"""The page of sources in a browser: a figure's sources lead to their rows, by keyboard, and on a phone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.browsing import misfits, open_page, overflow, settled

pytestmark = pytest.mark.browser


def test_a_figures_source_leads_to_its_row_and_the_row_to_a_number_and_back(page: Page, app_url: str) -> None:
    open_page(page, f"{app_url}/taxonomy?show=1")
    page.get_by_role("button", name="Sources").click()
    with page.expect_popup() as opened:
        page.get_by_role("link", name="R0051", exact=True).first.click()
    row = opened.value
    expect(row.locator("h1")).to_contain_text("R0051")
    row.get_by_role("link", name="parts/runc.phases.runc-create.cpu", exact=True).first.click()
    expect(row.locator("h1")).to_contain_text("parts/runc.phases.runc-create.cpu")
    assert "row=parts" in row.url
    row.get_by_role("button", name="Show all").click()
    expect(row.locator("table.sources tbody tr")).to_have_count(50)
    assert "row=" not in row.url


def test_what_is_folded_away_is_reached_and_opened_by_keyboard(page: Page, app_url: str) -> None:
    open_page(page, f"{app_url}/sources?row=R0051")
    summary = page.locator("table.sources summary").first
    expect(summary).to_be_visible()
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.locator("table.sources details").first).to_have_attribute("open", "")
    page.keyboard.press("Tab")
    assert page.evaluate("() => !!document.activeElement.closest('table.sources')")


@pytest.mark.parametrize("width", [390, 1280])
def test_each_row_fits_and_on_a_phone_it_is_a_card_with_its_heads(page: Page, app_url: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    open_page(page, f"{app_url}/sources?find=runc")
    cell = page.locator("table.sources tbody td").nth(2)
    expect(cell).to_be_visible()
    assert overflow(page) <= 0
    assert misfits(page, 12) == []
    displayed = cell.evaluate("cell => [getComputedStyle(cell).display, getComputedStyle(cell, '::before').content]")
    assert displayed == (["block", '"From where: "'] if width == 390 else ["table-cell", "none"])


def test_a_filter_is_in_the_link_and_a_reload_shows_the_same(page: Page, app_url: str) -> None:
    open_page(page, f"{app_url}/sources")
    page.get_by_role("textbox", name="Search").fill("overlayfs")
    page.keyboard.press("Enter")
    settled(page)
    expect(page).to_have_url(re.compile(r"/sources\?find=overlayfs(&undo=.*)?$"))
    rows = page.locator("table.sources tbody tr")
    expect(rows.first).to_contain_text("overlayfs", ignore_case=True)
    count = rows.count()
    page.reload()
    settled(page)
    expect(rows).to_have_count(count)
