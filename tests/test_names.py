"""One name for one thing: no public class or type has the name of another."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("sim", "dashboard", "bench")


def names_of_types(source: str) -> Iterator[str]:
    """Classes at the top of a module, and aliases that are called as classes are."""
    for node in ast.parse(source).body:
        targets: list[ast.expr] = []
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, ast.AnnAssign):
            targets = [node.target]
        for target in targets:
            if isinstance(target, ast.Name) and re.fullmatch(r"_?[A-Z]+[a-z]\w*", target.id):
                yield target.id


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("class Step:\n    class Inner: ...\n", ["Step"]),
        ("Kind = Literal['a']\nDone: TypeAlias = int\nMOST = 3\nmost = 3\n", ["Kind", "Done"]),
    ],
)
def test_types_are_seen(source: str, names: list[str]) -> None:
    assert list(names_of_types(source)) == names


def test_no_public_type_is_named_twice() -> None:
    where: dict[str, list[str]] = defaultdict(list)
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for name in names_of_types(path.read_text(encoding="utf-8")):
                where[name].append(str(path.relative_to(ROOT)))
    assert len(where) > 300, "the search sees the tree"
    assert {name: paths for name, paths in where.items() if len(paths) > 1 and not name.startswith("_")} == {}
