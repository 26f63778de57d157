"""A Dockerfile's text to its instructions, as written: lines, flags, words, heredocs.

The one module that knows the parsing library (e2b_dockerfile_utils, a port of BuildKit's parser and shell lexer). What
the instructions mean is `sim.builds.dockerfile.instructions`. How stages hang together is
`sim.builds.dockerfile.stages`.
"""

from __future__ import annotations

import bisect
import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from e2b_dockerfile_utils import (
    DockerfileAst,
    DockerfileInstruction,
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

_PLAIN = re.compile(r"[^$'\"\\`<]*")
"""A word without anything for the shell lexer to do. Most are."""

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
class InstructionNode:
    """One instruction as written.

    Attributes:
        name: Upper case.
        text: Its line, continuations joined, ends trimmed.
        json: Arguments in exec form.
        args: For ENV and LABEL triples (key, value, delimiter).
        line, end: Its first and last line.
        comments: The comment lines right above it, without "#".
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
class DockerfileSource:
    """The instructions of a text, its escape character, and what is wrong with its syntax."""

    nodes: tuple[InstructionNode, ...]
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


def read(text: str, file: str = "Dockerfile") -> DockerfileSource:
    """The instructions of a Dockerfile's text, and every syntax problem with its line.

    A broken instruction is reported and left out, and reading goes on behind it.
    """
    if not text.strip():
        problem = Problem("the Dockerfile cannot be empty; expected at least a FROM instruction", file)
        return DockerfileSource((), "\\", (problem,))
    lines = text.removeprefix("\ufeff").split("\n")
    problems = [
        Problem(f"line is longer than {limits.LINE} bytes, the most BuildKit reads", file, number)
        for number, line in enumerate(lines, 1)
        if len(line) > limits.LINE
    ]
    if problems:
        return DockerfileSource((), "\\", tuple(problems))
    substituted = [number for number, line in enumerate(lines, 1) for _ in _SUBSTITUTION.findall(line)]
    if len(substituted) > limits.SUBSTITUTIONS:
        message = f"{len(substituted)} substitutions by a pattern are too many; at most {limits.SUBSTITUTIONS} are read"
        problem = Problem(message, file, substituted[limits.SUBSTITUTIONS])
        return DockerfileSource((), "\\", (problem,))
    instructions, escape = _parsed(lines, file, problems)
    if len(instructions) > limits.INSTRUCTIONS:
        message = f"{len(instructions)} instructions are too many; at most {limits.INSTRUCTIONS} are read"
        return DockerfileSource(
            (), escape, (*problems, Problem(message, file, instructions[limits.INSTRUCTIONS].start_line))
        )
    nodes = []
    for item in instructions:
        text_ = item.original.strip()
        args = tuple(item.args)
        if item.name == "ONBUILD":
            args = tuple(text_.split(None, 1)[1:])
        heredocs = tuple(
            Heredoc(h.name, chomp_heredoc_content(h.content) if h.chomp else h.content, h.expand, h.content)
            for h in item.heredocs
        )
        above = _comments_above(lines, item.start_line)
        flags = tuple(item.flags)
        nodes.append(
            InstructionNode(item.name, text_, flags, args, item.json, heredocs, item.start_line, item.end_line, above)
        )
    if not nodes and not problems:
        problems.append(Problem("file with no instructions; expected at least a FROM instruction", file))
    return DockerfileSource(tuple(nodes), escape, tuple(problems))


def _parsed(lines: Sequence[str], file: str, problems: list[Problem]) -> tuple[list[DockerfileInstruction], str]:
    """The instructions that can be read, and the escape character. What is wrong with the others is added to problems.

    Reading goes on behind a broken instruction. Each line is parsed twice at most.
    """
    instructions: list[DockerfileInstruction] = []
    escape = "\\"
    first = 0
    head: list[str] = []
    while first < len(lines):
        rest = [*head, *_squeezed(lines)] if first == 0 else [*head, *lines[first:]]
        tree = _tree(rest)
        error = None
        if isinstance(tree, DockerfileSyntaxError):
            error, tree = tree, parse_dockerfile_ast("\n".join(rest[: (tree.line or 1) - 1]))
        escape = tree.escape_token
        for item in tree.instructions:
            item.start_line += first - len(head)
            item.end_line += first - len(head)
        instructions += tree.instructions
        if error is None:
            break
        at = first + (error.line or 1) - len(head)
        message = re.sub(r"^Dockerfile parse error( on line \d+)?: ", "", str(error))
        problems.append(Problem(_explain(message), file, at, excerpt=lines[at - 1].rstrip()))
        if "heredoc" in message or len(problems) >= limits.PROBLEMS:
            break
        first = _behind(lines, at)
        # Directives stand at the top only: the escape character is set again, and a comment ends them.
        head = [f"# escape={escape}", "#"]
    return instructions, escape


def _squeezed(lines: Sequence[str]) -> list[str]:
    """The lines with runs of blanks as one blank in the comments at the top, of which the library reads directives.

    Its expression for them takes time quadratic in such a run.
    """
    count = next((number for number, line in enumerate(lines) if not line.lstrip().startswith("#")), len(lines))
    return [*(re.sub(r"\s+", " ", line) for line in lines[:count]), *lines[count:]]


def _tree(lines: list[str]) -> DockerfileAst | DockerfileSyntaxError:
    """The lines parsed, or the first thing that is wrong with their syntax."""
    try:
        return parse_dockerfile_ast("\n".join(lines))
    except DockerfileSyntaxError as error:
        return error
    except RecursionError:
        return DockerfileSyntaxError("its JSON is nested too deeply; expected a list of texts", _too_deep(lines))


def _too_deep(lines: list[str]) -> int:
    """The line of the instruction whose JSON is nested deeper than can be read: by halving, since no error tells."""

    def deep(count: int) -> bool:
        try:
            parse_dockerfile_ast("\n".join(lines[:count]))
        except DockerfileSyntaxError:
            return False
        except RecursionError:
            return True
        return False

    line = bisect.bisect_left(range(len(lines)), True, key=lambda index: deep(index + 1)) + 1
    while line > 1 and _continues(lines[line - 2]):
        line -= 1
    return line


def _explain(message: str) -> str:
    unknown = re.fullmatch(r"unknown instruction: (.*)", message)
    if unknown:
        near = difflib.get_close_matches(unknown[1].upper(), INSTRUCTIONS, 1)
        hint = f"did you mean {near[0]}?" if near else f"expected one of {', '.join(INSTRUCTIONS)}"
        return f"{message} ({hint})"
    if message == "unterminated heredoc":
        return "unterminated heredoc; expected a line with its delimiter alone"
    return message


def _behind(lines: Sequence[str], at: int) -> int:
    """How many lines there are up to the end of the instruction that begins at a line, continuations counted."""
    while at < len(lines) and _continues(lines[at - 1]):
        at += 1
    return at


def _continues(line: str) -> bool:
    return line.rstrip().endswith(("\\", "`"))


def _comments_above(lines: Sequence[str], line: int) -> tuple[str, ...]:
    first = line - 1
    while first > 0 and lines[first - 1].lstrip().startswith("#"):
        first -= 1
    return tuple(text.lstrip()[1:].strip() for text in lines[first : line - 1])


def expand(word: str, env: Mapping[str, str], escape: str = "\\") -> str:
    """A word with its quotes removed and its variables replaced. An unset variable is the empty string.

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
    """The variables of one expansion. Reading more of them than may be written out raises `_ExpandedError`.

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
    """A word of plain variables, with them replaced.

    Args:
        keep: Whether unset ones stay as written.
    """

    def value(match: re.Match[str]) -> str:
        return values.get(match[1] or match[2], match[0] if keep else "")

    try:
        return _VARIABLE.sub(value, word)
    except _ExpandedError as error:
        raise ValueError(str(error)) from None


@dataclass
class Allowance:
    """What is left of `limits.EXPANDED_TOTAL` and `limits.STEPS` in one build."""

    left: int = limits.EXPANDED_TOTAL
    steps: int = limits.STEPS

    def spend(self, size: int) -> None:
        """Count bytes. Raises `ValueError` past the limit."""
        self.left -= size
        if self.left < 0:
            raise ValueError(f"the variables of all steps come to more than {limits.EXPANDED_TOTAL} bytes")

    def step(self) -> None:
        """Count an instruction that is planned. Raises `ValueError` past the limit."""
        self.steps -= 1
        if self.steps < 0:
            raise ValueError(f"more than {limits.STEPS} instructions, those of ONBUILD counted; no build plans more")


def references(word: str, escape: str = "\\") -> bool:
    """Whether a word holds a variable."""
    return expand(word, {}, escape) != word


def heredoc_name(word: str) -> str | None:
    """The delimiter of a word such as `<<EOF`, None for any other word."""
    try:
        heredoc = parse_heredoc(word)
    except ValueError:
        return None
    return None if heredoc is None else heredoc.name
