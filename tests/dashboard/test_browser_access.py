"""What a reader without a mouse, or with other eyes, meets: the race by keyboard, and axe-core's rules."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

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


def pick_lane(page: Page, name: str) -> bool:
    """Tab to the row of lanes, which is one stop, and go on by arrows; whether the lane is reached."""
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("() => !!document.activeElement.closest('[role=toolbar]')"):
            at = page.evaluate("() => document.activeElement.innerText")
            return str(at) == name or press_to(page, name, "ArrowRight", 6) or press_to(page, name, "ArrowLeft", 6)
    return False


def test_the_race_is_predicted_run_and_checked_by_keyboard_alone(page: Page, app_url: str) -> None:
    open_page(page, f"{app_url}/taxonomy")
    expect(page.get_by_role("toolbar").get_by_text("VirtualBox")).to_be_visible()  # drawn a moment after the run ends
    for rank, name in enumerate(("VirtualBox", "VMware ESXi 6", "QEMU/KVM", "Firecracker", "LXC", "Docker"), 1):
        assert pick_lane(page, name), name
        page.keyboard.press("Enter")
        expect(page.get_by_text(f"{rank} of 6 placed")).to_be_visible()
        settled(page)
    assert press_to(page, "Run the race")
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile(r"You placed \d of 6 correctly"))).to_be_visible()
    expect(page.locator(CHART)).to_have_count(2)
    settled(page)
    assert not heading(page).endswith("?")
    page.wait_for_timeout(1500)  # the page goes to its finding first, and keys of its first second may be lost
    quiz = page.get_by_role("radiogroup", name=re.compile("spend most of its start on"))
    quiz.get_by_role("radio").first.focus()
    page.keyboard.press(" ")
    expect(page.locator("[data-testid=stAlert]")).to_be_visible()
    page.wait_for_timeout(1500)
    settled(page)
    page.keyboard.press("ArrowDown")
    expect(page.locator("[data-testid=stAlert]")).to_contain_text("The guest's kernel: ")
    page.wait_for_timeout(1500)
    settled(page)
    assert quiz.get_by_role("radio").nth(1).evaluate("one => one === document.activeElement")
    page.keyboard.press("ArrowDown")
    expect(page.locator("[data-testid=stAlert]")).to_contain_text("Yes.")


@pytest.mark.parametrize("scheme", sorted(PAGES))
def test_no_page_breaks_a_serious_rule_of_axe_core(page: Page, app_url: str, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="pip install axe-playwright-python").Axe()
    page.emulate_media(color_scheme=scheme)
    broken = []
    for path in PAGES[scheme]:
        open_page(page, f"{app_url}/{path}")
        page.wait_for_timeout(300)
        for rule in axe.run(page).response["violations"]:
            if rule["impact"] in ("serious", "critical") and rule["id"] not in OTHERS:
                broken.append(f"{path}: {rule['id']} at {rule['nodes'][0]['target']}")
    assert not broken, broken
