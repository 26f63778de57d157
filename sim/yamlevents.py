"""ruamel.yaml's events in less time: the same reader, scanner and parser, with a shorter way from one to the next.

They ask each other by properties, and read on letter by letter. Most of a text is words in a line, of which each can be
passed in one step.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.parser import Parser
from ruamel.yaml.reader import Reader
from ruamel.yaml.scanner import Scanner


class _WordReader(Reader):
    def forward(self, length: int = 1) -> None:
        """Read on. A line's end and a byte order mark do not count as columns, so those are left to ruamel.yaml."""
        start = self.pointer
        end = start + length
        if end + 1 < len(self.buffer):
            passed = self.buffer[start:end]
            if not ("\n" in passed or "\r" in passed or "\ufeff" in passed):
                self.pointer = end
                self.index += length
                self.column += length
                return
        super().forward(length)


class _NearScanner(Scanner):
    reader: Any = None

    def __init__(self, loader: Any = None) -> None:
        self.reader = loader.reader
        super().__init__(loader)


class _NearParser(Parser):
    scanner: Any = None

    def __init__(self, loader: Any) -> None:
        self.scanner = loader.scanner
        super().__init__(loader)


def events(text: str) -> Iterator[Any]:
    """The events of a text as `YAML(typ="safe", pure=True).parse(text)` gives them, with its errors."""
    yaml = YAML(typ="safe", pure=True)
    yaml.Reader, yaml.Scanner, yaml.Parser = _WordReader, _NearScanner, _NearParser
    yield from yaml.parse(text)
