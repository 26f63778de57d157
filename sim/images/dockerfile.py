"""A Dockerfile's text to its instructions, as written: lines, flags, words, heredocs.

The one module that knows the parsing library (e2b_dockerfile_utils, a port of BuildKit's parser, shell lexer and
.dockerignore matcher). What the instructions mean is `sim.images.instructions`; how stages hang together is
`sim.images.stages`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from e2b_dockerfile_utils import (
    DockerfileSyntaxError,
    PatternMatcher,
    ShellLex,
    chomp_heredoc_content,
    parse_dockerfile_ast,
    parse_heredoc,
)

from sim.errors import InputError, Problem

INSTRUCTIONS = (
    "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER", "ONBUILD",
    "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
)  # fmt: skip

MAX_BYTES = 4 * 2**20
"""A larger file is refused unread: the largest of 2,114 real Dockerfiles is 0.2 MB."""

MAX_EXPANDED = 2**20
"""Bytes that the variables of one word may come to. BuildKit has no such limit; Linux takes 128 KiB in one variable."""

MAX_EXPANDED_TOTAL = 2**24
"""Bytes that all steps of a build may hold of expanded words and environments."""

_MAX_LINE = 65_535
_MAX_PROBLEMS = 50
_DEEP = 100
_PLAIN = re.compile(r"[^$'\"\\`<]*")
"""A word without anything for the shell lexer to do; most are."""

_PATTERN = re.compile(r"\$\{\w+[#%/][^}]*")
"""A substitution that matches a pattern: its cost grows with each star of it, and a replacement multiplies."""


@dataclass(frozen=True, slots=True)
class Heredoc:
    """An inline document: its delimiter, its text (tabs stripped where `<<-` asks for it), whether it expands."""

    name: str
    content: str
    expand: bool
    raw: str


@dataclass(frozen=True, slots=True)
class Node:
    """One instruction as written.

    name: upper case. text: its line, continuations joined, ends trimmed. json: arguments in exec form.
    args: for ENV and LABEL triples (key, value, delimiter). line, end: its first and last line.
    comments: the comment lines right above it, without "#".
    """

    name: str
    text: str
    flags: tuple[str, ...]
    args: tuple[str, ...]
    json: bool
    heredocs: tuple[Heredoc, ...]
    line: int
    end: int = 0
    comments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """The instructions of a text, its escape character, and what is wrong with its syntax."""

    nodes: tuple[Node, ...]
    escape: str
    problems: tuple[Problem, ...]


def decode(data: bytes, file: str = "Dockerfile") -> str:
    """The text of a Dockerfile's bytes. Raises `InputError` for one that is empty, too large or binary."""
    if not data.strip():
        raise InputError(Problem("the Dockerfile cannot be empty; expected at least a FROM instruction", file))
    if len(data) > MAX_BYTES:
        raise InputError(Problem(f"{len(data)} bytes is too large for a Dockerfile; at most {MAX_BYTES} is read", file))
    at = data.find(b"\0")
    if at < 0:
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            at = error.start
    line = data[:at].count(b"\n") + 1
    raise InputError(Problem(f"binary file: byte {data[at]:#04x} at offset {at}; expected UTF-8 text", file, line))


def read(text: str, file: str = "Dockerfile") -> Source:
    """The instructions of a Dockerfile's text, and every syntax problem with its line.

    A broken instruction is reported and left out, and reading goes on behind it.
    """
    if not text.strip():
        problem = Problem("the Dockerfile cannot be empty; expected at least a FROM instruction", file)
        return Source((), "\\", (problem,))
    lines = text.removeprefix("\ufeff").split("\n")
    problems = [
        Problem(f"line is longer than {_MAX_LINE} bytes, the most BuildKit reads", file, number)
        for number, line in enumerate(lines, 1)
        if len(line) > _MAX_LINE
    ]
    if problems:
        return Source((), "\\", tuple(problems))
    comments = list(lines)
    while True:
        try:
            tree = parse_dockerfile_ast("\n".join(lines))
            break
        except RecursionError:
            # BuildKit refuses such an argument too, or takes it as a shell's where it is no whole JSON.
            for at in _nested(lines):
                problems.append(Problem("its JSON is nested too deeply; expected a list of texts", file, at))
                _blank(lines, at)
        except DockerfileSyntaxError as error:
            at = error.line or 1
            message = re.sub(r"^Dockerfile parse error( on line \d+)?: ", "", str(error))
            problems.append(Problem(_explain(message), file, at, excerpt=lines[at - 1].rstrip()))
            if "heredoc" in message or len(problems) >= _MAX_PROBLEMS:
                lines = lines[: at - 1]
            else:
                _blank(lines, at)
            if not any(line.strip() for line in lines):
                return Source((), "\\", tuple(problems))
    nodes = []
    for item in tree.instructions:
        text_ = item.original.strip()
        args = tuple(item.args)
        if item.name == "ONBUILD":
            args = tuple(text_.split(None, 1)[1:])
        heredocs = tuple(
            Heredoc(h.name, chomp_heredoc_content(h.content) if h.chomp else h.content, h.expand, h.content)
            for h in item.heredocs
        )
        above = _comments_above(comments, item.start_line)
        flags = tuple(item.flags)
        nodes.append(Node(item.name, text_, flags, args, item.json, heredocs, item.start_line, item.end_line, above))
    if not nodes and not problems:
        problems.append(Problem("file with no instructions; expected at least a FROM instruction", file))
    return Source(tuple(nodes), tree.escape_token, tuple(problems))


def _explain(message: str) -> str:
    unknown = re.fullmatch(r"unknown instruction: (.*)", message)
    if unknown:
        near = difflib.get_close_matches(unknown[1].upper(), INSTRUCTIONS, 1)
        hint = f"did you mean {near[0]}?" if near else f"expected one of {', '.join(INSTRUCTIONS)}"
        return f"{message} ({hint})"
    if message == "unterminated heredoc":
        return "unterminated heredoc; expected a line with its delimiter alone"
    return message


def _nested(lines: Sequence[str]) -> list[int]:
    """Where the instructions begin in which over `_DEEP` brackets are open at once; else the one with the most."""
    depths: dict[int, int] = {}
    begin = depth = 0
    for number, line in enumerate(lines, 1):
        begin = begin or number
        for bracket in re.findall(r"[\[\]{}]", line):
            depth += 1 if bracket in "[{" else -1
            depths[begin] = max(depth, depths.get(begin, 0))
        if not line.rstrip().endswith(("\\", "`")):
            begin = depth = 0
    deep = [begin for begin, depth in depths.items() if depth > _DEEP]
    return deep or [max(depths, key=depths.__getitem__, default=1)]


def _blank(lines: list[str], at: int) -> None:
    """Turn the instruction that begins at a line, and its continuations, into comments."""
    while at <= len(lines):
        continues = lines[at - 1].rstrip().endswith(("\\", "`"))
        lines[at - 1] = "#"
        if not continues:
            return
        at += 1


def _comments_above(lines: Sequence[str], line: int) -> tuple[str, ...]:
    above = []
    for text in reversed(lines[: line - 1]):
        if not text.lstrip().startswith("#"):
            break
        above.append(text.lstrip()[1:].strip())
    return tuple(reversed(above))


def expand(word: str, env: Mapping[str, str], escape: str = "\\") -> str:
    """A word with its quotes removed and its variables replaced; an unset variable is the empty string.

    Raises `ValueError` for a bad substitution, or one that comes to more than `MAX_EXPANDED`.
    """
    if _PLAIN.fullmatch(word):
        return word
    return _processed(ShellLex(escape, env=_Values(env, word), skip_unset_env=False), word)


def expand_document(text: str, env: Mapping[str, str]) -> str:
    """An inline document with its variables replaced and its quotes kept."""
    lexer = ShellLex("\\", skip_process_quotes=True, env=_Values(env, text), skip_unset_env=False)
    return _processed(lexer, text)


def expand_label(text: str, env: Mapping[str, str], escape: str = "\\") -> str:
    """A RUN line as BuildKit prints it: set variables replaced, quotes and unset variables kept."""
    if _PLAIN.fullmatch(text):
        return text
    try:
        return _processed(ShellLex(escape, raw_quotes=True, env=_Values(env, text)), text)
    except ValueError:
        return text


class _ExpandedError(Exception):
    """Kept apart from `ValueError`, which the lexer takes for a fault of the word."""


class _Values(Mapping[str, str]):
    """The variables of one expansion; reading more of them than may be written out raises `_ExpandedError`."""

    def __init__(self, env: Mapping[str, str], word: str) -> None:
        self._env = env
        self._word = len(word)
        self._spent = 0
        patterns = _PATTERN.findall(word)
        self._stars = sum(pattern.count("*") for pattern in patterns) if patterns else None

    def __getitem__(self, name: str) -> str:
        value = self._env[name]
        self._spent += len(value)
        work = self._spent
        if self._stars is not None:
            self._stars += value.count("*")
            work = self._spent ** (min(self._stars, 64) + 1) // 100
            work = max(work, self._spent * (self._word + self._spent) // 100)
        if work > MAX_EXPANDED:
            raise _ExpandedError
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._env)

    def __len__(self) -> int:
        return len(self._env)


def _processed(lexer: ShellLex, word: str) -> str:
    try:
        return lexer.process_word(word)
    except _ExpandedError:
        raise ValueError(f"its variables come to more than {MAX_EXPANDED} bytes, or take too long to match") from None


@dataclass
class Allowance:
    """What is left of `MAX_EXPANDED_TOTAL` in one build."""

    left: int = MAX_EXPANDED_TOTAL

    def spend(self, size: int) -> None:
        """Count bytes; raises `ValueError` past the limit."""
        self.left -= size
        if self.left < 0:
            raise ValueError(f"the variables of all steps come to more than {MAX_EXPANDED_TOTAL} bytes")


def references(word: str, escape: str = "\\") -> bool:
    """Whether a word holds a variable."""
    return expand(word, {}, escape) != word


def heredoc_name(word: str) -> str | None:
    """The delimiter of a word such as `<<EOF`, None for any other word."""
    try:
        found = parse_heredoc(word)
    except ValueError:
        return None
    return None if found is None else found.name


class Patterns:
    """Patterns as in .dockerignore: the last one that matches a path or one of its parents decides."""

    def __init__(self, patterns: Sequence[str]) -> None:
        """Raise `ValueError` for a pattern that cannot be read."""
        self._matcher = PatternMatcher(list(patterns))

    def matches(self, path: str) -> bool:
        """Whether a slash-separated relative path is matched."""
        return self._matcher.matches(path)
