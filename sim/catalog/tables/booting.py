"""How an instance may start other than its technology and its guest say.

One file of `booting/` for each of its aspects. A choice brings phases, which may take the place of the usual ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from sim.catalog.entries import phase_of
from sim.catalog.load import host
from sim.catalog.model import Phase
from sim.catalog.read import Table, read_whole
from sim.catalog.tables.portability import ARCHITECTURES
from sim.scenario import Text

FOLDER = Path(__file__).parents[1] / "booting"

BootAspect = Literal["firmware", "address", "cloud_init", "emulation", "keyboard", "console"]
ASPECTS: tuple[BootAspect, ...] = ("firmware", "address", "cloud_init", "emulation", "keyboard", "console")


@dataclass(frozen=True, slots=True)
class BootChoice:
    """One way to start.

    Attributes:
        id: Its id.
        name: Its name.
        replaces: The ids of the usual phases that it takes the place of.
        phases: What happens instead.
        late: What happens at the end of the guest's boot.
        after: The id of the usual phase that it comes after. Empty where it takes the place of some.
        network: Whether it needs a network.
        technologies, guests: The technologies and the guests that it goes with, where these are some.
        boots: What a firmware starts: the boot loader of a "disk", or a "kernel" that is handed over.
        machines: The processors that a firmware is made for.
    """

    id: str
    name: Text
    replaces: tuple[str, ...]
    phases: tuple[Phase, ...]
    late: tuple[Phase, ...]
    after: str = ""
    network: bool = False
    technologies: tuple[str, ...] = ()
    guests: tuple[str, ...] = ()
    boots: tuple[str, ...] = ()
    machines: tuple[str, ...] = ()


@cache
def boot_choices(aspect: BootAspect) -> Mapping[str, BootChoice]:
    """The choices of one aspect by id, in the file's order. Raises `CatalogError` for a file that breaks a rule."""
    return read(FOLDER / f"{aspect}.toml")


def read(path: Path) -> Mapping[str, BootChoice]:
    """The choices of one file. Raises `CatalogError` with the dotted path of every rule it breaks."""
    return read_whole(path, "booting", _choices, lambda name: host(name).cpu_speed)


def _choices(top: Table) -> Mapping[str, BootChoice]:
    replaces, after, names = top.strings("replaces"), top.string("after", ""), top.table("choices")
    known = names.names() if names else ()
    phases = [_phase(table, known) for table in top.tables("phases")]
    choices = {}
    for name in known:
        table = names.table(name) if names else None
        if table is not None:
            choices[name] = _choice(name, table, (replaces, after), phases)
    if names:
        names.done()
    return MappingProxyType(choices)


_Told = tuple[tuple[str, ...], bool, Phase]
"""The choices that a phase is of, whether it is late, and itself."""


def _phase(table: Table, known: tuple[str, ...]) -> _Told:
    of, late = table.strings("of"), table.flag("late")
    for name in of:
        if name not in known:
            table.problem(f"{name!r} is no choice; there are {', '.join(known)}", "of")
    return of, late, phase_of(table)


def _choice(name: str, table: Table, place: tuple[tuple[str, ...], str], phases: list[_Told]) -> BootChoice:
    choice = BootChoice(
        id=name,
        name=table.text("name"),
        replaces=place[0],
        phases=tuple(phase for of, late, phase in phases if name in of and not late),
        late=tuple(phase for of, late, phase in phases if name in of and late),
        after=place[1],
        network=table.flag("network"),
        technologies=table.strings("technologies"),
        guests=table.strings("guests"),
        boots=table.strings("boots"),
        machines=table.strings("machines"),
    )
    for key, allowed in (("boots", ("disk", "kernel")), ("machines", ARCHITECTURES)):
        for word in getattr(choice, key):
            if word not in allowed:
                table.problem(f"{word!r} does not fit; expected one of {', '.join(allowed)}", key)
    table.done()
    return choice


@cache
def boot_phases() -> Mapping[str, Phase]:
    """Every phase of a choice by its id."""
    return MappingProxyType(
        {
            phase.id: phase
            for aspect in ASPECTS
            for choice in boot_choices(aspect).values()
            for phase in (*choice.phases, *choice.late)
        }
    )
