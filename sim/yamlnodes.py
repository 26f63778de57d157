"""YAML's events as a tree of nodes that know where they stood: what every reader of YAML here begins with.

Size, depth and the growth of aliases are limited, and repeated keys are problems. Which scalars, keys and tags there
are is for a subclass to say: the core schema of YAML 1.2 (`sim.loading.document`), or what another program takes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sim import limits
from sim.errors import InputError, Problem
from sim.printable import printable

_EXCERPT = 160
_LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""What ruamel.yaml counts as the end of a line."""

Place = tuple[int, int]
"""Line and column, from 1."""

KeyPath = tuple[str | int, ...]
"""Keys and indices from a document's root to a value."""


class YamlSource:
    """A text and what it is called."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.lines = tuple(_LINE_BREAK.split(text))

    def problem(self, message: str, line: int, column: int, path: KeyPath = ()) -> Problem:
        """A problem at a line and column, with the line where it is short."""
        source = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        excerpt = printable(source, instead=" ") if len(source) <= _EXCERPT else ""
        return Problem(message, self.name, line, column, dotted(path), excerpt)


def dotted(path: KeyPath) -> str:
    """A path as problems name it.

    >>> dotted(("services", "web", "ports", 0))
    'services.web.ports.0'
    """
    return ".".join(str(key) for key in path)


@dataclass(slots=True)
class YamlNode:
    """A value and where it was written.

    value: a scalar, a list of nodes, or nodes by key. key: where its key stands, in a mapping. size: values in it,
    itself counted and aliases written out.
    """

    value: Any
    source: YamlSource
    place: Place
    key: Place | None = None
    size: int = 1
    tag: str | None = None

    def of(self, value: Any) -> YamlNode:
        """Another value at the same place."""
        return YamlNode(value, self.source, self.place, self.key)

    def problem(self, message: str, path: KeyPath = (), *, at_key: bool = False) -> Problem:
        """A problem of this value, or of its key."""
        return self.source.problem(message, *((self.key if at_key else None) or self.place), path)


class YamlReader:
    """One text's events on their way to nodes. `problems` has what is wrong and does not end the reading."""

    def __init__(self, name: str, text: str) -> None:
        self.source = YamlSource(name, text)
        self.problems: list[Problem] = []
        self._anchors: dict[str, YamlNode] = {}
        self._events = self._parse(text)

    def _parse(self, text: str) -> Iterator[Any]:
        from ruamel.yaml.error import MarkedYAMLError, YAMLError

        from sim.yamlevents import events

        try:
            yield from events(text)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            words = " ".join(part for part in (error.context, error.problem) if part)
            if "\\t" in words or "'\t'" in words:
                words = "a tab where spaces are expected; YAML indents with spaces"
            raise InputError(self.source.problem(f"not YAML: {words}", line, column)) from None
        except YAMLError as error:
            words = " ".join(str(error).split("\n")[0].split())
            raise InputError(self.source.problem(f"not YAML: {words}", 1, 1)) from None

    def fail(self, message: str, event: Any) -> InputError:
        """What ends the reading, at an event."""
        return InputError(self.source.problem(message, *_place(event)))

    def documents(self) -> Iterator[YamlNode]:
        """The root of each document."""
        for event in self._events:
            if type(event).__name__ == "DocumentStartEvent":
                self._anchors = {}
                self.document(event)
                yield self._node(next(self._events), 1)

    def document(self, event: Any) -> None:
        """Look at the start of a document: its directives."""

    def tagged(self, event: Any) -> str | None:
        """The tag of a value that its node keeps. Raises `InputError` for one that is not taken."""
        return str(event.tag) if event.tag else None

    def scalar(self, event: Any) -> Any:
        """What a scalar means."""
        return event.value

    def key(self, event: Any) -> str:
        """What a mapping's key is called. Raises `InputError` where it cannot be one."""
        if type(event).__name__ != "ScalarEvent":
            raise self.fail("a key is a word, not a list, a mapping or an alias", event)
        return str(event.value)

    def entry(self, mapping: YamlNode, key: str, item: YamlNode) -> None:
        """Put a value into its mapping."""
        if key in mapping.value:
            first = mapping.value[key].key[0]
            assert item.key is not None
            self.problems.append(self.source.problem(f"key {key!r} is there already, in line {first}", *item.key))
            return
        mapping.value[key] = item
        mapping.size += item.size

    def finished(self, mapping: YamlNode) -> YamlNode:
        """What a mapping is, once all of its keys are read."""
        return mapping

    def alias(self, event: Any) -> YamlNode:
        """What an alias stands for."""
        if event.anchor not in self._anchors:
            raise self.fail(f"alias *{event.anchor} has no finished anchor before it", event)
        return self._anchors[event.anchor]

    def _node(self, event: Any, depth: int) -> YamlNode:
        kind = type(event).__name__
        place = _place(event)
        if kind == "AliasEvent":
            known = self.alias(event)
            return YamlNode(known.value, self.source, place, None, known.size, known.tag)
        tag = self.tagged(event)
        if depth > limits.YAML_DEPTH:
            raise self.fail(f"nested deeper than {limits.YAML_DEPTH} levels", event)
        node = YamlNode(None, self.source, place, tag=tag)
        if kind == "ScalarEvent":
            node.value = self.scalar(event)
        elif kind == "SequenceStartEvent":
            self._sequence(node, depth)
        else:
            node = self._mapping(node, depth)
        if node.size > limits.YAML_VALUES:
            raise self.fail(f"more than {limits.YAML_VALUES} values once its aliases are written out", event)
        if event.anchor:
            self._anchors[event.anchor] = node
        return node

    def _sequence(self, node: YamlNode, depth: int) -> None:
        node.value = []
        while type(event := next(self._events)).__name__ != "SequenceEndEvent":
            item = self._node(event, depth + 1)
            node.value.append(item)
            node.size += item.size

    def _mapping(self, node: YamlNode, depth: int) -> YamlNode:
        node.value = {}
        while type(event := next(self._events)).__name__ != "MappingEndEvent":
            key, where = self.key(event), _place(event)
            item = self._node(next(self._events), depth + 1)
            item.key = where
            self.entry(node, key, item)
        return self.finished(node)


def _place(event: Any) -> Place:
    return event.start_mark.line + 1, event.start_mark.column + 1


def plain(node: YamlNode) -> Any:
    """The value of a node without places: mappings, lists and scalars."""
    if isinstance(node.value, dict):
        return {key: plain(item) for key, item in node.value.items()}
    return [plain(item) for item in node.value] if isinstance(node.value, list) else node.value


def count(node: YamlNode) -> int:
    """How many values a node holds, itself counted."""
    if isinstance(node.value, dict):
        return 1 + sum(map(count, node.value.values()))
    return 1 + sum(map(count, node.value)) if isinstance(node.value, list) else 1
