"""The language of `expect`, `findings` and quiz answers: arithmetic and comparisons over `label.metric.statistic`.

An expression sees the medians over replications and nothing else. It is evaluated by simpleeval, never by `eval`.

What never happened is later than every number. Two things that never happened are equal (`sim.never`).
"""

from __future__ import annotations

import ast
import keyword
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Literal

from simpleeval import DEFAULT_OPERATORS, InvalidExpression, SimpleEval

from sim import limits
from sim.errors import InputError, cut
from sim.never import difference, ratio
from sim.quantity import UNITS

_FUNCTIONS = {"abs": abs, "min": min, "max": max, "round": lambda value, digits=0: round(value, int(digits))}

_OPERATORS_TAKEN = (
    ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.UAdd, ast.USub, ast.Not,
    ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE,
)  # fmt: skip
_TAKEN = (
    *_OPERATORS_TAKEN,
    ast.Expression, ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.BinOp, ast.Compare, ast.IfExp, ast.Name, ast.Load,
)  # fmt: skip


def _on_floats(operate: Callable[..., Any]) -> Callable[..., Any]:
    """The operator, on floats alone.

    Python's whole numbers grow without end. A step on floats always costs the same.

    Raises:
        ArithmeticError: Where the result would be no number (never times nothing), or too large for one.
    """

    def checked(*operands: Any) -> Any:
        floats = [float(operand) for operand in operands]
        result = operate(*floats)
        if isinstance(result, complex):
            raise ArithmeticError("the root of a negative number is no number here")
        if isinstance(result, float) and math.isnan(result):
            raise ArithmeticError("what never happened leaves no number here")
        if isinstance(result, float) and math.isinf(result) and not any(map(math.isinf, floats)):
            raise ArithmeticError("a number is too large")
        return result

    return checked


_OPERATORS = {
    kind: _on_floats(operate)
    for kind, operate in (DEFAULT_OPERATORS | {ast.Sub: difference, ast.Div: ratio, ast.Pow: pow}).items()
    if kind in _OPERATORS_TAKEN
}

RESERVED = frozenset(keyword.kwlist) | _FUNCTIONS.keys()
"""Words that mean something in an expression. No label may be called so."""


def parsed(text: str) -> ast.Expression:
    """The syntax tree of an expression.

    Raises:
        InputError: Where the text is no expression, is more than arithmetic and comparisons, or is larger than
            `sim.limits` allows.
    """
    if len(text) > limits.EXPRESSION:
        head = f"{cut(text, 60)!r} is {len(text):,} characters long"
        raise InputError(f"{head}; expected at most {limits.EXPRESSION:,} in an expression")
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:  # MemoryError: CPython 3.11's parser stack
        reason = getattr(error, "msg", error) or "nested too deeply"
        raise InputError(f"{text!r} is not an expression: {reason}{_unit_hint(text)}") from None
    nodes: list[ast.AST] = []
    level: list[ast.AST] = [tree]
    for _ in range(limits.EXPRESSION_DEPTH):
        nodes += level
        level = [inner for node in level for inner in ast.iter_child_nodes(node)]
    if level:
        raise InputError(f"{text!r} is nested deeper than {limits.EXPRESSION_DEPTH} levels, the most an expression has")
    odd = next(_not_taken(nodes), None)
    if odd is not None:
        raise InputError(f"{odd!r} is not taken in an expression; expected arithmetic and comparisons{_unit_hint(odd)}")
    return tree


_WITH_UNIT = re.compile(r"(?<![\w.])([0-9]+(?:\.[0-9]+)?) ?([A-Za-zµ/%][A-Za-z0-9/]*)")


def _unit_hint(text: str) -> str:
    """How a quantity is to be written, where a text has one with its unit. "" where it has none."""
    for found in _WITH_UNIT.finditer(text):
        for dimension, units in UNITS.items():
            if found[2] in units:
                number = f"{float(found[1]) * units[found[2]]:.12g}"
                unit = f" ({dimension})" if dimension != "1" else ""
                return f"; numbers stand without units, in SI units{unit}: write {number} for {found[0]!r}"
    return ""


def _not_taken(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, _TAKEN):
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, bool | int | float):
            continue
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute | ast.Name):
            continue
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
            if node.func.id not in _FUNCTIONS:
                yield ast.unparse(node)
            continue
        yield ast.unparse(node) if isinstance(node, ast.expr) else type(node).__name__


def names(text: str) -> list[str]:
    """The dotted metric names an expression uses, in order.

    >>> names("docker.startup_time.p50 * 3 < kvm.startup_time.p50")
    ['docker.startup_time.p50', 'kvm.startup_time.p50']

    Raises `InputError` as `parsed`.
    """
    return list(_facts(text)[0])


ExpressionKind = Literal["truth", "constant", "value"]
"""What an expression gives: whether something holds, always the same, or a number."""


def kind(text: str) -> ExpressionKind:
    """What an expression gives.

    >>> [kind(text) for text in ("a.b.c < 1 and not a.b.c > 2", "True", "a.b.c + 1")]
    ['truth', 'constant', 'value']

    Raises `InputError` as `parsed`.
    """
    return _facts(text)[1]


@lru_cache(4096)
def _facts(text: str) -> tuple[tuple[str, ...], ExpressionKind]:
    """A scenario is checked once for each of its variations, and its expressions are the same in all."""
    tree = parsed(text)
    constant: ExpressionKind = "constant" if isinstance(tree.body, ast.Constant) else "value"
    return tuple(_names(tree)), "truth" if _is_truth(tree.body) else constant


def _is_truth(node: ast.expr) -> bool:
    if isinstance(node, ast.BoolOp):
        return all(_is_truth(value) for value in node.values)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return _is_truth(node.operand)
    return isinstance(node, ast.Compare)


def _names(tree: ast.AST) -> list[str]:
    places: list[tuple[int, int, str]] = []
    inner: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            inner.add(id(node.value))
            if id(node) not in inner:
                places.append((node.lineno, node.col_offset, ast.unparse(node)))
        elif isinstance(node, ast.Name) and id(node) not in inner and node.id not in _FUNCTIONS:
            places.append((node.lineno, node.col_offset, node.id))
    return [name for _, _, name in sorted(places)]


def evaluate(text: str, values: Mapping[str, float]) -> float | bool:
    """The value of an expression.

    >>> evaluate("a.time.p50 * 2 < b.time.p50", {"a.time.p50": 1.0, "b.time.p50": 3.0})
    True

    Args:
        text: The expression.
        values: The number of each "label.metric.statistic".

    Raises:
        InputError: Where it cannot be evaluated: an unknown name, a division by zero, a call that is not allowed, never
            times zero.
    """
    expression = parsed(text)
    tree: dict[str, dict[str, dict[str, float]]] = {}
    for name in _names(expression):
        if name in values:
            label, metric, statistic = name.split(".")
            tree.setdefault(label, {}).setdefault(metric, {})[statistic] = values[name]
    try:
        result = SimpleEval(_OPERATORS, _FUNCTIONS, tree).eval(text.strip(), expression.body)
    except OverflowError:
        raise InputError(f"{text!r} cannot be evaluated: a number is too large") from None
    except (InvalidExpression, ArithmeticError, TypeError, ValueError, KeyError) as error:
        raise InputError(f"{text!r} cannot be evaluated: {error}") from None
    if not isinstance(result, bool | int | float) or (isinstance(result, float) and math.isnan(result)):
        raise InputError(f"{text!r} gives {result!r}, expected a number or a truth value")
    return result
