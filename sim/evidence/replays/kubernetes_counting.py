"""What a recorded case of Kubernetes expects, counted against what the model gives. One item is a field or an entry.

Each expectation is an object with one key, its type:

- eq, range: one value.
- seq: entries that are found in this order; the longest common subsequence agrees.
- map: an entry each.
- ranges: the i-th value lies inside the i-th range.
- groups: events, in any order inside a group, and the groups in order; the longest run in order agrees.
- subset, superset: names that must be among the predicted, and names that the predicted must be among.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sim.evidence.replays.counting import CountedItem

TYPES = ("eq", "range", "seq", "map", "ranges", "groups", "subset", "superset")
Range = Sequence[float]


def counted(predicted: Mapping[str, Any], expected: Mapping[str, Mapping[str, Any]]) -> Iterator[CountedItem]:
    """Every item of a case's expectations; a field that the model does not tell is None."""
    for name, expectation in expected.items():
        ((kind, recorded),) = expectation.items()
        yield from _ITEMS[kind](name, predicted.get(name), recorded)


def inside(value: Any, limits: Range) -> bool:
    """Whether a number lies in a range, ends included."""
    return isinstance(value, (int, float)) and limits[0] <= value <= limits[1]


def _eq(path: str, predicted: Any, recorded: Any) -> Iterator[CountedItem]:
    yield CountedItem(path, predicted, recorded, predicted == recorded)


def _range(path: str, predicted: Any, recorded: Range) -> Iterator[CountedItem]:
    yield CountedItem(path, predicted, recorded, inside(predicted, recorded))


def _map(path: str, predicted: Any, recorded: Mapping[str, Any]) -> Iterator[CountedItem]:
    for name, value in recorded.items():
        found = (predicted or {}).get(name)
        yield CountedItem(f"{path}.{name}", found, value, found == value)


def _ranges(path: str, predicted: Any, recorded: Sequence[Range]) -> Iterator[CountedItem]:
    values = list(predicted or ())
    for place, limits in enumerate(recorded):
        value = values[place] if place < len(values) else None
        yield CountedItem(f"{path}.{place}", value, limits, inside(value, limits))


def _seq(path: str, predicted: Any, recorded: Sequence[Any]) -> Iterator[CountedItem]:
    found = common_subsequence(list(predicted or ()), recorded)
    for place, value in enumerate(recorded):
        yield CountedItem(f"{path}.{place}", value if place in found else None, value, place in found)


def _groups(path: str, predicted: Any, recorded: Sequence[Sequence[str]]) -> Iterator[CountedItem]:
    """`predicted`: the events' names in order."""
    placed = [(place, group) for place, group in enumerate(group_of_each(list(predicted or ()), recorded))]
    in_order = longest_run([group for _, group in placed if group is not None])
    left = [group for group in in_order]
    for number, group in enumerate(recorded):
        agreeing = left.count(number)
        for place, name in enumerate(group):
            agrees = place < agreeing
            yield CountedItem(f"{path}.{number}.{place}", name if agrees else None, name, agrees)


def _subset(path: str, predicted: Any, recorded: Sequence[str]) -> Iterator[CountedItem]:
    for place, name in enumerate(recorded):
        agrees = name in (predicted or ())
        yield CountedItem(f"{path}.{place}", name if agrees else None, name, agrees)


def _superset(path: str, predicted: Any, recorded: Sequence[str]) -> Iterator[CountedItem]:
    names = list(predicted or ())
    yield CountedItem(path, names, list(recorded), set(names) <= set(recorded))


_ITEMS = {
    "eq": _eq,
    "range": _range,
    "seq": _seq,
    "map": _map,
    "ranges": _ranges,
    "groups": _groups,
    "subset": _subset,
    "superset": _superset,
}


def common_subsequence(one: Sequence[Any], other: Sequence[Any]) -> set[int]:
    """Places in `other` of a longest sequence that is found in both, in order.

    >>> sorted(common_subsequence([1, 3, 2, 4], [1, 2, 3, 4]))
    [0, 1, 3]
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
