"""The pages' own texts: every one in both languages, with the same places for arguments."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

from dashboard.wording import TEXTS, other_language, say

SOURCES = Path(__file__).parents[2] / "dashboard"


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("key", sorted(TEXTS))
def test_both_languages_take_the_same_arguments(key: str) -> None:
    english, japanese = TEXTS[key]
    assert english
    assert japanese
    assert places(english) == places(japanese)


def test_every_text_is_used_and_every_text_that_is_used_exists() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES.rglob("*.py") if path.name != "wording.py")
    exact = set(re.findall(r"""["']((?:[a-z]+\.)*[a-z]+)["']""", code))
    prefixes = tuple(re.findall(r'f"((?:[a-z]+\.)+)\{', code))
    unused = [key for key in TEXTS if key not in exact and not key.startswith(prefixes)]
    assert unused == []
    said = set(re.findall(r'say\(\s*"([^"]+)"', code))
    assert said <= set(TEXTS)


def test_a_text_is_said_in_the_language_asked_for() -> None:
    assert say("lab.chosen", "en", n=2) == "2 chosen"
    assert say("lab.chosen", "ja", n=2) == "2個選択"
    assert other_language("ja") == ("en", "English")
