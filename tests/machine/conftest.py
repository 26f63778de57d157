"""Small hosts and guests, whose every byte is counted by hand."""

from typing import Any

import pytest
from simpy import Environment

from sim.catalog.number import Number
from sim.machine.bill import Bill, BillLine
from sim.machine.pages import Pages
from sim.machine.pressure import Pressure

MIB = 2**20
NUMBER = Number(1.0, "B", sources=("definition",))


class Bench:
    """A host whose disk reads 200 MiB and writes 100 MiB a second, and instances of two kinds."""

    def __init__(self, ram: int, swap: int = 0) -> None:
        self.env = Environment()
        self.pages = Pages(ram, swap)
        self.pressure = Pressure(self.env, self.pages, 200 * MIB, 100 * MIB)

    @staticmethod
    def line(part: str, size: int, **options: Any) -> BillLine:
        usual: dict[str, Any] = {"origin": "application", "owner": "application", "share": "instance", "number": NUMBER}
        return BillLine(part, bytes=size, **usual | options)

    def container(self, size: int) -> Bill:
        return Bill((self.line("app/memory", size),))

    def guest(self, configured: int, memory: int, freed: int = 0, cache: int = 0, monitor: int = 0) -> Bill:
        parts = (
            self.line("monitor/memory", monitor, origin="technology", owner="machine"),
            self.line("guest/memory", memory, origin="guest", owner="kernel", guest=True),
            self.line("guest/freed", freed, origin="guest", owner="kernel", guest=True, reclaimable=True),
            self.line("guest/cache", cache, origin="guest", owner="files", guest=True, reclaimable=True, file=True),
        )
        return Bill(tuple(part for part in parts if part.bytes), configured)

    def put(self, bill: Bill, equal=lambda _: (0, "")):
        """An instance that has all its bill says."""
        instance = self.pages.add(bill, equal)
        for each in instance.holdings:
            self.pages.populate(each, each.line.bytes)
        return instance


@pytest.fixture
def bench():
    return Bench
