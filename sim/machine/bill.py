"""The bill of one instance, line by line: what it holds of a host's memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sim.catalog.model import SharedBy
from sim.catalog.number import Number
from sim.records.instances import Owner

USE = "use"
"""The part of a guest's bill that grows while it is up: files that its own timers write."""

Origin = Literal["technology", "guest", "application"]


@dataclass(frozen=True, slots=True)
class BillLine:
    """One line of a bill: bytes of physical memory.

    Attributes:
        part: Whose part it is, and its id, as "docker/shim".
        origin: Whose bill it is from.
        owner: Whose memory it is.
        share: Whether the pages are private to the instance, there once on the host, or once for each content key.
        bytes: How many, in whole bytes.
        number: The input behind them.
        key: Which content, or which daemon.
        in_rss: Whether `ps` counts it in a process.
        mappings: In how many processes of the instance the pages are.
        file: The content key of file pages, even where they are private.
        guest: Whether a guest holds them, so that KSM may merge them.
        reclaimable: Whether the guest can do without.
        page_tables: Whether they are page tables of the guest's memory.
        scattered: Whether they are taken one by one all over the guest's memory.
    """

    part: str
    origin: Origin
    owner: Owner
    share: SharedBy
    bytes: int
    number: Number
    key: str = ""
    in_rss: bool = True
    mappings: int = 1
    file: bool = False
    guest: bool = False
    reclaimable: bool = False
    page_tables: bool = False
    scattered: bool = False

    def __hash__(self) -> int:
        """Of what mostly tells lines apart, since it is asked for at each start."""
        return hash((self.part, self.bytes, self.key))


@dataclass(frozen=True, slots=True)
class Bill:
    """What one instance holds, and what was configured for it (0 where nothing is)."""

    lines: tuple[BillLine, ...]
    configured: int = 0

    @property
    def guest_bytes(self) -> int:
        """Bytes of its configured memory that it has touched."""
        return sum(line.bytes for line in self.lines if line.guest)

    @property
    def numbers(self) -> tuple[Number, ...]:
        """The numbers it was made from."""
        return tuple(line.number for line in self.lines)
