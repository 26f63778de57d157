"""The catalog's door: technologies, guests, applications, hosts, facts and images, read once and checked.

A file that breaks a rule raises `CatalogError` naming the file and the dotted path of everything that is wrong with it.
An id that is not there raises `InputError` naming those that are. docs/catalog.md shows how a file is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from sim.catalog import facts as _facts
from sim.catalog import images as _images
from sim.catalog.asked import MadeWhenAsked
from sim.catalog.block import Block
from sim.catalog.compose import composed
from sim.catalog.entries import MAKERS
from sim.catalog.facts import Fact
from sim.catalog.files import FOLDER, read_toml, refuse, shipped_ids
from sim.catalog.images import OfficialImage
from sim.catalog.model import (
    Addition,
    Application,
    Guest,
    Host,
    Technology,
    TechnologyPart,
)
from sim.catalog.number import Number
from sim.catalog.profile import PROFILE, read_profile
from sim.catalog.read import Table
from sim.errors import InputError, Problem
from sim.reasons import Reason
from sim.wording import suggestion

CatalogEntry = TypeVar("CatalogEntry", Technology, Guest, Application, Host)


class CatalogFiles:
    """Where the files that a file names are found.

    Attributes:
        table: What they are read as.
    """

    table: type[Table] = Table

    def ids(self, kind: str) -> tuple[str, ...]:
        """The ids there are of one kind."""
        return shipped_ids(kind)

    def block(self, kind: str, name: str) -> Block:
        """The table of a file by its id, with its place. Raises `InputError` where there is none."""
        have = self.ids(kind)
        if name not in have:
            raise InputError(f"{name!r} is none of the {kind}{suggestion(name, have)}")
        return self.read(kind, name)

    def read(self, kind: str, name: str) -> Block:
        """The table of a file that is there."""
        file = f"{kind}/{name}.toml"
        return Block(read_toml(FOLDER / file, file), (file, ""))

    def speed(self, name: str) -> Number:
        """A host's CPU speed."""
        return host(name).cpu_speed


def made(kind: str, data: Block, name: str, files: CatalogFiles, problems: list[Problem]) -> Any:
    """The entry that a file's table tells, None where that cannot be said. What is wrong is added to `problems`.

    Args:
        name: The file's, without its ending.
    """
    file, _ = data.at
    if kind == "technologies":
        data = composed(data, partial(files.block, kind), partial(files.block, "parts"), problems)
        if problems:
            return None
    table = files.table(data, file, "", problems, files.speed)
    entry = MAKERS[kind](table)
    if kind == "technologies":
        have = files.ids("guests")
        for guest in entry.guests:
            if guest not in have:
                table.problem(f"no guest {guest!r}; there are {', '.join(have)}", "guests")
    table.done()
    if kind != "images" and entry.id != name:
        table.problem(f"{entry.id!r} is not the file's name {name!r}", "id")
    return entry


def read(kind: str, path: Path) -> Any:
    """The entry of one file.

    Args:
        kind: "technologies", "additions", "guests", "applications", "hosts" or "images".

    Raises `CatalogError` naming the file and the dotted path of every rule it breaks.
    """
    file = f"{kind}/{path.name}"
    problems: list[Problem] = []
    entry = made(kind, Block(read_toml(path, file), (file, "")), path.stem, CatalogFiles(), problems)
    refuse(problems, file, path)
    return entry


def _entries(kind: str) -> Mapping[str, Any]:
    """The entries of one kind by their ids. A file is read when its entry is first asked for."""
    files = {path.stem: path for path in sorted((FOLDER / kind).glob("*.toml"))}
    return MadeWhenAsked(files, partial(read, kind))


@cache
def technologies() -> Mapping[str, Technology]:
    """Every technology by its id."""
    return _entries("technologies")


@cache
def parts() -> Mapping[str, TechnologyPart]:
    """Everything that technologies are made of, by its id."""
    return _entries("parts")


@cache
def additions() -> Mapping[str, Addition]:
    """Everything that choices of a scenario add to technologies, by its id."""
    return _entries("additions")


@cache
def guests() -> Mapping[str, Guest]:
    """Every guest system by its id."""
    return _entries("guests")


@cache
def applications() -> Mapping[str, Application]:
    """Every application by its id."""
    return _entries("applications")


@cache
def hosts() -> Mapping[str, Host]:
    """Every host by its id."""
    return _entries("hosts")


def _one(kind: str, having: Callable[[], Mapping[str, CatalogEntry]], name: str | CatalogEntry) -> CatalogEntry:
    if not isinstance(name, str):
        return name
    try:
        return having()[name]
    except KeyError:
        raise no_such(kind, name, having()) from None


_SINGULAR = {
    "technologies": "technology", "guests": "guest", "applications": "application", "hosts": "host", "images": "image",
}  # fmt: skip


def no_such(kind: str, name: str, have: Iterable[str]) -> InputError:
    """The error for an id that the catalog has not: it names what is near, or all there are."""
    hint = suggestion(name, have)
    return InputError(Reason("no_entry", "no {kind} {name}{hint}", kind=_SINGULAR[kind], name=repr(name), hint=hint))


def technology(name: str | Technology) -> Technology:
    """The technology of that id.

    One that is given itself comes back as it is. Raises `InputError` naming those there are.
    """
    return _one("technologies", technologies, name)


def guest(name: str | Guest) -> Guest:
    """The guest system of that id.

    One that is given itself comes back as it is. Raises `InputError` naming those there are.
    """
    return _one("guests", guests, name)


def application(name: str | Application) -> Application:
    """The application of that id.

    One that is given itself comes back as it is. Raises `InputError` naming those there are.
    """
    return _one("applications", applications, name)


def host(name: str | Host) -> Host:
    """The host of that id, or of the profile whose path it is. One that is given itself comes back as it is.

    Raises `InputError` naming those there are.
    """
    if isinstance(name, str) and name.endswith(PROFILE):
        return read_profile(Path(name), lambda other: host(other).cpu_speed)
    return _one("hosts", hosts, name)


def facts() -> Mapping[str, Fact]:
    """Every fact by its id."""
    return _facts.facts()


def images() -> Mapping[str, OfficialImage]:
    """Every official image by its name and tag."""
    return _images.images()


@cache
def gzip_ratio() -> Number:
    """A layer's size over its compressed size, of which registries serve only the latter."""
    sizes: Mapping[str, Number] = read("images", FOLDER / "images" / "sizes.toml")
    return sizes["gzip_ratio"]


def _places(data: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(data, dict):
        if "value" in data:
            sources = data.get("source", [])
            yield from ((source, path) for source in ([sources] if isinstance(sources, str) else sources))
        for key, value in data.items():
            yield from _places(value, f"{path}.{key}")
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from _places(value, f"{path}.{index}")


@cache
def cited() -> Mapping[str, tuple[str, ...]]:
    """The facts that numbers of the catalog name, each with the places: none of them may be published in a check."""
    places_of: dict[str, list[str]] = {}
    for path in sorted(FOLDER.glob("*/*.toml")):
        for source, place in _places(read_toml(path, f"{path.parent.name}/{path.name}"), ""):
            places_of.setdefault(source, []).append(f"{path.parent.name}/{path.name}: {place[1:]}")
    return MappingProxyType({source: tuple(places) for source, places in places_of.items()})
