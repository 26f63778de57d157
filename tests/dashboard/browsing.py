"""How the browser's tests open a page and wait for it."""

from __future__ import annotations

from collections.abc import Iterable

from playwright.sync_api import Page

IDLE = "[data-testid=stApp][data-test-script-state=notRunning]"
PATIENCE = 240_000
"""Milliseconds after which a page that hangs is given up. It is no limit on how fast it must be."""
CHART = '[role="graphics-document"]'
DRAWING = f"{CHART}, .host svg"
"""A chart or a drawing."""
SIZES = ((390, 844), (960, 540), (1280, 720), (1920, 1080))
"""A phone, a frame on a slide, and two screens."""


def open_page(page: Page, url: str) -> None:
    page.goto(url)
    page.wait_for_selector(IDLE, timeout=PATIENCE)


def settled(page: Page) -> None:
    page.wait_for_selector(IDLE, timeout=PATIENCE)


def heading(page: Page) -> str:
    return page.locator("h1").first.inner_text()


def overflow(page: Page) -> int:
    """Pixels by which the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


# Every text that is seen: where it stands, and how many pixels high its letters are drawn, in shadow roots too. What a
# frame scrolls may lie outside the window. So may the drawer of a phone's navigation while it is closed.
_TEXTS = """() => {
  const found = [];
  const visit = (root) => {
    for (const element of root.querySelectorAll('*')) {
      if (element.shadowRoot) visit(element.shadowRoot);
      if (['STYLE', 'SCRIPT', 'TITLE', 'NOSCRIPT', 'OPTION'].includes(element.tagName)) continue;
      if (![...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim())) continue;
      const box = element.getBoundingClientRect();
      if (box.width < 2 || box.height < 2) continue;
      if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
      if (element.closest('[data-testid=stSidebar], .said')) continue;
      let size = parseFloat(getComputedStyle(element).fontSize);
      const matrix = element.getScreenCTM?.();
      size *= matrix ? Math.hypot(matrix.a, matrix.b) : element.currentCSSZoom ?? 1;
      const scrolls = !!element.closest('.scroll, [style*="overflow-x"], textarea, [data-testid=stMultiSelect]');
      found.push([element.textContent.trim().slice(0, 40), scrolls ? 0 : box.left, scrolls ? 0 : box.right, size]);
    }
  };
  visit(document);
  return found;
}"""
_BELOW = """() => {
  const main = document.querySelector('[data-testid=stMain]');
  return main.scrollHeight - main.clientHeight;
}"""


def misfits(page: Page, least: float) -> list[str]:
    """The texts that stand outside the window's sides or are smaller than so many pixels."""
    width = page.viewport_size["width"] if page.viewport_size else 0
    wrong = []
    for text, left, right, size in page.evaluate(_TEXTS):
        if left < -1 or right > width + 1:
            wrong.append(f"{text!r} from {left:.0f} to {right:.0f} of {width}")
        if size < least - 0.05:
            wrong.append(f"{text!r} has {size:.1f} pixels")
    return wrong


def at_sizes(page: Page, sizes: Iterable[tuple[int, int]], least: float) -> list[str]:
    """What does not fit, at each size, without a reload."""
    found = []
    for width, height in sizes:
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(250)  # charts follow their frame
        found += [f"{width}x{height}: {wrong}" for wrong in misfits(page, least)]
    return found


def scrolled_away(page: Page) -> int:
    """Pixels of a page that are below its window."""
    return int(page.evaluate(_BELOW))
