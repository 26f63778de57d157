"""What a program computes that asks for starts, one after another."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from sim.catalog.number import COSTS, Number, Sensed
from sim.catalog.read import Table, group, read_whole

FILE = Path(__file__).parents[1] / "mechanisms" / "clients.toml"


@dataclass(frozen=True, slots=True)
class Clients(Sensed):
    """The numbers of one file.

    Attributes:
        xargs: Core-seconds of the reference host that `xargs -P` computes for each program it starts.
    """

    xargs: Number = field(metadata=COSTS)


def read(path: Path = FILE) -> Clients:
    """The numbers of one file. Raises `CatalogError` with the dotted path of every rule it breaks."""
    return read_whole(path, "mechanisms", _clients)


def _clients(table: Table) -> Clients:
    return Clients(xargs=group(table, "xargs", spawn="s")["spawn"])


@cache
def clients() -> Clients:
    """The catalog's numbers, read once."""
    return read()
