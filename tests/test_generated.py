"""What is made from the code is committed as the code makes it now."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.generate import generated, with_table

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("path", generated(), ids=lambda path: path.name)
def test_a_generated_file_is_current(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == generated()[path], "run python -m scripts.generate"


def test_a_table_is_made_anew_and_the_rest_of_the_page_stays() -> None:
    page = "a\n\n| x | y |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n\n| z |\n|---|\n| 5 |\n"
    assert with_table(page, "| x | y |", ["| 6 | 7 |"]) == page.replace("| 1 | 2 |\n| 3 | 4 |", "| 6 | 7 |")
    with pytest.raises(AssertionError, match="0 tables"):
        with_table(page, "| w |", [])
