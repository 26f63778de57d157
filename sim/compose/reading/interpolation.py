"""Variables in a text, as compose-go v2 puts their values in. Source: template/template.go of compose-go v2.4.8.

`$NAME`, `${NAME}`, and with what follows the name: `:-` and `-` a default, `:?` and `?` an error, `:+` and `+` another
value. What follows may hold variables again. `$$` is one dollar sign, and a dollar sign before anything else is itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sim import limits

_VARIABLE = re.compile(
    r"\$(?:(?P<escaped>\$)|(?P<named>[_a-z][_a-z0-9]*)|\{(?:(?P<braced>[_a-z][_a-z0-9]*(?::?[-+?](?:.*))?)\}|))",
    re.IGNORECASE,
)
"""Greedy: a brace that closes further on in the line is found first, and what is too much is read again."""

_OPERATOR = re.compile(r"(?P<name>[_a-z][_a-z0-9]*)(?P<operator>:?[-+?])(?P<rest>.*)", re.IGNORECASE | re.DOTALL)


class TemplateError(Exception):
    """A text whose variables cannot be put in. kind: what is wrong, as a replay calls it."""

    def __init__(self, message: str, kind: str = "bad interpolation") -> None:
        self.kind = kind
        super().__init__(message)


@dataclass
class Variables:
    """Where values come from, and what was asked for.

    Attributes:
        unset: Names without a value, each once, in the order met.
        made: Characters put in so far, of at most `limits.EXPANDED_TOTAL`.
    """

    values: Mapping[str, str]
    unset: dict[str, None] = field(default_factory=dict)
    made: int = 0

    def lookup(self, name: str) -> str | None:
        """The value of a name; None where it is unset."""
        return self.values.get(name)


def substitute(text: str, variables: Variables, depth: int = 0) -> str:
    """The text with its variables' values.

    Raises `TemplateError` where it is malformed, a variable that must be there is not, or a limit is passed.
    """
    if "$" not in text:
        return text
    _check_lines(text, depth)
    result = "".join(_pieces(text, variables, depth))
    variables.made += len(result)
    if len(result) > max(limits.EXPANDED, len(text)) or variables.made > limits.EXPANDED_TOTAL:
        message = f"its variables come to more than {limits.EXPANDED} characters, or all to {limits.EXPANDED_TOTAL}"
        raise TemplateError(message, "limit")
    return result


def _check_lines(text: str, depth: int) -> None:
    if depth > limits.EXPRESSION_DEPTH:
        raise TemplateError(f"variables inside variables, deeper than {limits.EXPRESSION_DEPTH} levels", "limit")
    if len(text) > limits.SHELL_LINE and any(
        "${" in line and len(line) > limits.SHELL_LINE for line in text.split("\n")
    ):
        raise TemplateError(f"a line with variables is longer than {limits.SHELL_LINE} characters", "limit")


def _pieces(text: str, variables: Variables, depth: int) -> list[str]:
    pieces = []
    at = 0
    while found := _VARIABLE.search(text, at):
        pieces.append(text[at : found.start()])
        whole = found[0]
        closing = _closing(whole)
        if closing >= 0:
            whole = whole[: closing + 1]
        at = found.start() + len(whole)
        pieces.append(_value(whole, text, variables, depth))
    return [*pieces, text[at:]]


def _closing(text: str) -> int:
    """Where the first brace that opens is closed again; -1 where it is not."""
    opened = at = 0
    while at < len(text):
        if text[at] == "}":
            opened -= 1
            if opened == 0:
                return at
        elif text[at] == "{":
            opened += 1
            at += 1  # as compose-go: what follows a brace is not looked at
        at += 1
    return -1


def _value(whole: str, text: str, variables: Variables, depth: int) -> str:
    """What stands for one variable."""
    found = _VARIABLE.match(whole)
    assert found is not None
    if found["escaped"]:
        return "$"
    written = found["named"] or found["braced"]
    if not written:
        raise TemplateError(f"invalid interpolation format; a $ that is none stands as $$: {text}")
    parts = _OPERATOR.fullmatch(written) if found["braced"] else None
    if parts is None:
        value = variables.lookup(written)
        if value is None:
            variables.unset.setdefault(written)
        return value or ""
    return _RULES[parts["operator"][-1]](parts, variables, depth)


def _is_given(parts: re.Match[str], variables: Variables) -> bool:
    """Whether a variable counts as set: with a colon, an empty one does not."""
    value = variables.lookup(parts["name"])
    return value is not None and (value != "" or not parts["operator"].startswith(":"))


def _default(parts: re.Match[str], variables: Variables, depth: int) -> str:
    other = substitute(parts["rest"], variables, depth + 1)
    return (variables.lookup(parts["name"]) or "") if _is_given(parts, variables) else other


def _instead(parts: re.Match[str], variables: Variables, depth: int) -> str:
    other = substitute(parts["rest"], variables, depth + 1)
    return other if _is_given(parts, variables) else variables.lookup(parts["name"]) or ""


def _required(parts: re.Match[str], variables: Variables, depth: int) -> str:
    reason = substitute(parts["rest"], variables, depth + 1)
    if _is_given(parts, variables):
        return variables.lookup(parts["name"]) or ""
    said = f": {reason}" if reason else ""
    raise TemplateError(f"required variable {parts['name']} is missing a value{said}", "variable missing")


_RULES: dict[str, Callable[[re.Match[str], Variables, int], str]] = {"-": _default, "+": _instead, "?": _required}
