"""Which paths of a context a build sees: .dockerignore, and the one beside a Dockerfile that bears its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from sim import limits
from sim.builds.context.patterns import Patterns, shared
from sim.builds.context.rootfs import TreeView
from sim.builds.context.selection import resolve
from sim.builds.context.tree import Tree, untold
from sim.errors import InputError, Problem


@dataclass(frozen=True)
class Ignore:
    """The rules in force.

    Attributes:
        file: Where they were read from, "" for none.
    """

    file: str
    rules: tuple[tuple[int, str], ...]

    def visible(self, tree: Tree, alive: Callable[[], None] = untold) -> Tree:
        """The tree without ignored paths. Raises `InputError` naming a rule that cannot be read.

        Args:
            alive: Called for each thousand paths. May raise.
        """
        if not self.rules:
            return tree
        kept = set()
        for number, path in enumerate(tree):
            if number % 1000 == 0:
                alive()
            if not self._patterns.matches(path):
                kept.add(path)
        holders = {path[:at] for path in kept for at in range(len(path)) if path[at] == "/"}
        return tree.keep((kept | holders).__contains__)

    def hides(self, path: str) -> bool:
        """Whether a path is ignored."""
        return bool(self.rules) and self._patterns.matches(path)

    @cached_property
    def _patterns(self) -> Patterns:
        try:
            return shared(tuple(rule for _, rule in self.rules))
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
        number = self._patterns.decisive(path)
        return None if number is None else self.rules[number]


def rules_of(tree: Tree, dockerfile: str = "Dockerfile", *, specific: bool = True) -> Ignore:
    """The ignore rules for building a Dockerfile from a context.

    Args:
        specific: Whether `<dockerfile>.dockerignore` is looked for first (BuildKit does, the legacy builder does not).

    Raises `InputError` for more than `limits.RULES`.
    """
    names = [f"{dockerfile}.dockerignore", ".dockerignore"] if specific else [".dockerignore"]
    for name in names:
        text = tree.text(resolve(TreeView(tree), name))
        if text is not None:
            lines = enumerate(text.removeprefix("\ufeff").splitlines(), 1)
            rules = ((number, line.strip()) for number, line in lines if not line.startswith("#"))
            numbered = tuple((number, rule) for number, rule in rules if rule)
            if len(numbered) > limits.RULES:
                message = f"{len(numbered)} patterns are too many; at most {limits.RULES} are taken"
                raise InputError(Problem(message, name, numbered[limits.RULES][0]))
            return Ignore(name, numbered)
    return Ignore("", ())
