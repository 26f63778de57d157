"""Journeys of an exploration: explore, compare, undo by keys, share and see the same elsewhere, reload, on a phone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.dashboard.browsing import (
    DRAWING,
    SIZES,
    at_sizes,
    heading,
    misfits,
    open_page,
    overflow,
    scrolled_away,
    settled,
)
from tests.dashboard.conftest import watch

pytestmark = pytest.mark.browser

COMPARED = "explore?study=startup&preset=taxonomy.docker&b.preset=taxonomy.kvm"


def instances(page: Page) -> Locator:
    return page.get_by_role("spinbutton", name=re.compile("Instances")).first


def set_instances(page: Page, number: int) -> None:
    field = instances(page)
    field.fill(str(number))
    field.press("Enter")
    page.wait_for_url(re.compile(f"instances={number}(&|$)"))
    settled(page)


def test_a_study_is_explored_compared_undone_shared_and_seen_the_same_elsewhere(
    page: Page, app_url: str, browser: Browser
) -> None:
    open_page(page, f"{app_url}/explore?study=memory&preset=memory-ledger.container")
    expect(page.locator(DRAWING).first).to_be_visible()
    set_instances(page, 30)
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("alike")
    settled(page)
    set_instances(page, 60)
    expect(page.get_by_role("heading", level=1)).to_contain_text("B has")
    said = heading(page)
    assert "b.instances=60" in page.url

    page.locator("h1").click()  # the keys are the page's where no field has the focus
    page.keyboard.press("Control+z")
    expect(page.get_by_role("heading", level=1)).to_contain_text("alike")
    settled(page)
    page.reload()
    settled(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text("alike")
    page.get_by_role("button", name=re.compile("^Redo")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(said)
    settled(page)

    page.get_by_role("button", name="Share").click()
    field = page.get_by_label("Link to this view", exact=True)
    expect(field).to_be_visible()
    link = field.input_value()
    assert "undo=" not in link
    with page.expect_download() as download:
        page.get_by_role("button", name="Scenario").click()
    assert download.value.suggested_filename == "memory-ledger.yaml"
    elsewhere = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    check = watch(elsewhere)
    open_page(elsewhere, link)
    expect(elsewhere.get_by_role("heading", level=1)).to_have_text(said)
    expect(instances(elsewhere)).to_have_value("60")
    check()
    elsewhere.context.close()


def test_the_keys_of_a_field_stay_the_field_s_own(page: Page, app_url: str) -> None:
    open_page(page, f"{app_url}/explore?study=memory&preset=memory-ledger.container")
    set_instances(page, 30)
    field = instances(page)
    field.focus()
    field.press("5")
    page.keyboard.press("Control+z")
    page.wait_for_timeout(700)
    assert "instances=30" in page.url, "the page's own last change stands"


def test_a_lesson_opens_as_a_comparison(page: Page, app_url: str) -> None:
    open_page(page, f"{app_url}/memory-ledger?show=1&instances=30")
    page.get_by_role("link", name="Compare with…").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("as much as")
    assert "b.preset=memory-ledger.container" in page.url
    assert "b.instances=30" in page.url
    expect(page.locator(DRAWING).first).to_be_visible()


def test_a_lesson_s_change_is_undone_after_a_reload(page: Page, app_url: str) -> None:
    open_page(page, f"{app_url}/memory-ledger?show=1&instances=30")
    set_instances(page, 40)
    page.reload()
    settled(page)
    page.get_by_role("button", name=re.compile("^Undo")).click()
    page.wait_for_url(re.compile("instances=30(&|$)"))
    settled(page)
    expect(instances(page)).to_have_value("30")


@pytest.mark.parametrize(
    "link", [COMPARED, f"{COMPARED}&lang=ja", "explore?study=density", "explore?study=distribution"]
)
def test_nothing_of_an_exploration_stands_outside_its_window(page: Page, app_url: str, link: str) -> None:
    """Opened on a phone, whose window then grows."""
    phone, _, *screens = SIZES
    page.set_viewport_size({"width": phone[0], "height": phone[1]})
    open_page(page, f"{app_url}/{link}")
    expect(page.locator(DRAWING).first).to_be_visible()
    for size in (phone, *screens):
        assert not at_sizes(page, [size], 12)
        assert overflow(page) <= 0, size


def test_a_comparison_fits_a_frame_of_960_by_540(page: Page, app_url: str) -> None:
    page.set_viewport_size({"width": 960, "height": 540})
    open_page(page, f"{app_url}/{COMPARED}&embed=true")
    expect(page.locator(DRAWING).first).to_be_visible()
    page.wait_for_timeout(400)
    assert not misfits(page, 12)
    assert scrolled_away(page) <= 0
    expect(page.get_by_role("combobox")).to_have_count(0)
