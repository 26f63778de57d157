"""What an instance holds: for each line of its bill, how many bytes are in RAM, merged, or on the host's swap.

`sim.machine.pages` books them.
"""

from __future__ import annotations

from collections.abc import Callable

from sim.machine.bill import Bill, BillLine

Equal = Callable[[BillLine], tuple[int, str]]
"""How many bytes of a line are equal in other instances, and their content key (`sim.machine.ledger.equal`)."""


def nothing_equal(_: BillLine) -> tuple[int, str]:
    """No instance has what another has."""
    return 0, ""


class Holding:
    """Where the bytes of one line of one instance's bill are.

    Attributes:
        resident: Bytes of its own, in RAM.
        merged: Bytes shared by KSM.
        swapped: Bytes on the host's swap.
        swappable: Whether it is a process's anonymous memory to the host: a guest's all is, a kernel's is not.
        equal: How many of its first bytes have the content of `key` in other instances too.
        seen: How many of its bytes KSM has a checksum of.
    """

    __slots__ = ("equal", "instance", "key", "line", "merged", "resident", "seen", "swappable", "swapped")

    def __init__(self, instance: Instance, line: BillLine, equal: int, key: str) -> None:
        self.instance = instance
        self.line = line
        self.equal = equal
        self.key = key
        self.resident = self.merged = self.swapped = self.seen = 0
        self.swappable = line.guest or (line.in_rss and not line.file)

    @property
    def bytes(self) -> int:
        """All its bytes, wherever they are."""
        return self.resident + self.merged + self.swapped

    @property
    def in_ram(self) -> int:
        """Its bytes that a page table maps."""
        return self.resident + self.merged


class Instance:
    """One instance: its holdings, and what was configured for it.

    Attributes:
        asked: Bytes that its guest has taken into use and the host has not found room for yet.
        ballooned: Bytes its balloon holds.
        guest_swapped: Bytes that its guest has on a swap of its own.
        held: Bytes of its memory that its guest has touched, wherever the host keeps them.
    """

    __slots__ = ("asked", "ballooned", "bill", "configured", "guest_swapped", "handle", "held", "holdings", "number")

    def __init__(self, number: int, bill: Bill, handle: int) -> None:
        self.number = number
        self.bill = bill
        self.handle = handle
        self.configured = bill.configured
        self.holdings: list[Holding] = []
        self.asked = self.ballooned = self.guest_swapped = self.held = 0

    @property
    def has_guest(self) -> bool:
        """Whether it runs a guest kernel in configured memory."""
        return bool(self.configured)

    def of(self, name: str) -> Holding | None:
        """The holding whose part is called so ("web/private"), None where there is none."""
        return next((holding for holding in self.holdings if holding.line.part == name), None)

    @property
    def in_ram(self) -> int:
        """Bytes of it alone, or merged, that are in RAM."""
        return sum(holding.in_ram for holding in self.holdings)
