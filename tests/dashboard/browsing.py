"""How the browser's tests open a page and wait for it."""

from __future__ import annotations

from playwright.sync_api import Page

IDLE = "[data-testid=stApp][data-test-script-state=notRunning]"
CHART = '[role="graphics-document"]'


def open_page(page: Page, url: str) -> None:
    page.goto(url)
    page.wait_for_selector(IDLE, timeout=60_000)


def settled(page: Page) -> None:
    page.wait_for_selector(IDLE, timeout=60_000)


def heading(page: Page) -> str:
    return page.locator("h1").first.inner_text()


def overflow(page: Page) -> int:
    """Pixels by which the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))
