"""Forms that values of an object must have, and what is left over: how a manifest is checked against what is read."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple

from sim import limits
from sim.errors import InputError
from sim.kubernetes.quantities import nanos
from sim.yamlnodes import KeyPath


class Scalar(NamedTuple):
    """A single value. reason: "" where it fits, else why not."""

    reason: Callable[[Any], str]


class ListOf(NamedTuple):
    """A list whose entries have a form."""

    form: Form


class MapOf(NamedTuple):
    """A mapping of any keys to values of one form."""

    form: Form


class Fields(NamedTuple):
    """A mapping of known keys. What has another key is not read. required: keys that must be there."""

    forms: Mapping[str, Form]
    required: tuple[str, ...] = ()


Form = Scalar | ListOf | MapOf | Fields


@dataclass
class FormFindings:
    """Paths of what is not read, and of what does not fit, with the reason. All within one object.

    Attributes:
        slips: As `wrong`, of keys that the kind does not have.
        meant: Of what is not read, the name that may be meant, where one is near and not there itself.
    """

    ignored: list[KeyPath] = field(default_factory=list)
    wrong: list[tuple[KeyPath, str]] = field(default_factory=list)
    slips: list[tuple[KeyPath, str]] = field(default_factory=list)
    meant: dict[KeyPath, str] = field(default_factory=dict)


NAME = 80
"""Characters of a key that may be a slip. Comparing names takes as long as the product of their lengths."""
_SHORTEST = 4
"""Letters from which on a name may be told as a slip of another: `uid` is none of `gid`."""
_NEAR = 0.85
"""How alike two names are, of 1, where one may be meant by the other. `initContainers` is no slip for `containers`."""


def near(name: str, known: Iterable[str]) -> str:
    """The name that may be meant. "" where none is near.

    >>> near("replicsa", ("replicas", "selector")), near("initContainers", ("containers",))
    ('replicas', '')
    """
    return next(iter(difflib.get_close_matches(name, list(known), 1, _NEAR)), "")


def slip(name: str, known: Iterable[str]) -> str:
    """The name that is meant by one with a single slip, or written in another case. "" where there is none.

    A letter more, less, another one, or two in the wrong order. Of the 1,010 fields of the API 1.32 eight are that near
    to another of their type, and each of these is the other's plural. So a field that came later is hardly one.

    >>> slip("lables", ("labels",)), slip("image_pull_policy", ("imagePullPolicy",)), slip("fileKeyRef", ("fieldRef",))
    ('labels', 'imagePullPolicy', '')
    """
    given = _letters(name) if len(name) <= NAME else ""
    return next((one for one in known if _one_apart(given, _letters(one))), "")


def _letters(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def _one_apart(one: str, other: str) -> bool:
    if min(len(one), len(other)) < _SHORTEST or abs(len(one) - len(other)) > 1:
        return False
    same = next((at for at, both in enumerate(zip(one, other, strict=False)) if both[0] != both[1]), None)
    if same is None:
        return True
    one, other = one[same:], other[same:]
    swapped = one[:2] == other[1::-1] and one[2:] == other[2:]
    return swapped or one[1:] == other[1:] or one[1:] == other or one == other[1:]


def examine(value: Any, form: Form, path: KeyPath, findings: FormFindings) -> None:
    """Find what of a value does not fit its form, and what the form does not know. None is as if it was not there."""
    if value is None:
        return
    if isinstance(form, Scalar):
        reason = form.reason(value)
        if reason:
            findings.wrong.append((path, f"{shown(value)} is {reason}"))
    elif isinstance(form, ListOf):
        if _is(value, list, "a list", path, findings):
            for number, item in enumerate(value):
                if item is None:
                    findings.wrong.append(((*path, number), "nothing is here; expected an entry"))
                examine(item, form.form, (*path, number), findings)
    elif _is(value, dict, "keys and values", path, findings):
        if isinstance(form, MapOf):
            for key, item in value.items():
                examine(item, form.form, (*path, key), findings)
        else:
            _fields(value, form, path, findings)


def _fields(value: Mapping[str, Any], form: Fields, path: KeyPath, findings: FormFindings) -> None:
    for key in form.required:
        if value.get(key) is None:
            written = near(key, _unknown(value, form))
            hint = f"; is {written!r} meant?" if written else ""
            findings.wrong.append((path, f"missing key {key!r}{hint}"))
    for key, item in value.items():
        known = form.forms.get(key)
        if known is not None:
            examine(item, known, (*path, key), findings)
        else:
            findings.ignored.append((*path, key))


def _unknown(value: Mapping[str, Any], form: Fields) -> list[str]:
    """The first keys that the form does not know, and that are short enough for a slip."""
    unknown = (key for key in value if key not in form.forms and len(key) <= NAME)
    return list(islice(unknown, limits.PROBLEMS))


def _is(value: Any, kind: type, expected: str, path: KeyPath, findings: FormFindings) -> bool:
    if isinstance(value, kind):
        return True
    findings.wrong.append((path, f"{shown(value)} does not fit; expected {expected}"))
    return False


def shown(value: Any) -> str:
    """A value as a message quotes it."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def whole(least: int = 0, most: int = 2**31 - 1) -> Scalar:
    """Whole numbers within bounds."""

    def reason(value: Any) -> str:
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return ""
        return f"no whole number from {least} to {most}"

    return Scalar(reason)


def one_of(*words: str) -> Scalar:
    """One of a few words."""
    return Scalar(lambda value: "" if value in words else f"none of {', '.join(words)}")


def is_quantity(value: Any) -> bool:
    """Whether it is a quantity of at least 0."""
    try:
        return nanos(value) >= 0
    except InputError:
        return False


def _quantity(value: Any) -> str:
    return "" if is_quantity(value) else "no quantity of at least 0; expected one as '500m' or '1.5Gi'"


def _count_or_share(value: Any) -> str:
    fits = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31
    percent = isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}%", value)
    return "" if fits or percent else "neither a whole number nor a percentage as '25%'"


def _label(value: Any) -> str:
    if not isinstance(value, str):
        return "no text; expected text, as in quotes"
    return "" if len(value) <= 63 else "over 63 characters, the most of a label's value"


def _dns(called: str, part: str, most: int, expected: str) -> Callable[[Any], str]:
    """Names of DNS by the API server's own rules. Source: apimachinery 0.32, pkg/util/validation/validation.go.

    Args:
        part: What a name must be, as a pattern.
    """
    pattern = re.compile(part)

    def reason(value: Any) -> str:
        if not isinstance(value, str):
            return "no text; expected text, as in quotes"
        fits = len(value) <= most and pattern.fullmatch(value)
        return "" if fits else f"no {called}; expected at most {most} of {expected}"

    return reason


def beginning(name: Scalar) -> Scalar:
    """How names that fit may begin: a hyphen may be its last character (NameIsDNSLabel with `prefix`)."""

    def reason(value: Any) -> str:
        written = isinstance(value, str) and len(value) > 1 and value.endswith("-")
        return name.reason(f"{value[:-1]}a" if written else value)

    return Scalar(reason)


_LABEL_1123 = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_ENDS = "with a letter or digit at both ends"
DNS_LABEL = Scalar(_dns("RFC 1123 label", _LABEL_1123, 63, f"a-z, 0-9 and '-', {_ENDS}"))
SERVICE_NAME = Scalar(
    _dns(
        "RFC 1035 label", "[a-z]([-a-z0-9]*[a-z0-9])?", 63,
        "a-z, 0-9 and '-', with a letter first and a letter or digit last",
    )
)  # fmt: skip
SUBDOMAIN = Scalar(
    _dns(
        "RFC 1123 subdomain", rf"{_LABEL_1123}(\.{_LABEL_1123})*", 253,
        f"a-z, 0-9, '-' and '.', each part {_ENDS}",
    )
)  # fmt: skip
TEXT = Scalar(lambda value: "" if isinstance(value, str) else "no text; expected text, as in quotes")
LABEL = Scalar(_label)
TRUTH = Scalar(lambda value: "" if isinstance(value, bool) else "neither true nor false")
QUANTITY = Scalar(_quantity)
COUNT_OR_SHARE = Scalar(_count_or_share)
