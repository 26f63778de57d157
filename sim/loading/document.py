"""Reads YAML 1.2 into plain values that remember where they stood.

The same reader is used wherever YAML is read. It builds values from ruamel.yaml's events: the core schema of YAML
1.2.2 (section 10.3), mappings with text keys, no tags, no directives. Size, depth and the growth of aliases are
limited, and repeated keys are problems.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sim import limits
from sim.errors import InputError, Problem
from sim.printable import printable

_EXCERPT = 160
_LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""What ruamel.yaml counts as the end of a line."""

_NULL = re.compile(r"~|null|Null|NULL|")
_TRUE = re.compile(r"true|True|TRUE")
_FALSE = re.compile(r"false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]{1,30}")
_OCTAL = re.compile(r"0o[0-7]{1,40}")
_HEX = re.compile(r"0x[0-9a-fA-F]{1,30}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_ENDLESS = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")

Path_ = tuple[str | int, ...]
"""Keys and indices from the document's root to a value."""


@dataclass(frozen=True)
class Document:
    """A value and where its parts were written.

    Attributes:
        value: Mappings, lists, text, numbers, truth values and None.
        keys, values: Path to (line, column), 1-based. Empty where the value was not read from text.
    """

    name: str
    value: Any
    lines: tuple[str, ...] = ()
    keys: Mapping[Path_, tuple[int, int]] = field(default_factory=dict)
    values: Mapping[Path_, tuple[int, int]] = field(default_factory=dict)

    def problem(self, message: str, path: Path_ = (), *, at_key: bool = False) -> Problem:
        """A problem at a path: at its key or its value, or at the nearest place above that was written."""
        place = (self.keys if at_key else self.values).get(path)
        above = path
        while place is None and above:
            above = above[:-1]
            place = self.keys.get(above) or self.values.get(above)
        line, column = place or ((1, 1) if self.lines else (0, 0))
        return _problem(self.name, self.lines, line, column, message, path)


def _problem(name: str, lines: tuple[str, ...], line: int, column: int, message: str, path: Path_ = ()) -> Problem:
    source = lines[line - 1] if 0 < line <= len(lines) else ""
    excerpt = printable(source, instead=" ") if len(source) <= _EXCERPT else ""
    return Problem(message, name, line, column, ".".join(str(key) for key in path), excerpt)


@dataclass(slots=True)
class _Node:
    value: Any
    place: tuple[int, int]
    size: int = 1


class _Reader:
    """One document's events on their way to nodes: scalars hold text, sequences lists, mappings (key, node) lists."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.lines = tuple(_LINE_BREAK.split(text))
        self.problems: list[Problem] = []
        self._anchors: dict[str, _Node] = {}
        self._events = self._parse(text)

    def _parse(self, text: str) -> Iterator[Any]:
        from ruamel.yaml import YAML
        from ruamel.yaml.error import MarkedYAMLError, YAMLError

        try:
            yield from YAML(typ="safe", pure=True).parse(text)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            words = " ".join(part for part in (error.context, error.problem) if part)
            if "\\t" in words or "'\t'" in words:
                words = "a tab where spaces are expected; YAML indents with spaces"
            raise InputError(self.at(f"not YAML: {words}", line, column)) from None
        except YAMLError as error:
            words = " ".join(str(error).split("\n")[0].split())
            raise InputError(self.at(f"not YAML: {words}", 1, 1)) from None

    def at(self, message: str, line: int, column: int) -> Problem:
        """A problem at a line and column of this text."""
        return _problem(self.name, self.lines, line, column, message)

    def _fail(self, message: str, event: Any) -> InputError:
        return InputError(self.at(message, event.start_mark.line + 1, event.start_mark.column + 1))

    def root(self) -> _Node | None:
        """The one document's root. None where there is none."""
        node: _Node | None = None
        for event in self._events:
            kind = type(event).__name__
            if kind == "DocumentStartEvent":
                if event.version or event.tags:
                    raise self._fail("directives ('%YAML', '%TAG') are not taken", event)
                if node is not None:
                    raise self._fail("a second document; expected one", event)
                node = self._node(next(self._events), 1)
        return node

    def _node(self, event: Any, depth: int) -> _Node:
        kind = type(event).__name__
        place = (event.start_mark.line + 1, event.start_mark.column + 1)
        if kind == "AliasEvent":
            if event.anchor not in self._anchors:
                raise self._fail(f"alias *{event.anchor} has no finished anchor before it", event)
            known = self._anchors[event.anchor]
            return _Node(known.value, place, known.size)
        if event.tag not in (None, "!", "tag:yaml.org,2002:str"):
            raise self._fail(f"tag {event.tag!r} is not taken", event)
        if depth > limits.YAML_DEPTH:
            raise self._fail(f"nested deeper than {limits.YAML_DEPTH} levels", event)
        if kind == "ScalarEvent":
            node = _Node(self._scalar(event, place), place)
        elif kind == "SequenceStartEvent":
            node = self._sequence(place, depth)
        else:
            node = self._mapping(place, depth)
        if node.size > limits.YAML_VALUES:
            raise self._fail(f"more than {limits.YAML_VALUES} values once its aliases are written out", event)
        if event.anchor:
            self._anchors[event.anchor] = node
        return node

    def _sequence(self, place: tuple[int, int], depth: int) -> _Node:
        node = _Node([], place)
        while type(event := next(self._events)).__name__ != "SequenceEndEvent":
            item = self._node(event, depth + 1)
            node.value.append(item)
            node.size += item.size
        return node

    def _mapping(self, place: tuple[int, int], depth: int) -> _Node:
        node = _Node({}, place)
        while type(event := next(self._events)).__name__ != "MappingEndEvent":
            if type(event).__name__ != "ScalarEvent":
                raise self._fail("a key is a word, not a list, a mapping or an alias", event)
            key, where = event.value, (event.start_mark.line + 1, event.start_mark.column + 1)
            item = self._node(next(self._events), depth + 1)
            if key in node.value:
                first = node.value[key][0][0]
                self.problems.append(self.at(f"key {key!r} is there already, in line {first}", *where))
                continue
            node.value[key] = (where, item)
            node.size += item.size
        return node

    def _scalar(self, event: Any, place: tuple[int, int]) -> Any:
        text: str = event.value
        plain = event.implicit[0] and event.tag is None
        if not plain:
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
            self.problems.append(self.at(f"{shown} is not a finite number", *place))
            return 0
        return text


def read(text: str, name: str) -> Document:
    """The document in a text.

    Raises `InputError` with the first mistake of grammar, or with every repeated key, each with its place.
    """
    if len(text.encode("utf-8", "surrogatepass")) > limits.SCENARIO:
        raise InputError(Problem(f"larger than {limits.SCENARIO} bytes", name))
    reader = _Reader(name, text)
    root = reader.root()
    if root is None:
        raise InputError(Problem("empty; expected keys and values", name))
    if reader.problems:
        raise InputError(reader.problems)
    keys: dict[Path_, tuple[int, int]] = {}
    values: dict[Path_, tuple[int, int]] = {}

    def plain(node: _Node, path: Path_) -> Any:
        values[path] = node.place
        if isinstance(node.value, list):
            return [plain(item, (*path, index)) for index, item in enumerate(node.value)]
        if isinstance(node.value, dict):
            result = {}
            for key, (where, item) in node.value.items():
                keys[(*path, key)] = where
                result[key] = plain(item, (*path, key))
            return result
        return node.value

    value = plain(root, ())
    return Document(name, value, reader.lines, keys, values)
