"""What is made from the code is committed as the code makes it now."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.generate import generated, in_order, with_table

ROOT = Path(__file__).parents[1]


def test_each_generated_file_is_current() -> None:
    """In one test, so that one process makes them, and none while it collects."""
    made = generated()
    assert made
    stale = [path.relative_to(ROOT).as_posix() for path in made if path.read_text(encoding="utf-8") != made[path]]
    assert stale == [], "run python -m scripts.generate"


def test_a_table_is_made_anew_and_the_rest_of_the_page_stays() -> None:
    page = "a\n\n| x | y |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n\n| z |\n|---|\n| 5 |\n"
    assert with_table(page, "| x | y |", ["| 6 | 7 |"]) == page.replace("| 1 | 2 |\n| 3 | 4 |", "| 6 | 7 |")
    with pytest.raises(AssertionError, match="0 tables"):
        with_table(page, "| w |", [])


def test_messages_are_put_in_order_and_a_section_keeps_its_title_above_its_first() -> None:
    """Whoever adds a text may write it at the end."""
    head = '# By id\nmsgid ""\nmsgstr "Language: en\\n"\n'
    apple, pear = 'msgid "a.apple"\nmsgstr "1"\n', 'msgid "a.pear"\nmsgstr ""\n"2"\n'
    plum = 'msgid "b.plum"\nmsgstr "3"\n'
    assert in_order("\n".join([head, "# Section a\n" + pear, "# Section b\n" + plum, apple])) == "\n".join(
        [head, "# Section a\n" + apple, pear, "# Section b\n" + plum]
    )
