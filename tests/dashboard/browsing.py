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
_LOOKS = 15
"""How often a page that does not fit is looked at again."""
NARROW = 641
"""Pixels of a window's width from which on it is no phone's."""
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
# Words of a figure that its own frame cuts: an SVG draws nothing outside its box, and a table that is wider than its
# place is seen in part.
_CUT = """() => {
  const found = [];
  const visit = (root) => {
    for (const element of root.querySelectorAll('*')) {
      if (element.shadowRoot) visit(element.shadowRoot);
      if (element.tagName !== 'svg' || element.closest('button, [data-testid=stIconMaterial]')) continue;
      const frame = element.getBoundingClientRect();
      for (const text of element.querySelectorAll('text')) {
        const box = text.getBoundingClientRect();
        if (!text.textContent.trim() || box.width < 2) continue;
        if (!text.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
        const beside = Math.max(frame.left - box.left, box.right - frame.right);
        const out = Math.max(beside, frame.top - box.top, box.bottom - frame.bottom);
        found.push([text.textContent.trim().slice(0, 40), out]);
      }
    }
  };
  visit(document);
  return found.filter(([, out]) => out > 3);
}"""
_WIDE = """() => [...document.querySelectorAll('[data-testid=stMain] [data-testid=stHtml] div')]
  .filter((one) => one.clientWidth > 2 && one.scrollWidth > one.clientWidth + 1)
  .map((one) => [one.innerText.trim().slice(0, 40), one.scrollWidth - one.clientWidth])"""
# What a phone shows badly though nothing stands outside its window: a name beside a lane that is cut short, and words
# of one figure across one another. A step of a build is cut short everywhere.
_UNREADABLE = """() => {
  const found = [];
  const visit = (root) => {
    for (const element of root.querySelectorAll('*')) {
      if (element.shadowRoot) visit(element.shadowRoot);
      if (element.tagName !== 'svg') continue;
      const seen = [...element.querySelectorAll('text')]
        .filter((one) => one.textContent.trim() && getComputedStyle(one).opacity !== '0' &&
          one.checkVisibility({ opacityProperty: true, visibilityProperty: true }))
        .map((one) => [one.textContent.trim(), one.getBoundingClientRect(), one]);
      for (const [text, , one] of seen)
        if (text.endsWith('\u2026') && !one.closest('[data-node]')) found.push(`${text} is cut short`);
      seen.forEach(([text, box], at) => {
        for (const [other, there] of seen.slice(at + 1)) {
          const wide = Math.min(box.right, there.right) - Math.max(box.left, there.left);
          const high = Math.min(box.bottom, there.bottom) - Math.max(box.top, there.top);
          const across = wide > 3 && high > 0.4 * Math.min(box.height, there.height);
          if (across && text !== other) found.push(`${text} lies across ${other}`);
        }
      });
    }
  };
  visit(document);
  return found;
}"""
_FITTED = """() => {
  const { busy, settled, seen } = window.hallFit ?? { busy: true };
  const here = `${innerWidth},${innerHeight},`;
  const script = document.querySelector('[data-testid=stApp]')?.dataset.testScriptState;
  const fits = !busy && settled === seen && settled?.startsWith(here) && script === 'notRunning';
  if (!fits) Object.assign(window, { fittedSince: Infinity, fittedFrames: 0 });
  else window.fittedSince = Math.min(window.fittedSince, performance.now());
  window.fittedFrames += 1;
  return performance.now() - window.fittedSince > 500 && window.fittedFrames > 30;
}"""
"""Charts come and redraw in their own time. So a page is fitted where it has stayed so for a while: for half a second,
and for the frames that an idle machine draws in it."""
_EMPTY = """() => {
  const parts = [...document.querySelectorAll('[data-testid=stMainBlockContainer] [data-testid=stElementContainer]')]
    .filter((one) => one.offsetHeight > 2 && !one.closest('.st-key-projector-bar'))
    .map((one) => one.getBoundingClientRect());
  return 1 - Math.max(...parts.map((one) => one.bottom)) / innerHeight;
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


def at_sizes(page: Page, sizes: Iterable[tuple[int, int]], least: float, *, whole: bool = False) -> list[str]:
    """What does not fit, at each size, without a reload. Charts follow their frame, in their own time.

    Args:
        whole: On a phone no word is cut short or lies across another, and no table is wider than its frame.
    """
    found = []
    for width, height in sizes:
        page.set_viewport_size({"width": width, "height": height})
        for _ in range(_LOOKS):
            page.wait_for_timeout(200)
            wrong = misfits(page, least)
            if whole and width < NARROW:
                wrong += [*page.evaluate(_UNREADABLE), *wider(page)]
            if not wrong:
                break
        found += [f"{width}x{height}: {one}" for one in wrong]
    return found


def wider(page: Page) -> list[str]:
    """Tables that are wider than their frame, of which a part is seen."""
    return [f"{text!r} is {out} pixels wider than its frame" for text, out in page.evaluate(_WIDE)]


def scrolled_away(page: Page) -> int:
    """Pixels of a page that are below its window."""
    return int(page.evaluate(_BELOW))


def shows_all(page: Page) -> None:
    """Wait until nothing of a page is below its window."""
    page.wait_for_function(f"({_BELOW})() <= 1")


def cut(page: Page) -> list[str]:
    """Words of figures that are cut by the frame of their figure."""
    return [f"{text!r} is {out:.0f} pixels outside its figure" for text, out in page.evaluate(_CUT)]


def fitted(page: Page) -> None:
    """Wait until a page in a hall fills its window."""
    settled(page)
    page.evaluate("Object.assign(window, { fittedSince: Infinity, fittedFrames: 0 })")
    page.wait_for_function(_FITTED, timeout=PATIENCE)


def hall_misfits(page: Page, size: tuple[int, int], least: float) -> list[str]:
    """What does not fit a window in a hall, where nothing is scrolled."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    fitted(page)
    found = misfits(page, least) + cut(page)
    if (below := scrolled_away(page)) > 1:
        found.append(f"{below} pixels are below the window")
    found += wider(page)
    return [f"{size[0]}x{size[1]}: {one}" for one in found]


def empty_share(page: Page) -> float:
    """The share of the window's height that is left empty below all that stands on a page in a hall."""
    return float(page.evaluate(_EMPTY))
