"""Compose files as YAML: what go-yaml v3, which docker compose reads them with, makes of scalars, keys and tags.

Where it differs from the core schema of YAML 1.2 it takes octal numbers as `0777`, digits with `_` between them, and
merge keys (`<<`). Keys that are no text are mistakes. Source: gopkg.in/yaml.v3, resolve.go and decode.go.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from sim.errors import InputError, Problem
from sim.yamlnodes import YamlNode, YamlReader

MERGE = "<<"
RESET, OVERRIDE = "!reset", "!override"
"""Tags by which a file takes away, or replaces whole, what files before it say. Source: compose-go loader/reset.go."""

_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **{f"{sign}.{word}": float(f"{sign}inf") for sign in ("", "+", "-") for word in ("inf", "Inf", "INF")},
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
_DECIMAL = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,18})")
_BASED = re.compile(r"([-+]?)0(?:[xX]([0-9a-fA-F]{1,16})|[bB]([01]{1,64})|[oO]?([0-7]{1,22}))")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_STANDARD = "tag:yaml.org,2002:"


def plain_scalar(text: str) -> Any:
    """What a scalar without quotes means.

    >>> [plain_scalar(text) for text in ("0440", "1_000", "yes", "22:22", "~", "08")]
    [288, 1000, 'yes', '22:22', None, 8.0]
    """
    if text in _WORDS:
        return _WORDS[text]
    digits = text.replace("_", "")
    if _DECIMAL.fullmatch(digits):
        return int(digits)
    if based := _BASED.fullmatch(digits):
        sign, hexadecimal, binary, octal = based.groups()
        value = int(hexadecimal or binary or octal, 16 if hexadecimal else 2 if binary else 8)
        return -value if sign == "-" else value
    if _FLOAT.fullmatch(digits):
        return float(digits)
    return text


class _Reader(YamlReader):
    """Merge keys are applied where a mapping ends: what it says itself comes first, then each merged one in turn."""

    def tagged(self, event: Any) -> str | None:
        tag = event.tag if isinstance(event.tag, str) else str(event.tag) if event.tag else None
        return tag if tag in (RESET, OVERRIDE) else None

    def scalar(self, event: Any) -> Any:
        tag = str(event.tag).removeprefix(_STANDARD) if event.tag else ""
        quoted = not event.implicit[0] and not event.tag
        return event.value if quoted or tag in ("!", "str", "binary") else plain_scalar(event.value)

    def key(self, event: Any) -> str:
        if type(event).__name__ == "AliasEvent":
            known = self.alias(event).value
        elif type(event).__name__ == "ScalarEvent":
            known = self.scalar(event)
        else:
            raise self.fail("a key is a text, not a list or a mapping", event)
        if not isinstance(known, str):
            written = event.value if hasattr(event, "value") else known
            self.problems += self.fail(f"key {written} is no text; expected it in quotes", event).problems
            return str(written)
        return known

    def finished(self, mapping: YamlNode) -> YamlNode:
        merged = mapping.value.pop(MERGE, None)
        if merged is None:
            return mapping
        for one in merged.value if isinstance(merged.value, list) else [merged]:
            if not isinstance(one.value, dict):
                self.problems.append(merged.problem(f"{MERGE} expects a mapping or a list of mappings"))
                continue
            for key, item in one.value.items():
                mapping.value.setdefault(key, item)
        return mapping


def read_documents(text: str, name: str) -> tuple[list[YamlNode], list[Problem]]:
    """The documents of a compose file, and what is wrong with their keys. Nobody changes nodes that were read.

    Raises `InputError` where the text is no YAML, or asks for more than `sim.limits` allows.
    """
    documents, problems = (_kept if len(text) <= _KEPT_LENGTH else _read)(text, name)
    return list(documents), list(problems)


_KEPT_LENGTH = 50_000
"""Characters up to which a file's nodes are kept: a scenario opens a project once for each label and each end of its
inputs' ranges, and reading YAML is most of it."""


def _read(text: str, name: str) -> tuple[tuple[YamlNode, ...], tuple[Problem, ...]]:
    reader = _Reader(name, text)
    try:
        return tuple(reader.documents()), tuple(reader.problems)
    except InputError as error:
        raise InputError([*reader.problems, *error.problems]) from None


_kept = lru_cache(16)(_read)
