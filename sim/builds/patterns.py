"""Paths matched by pattern, in time linear in pattern times path: Go's path.Match, and the rules of a .dockerignore.

A star that is tried at every length, for every length of the stars before it, takes time exponential in the stars. Here
each star but the last takes the shortest text that lets the literals behind it follow, and keeps to it: a longer one
could only reach less. Go's own matcher does the same (path/match.go: Match). Where that does not hold, as between `**`
and letters, all places that a pattern may have got to are carried along at once, as the bits of a number.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

from sim import limits

_BAD = "syntax error in pattern"


@dataclass(frozen=True, slots=True)
class _One:
    """A token for one character. source: as a regular expression. literal: the character, "" for a class or `?`."""

    source: str
    literal: str = ""

    def takes(self, char: str) -> bool:
        """Whether it matches a character."""
        return char == self.literal if self.literal else re.match(self.source, char) is not None


_STAR = "[^/]*"
_FOLDERS = "(.*/)?"
_REST = ".*"
_NOT_SLASH = _One("[^/]")

_CHARACTERS = 256
"""Different characters whose states are kept in mind."""

_Token = _One | str
"""A character's token, or one of the three wildcards above, by their meaning in moby/patternmatcher."""


def _literal(char: str) -> _One:
    return _One(re.escape(char), char)


@lru_cache(maxsize=512)
def glob(pattern: str) -> re.Pattern[str]:
    """A pattern of Go's path.Match as an expression for `fullmatch`: no star and no `?` crosses a slash.

    Raises `ValueError` for one that cannot be read.
    """
    try:
        _bounded(pattern)
        return re.compile(_run(list(_go_tokens(pattern)), r"\Z"))
    except ValueError as error:
        raise ValueError(f"{_BAD} {pattern!r}: {error}") from None


def _bounded(pattern: str) -> None:
    if len(pattern) > limits.PATTERN:
        raise ValueError(f"has more than {limits.PATTERN} characters")


def _go_tokens(pattern: str) -> Iterator[_Token]:
    at = 0
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if char == "*":
            yield _STAR
        elif char == "?":
            yield _NOT_SLASH
        elif char == "\\":
            if at == len(pattern):
                raise ValueError("expected a character behind the backslash")
            yield _literal(pattern[at])
            at += 1
        elif char == "[":
            source, at = _go_class(pattern, at)
            yield _One(source)
        else:
            yield _literal(char)


def _go_class(pattern: str, at: int) -> tuple[str, int]:
    """The class that begins behind a bracket, as an expression, and where what follows it begins."""
    negated = pattern.startswith("^", at)
    at += negated
    ranges: list[tuple[str, str]] = []
    while not (ranges and pattern.startswith("]", at)):
        low, at = _class_character(pattern, at)
        high = low
        if pattern.startswith("-", at):
            high, at = _class_character(pattern, at + 1)
        ranges.append((low, high))
    inside = "".join(f"{re.escape(low)}-{re.escape(high)}" for low, high in ranges if low <= high)
    if not inside:
        return ("(?s:.)" if negated else "(?!)"), at + 1
    return f"[{'^' if negated else ''}{inside}]", at + 1


def _class_character(pattern: str, at: int) -> tuple[str, int]:
    """One character inside brackets, perhaps escaped, and where the next begins (path/match.go: getEsc)."""
    if pattern.startswith("\\", at):
        at += 1
    elif pattern.startswith(("-", "]"), at):
        raise ValueError(f"unexpected {pattern[at]} between brackets")
    if at + 1 >= len(pattern):
        raise ValueError("expected a closing ]")
    return pattern[at], at + 1


def _run(tokens: Sequence[_Token], end: str) -> str:
    """An expression for characters and single stars; `end` stands behind them, "" where more follows."""
    chunks = [""]
    for token in tokens:
        if isinstance(token, _One):
            chunks[-1] += token.source
        elif chunks[-1] or len(chunks) == 1:  # a star behind a star adds nothing
            chunks.append("")
    if len(chunks) == 1:
        return chunks[0] + end
    first, *middle, last = chunks
    middle = [f"(?>{_STAR}?{chunk})" for chunk in middle]
    return first + "".join(middle) + (f"{_STAR}?{last}{end}" if end else f"(?>{_STAR}?{last})")


def _rule_tokens(pattern: str) -> Iterator[_Token]:
    """The tokens of a cleaned rule. Raises `ValueError` for one that cannot be read (patternmatcher.go: compile)."""
    at, end = 0, len(pattern)
    while at < end:
        char = pattern[at]
        at += 1
        if char == "*" and pattern.startswith("*", at):
            at += 1
            at += pattern.startswith("/", at)
            yield _FOLDERS if at < end else _REST
        elif char == "*":
            yield _STAR
        elif char == "?":
            yield _NOT_SLASH
        elif char == "[":
            source, at = _rule_class(pattern, at)
            yield _One(source)
        elif char == "\\":
            if at == end:
                raise ValueError(_BAD)
            yield _literal(pattern[at])
            at += 1
        else:
            yield _literal(char)


def _rule_class(pattern: str, at: int) -> tuple[str, int]:
    r"""Checked as for path.Match, then a class of an expression as it is written: there, `\d` is a digit."""
    try:
        _, after = _go_class(pattern, at)
    except ValueError:
        raise ValueError(_BAD) from None
    inside = re.sub(r"(\\.)|([\[&|~])", lambda found: found[1] or "\\" + found[2], pattern[at : after - 1], flags=re.S)
    source = f"[{inside}]"
    re.compile(source)
    return source, after


class _States:
    """A rule whose every possible state is a bit of one number, carried over the characters of a path.

    Bit n is set where the first n tokens may have matched what came so far.
    """

    def __init__(self, tokens: Sequence[_Token]) -> None:
        self._literals: dict[str, int] = {}
        self._classes: list[tuple[int, _One]] = []
        self._taking: dict[str, int] = {}
        self._inside = self._anywhere = self._folders = 0
        at = 0
        for token in tokens:
            bit = 1 << at
            at += 1
            if token == _STAR:
                self._inside |= bit
            elif token == _REST:
                self._anywhere |= bit
            elif token == _FOLDERS:
                self._folders |= bit  # then all before the slash, and the slash
                self._anywhere |= bit << 1
                self._literals["/"] = self._literals.get("/", 0) | bit << 2
                at += 2
            elif isinstance(token, _One) and token.literal:
                self._literals[token.literal] = self._literals.get(token.literal, 0) | bit
            elif isinstance(token, _One):
                self._classes.append((bit, token))
        self._last = 1 << at

    def __call__(self, path: str) -> bool:
        """Whether the rule matches a whole path."""
        states = self._skipping(1)
        for char in path:
            ahead = self._taking.get(char)
            if ahead is None:
                ahead = self._ahead(char)
            stay = (self._inside if char != "/" else 0) | (self._anywhere if char != "\n" else 0)
            states = self._skipping((states & ahead) << 1 | states & stay)
        return bool(states & self._last)

    def _ahead(self, char: str) -> int:
        """The states whose next token takes a character."""
        if len(self._taking) >= _CHARACTERS:
            self._taking.clear()
        taking = self._literals.get(char, 0)
        for bit, token in self._classes:
            if token.takes(char):
                taking |= bit
        self._taking[char] = taking
        return taking

    def _skipping(self, states: int) -> int:
        """With the states past a wildcard that takes nothing: folders first, behind which a star may stand."""
        states |= (states & self._folders) << 3 | (states & self._folders) << 1
        return states | (states & (self._inside | self._anywhere)) << 1


def _expression(tokens: Sequence[_Token]) -> str | None:
    """A rule as an expression that never goes back, None where it would have to: see `_States`."""
    end = r"\Z"
    if tokens[-1:] == [_REST]:
        tokens, end = tokens[:-1], r".*\Z"
    runs: list[list[_Token]] = [[]]
    for token in tokens:
        if token == _FOLDERS:
            runs.append([])
        elif isinstance(token, _One) and not token.literal and token.takes("/"):
            return None
        else:
            runs[-1].append(token)
    first, *others = [run for number, run in enumerate(runs) if run or number in (0, len(runs) - 1)]
    if any(run and run[-1] != _literal("/") for run in (first, *others)[:-1]):
        return None
    if not others:
        return _run(first, end)
    *middle, last = others
    between = "".join(rf"(?>(?:.*?/)??{_run(run, '')})" for run in middle)
    return _run(first, "") + between + "(?:.*/)?" + _run(last, end)


class _Expression:
    """A rule as an expression; `.` matches no line break, for which the states are asked."""

    def __init__(self, source: str, tokens: Sequence[_Token]) -> None:
        self._matches = re.compile(source).match
        self._tokens = tokens

    def __call__(self, path: str) -> bool:
        """Whether the rule matches a whole path."""
        return _States(self._tokens)(path) if "\n" in path else self._matches(path) is not None


def _begins(path: str, prefix: str) -> bool:
    return path.startswith(prefix)


def _ends(path: str, suffix: str) -> bool:
    return path.endswith(suffix) or (suffix.startswith("/") and path == suffix[1:])


@lru_cache(maxsize=4096)
def _rule(pattern: str) -> Callable[[str], bool]:
    """Whether a cleaned rule matches a path, by itself. Raises `ValueError` for one that cannot be read."""
    _bounded(pattern)
    tokens = list(_rule_tokens(pattern))
    wild = [token for token in tokens if not (isinstance(token, _One) and token.literal)]
    if "\\" not in pattern and "]" not in pattern:  # which make an expression of any rule
        if not wild:
            return pattern.__eq__
        if pattern.startswith("**") and len(wild) == 1:
            return partial(_ends, suffix=pattern[2:])
        if wild == [_REST]:
            return partial(_begins, prefix=pattern[:-2])
    # Any folders of any folders are any folders.
    tokens = [token for at, token in enumerate(tokens) if token != _FOLDERS or tokens[at + 1] != _FOLDERS]
    source = _expression(tokens)
    return _States(tokens) if source is None else _Expression(source, tokens)


@dataclass(frozen=True, slots=True)
class _Rule:
    index: int
    exclusion: bool
    matches: Callable[[str], bool]


class Patterns:
    """Rules as in a .dockerignore: the last one that matches a path or one of its parents decides.

    Semantics of moby/patternmatcher (MatchesUsingParentResults), as e2b_dockerfile_utils has them.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        """Raise `ValueError` for a pattern that cannot be read, or too many."""
        if len(patterns) > limits.RULES:
            raise ValueError(f"{len(patterns)} patterns are too many; at most {limits.RULES} are taken")
        self._rules: list[_Rule] = []
        for index, original in enumerate(patterns):
            pattern = original.strip()
            if not pattern or original.startswith("#"):
                continue
            exclusion = pattern.startswith("!")
            if exclusion:
                pattern = pattern[1:].strip()
                if not pattern:
                    raise ValueError(f"Invalid ignore pattern '{original}': illegal exclusion pattern")
            pattern = posixpath.normpath(re.sub("/+", "/", pattern))
            if len(pattern) > 1:
                pattern = pattern.removeprefix("/")
            try:
                self._rules.append(_Rule(index, exclusion, _rule(pattern)))
            except (re.error, ValueError) as error:
                raise ValueError(f"Invalid ignore pattern '{original}': {error}") from error
        self._held: dict[str, int] = {}
        self._size = 0

    def matches(self, path: str) -> bool:
        """Whether a slash-separated relative path is matched."""
        return self.decisive(path) is not None

    def decisive(self, path: str) -> int | None:
        """The number of the pattern, from 0, by which a path is matched; None where it is not."""
        return self._levels(path)[1]

    def _levels(self, path: str) -> tuple[int, int | None]:
        """The rules that match a path or a parent of it, as bits, and the one that decides.

        What holds for a folder is remembered, so that a tree is matched in one step a path.
        """
        ahead = [path]
        while "/" in ahead[-1] and (parent := ahead[-1].rpartition("/")[0]) not in self._held:
            ahead.append(parent)
        bits = self._held[ahead[-1].rpartition("/")[0]] if "/" in ahead[-1] else 0
        decisive: int | None = None
        for here in reversed(ahead):
            bits, decisive = self._level(here, bits)
            if here is not path:
                self._remember(here, bits)
        return bits, decisive

    def _level(self, path: str, above: int) -> tuple[int, int | None]:
        bits = 0
        decisive: int | None = None
        for number, rule in enumerate(self._rules):
            # A rule cannot change what is matched already, nor an exclusion what is not.
            if not above >> number & 1 and (rule.exclusion == (decisive is None) or not rule.matches(path)):
                continue
            bits |= 1 << number
            if rule.exclusion:
                decisive = None
            elif decisive is None:
                decisive = rule.index
        return bits, decisive

    def _remember(self, folder: str, bits: int) -> None:
        self._size += len(folder)
        if self._size > limits.REMEMBERED:
            self._held = {}
            self._size = len(folder)
        self._held[folder] = bits
