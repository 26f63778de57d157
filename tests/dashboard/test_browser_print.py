"""A lesson's sheet, and its key, print on one A4 in black and white."""

from __future__ import annotations

import re
from typing import Any

import pytest

from sim.classroom.asked import ask
from sim.classroom.sheet import as_page
from sim.loading import load
from sim.loading.shipped import lessons

pytestmark = pytest.mark.browser

TAUGHT = [name for name in lessons() if name != "own-image"]


@pytest.mark.parametrize("language", ["en", "ja"])
def test_sheets_and_keys_print_on_one_page(page: Any, language: Any) -> None:
    pages = {}
    for name in TAUGHT:
        asked = ask(load(name), language, seed=5)
        for answers in (False, True):
            page.set_content(as_page(asked, answers=answers, student="s1234567"))
            printed = page.pdf(prefer_css_page_size=True)
            pages[name, answers] = len(re.findall(rb"/Type\s*/Page\b", printed))
    assert {place: count for place, count in pages.items() if count != 1} == {}
    assert len(pages) == 2 * len(TAUGHT) >= 30


def test_a_longer_lesson_would_be_seen_to_need_two(page: Any) -> None:
    asked = ask(load("layers"))
    page.set_content(as_page(asked).replace("<h1>", "<h1>" + "word " * 800))
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True))) > 1
