"""A Dockerfile's text to its instructions, as written: lines, flags, words, heredocs.

The one module that knows the parsing library (e2b_dockerfile_utils, a port of BuildKit's parser and shell lexer).
What the instructions mean is `sim.images.instructions`; how stages hang together is `sim.images.stages`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from e2b_dockerfile_utils import (
    DockerfileSyntaxError,
    ShellLex,
    chomp_heredoc_content,
    parse_dockerfile_ast,
    parse_heredoc,
)

from sim import limits
from sim.errors import InputError, Problem

INSTRUCTIONS = (
    "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER", "ONBUILD",
    "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
)  # fmt: skip

_MAX_PROBLEMS = 50
_PLAIN = re.compile(r"[^$'\"\\`<]*")
"""A word without anything for the shell lexer to do; most are."""

_VARIABLE = re.compile(r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*+)\}|([A-Za-z_][A-Za-z0-9_]*+))")
_SIMPLE = re.compile(rf"(?:[^$'\"\\`<]++|{_VARIABLE.pattern})*+")
"""A word of ASCII with plain variables and nothing else: most of the others. The lexer takes it letter by letter."""

_SUBSTITUTION = re.compile(r"\$\{\w+[#%/]")
_PATTERN = re.compile(_SUBSTITUTION.pattern + "[^}]*")
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
    if len(data) > limits.DOCKERFILE:
        message = f"{len(data)} bytes is too large for a Dockerfile; at most {limits.DOCKERFILE} is read"
        raise InputError(Problem(message, file))
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
        Problem(f"line is longer than {limits.LINE} bytes, the most BuildKit reads", file, number)
        for number, line in enumerate(lines, 1)
        if len(line) > limits.LINE
    ]
    if problems:
        return Source((), "\\", tuple(problems))
    comments = list(lines)
    while True:
        try:
            tree = parse_dockerfile_ast("\n".join(lines))
            break
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

    Raises `ValueError` for a bad substitution, or one that comes to more than `limits.EXPANDED`.
    """
    if _PLAIN.fullmatch(word):
        return word
    values = _Values(env, word)
    if word.isascii() and _SIMPLE.fullmatch(word):
        return _replaced(values, word, keep=False)
    return _processed(ShellLex(escape, env=values, skip_unset_env=False), word)


def expand_document(text: str, env: Mapping[str, str]) -> str:
    """An inline document with its variables replaced and its quotes kept."""
    lexer = ShellLex("\\", skip_process_quotes=True, env=_Values(env, text), skip_unset_env=False)
    return _processed(lexer, text)


def expand_label(text: str, env: Mapping[str, str], escape: str = "\\") -> str:
    """A RUN line as BuildKit prints it: set variables replaced, quotes and unset variables kept."""
    if _PLAIN.fullmatch(text):
        return text
    try:
        values = _Values(env, text)
        if text.isascii() and _SIMPLE.fullmatch(text):
            return _replaced(values, text, keep=True)
        return _processed(ShellLex(escape, raw_quotes=True, env=values), text)
    except ValueError:
        return text


class _ExpandedError(Exception):
    """Kept apart from `ValueError`, which the lexer takes for a fault of the word."""


class _Values(Mapping[str, str]):
    """The variables of one expansion; reading more of them than may be written out raises `_ExpandedError`.

    Raises `ValueError` where a substitution by a pattern is longer than `limits.SUBSTITUTED`.
    """

    def __init__(self, env: Mapping[str, str], word: str) -> None:
        self._env = env
        self._word = len(word)
        self._spent = 0
        patterns = _PATTERN.findall(word)
        if any(len(pattern) > limits.SUBSTITUTED for pattern in patterns):
            raise ValueError(f"a substitution by a pattern has more than {limits.SUBSTITUTED} characters")
        self._stars = sum(pattern.count("*") for pattern in patterns) if patterns else None

    def __getitem__(self, name: str) -> str:
        value = self._env[name]
        self._spent += len(value)
        if self._spent > limits.EXPANDED:
            raise _ExpandedError(f"its variables come to more than {limits.EXPANDED} bytes")
        if self._stars is not None:
            self._stars += value.count("*")
            work = max(self._spent ** (min(self._stars, 64) + 1), self._spent * self._word)
            if work > limits.MATCHING:
                raise _ExpandedError(f"a substitution by a pattern may take more than {limits.MATCHING} steps")
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._env)

    def __len__(self) -> int:
        return len(self._env)


def _processed(lexer: ShellLex, word: str) -> str:
    try:
        return lexer.process_word(word)
    except _ExpandedError as error:
        raise ValueError(str(error)) from None


def _replaced(values: _Values, word: str, *, keep: bool) -> str:
    """A word of plain variables, with them replaced. keep: whether unset ones stay as written."""

    def value(found: re.Match[str]) -> str:
        return values.get(found[1] or found[2], found[0] if keep else "")

    try:
        return _VARIABLE.sub(value, word)
    except _ExpandedError as error:
        raise ValueError(str(error)) from None


@dataclass
class Allowance:
    """What is left of `limits.EXPANDED_TOTAL` in one build."""

    left: int = limits.EXPANDED_TOTAL

    def spend(self, size: int) -> None:
        """Count bytes; raises `ValueError` past the limit."""
        self.left -= size
        if self.left < 0:
            raise ValueError(f"the variables of all steps come to more than {limits.EXPANDED_TOTAL} bytes")


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
