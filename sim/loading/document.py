"""Reads YAML 1.2 into plain values that remember where they stood.

The same reader is used wherever YAML is read. It builds values from ruamel.yaml's events: the core schema of YAML
1.2.2 (section 10.3), mappings with text keys, no tags, no directives. Size, depth and the growth of aliases are
limited, and repeated keys are problems.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sim import limits
from sim.errors import InputError, Problem
from sim.yamlnodes import KeyPath, YamlNode, YamlReader, YamlSource

_NULL = re.compile(r"~|null|Null|NULL|")
_TRUE = re.compile(r"true|True|TRUE")
_FALSE = re.compile(r"false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]{1,30}")
_OCTAL = re.compile(r"0o[0-7]{1,40}")
_HEX = re.compile(r"0x[0-9a-fA-F]{1,30}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_ENDLESS = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")

Path_ = KeyPath


@dataclass(frozen=True)
class Document:
    """A value and where its parts were written.

    Attributes:
        value: Mappings, lists, text, numbers, truth values and None.
        keys, values: Path to (line, column), 1-based. Empty where the value was not read from text.
        from_shell: Whether values in it were given as a shell's arguments.
    """

    name: str
    value: Any
    source: YamlSource | None = None
    keys: Mapping[Path_, tuple[int, int]] = field(default_factory=dict)
    values: Mapping[Path_, tuple[int, int]] = field(default_factory=dict)
    from_shell: bool = False

    def problem(self, message: str, path: Path_ = (), *, at_key: bool = False) -> Problem:
        """A problem at a path: at its key or its value, or at the nearest place above that was written."""
        place = (self.keys if at_key else self.values).get(path)
        above = path
        while place is None and above:
            above = above[:-1]
            place = self.keys.get(above) or self.values.get(above)
        source = self.source or YamlSource(self.name, "")
        line, column = place or ((1, 1) if self.source else (0, 0))
        return source.problem(message, line, column, path)


class _Reader(YamlReader):
    """The core schema, one document, no tags."""

    def document(self, event: Any) -> None:
        if event.version or event.tags:
            raise self.fail("directives ('%YAML', '%TAG') are not taken", event)
        if self.started:
            raise self.fail("a second document; expected one", event)
        self.started = True

    started = False

    def root(self) -> YamlNode | None:
        """The one document's root; None where there is none."""
        return next(iter([*self.documents()]), None)

    def tagged(self, event: Any) -> None:
        if event.tag not in (None, "!", "tag:yaml.org,2002:str"):
            raise self.fail(f"tag {event.tag!r} is not taken", event)

    def scalar(self, event: Any) -> Any:
        text: str = event.value
        if not (event.implicit[0] and event.tag is None):
            return text
        if _NULL.fullmatch(text):
            return None
        if _TRUE.fullmatch(text) or _FALSE.fullmatch(text):
            return bool(_TRUE.fullmatch(text))
        if _INT.fullmatch(text):
            return int(text)
        if _OCTAL.fullmatch(text) or _HEX.fullmatch(text):
            return int(text, 0)
        if _FLOAT.fullmatch(text) and abs(number := float(text)) != float("inf"):
            return number
        if _FLOAT.fullmatch(text) or _ENDLESS.fullmatch(text):
            shown = text if len(text) < 40 else f"{text[:37]}..."
            self.problems += self.fail(f"{shown} is not a finite number", event).problems
            return 0
        return text


def read(text: str, name: str) -> Document:
    """The document in a text.

    Raises `InputError` with the first mistake of grammar, or with every repeated key, each with its place.
    """
    document, problems = read_on(text, name)
    if problems:
        raise InputError(problems)
    return document


def read_on(text: str, name: str) -> tuple[Document, list[Problem]]:
    """As `read`, with the problems beside the document: of a repeated key the first value counts.

    Raises `InputError` with the first mistake of grammar.
    """
    if len(text.encode("utf-8", "surrogatepass")) > limits.SCENARIO:
        raise InputError(Problem(f"larger than {limits.SCENARIO} bytes", name))
    reader = _Reader(name, text)
    root = reader.root()
    if root is None:
        raise InputError(Problem("empty; expected keys and values", name))
    keys: dict[Path_, tuple[int, int]] = {}
    values: dict[Path_, tuple[int, int]] = {}

    def plain(node: YamlNode, path: Path_) -> Any:
        values[path] = node.place
        if isinstance(node.value, list):
            return [plain(item, (*path, index)) for index, item in enumerate(node.value)]
        if isinstance(node.value, dict):
            result = {}
            for key, item in node.value.items():
                keys[(*path, key)] = item.key
                result[key] = plain(item, (*path, key))
            return result
        return node.value

    value = plain(root, ())
    return Document(name, value, reader.source, keys, values), reader.problems
