"""What a program computes that asks for starts, one after another, and what a script around each start does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from sim.catalog.number import COSTS, Number, Sensed
from sim.catalog.read import Table, inner_numbers, read_whole

FILE = Path(__file__).parents[1] / "mechanisms" / "clients.toml"

ScriptWork = Literal["clocks", "configures"]
"""What a script around a start does: read the clock, or also write a configuration before and search a log after."""


@dataclass(frozen=True, slots=True)
class Script(Sensed):
    """What a shell script around a start computes beside it, in core-seconds of the reference host.

    Attributes:
        before: Until it reads the clock.
        after: From when it has read the clock again until it ends.
    """

    before: Number = field(metadata=COSTS)
    after: Number = field(metadata=COSTS)


@dataclass(frozen=True, slots=True)
class Clients(Sensed):
    """The numbers of one file.

    Attributes:
        xargs: Core-seconds of the reference host from one program that `xargs -P` starts until it can start the next.
        scripts: What scripts around a start compute, by what they do.
    """

    xargs: Number = field(metadata=COSTS)
    scripts: Mapping[ScriptWork, Script]


def read(path: Path = FILE) -> Clients:
    """The numbers of one file. Raises `CatalogError` with the dotted path of every rule it breaks."""
    return read_whole(path, "mechanisms", _clients)


def _clients(table: Table) -> Clients:
    found: dict[ScriptWork, Script] = {}
    scripts = table.table("script")
    if scripts is not None:
        found = {does: Script(**inner_numbers(scripts, does, before="s", after="s")) for does in get_args(ScriptWork)}
        scripts.done()
    return Clients(xargs=inner_numbers(table, "xargs", spawn="s")["spawn"], scripts=found)


@cache
def clients() -> Clients:
    """The catalog's numbers, read once."""
    return read()
