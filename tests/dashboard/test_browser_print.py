"""A lesson's sheet, and its key, print on one A4 in black and white."""

from __future__ import annotations

import re
from typing import Any

import pytest

from sim.batch.kept import KeptRuns
from sim.classroom.asked import ask
from sim.classroom.sheet import as_page
from sim.loading import load, override
from sim.loading.shipped import lessons
from sim.report.style import LANGUAGES

pytestmark = pytest.mark.browser

TAUGHT = [name for name in lessons() if name != "own-image"]


@pytest.mark.slow
@pytest.mark.parametrize("share", range(2))
def test_sheets_and_keys_print_on_one_page(page: Any, share: int) -> None:
    pages = {}
    for name in TAUGHT[share::2]:
        kept, scenario = KeptRuns(), load(name)
        few = override(scenario, {"replications": min(2, scenario.replications)})  # no more words are of more
        for language in LANGUAGES:
            asked = ask(few, language, seed=5, kept=kept)
            for answers in (False, True):
                page.set_content(as_page(asked, answers=answers, student="s1234567"))
                printed = page.pdf(prefer_css_page_size=True)
                pages[name, language, answers] = len(re.findall(rb"/Type\s*/Page\b", printed))
    assert {place: count for place, count in pages.items() if count != 1} == {}
    assert len(pages) == 4 * len(TAUGHT[share::2]) >= 60


def test_a_longer_lesson_would_be_seen_to_need_two(page: Any) -> None:
    asked = ask(load("layers"))
    page.set_content(as_page(asked).replace("<h1>", "<h1>" + "word " * 800))
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True))) > 1
