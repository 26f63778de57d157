"""Reads the catalog's files as they stand: TOML, JSON and CSV. Whatever is wrong is told with file and line.

It knows no rule of the catalog. `sim.catalog.read` does.
"""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import io
import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

from sim.errors import CatalogError, InputError, Problem

_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
"""How tomllib ends a message."""


_HEADER = re.compile(r"\s*(\[\[?)([\w.-]+)\]")
_KEY = re.compile(r'\s*([\w-]+|"[^"]+")\s*=')
"""How a table and a key begin in TOML as this catalog writes it: at the start of a line."""

FOLDER = Path(__file__).parent


@cache
def shipped_ids(kind: str) -> tuple[str, ...]:
    """The ids of the package's files of one kind, which are asked for once for each block of each technology."""
    return tuple(sorted(path.stem for path in (FOLDER / kind).glob("*.toml")))


def refuse(problems: Iterable[Problem], name: str = "", path: Path | None = None) -> None:
    """Raise `CatalogError` with every problem and its line, if there is one.

    Args:
        name: What messages call the file that was read.
        path: Where it is, if not in the catalog's folder.
    """
    placed = []
    for problem in problems:
        place = path if path is not None and problem.file == name else FOLDER / problem.file
        placed.append(_with_line(problem, place))
    if placed:
        raise CatalogError("\n".join(map(str, placed)))


def _with_line(problem: Problem, path: Path) -> Problem:
    if problem.line or not problem.path or path.suffix != ".toml":
        return problem
    try:
        return dataclasses.replace(problem, line=line_of(path.read_text(encoding="utf-8"), problem.path))
    except (OSError, UnicodeDecodeError):
        return problem


def line_of(text: str, path: str) -> int:
    r"""The line of a TOML file where a dotted path stands, or the nearest table or key above it. 0 where there is none.

    >>> line_of('id = "runc"\n[[phases]]\nid = "create"\n[[phases]]\ncpu = {value = "1 ms"}', "phases.1.cpu.value")
    5
    """
    lines: dict[str, int] = {}
    counts: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            *above, last = header[2].split(".")
            table = ""
            for step in above:
                table = _below(table, step)
                table += f".{counts[table] - 1}" if table in counts else ""
            table = _below(table, last)
            if header[1] == "[[":
                counts[table] = counts.get(table, 0) + 1
                table = f"{table}.{counts[table] - 1}"
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            lines.setdefault(_below(table, key[1].strip('"')), number)
    while path and path not in lines:
        path = path.rpartition(".")[0]
    return lines.get(path, 0)


def _below(table: str, key: str) -> str:
    return f"{table}.{key}" if table else key


def _refuse(message: str, name: str, line: int = 0, column: int = 0) -> NoReturn:
    raise CatalogError(str(Problem(message, name, line, column))) from None


def read_text(path: Path, name: str) -> str:
    """The text of a file.

    Args:
        name: What messages call it.

    Raises `CatalogError` where it is missing or not UTF-8.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        _refuse(f"cannot be read: {(error.strerror or str(error)).lower()}", name)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        _refuse(f"is not UTF-8: byte {data[error.start]:#04x}", name, data.count(b"\n", 0, error.start) + 1)


def read_toml(path: Path, name: str) -> dict[str, Any]:
    """The table of a TOML file. Raises `CatalogError`."""
    text = read_text(path, name)
    if text.startswith("{"):  # no TOML does: a live page holds these files as JSON, which is read far faster
        with contextlib.suppress(ValueError, RecursionError):
            table: dict[str, Any] = json.loads(text)
            return table
    try:
        return parse_toml(text, name)
    except InputError as error:
        raise CatalogError(str(error)) from None


def parse_toml(text: str, name: str) -> dict[str, Any]:
    """The table of a text.

    Args:
        name: What messages call it.

    Raises `InputError` with the line.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = _PLACE.search(str(error))
        line, column = (int(place[1]), int(place[2])) if place and place[1] else (len(text.splitlines()), 0)
        raise InputError(Problem(f"is not TOML: {_PLACE.sub('', str(error))}", name, line, column)) from None
    except (ValueError, RecursionError) as error:
        raise InputError(Problem(f"is not TOML: {error}", name)) from None


def read_json(path: Path, name: str) -> Any:
    """What a JSON file holds. Raises `CatalogError`, also for numbers that are not finite."""
    try:
        return json.loads(read_text(path, name), parse_constant=_no_number)
    except json.JSONDecodeError as error:
        _refuse(f"is not JSON: {error.msg}", name, error.lineno, error.colno)
    except (ValueError, RecursionError) as error:
        _refuse(f"is not JSON: {error}", name)


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")


def read_rows(
    path: Path, name: str, columns: Sequence[str], extra: Sequence[str] = ()
) -> Iterator[tuple[int, Mapping[str, str]]]:
    """The rows of a CSV file with a header, each with the line it ends in, every cell a text.

    Args:
        columns: Those that have to be there.
        extra: Those that may be there.

    Raises `CatalogError`, also for an unknown column and a row with more or fewer cells than the header.
    """
    reader = csv.reader(io.StringIO(read_text(path, name), newline=""), strict=True)
    try:
        header = next(reader, [])
        missing = [column for column in columns if column not in header]
        unknown = [column for column in header if column not in (*columns, *extra)]
        if missing or unknown or len(set(header)) < len(header):
            has = f"no column {', '.join(missing)}" if missing else f"a column too many: {', '.join(unknown or header)}"
            _refuse(f"has {has}; expected {', '.join(columns)}", name, 1)
        for cells in reader:
            if cells and len(cells) != len(header):
                _refuse(f"has {len(cells)} cells; expected {len(header)}", name, reader.line_num)
            if cells:
                yield reader.line_num, dict(zip(header, cells, strict=True))
    except csv.Error as error:
        _refuse(f"is not CSV: {error}", name, reader.line_num)
