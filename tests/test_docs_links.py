"""The documents are linked, not named, and their lines are short.

Each link leads somewhere, and each file that is mentioned is a link.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
GENERATED = ROOT / "docs" / "api.md"
PAGES = [ROOT / "README.md", *sorted(page for page in (ROOT / "docs").glob("*.md") if page != GENERATED)]
FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def prose(page: Path) -> str:
    """A page without its blocks of code."""
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    return "\n".join(line for line in text.splitlines() if not line.startswith("    "))


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives a page's headings: lower case, blanks as hyphens, no punctuation."""
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in HEADING.findall(prose(page))}


def broken(page: Path) -> list[str]:
    """The links of a page that lead nowhere."""
    targets = [match["target"] for match in LINK.finditer(prose(page)) if "://" not in match["target"]]
    return [target for target in targets if not _leads_somewhere(page, target)]


def _leads_somewhere(page: Path, target: str) -> bool:
    path, _, anchor = target.partition("#")
    goal = (page.parent / path).resolve() if path else page
    return goal.exists() and (not anchor or anchor in anchors(goal))


def only_named(page: Path) -> list[str]:
    """Documents and files of the project that a page names in backticks without a link."""
    names = re.findall(r"`([\w./-]+)`", LINK.sub("", prose(page)))
    return [name for name in names if (ROOT / "docs" / name).is_file() or ("/" in name and (ROOT / name).is_file())]


@pytest.mark.parametrize("document", PAGES, ids=lambda document: document.relative_to(ROOT).as_posix())
def test_every_link_leads_to_a_file_and_a_heading_that_are_there(document: Path) -> None:
    assert broken(document) == []


@pytest.mark.parametrize("document", PAGES, ids=lambda document: document.relative_to(ROOT).as_posix())
def test_every_document_and_file_that_is_named_is_linked(document: Path) -> None:
    assert only_named(document) == []


@pytest.mark.parametrize("document", PAGES, ids=lambda document: document.relative_to(ROOT).as_posix())
def test_lines_are_wrapped(document: Path) -> None:
    """Tables are not, and neither is a line that one link fills."""
    lines = [line for line in prose(document).splitlines() if not line.lstrip().startswith("|")]
    assert [line for line in lines if len(line) > 104 and len(LINK.sub("", line).split()) > 3] == []


def test_every_page_is_in_the_list_of_what_to_read() -> None:
    listed = ROOT / "docs" / "README.md"
    targets = {match["target"] for match in LINK.finditer(prose(listed))}
    assert {page.name for page in PAGES if page.parent == listed.parent} - {listed.name} <= targets


def test_a_broken_link_and_a_bare_name_are_seen(tmp_path: Path) -> None:
    page = tmp_path / "a.md"
    page.write_text(
        "# A b\n[x](gone.md), [y](#a-b), [z](#c). See `docs/ci.md` and `sim/limits.py`.\n", encoding="utf-8"
    )
    assert broken(page) == ["gone.md", "#c"]
    assert only_named(page) == ["docs/ci.md", "sim/limits.py"]
