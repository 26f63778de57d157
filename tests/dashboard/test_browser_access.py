"""What a reader without a mouse, or with other eyes, meets: the race by keyboard, and axe-core's rules."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.dashboard.browsing import CHART, heading, open_page, settled

pytestmark = pytest.mark.browser

PAGES = {
    "light": (
        "",
        "taxonomy?show=1",
        "memory-ledger?show=1",
        "density?show=1",
        "layers?show=1",
        "accuracy",
        "sources",
        "comparison",
        "stacks",
        "scenarios?scenario=components&show=1",
    ),
    "dark": ("layers", "images"),
}
OTHERS = {"presentation-role-conflict"}
"""Rules that Streamlit's own widgets break, whatever a page does."""


def press_to(page: Page, name: str, key: str = "Tab", most: int = 60) -> bool:
    """Press a key until the focus is on something of that text or label."""
    for _ in range(most):
        page.keyboard.press(key)
        said = page.evaluate("() => { const a = document.activeElement; return a.ariaLabel ?? a.innerText ?? '' }")
        if said.strip().split("\n")[-1] == name:
            return True
    return False


def focused(one: Locator) -> bool:
    return bool(one.evaluate("one => one === document.activeElement"))


def test_the_race_is_predicted_run_and_checked_by_keyboard_alone(page: Page, app_url: str) -> None:
    """Keys come as fast as a reader has them, while the page still answers the ones before. None is lost."""
    open_page(page, f"{app_url}/taxonomy")
    lanes = page.get_by_role("toolbar").get_by_role("button")
    expect(lanes).to_have_count(6)
    while not page.evaluate("() => !!document.activeElement.closest('[role=toolbar]')"):
        page.keyboard.press("Tab")
    for name in ("VirtualBox", "VMware ESXi 6", "QEMU/KVM", "Firecracker", "LXC", "Docker"):
        lane = lanes.filter(has_text=name)
        assert focused(lane) or press_to(page, name, "ArrowRight", 6) or press_to(page, name, "ArrowLeft", 6), name
        page.keyboard.press("Enter")
    expect(page.get_by_text("6 of 6 placed")).to_be_visible()
    assert focused(lanes.filter(has_text="Docker"))
    assert press_to(page, "Run the race")
    page.keyboard.press("Enter")
    first, second = (
        page.get_by_role("radiogroup", name=re.compile(asked)).get_by_role("radio")
        for asked in ("spend most of its start on", "Docker starts no kernel")
    )
    first.first.focus()
    for key in (" ", "ArrowDown", "ArrowDown", "Tab", " ", "Tab"):
        page.keyboard.press(key)
    expect(page.locator("[data-testid=stAlert]").first).to_contain_text("Yes.")
    expect(page.get_by_text(re.compile(r"You placed \d of 6 correctly"))).to_be_visible()
    expect(first.nth(2)).to_be_checked()
    expect(second.first).to_be_checked()
    expect(page.locator("[data-testid=stAlert]")).to_have_count(2)
    expect(page.locator(CHART)).to_have_count(2)
    settled(page)
    assert not heading(page).endswith("?")
    third = page.get_by_role("radiogroup", name=re.compile("gets a small guest")).get_by_role("radio")
    assert focused(third.first)


@pytest.mark.parametrize("scheme", sorted(PAGES))
def test_no_page_breaks_a_serious_rule_of_axe_core(page: Page, app_url: str, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="pip install axe-playwright-python").Axe()
    page.emulate_media(color_scheme=scheme)
    broken = []
    for path in PAGES[scheme]:
        open_page(page, f"{app_url}/{path}")
        expect(page.locator("[data-stale=true]")).to_have_count(0)  # what is being drawn anew is paler
        page.wait_for_timeout(300)
        for rule in axe.run(page).response["violations"]:
            if rule["impact"] in ("serious", "critical") and rule["id"] not in OTHERS:
                broken.append(f"{path}: {rule['id']} at {rule['nodes'][0]['target']}")
    assert not broken, broken
