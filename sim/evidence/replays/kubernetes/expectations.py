"""What a case of a Kubernetes recording expects, counted: each field is {type: value}, and the type says how."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sim.errors import InputError, Problem
from sim.evidence.replays.counting import CountedItem
from sim.evidence.replays.kubernetes.counting import groups, sequence, subset, superset

Counting = Callable[[str, Any, Any], Iterator[CountedItem]]
"""Path in the case, what the model says, what was recorded: the counted items."""


def counted(expect: Mapping[str, Any], predicted: Mapping[str, Any]) -> Iterator[CountedItem]:
    """The items of a case, field by field.

    Raises `InputError` where an expectation has another form, with its path in the case.
    """
    for field, expectation in expect.items():
        path = f"expect.{field}"
        if not isinstance(expectation, dict) or len(expectation) != 1 or next(iter(expectation)) not in TYPES:
            raise InputError(Problem(f"expected one of {', '.join(TYPES)}, with its value", path=path))
        ((kind, recorded),) = expectation.items()
        yield from TYPES[kind](path, predicted.get(field), recorded)


def equal(path: str, predicted: Any, recorded: Any) -> Iterator[CountedItem]:
    """eq: one item, the values equal."""
    yield CountedItem(path, predicted, recorded, predicted == recorded)


def within(path: str, predicted: Any, recorded: Any) -> Iterator[CountedItem]:
    """range: one item, low <= value <= high."""
    if (
        not isinstance(recorded, list)
        or len(recorded) != 2
        or not all(isinstance(one, int | float) for one in recorded)
    ):
        raise InputError(Problem(f"expected the lowest and the highest, not {recorded!r}", path=path))
    low, high = recorded
    agrees = isinstance(predicted, int | float) and low <= predicted <= high
    yield CountedItem(path, predicted, recorded, agrees)


def each_within(path: str, predicted: Any, recorded: Any) -> Iterator[CountedItem]:
    """ranges: one item an entry, the i-th value inside the i-th range."""
    values = predicted if isinstance(predicted, list) else []
    for number, one in enumerate(_list(path, recorded)):
        yield from within(f"{path}.{number}", values[number] if number < len(values) else None, one)


def entries(path: str, predicted: Any, recorded: Any) -> Iterator[CountedItem]:
    """map: one item an entry, equal; of a row of scores, zeros do not matter. What is predicted beyond it is wrong."""
    if not isinstance(recorded, dict):
        raise InputError(Problem(f"expected an object, not {recorded!r}", path=path))
    said = predicted if isinstance(predicted, Mapping) else {}
    for key, value in recorded.items():
        mine = said.get(key)
        yield CountedItem(f"{path}.{key}", mine, value, key in said and _plain(mine) == _plain(value))
    for key in said.keys() - recorded.keys():
        yield CountedItem(f"{path}.{key}", said[key], None, agrees=False)


def _plain(value: Any) -> Any:
    return {key: each for key, each in value.items() if each != 0} if isinstance(value, Mapping) else value


def _list(path: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise InputError(Problem(f"expected a list, not {value!r}", path=path))
    return value


TYPES: dict[str, Counting] = {
    "eq": equal,
    "range": within,
    "ranges": each_within,
    "map": entries,
    "seq": sequence,
    "groups": groups,
    "subset": subset,
    "superset": superset,
}
"""By the word that the recording has for it."""
