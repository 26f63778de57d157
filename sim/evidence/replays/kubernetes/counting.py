"""Sequences, groups of events and sets of names that a case of Kubernetes expects, counted. One item an entry.

- seq: entries that are found in this order; the longest common subsequence agrees.
- groups: events, in any order inside a group, and the groups in order; the longest run in order agrees.
- subset, superset: names that must be among the predicted, and names that the predicted must be among.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Any

from sim.errors import InputError, Problem
from sim.evidence.replays.counting import CountedItem
from sim.kubernetes.forms import shown


def sequence(path: str, predicted: Any, recorded: Any) -> Iterator[CountedItem]:
    """seq: one item an entry."""
    values = _list(path, recorded)
    found = common_subsequence(list(predicted or ()), values)
    for place, value in enumerate(values):
        yield CountedItem(f"{path}.{place}", value if place in found else None, value, place in found)


def groups(path: str, predicted: Any, recorded: Any) -> Iterator[CountedItem]:
    """groups: one item an event. `predicted`: the events' names in order."""
    expected = [_names(f"{path}.{number}", group) for number, group in enumerate(_list(path, recorded))]
    placed = group_of_each(list(predicted or ()), expected)
    in_order = longest_run([group for group in placed if group is not None])
    for number, group in enumerate(expected):
        agreeing = in_order.count(number)
        for place, name in enumerate(group):
            agrees = place < agreeing
            yield CountedItem(f"{path}.{number}.{place}", name if agrees else None, name, agrees)


def subset(path: str, predicted: Any, recorded: Any) -> Iterator[CountedItem]:
    """subset: one item a name, each of which must be there."""
    for place, name in enumerate(_list(path, recorded)):
        agrees = name in (predicted or ())
        yield CountedItem(f"{path}.{place}", name if agrees else None, name, agrees)


def superset(path: str, predicted: Any, recorded: Any) -> Iterator[CountedItem]:
    """superset: one item; nothing may be there that is not among the names."""
    names = list(predicted or ())
    yield CountedItem(path, names, recorded, set(names) <= set(_names(path, recorded)))


def _list(path: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise InputError(Problem(f"expected a list, not {value!r}", path=path))
    return value


def _names(path: str, value: Any) -> list[str]:
    names = _list(path, value)
    if not all(isinstance(name, str) for name in names):
        raise InputError(Problem(f"expected names, not {shown(value)}", path=path))
    return names


def common_subsequence(one: Sequence[Any], other: Sequence[Any]) -> set[int]:
    """Places in `other` of a longest sequence that is found in both, in order.

    >>> sorted(common_subsequence([1, 3, 4], [1, 2, 3, 4]))
    [0, 2, 3]
    """
    rows = [[0] * (len(other) + 1)]
    for value in one:
        row = [0]
        for place, candidate in enumerate(other):
            row.append(rows[-1][place] + 1 if value == candidate else max(row[-1], rows[-1][place + 1]))
        rows.append(row)
    found, line, place = set(), len(one), len(other)
    while line and place:
        if one[line - 1] == other[place - 1] and rows[line][place] == rows[line - 1][place - 1] + 1:
            found.add(place - 1)
            line, place = line - 1, place - 1
        elif rows[line - 1][place] >= rows[line][place - 1]:
            line -= 1
        else:
            place -= 1
    return found


def group_of_each(events: Sequence[str], groups: Sequence[Sequence[str]]) -> list[int | None]:
    """The group of each event: the k-th event of a name is the k-th of that name in the groups. None of no group."""
    places: dict[str, list[int]] = {}
    for number, group in enumerate(groups):
        for name in group:
            places.setdefault(name, []).append(number)
    used: dict[str, int] = {}
    result: list[int | None] = []
    for name in events:
        turn = used.get(name, 0)
        used[name] = turn + 1
        known = places.get(name, ())
        result.append(known[turn] if turn < len(known) else None)
    return result


def longest_run(numbers: Sequence[int]) -> list[int]:
    """A longest subsequence that never falls.

    >>> longest_run([0, 2, 1, 1, 3])
    [0, 1, 1, 3]
    """
    ends: list[int] = []
    chains: list[list[int]] = []
    for number in numbers:
        place = bisect_right(ends, number)
        chain = [*(chains[place - 1] if place else ()), number]
        if place == len(ends):
            ends.append(number)
            chains.append(chain)
        else:
            ends[place], chains[place] = number, chain
    return chains[-1] if chains else []
