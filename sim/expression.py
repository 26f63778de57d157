"""The language of `expect`, `findings` and quiz answers: arithmetic and comparisons over `label.metric.statistic`.

Evaluated by simpleeval, never by `eval`. An expression sees the medians over replications and nothing else. What never
happened is later than every number, and two things that never happened are equal (`sim.never`).
"""

from __future__ import annotations

import ast
import keyword
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from simpleeval import DEFAULT_OPERATORS, InvalidExpression, SimpleEval

from sim.errors import InputError
from sim.never import difference, ratio

_FUNCTIONS = {"abs": abs, "min": min, "max": max, "round": round}


def _defined(operate: Callable[..., Any]) -> Callable[..., Any]:
    """The operator, which raises `ArithmeticError` where its result would be no number (never times nothing)."""

    def checked(*operands: Any) -> Any:
        result = operate(*operands)
        if isinstance(result, float) and math.isnan(result):
            raise ArithmeticError("what never happened leaves no number here")
        return result

    return checked


_OPERATORS = {
    kind: _defined(operate) for kind, operate in (DEFAULT_OPERATORS | {ast.Sub: difference, ast.Div: ratio}).items()
}

RESERVED = frozenset(keyword.kwlist) | _FUNCTIONS.keys()
"""Words that mean something else in an expression, so that nothing compared may be called so."""


def names(text: str) -> list[str]:
    """The dotted metric names an expression uses, in order.

    >>> names("docker.startup_time.p50 * 3 < kvm.startup_time.p50")
    ['docker.startup_time.p50', 'kvm.startup_time.p50']

    Raises `InputError` where the text is no expression.
    """
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError) as error:
        raise InputError(f"{text!r} is not an expression: {getattr(error, 'msg', error)}") from None
    found: list[tuple[int, int, str]] = []
    inner: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            inner.add(id(node.value))
            if id(node) not in inner:
                found.append((node.lineno, node.col_offset, ast.unparse(node)))
        elif isinstance(node, ast.Name) and id(node) not in inner and node.id not in _FUNCTIONS:
            found.append((node.lineno, node.col_offset, node.id))
    return [name for _, _, name in sorted(found)]


def check(text: str, registered: Iterable[str]) -> None:
    """Raise `InputError` unless every name is one of `registered` ("label.metric.statistic")."""
    import difflib

    known = sorted(registered)
    for name in names(text):
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f", did you mean {near[0]!r}?" if near else f"; there are {', '.join(known)}"
            raise InputError(f"{text!r} names no metric {name!r}{hint}")


def evaluate(text: str, values: Mapping[str, float]) -> float | bool:
    """The value of an expression, given "label.metric.statistic" to number.

    >>> evaluate("a.time.p50 * 2 < b.time.p50", {"a.time.p50": 1.0, "b.time.p50": 3.0})
    True

    Raises `InputError` where it cannot be evaluated (an unknown name, a division by zero, a call that is not allowed,
    never times zero).
    """
    tree: dict[str, dict[str, dict[str, float]]] = {}
    for name, value in values.items():
        label, metric, statistic = name.split(".")
        tree.setdefault(label, {}).setdefault(metric, {})[statistic] = value
    try:
        result = SimpleEval(_OPERATORS, _FUNCTIONS, tree).eval(text.strip())
    except (InvalidExpression, ArithmeticError, TypeError, ValueError, KeyError, SyntaxError, RecursionError) as error:
        raise InputError(f"{text!r} cannot be evaluated: {error}") from None
    if not isinstance(result, bool | int | float) or (isinstance(result, float) and math.isnan(result)):
        raise InputError(f"{text!r} gives {result!r}, expected a number or a truth value")
    return result
