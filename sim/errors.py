"""The package's errors. Bad input is described by problems, each with its place and with what is allowed.

>>> print(InputError(Problem("'10 parsec' is no duration", file="a.yaml", line=3, path="duration")))
a.yaml:3: duration: '10 parsec' is no duration
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sim import limits
from sim.printable import printable


def cut(text: str, limit: int) -> str:
    """A text of at most `limit` characters and a few words. Of a longer text the beginning and the end are kept.

    >>> cut("a" * 1000 + "; expected b", 40)
    'aaaaaaaaaaaaaaaaaaaa[... 972 characters ...]aaaaaaaa; expected b'
    """
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}[... {len(text) - 2 * half:,} characters ...]{text[-half:]}"


class SimError(Exception):
    """Base class of every error this package raises on purpose."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with an input.

    What quotes an input may be as long as the input. So message, file and path are cut (`sim.limits`).

    Attributes:
        message: What is wrong. It names the value and what is allowed.
        file: The file. "" where there is none.
        line: The line, from 1. 0 where there is none.
        column: The column, from 1. 0 where there is none.
        path: The dotted path of the offending key, as "guests.0.memory". "" where there is none.
        excerpt: The source line, shown with a caret under `column`. "" where there is none.
    """

    message: str
    file: str = ""
    line: int = 0
    column: int = 0
    path: str = ""
    excerpt: str = ""

    def __post_init__(self) -> None:
        for name, limit in (("message", limits.MESSAGE), ("file", limits.PLACE), ("path", limits.PLACE)):
            text = getattr(self, name)
            if len(text) > limit:
                object.__setattr__(self, name, cut(text, limit))

    def __str__(self) -> str:
        where = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        head = printable(": ".join(part for part in (where, self.path, self.message) if part))
        if not self.excerpt or not self.column:
            return head
        excerpt = printable(self.excerpt, instead=" ")
        before = excerpt[: self.column - 1].ljust(self.column - 1)
        cells = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in before)
        return f"{head}\n    {excerpt}\n    {' ' * cells}^"


def first_of(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The first `limits.PROBLEMS` problems of each file. Where there are more, the last of them says how many."""
    problems = tuple(problems)
    counts = Counter(problem.file for problem in problems)
    if all(count <= limits.PROBLEMS for count in counts.values()):
        return problems
    seen: Counter[str] = Counter()
    kept = []
    for problem in problems:
        seen[problem.file] += 1
        if counts[problem.file] <= limits.PROBLEMS or seen[problem.file] < limits.PROBLEMS:
            kept.append(problem)
        elif seen[problem.file] == limits.PROBLEMS:
            more = counts[problem.file] - limits.PROBLEMS + 1
            kept.append(Problem(f"and {more:,} more problems", problem.file))
    return tuple(kept)


class InputError(SimError, ValueError):
    """An input that cannot be used.

    It is a `ValueError` too. So a parameter class may raise it while it is checked, and its place is found.

    Attributes:
        problems: Every problem that was found, not only the first (`first_of` them).
    """

    def __init__(self, problems: Sequence[Problem] | Problem | str) -> None:
        if isinstance(problems, str):
            problems = Problem(problems)
        if isinstance(problems, Problem):
            problems = (problems,)
        self.problems = first_of(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    @property
    def said(self) -> str:
        """All that is said: one message as it was raised (maybe a `sim.reasons.Reason`), or all with their places."""
        only = self.problems[0].message
        return only if str(self) == only else str(self)

    def __reduce__(self) -> tuple[type[InputError], tuple[tuple[Problem, ...]]]:
        return type(self), (self.problems,)


class CatalogError(SimError):
    """Catalog data that breaks a rule: no source, a unit that does not fit, a phase with two demands."""


class CancelledError(SimError):
    """A run stopped because its caller asked for it."""
