"""Paths matched by pattern, in time linear in pattern times path: Go's path.Match, and the rules of a .dockerignore.

To try a star at every length, for every length of the stars before it, takes time exponential in the stars. Here each
star but the last takes the shortest text that lets the literals behind it follow, and keeps to it. A longer text could
only reach less. Go's own matcher does the same (Match in path/match.go).

The rules of a .dockerignore are walked together. All places that they may have got to are the bits of one number, which
is handed on from a folder to what is in it.
"""

from __future__ import annotations

import posixpath
import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sim import limits

_BAD = "syntax error in pattern"


@dataclass(frozen=True, slots=True)
class _One:
    """A token for one character.

    Attributes:
        source: As a regular expression.
        literal: The character, "" for a class or `?`.
    """

    source: str
    literal: str = ""


_STAR = "[^/]*"
_FOLDERS = "(.*/)?"
_REST = ".*"
_ANYTHING = "(?s:.*)"
_ANY_FOLDERS = "(?s:(.*/)?)"
_NOT_SLASH = _One("[^/]")

_CHARACTERS = 256
"""Different characters of which it is kept in mind which tokens take them."""

_DECISIONS = 4096
"""Sets of matching rules of which it is kept in mind which of them decides."""

_NODE = 400
"""Bytes of a node beside its states, with a way from another to it: an estimate, on the large side."""

_Token = _One | str
"""A character's token, or one of the wildcards above, by their meaning in moby/patternmatcher."""


@lru_cache(maxsize=4096)
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
    """An expression for characters and single stars. `end` stands behind them, "" where more follows."""
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
    inside = re.sub(r"(\\.)|([\[&|~])", lambda match: match[1] or "\\" + match[2], pattern[at : after - 1], flags=re.S)
    source = f"[{inside}]"
    re.compile(source)
    return source, after


@lru_cache(maxsize=4096)
def _rule(pattern: str) -> tuple[_Token, ...]:
    """The tokens of a cleaned rule. Raises `ValueError` for one that cannot be read.

    patternmatcher compares some rules as texts: a plain one, one behind `**` and one before `**`. In these a wildcard
    takes line breaks too, and the `**` before a text need not end at a slash.
    """
    _bounded(pattern)
    tokens = list(_rule_tokens(pattern))
    wild = [token for token in tokens if not (isinstance(token, _One) and token.literal)]
    if "\\" not in pattern and "]" not in pattern:  # which make an expression of any rule
        if pattern.startswith("**") and len(wild) == 1:
            suffix = pattern[2:]
            begin = _ANY_FOLDERS if suffix.startswith("/") else _ANYTHING
            return (begin, *map(_literal, suffix.removeprefix("/")))
        if wild == [_REST]:
            return (*tokens[:-1], _ANYTHING)
    # Any folders of any folders are any folders.
    return tuple(token for at, token in enumerate(tokens) if token != _FOLDERS or tokens[at + 1] != _FOLDERS)


class _Node(dict[str, "_Node"]):
    """The states of all rules after some text, with the node that each next character leads to."""

    __slots__ = ("_of", "_rules", "states")

    def __init__(self, of: _States, states: int) -> None:
        super().__init__()
        self._of = of
        self._rules = -1
        self.states = states

    def __missing__(self, char: str) -> _Node:
        self[char] = following = self._of.after(self.states, char)
        return following

    @property
    def rules(self) -> int:
        """The rules that match the whole text, as bits."""
        if self._rules < 0:
            self._rules = self._of.accepted(self.states)
        return self._rules


class _States:
    """Rules whose every possible state is a bit of one number, carried over the characters of a path.

    A rule has a bit for each token, and one behind them. A bit is set where the tokens before it may have matched what
    came so far. Nodes are kept while they are few, so that most characters cost a look into a dictionary.
    """

    def __init__(self, rules: Iterable[Sequence[_Token]]) -> None:
        self._literals: dict[str, array[int]] = {}
        self._classes: dict[str, array[int]] = {}
        self._taking: dict[str, int] = {}
        self._numbers: dict[int, int] = {}
        places: list[list[int]] = [[] for _ in range(5)]
        inside, rest, anything, folders, starts = places
        wild: dict[_Token, list[int]] = {_STAR: inside, _REST: rest, _ANYTHING: anything}
        at = 0
        for number, tokens in enumerate(rules):
            starts.append(at)
            for token in tokens:
                if isinstance(token, _One):
                    held = self._literals if token.literal else self._classes
                    held.setdefault(token.literal or token.source, array("L")).append(at)
                elif token in wild:
                    wild[token].append(at)
                else:  # folders: then all before the slash, and the slash
                    folders.append(at)
                    (rest if token == _FOLDERS else anything).append(at + 1)
                    self._literals.setdefault("/", array("L")).append(at + 2)
                    at += 2
                at += 1
            self._numbers[at] = number
            at += 1
        self._size = at
        self._inside, self._rest, self._anything = self._bits(inside), self._bits(rest), self._bits(anything)
        self._folders = self._bits(folders)
        self._stars = self._inside | self._rest | self._anything
        self._accepting = self._bits(self._numbers)
        self._matches = {source: re.compile(source).match for source in self._classes}
        self._nodes: dict[int, _Node] = {}
        self._held = 0
        self.start = self._node(self._skipping(self._bits(starts)))

    def after(self, states: int, char: str) -> _Node:
        """The node that a character leads to."""
        ahead = self._taking.get(char)
        if ahead is None:
            ahead = self._ahead(char)
        stay = self._anything
        if char != "/":
            stay |= self._inside
        if char != "\n":
            stay |= self._rest
        return self._node(self._skipping((states & ahead) << 1 | states & stay))

    def accepted(self, states: int) -> int:
        """The rules whose last state is among some, as bits."""
        rules = 0
        matched = states & self._accepting
        digits = bin(matched)[:1:-1] if matched else ""
        at = digits.find("1")
        while at >= 0:
            rules |= 1 << self._numbers[at]
            at = digits.find("1", at + 1)
        return rules

    def _node(self, states: int) -> _Node:
        self._held += self._size // 8 + _NODE
        if self._held > limits.REMEMBERED:
            for node in self._nodes.values():
                node.clear()
            self._nodes = {}
            self._held = 0
        return self._nodes.setdefault(states, _Node(self, states))

    def _bits(self, places: Iterable[int]) -> int:
        held = bytearray(self._size // 8 + 1)
        for at in places:
            held[at >> 3] |= 1 << (at & 7)
        return int.from_bytes(held, "little")

    def _ahead(self, char: str) -> int:
        """The states whose next token takes a character."""
        if len(self._taking) >= _CHARACTERS:
            self._taking.clear()
        places = [self._literals.get(char, array("L"))]
        places += [self._classes[source] for source, matches in self._matches.items() if matches(char)]
        taking = self._taking[char] = self._bits(at for part in places for at in part)
        return taking

    def _skipping(self, states: int) -> int:
        """With the states past a wildcard that takes nothing: folders first, behind which a star may stand."""
        folders = states & self._folders
        states |= folders << 3 | folders << 1
        return states | (states & self._stars) << 1


@dataclass(frozen=True, slots=True)
class _Rule:
    index: int
    exclusion: bool
    tokens: tuple[_Token, ...]


@lru_cache(maxsize=4)
def shared(patterns: tuple[str, ...]) -> Patterns:
    """The rules, with what they remember, for whoever asks next: a walk over a context, and each of its builds."""
    return Patterns(patterns)


class Patterns:
    """Rules as in a .dockerignore: the last one that matches a path or one of its parents decides.

    Semantics of moby/patternmatcher (MatchesUsingParentResults), as e2b_dockerfile_utils has them.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        """Raise `ValueError` for a pattern that cannot be read, or too many."""
        if len(patterns) > limits.RULES:
            raise ValueError(f"{len(patterns)} patterns are too many; at most {limits.RULES} are taken")
        rules: list[_Rule] = []
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
                rules.append(_Rule(index, exclusion, _rule(pattern)))
            except (re.error, ValueError) as error:
                raise ValueError(f"Invalid ignore pattern '{original}': {error}") from error
        self._rules = tuple(rules)
        self._states = _States(rule.tokens for rule in rules)
        self._held: dict[str, tuple[_Node, int]] = {}
        self._size = 0
        self._decisions: dict[tuple[int, int], tuple[int, int | None]] = {}

    def matches(self, path: str) -> bool:
        """Whether a slash-separated relative path is matched."""
        return self.decisive(path) is not None

    def decisive(self, path: str) -> int | None:
        """The number of the pattern, from 0, by which a path is matched. None where it is not.

        What holds for a folder is remembered, so that of a path in it only the name is walked.
        """
        ends = [len(path)]
        node, above = self._states.start, 0
        begin = 0
        while (at := path.rfind("/", 0, ends[-1])) >= 0:
            held = self._held.get(path[:at])
            if held is not None:
                node, above = held
                begin = at
                break
            ends.append(at)
        decisive: int | None = None
        for end in reversed(ends):
            for char in path[begin:end]:
                node = node[char]
            begin = end
            above, decisive = self._decided(above, node.rules)
            if end < len(path):
                self._remember(path[:end], node, above)
        return decisive

    def _decided(self, above: int, matching: int) -> tuple[int, int | None]:
        """The rules that count for a path, as bits, and the one that decides.

        Args:
            above: Those that count for its folder.
            matching: Those that match the path itself.
        """
        if not above and not matching:
            return 0, None
        decision = self._decisions.get((above, matching))
        if decision is None:
            if len(self._decisions) >= _DECISIONS:
                self._decisions = {}
            decision = self._decisions[above, matching] = self._decide(above, matching)
        return decision

    def _decide(self, above: int, matching: int) -> tuple[int, int | None]:
        bits = 0
        decisive: int | None = None
        for number, rule in enumerate(self._rules):
            # A rule cannot change what is matched already, nor an exclusion what is not.
            if not above >> number & 1 and (rule.exclusion == (decisive is None) or not matching >> number & 1):
                continue
            bits |= 1 << number
            if rule.exclusion:
                decisive = None
            elif decisive is None:
                decisive = rule.index
        return bits, decisive

    def _remember(self, folder: str, node: _Node, bits: int) -> None:
        self._size += len(folder) + node.states.bit_length() // 8 + _NODE
        if self._size > limits.REMEMBERED:
            self._held = {}
            self._size = 0
        self._held[folder] = node, bits
