"""A place in a figure: which of its marks are meant, by what they are of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape, unescape
from typing import Any
from urllib.parse import parse_qsl, urlencode

from sim.scenario import PLACE_KEYS as KEYS

__all__ = ["KEYS", "FigurePlace", "always_and_fields", "belongs", "named", "place", "place_data", "read_place"]

FigurePlace = Mapping[str, tuple[str, ...]]
"""A filter of marks: for each of `KEYS` that it names, what a mark may be of. A mark must satisfy all of them."""


def place(**values: str | Sequence[str]) -> FigurePlace:
    """A place, each value one or several.

    >>> place(label="kvm", owner=("kernel", "userland"))
    {'label': ('kvm',), 'owner': ('kernel', 'userland')}
    """
    return {key: (one,) if isinstance(one, str) else tuple(one) for key, one in values.items()}


def named(fields: Mapping[str, str], **always: str) -> dict[str, Any]:
    """What a chart's `usermeta` says of its marks.

    Args:
        fields: For a key what the rows call it.
        always: What every mark of the chart is of.
    """
    return {"fields": dict(fields), "always": always}


def place_data(**values: str) -> str:
    """The attribute of an SVG's or a table's element that says what it is of, with a space before it.

    >>> place_data(label="kvm", owner="kernel")
    ' data-place="label=kvm&amp;owner=kernel"'
    """
    return f' data-place="{escape(urlencode(values))}"'


def read_place(attribute: str) -> dict[str, str]:
    """The values of such an attribute."""
    return dict(parse_qsl(unescape(attribute)))


def belongs(wanted: FigurePlace, values: Mapping[str, str]) -> bool:
    """Whether a mark of these values is meant."""
    return all(values.get(key) in allowed for key, allowed in wanted.items())


def always_and_fields(spec: Mapping[str, Any], wanted: FigurePlace) -> dict[str, tuple[str, ...]] | None:
    """What a chart's rows must be of by the names of their fields.

    None where nothing of the chart is meant, or nothing less than all of it.
    """
    said = spec.get("usermeta") or {}
    fields, always = said.get("fields", {}), said.get("always", {})
    rest = {key: allowed for key, allowed in wanted.items() if always.get(key) not in allowed}
    if not rest or not rest.keys() <= fields.keys():
        return None
    return {fields[key]: allowed for key, allowed in rest.items()}
