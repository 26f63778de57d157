"""How commands speak: results to standard output, diagnostics and progress to standard error, and exit codes."""

from __future__ import annotations

import os
import shutil
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from sim import limits
from sim.console import StandardOutput, is_terminal, say
from sim.errors import InputError, Problem, SimError, cut, first_of
from sim.quantity import parse

if TYPE_CHECKING:
    from sim.report.findings.finding import FileFinding

__all__ = [
    "BAD_INPUT", "FAILED", "FINDINGS", "HELD", "INTERNAL", "INTERRUPTED", "Formats", "Share", "StandardOutput",
    "WholeNumber", "columns", "one_format", "progress", "report", "say", "tell_bug", "told_findings",
]  # fmt: skip

HELD, FAILED, BAD_INPUT, INTERNAL, INTERRUPTED = 0, 1, 2, 3, 130


FINDINGS = ("github", "sarif", "codeclimate")
"""Formats of what is found in files, for CI systems (`sim.report.findings`)."""


def columns() -> int | None:
    """How wide the terminal is that results go to. None where they go to a file or another program."""
    return shutil.get_terminal_size().columns if is_terminal(sys.stdout) else None


class Formats(click.ParamType[tuple[str, ...]]):
    """One or several words of a list, with commas between."""

    name = "format"

    def __init__(self, known: Sequence[str], what: str = "format") -> None:
        """`what` the words are called in a message."""
        self.known, self.what = tuple(known), what

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Each word once, in the order given."""
        if isinstance(value, tuple):
            return value
        words = tuple(dict.fromkeys(word.strip() for word in str(value).split(",")))
        for word in words:
            if word not in self.known:
                self.fail(f"no {self.what} {word!r}; there are {', '.join(self.known)}", param, ctx)
        return words


class WholeNumber(click.IntRange):
    """A whole number of a range, both ends in it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number, or an error that says the range."""
        try:
            number: int = super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"{value!r} does not fit; expected a whole number from {self.min} to {self.max}", param, ctx)
        return number


class Share(click.ParamType[float]):
    """A share of one, as "2%" or 0.02."""

    name = "share"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """From 0 to 1."""
        try:
            share = parse(value, "1")
        except InputError as error:
            self.fail(str(error), param, ctx)
        if not 0 <= share <= 1:
            self.fail(f"{value!r} is out of range; expected 0 to 100 %", param, ctx)
        return share


def one_format(*known: str) -> Callable[..., Any]:
    """The option --format where a command writes one of a few, the first by default."""
    return click.option("--format", "form", type=click.Choice(known), default=known[0], show_default=True)


def report(problems: Iterable[Problem]) -> None:
    """Problems, each in a line or with its source line and caret. Of each file the first are told (`first_of`)."""
    for problem in first_of(problems):
        say(problem)


def tell_bug(error: Exception) -> str:
    """Say in one line that an error is a mistake of the program, and return the words."""
    if os.environ.get("SIM_TRACEBACK"):
        traceback.print_exception(error)
    words = cut(str(error) if isinstance(error, SimError) else f"{type(error).__name__}: {error}", limits.MESSAGE)
    say(f"internal error, a bug: {words} (SIM_TRACEBACK=1 shows where)")
    return words


def told_findings(findings: Sequence[FileFinding], form: str) -> None:
    """Findings on standard output, in one of the forms of `FINDINGS`. Nothing where there is nothing to say."""
    from sim.report.findings.forms import FORMS

    if written := FORMS[form](findings):
        StandardOutput()(written)


class progress:  # noqa: N801 -- used as a function
    """How far a scenario is, on standard error where that is a terminal."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._shown = -1
        self._on = is_terminal(sys.stderr)

    def __enter__(self) -> Callable[[float], None]:
        return self._tick

    def _tick(self, share: float) -> None:
        percent = int(share * 100)
        if self._on and percent != self._shown:
            self._shown = percent
            sys.stderr.write(f"\r{self._name} {percent:3d} %")
            sys.stderr.flush()

    def __exit__(self, *_: object) -> None:
        if self._shown >= 0:
            sys.stderr.write(f"\r{' ' * (len(self._name) + 6)}\r")
            sys.stderr.flush()
