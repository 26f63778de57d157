"""Files of variables: `.env` beside a compose file, and those that `env_file` names.

Source: dotenv/parser.go and dotenv/godotenv.go of compose-go v2.4.8. `format: raw` came later (docker compose v2.30,
pkg/compose/compose.go): there a line is a name and a value as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sim.compose.reading.interpolation import TemplateError, Variables, substitute

_SPACES = "\t\v\f\r \x85\xa0"
_ESCAPE = re.compile(r"""\\(?:([abcfnrtv$"\\])|0([0-7]{0,3}))""")
_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", '"': '"', "\\": "\\"}
_EXPORT = re.compile(r"export\s+")
_BLANK = re.compile(r"(?:\s+|#[^\n]*)*+")
_CLOSING = {quote: re.compile(rf"(?:[^{quote}\\]|\\.)*+{quote}", re.DOTALL) for quote in "\"'"}


class DotenvError(Exception):
    """A line that is no variable. line: from 1. kind: as of `TemplateError`."""

    def __init__(self, message: str, line: int, kind: str = "bad env file") -> None:
        self.line, self.kind = line, kind
        super().__init__(message)


def parse(text: str, given: Mapping[str, str], kind: str = "") -> dict[str, str]:
    """The variables of a file; those of `given` go before its own where a value names one.

    Args:
        kind: "raw" for values as they stand, or "".

    Raises `DotenvError`.
    """
    if kind == "raw":
        return _raw(text)
    found: dict[str, str] = {}
    variables = Variables(_Both(given, found))
    at = 0
    while (at := _blank(text, at)) < len(text):
        at = _statement(text, at, given, found, variables)
    return {name: value for name, value in found.items() if not name[:1].isdigit()}


class _Both(dict[str, str]):
    """What is given, and else what the file has said so far."""

    def __init__(self, first: Mapping[str, str], then: Mapping[str, str]) -> None:
        super().__init__()
        self._first, self._then = first, then

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
        return self._first[name] if name in self._first else self._then.get(name, default)


def _blank(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at


def _statement(text: str, at: int, given: Mapping[str, str], found: dict[str, str], variables: Variables) -> int:
    """Read one variable; where the next may begin."""
    name, at, inherited = _name(text, at)
    if inherited:
        if name in given:
            found[name] = given[name]
        return at
    found[name], at = _value(text, at, variables)
    return at


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _name(text: str, at: int) -> tuple[str, int, bool]:
    """A name, where its value begins, and whether it has none: then the value is that of the surroundings."""
    if export := _EXPORT.match(text, at):
        at = export.end()
    end = at
    while end < len(text) and text[end] not in "=:\n":
        if not (text[end] in "_.-[]" or text[end] in _SPACES or text[end].isalpha() or text[end].isnumeric()):
            line = text[at:].split("\n", 1)[0]
            raise DotenvError(f"unexpected character {text[end]!r} in variable name {line!r}", _line(text, at))
        end += 1
    if end == len(text):
        # As compose-go: a last line without a value has an empty name, and its text is the value.
        return "", at, False
    name = text[at:end].rstrip()
    if " " in name:
        raise DotenvError(f"key {name!r} cannot contain a space", _line(text, at))
    after = end + 1
    while after < len(text) and text[after] in _SPACES:
        after += 1
    return name, after, text[end] == "\n"


def _value(text: str, at: int, variables: Variables) -> tuple[str, int]:
    quote = text[at : at + 1]
    if quote not in ('"', "'") or not quote:
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        value = text[at:end].split(" #", 1)[0].rstrip()
        return _expanded(value, variables, text, at), end + 1
    closing = _CLOSING[quote].match(text, at + 1)
    if closing is None:
        line = text[at:].split("\n", 1)[0]
        raise DotenvError(f"unterminated quoted value {line}", _line(text, at))
    value = closing[0][:-1].replace(f"\\{quote}", quote)
    if quote == '"':
        value = _expanded(_unescaped(value), variables, text, at)
    return value, closing.end()


def _expanded(value: str, variables: Variables, text: str, at: int) -> str:
    try:
        return substitute(value, variables)
    except TemplateError as error:
        raise DotenvError(str(error), _line(text, at), error.kind) from None


def _unescaped(value: str) -> str:
    def meant(found: re.Match[str]) -> str:
        if found[1] == "$":
            return "$$"
        if found[1]:
            return _ESCAPES.get(found[1], found[0])
        return chr(int(found[2], 8)) if len(found[2]) == 3 else found[0]

    return _ESCAPE.sub(meant, value)


def _raw(text: str) -> dict[str, str]:
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, equals, value = line.partition("=")
        if not equals:
            raise DotenvError(f"{line!r} has no =; expected NAME=value", number)
        found[name.strip()] = value
    return found
