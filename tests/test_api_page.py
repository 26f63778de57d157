"""docs/api.md is what `scripts/api.py` writes, and tells every public name."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType
from typing import get_args

import pytest

import sim
from sim.records.record import Record

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def api() -> ModuleType:
    spec = importlib.util.spec_from_file_location("api", ROOT / "scripts" / "api.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_current(api: ModuleType) -> None:
    assert api.page() == PAGE, "run python scripts/api.py"


def test_every_public_name_and_every_kind_of_record_has_a_heading() -> None:
    headings = set(re.findall(r"^###? `(.*)`$", PAGE, re.MULTILINE))
    assert {f"sim.{name}" for name in sim.__all__} - {"sim.__version__"} <= headings
    records = {f"{kind.__module__}.{kind.__name__}" for kind in get_args(Record)}
    assert len(records) > 7
    assert records <= headings


def test_a_docstring_becomes_a_list_of_its_parameters_and_a_fenced_example(api: ModuleType) -> None:
    def shorten(text: str, limit: int, *, more: str = "...") -> str:
        """A text cut short.

        Args:
            text: What to cut.
            limit, more: Its most
                characters.

        >>> shorten("abcdef", 4)  # doctest: +SKIP
        'a...'

        Raises:
            ValueError: Below three.
        """
        return text[:limit] + more

    assert "\n\n".join(api._function("shorten", shorten, "##")) == (
        "## `shorten`\n\n"
        '```python\nshorten(text: str, limit: int, *, more: str = "...") -> str\n```\n\n'
        "A text cut short.\n\n"
        "- `text`: What to cut.\n- `limit`, `more`: Its most characters.\n\n"
        "```pycon\n>>> shorten(\"abcdef\", 4)\n'a...'\n```\n\n"
        "Raises\n\n- `ValueError`: Below three."
    )
