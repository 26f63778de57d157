"""Which paths of a context a build sees: .dockerignore, and the one beside a Dockerfile that bears its name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sim.errors import InputError, Problem
from sim.images.context import Tree
from sim.images.dockerfile import Patterns
from sim.images.rootfs import TreeView
from sim.images.selection import resolve


@dataclass(frozen=True)
class Ignore:
    """The rules in force. file: where they were read from, "" for none."""

    file: str
    rules: tuple[tuple[int, str], ...]

    def visible(self, tree: Tree) -> Tree:
        """The tree without ignored paths. Raises `InputError` naming a rule that cannot be read."""
        if not self.rules:
            return tree
        patterns = self._patterns()
        kept = {path for path in tree if not patterns.matches(path)}
        holders = {path[:at] for path in kept for at in range(len(path)) if path[at] == "/"}
        return tree.keep((kept | holders).__contains__)

    def hides(self, path: str) -> bool:
        """Whether a path is ignored."""
        return bool(self.rules) and self._patterns().matches(path)

    def _patterns(self) -> Patterns:
        try:
            return Patterns([rule for _, rule in self.rules])
        except ValueError as error:
            raise InputError([*self._broken()] or Problem(str(error), self.file)) from None

    def _broken(self) -> Iterator[Problem]:
        """Each rule that cannot be read by itself."""
        for line, rule in self.rules:
            try:
                Patterns([rule])
            except ValueError as error:
                yield Problem(str(error), self.file, line, excerpt=rule)

    def culprit(self, path: str) -> tuple[int, str] | None:
        """The line and text of the rule that hides a path, None where none does."""
        for count in range(len(self.rules), 0, -1):
            if not Patterns([rule for _, rule in self.rules[: count - 1]]).matches(path) and Patterns(
                [rule for _, rule in self.rules[:count]]
            ).matches(path):
                return self.rules[count - 1]
        return None


def rules_of(tree: Tree, dockerfile: str = "Dockerfile", *, specific: bool = True) -> Ignore:
    """The ignore rules for building a Dockerfile from a context.

    specific: whether `<dockerfile>.dockerignore` is looked for first (BuildKit does, the legacy builder does not).
    """
    names = [f"{dockerfile}.dockerignore", ".dockerignore"] if specific else [".dockerignore"]
    for name in names:
        text = tree.text(resolve(TreeView(tree), name))
        if text is not None:
            lines = enumerate(text.removeprefix("\ufeff").splitlines(), 1)
            rules = ((number, line.strip()) for number, line in lines if not line.startswith("#"))
            return Ignore(name, tuple((number, rule) for number, rule in rules if rule))
    return Ignore("", ())
