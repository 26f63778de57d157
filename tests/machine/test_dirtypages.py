"""How long a page cache takes writes, against what a few lines of arithmetic say of Linux' defaults."""

from __future__ import annotations

import pytest

from sim.catalog.tables.mechanisms import memory
from sim.machine.dirtypages import until_paused
from sim.never import NEVER

GIB = 2.0**30


def test_defaults_are_those_of_linux() -> None:
    """vm.dirty_background_ratio, vm.dirty_ratio and vm.dirty_expire_centisecs."""
    dirty = memory().dirty
    assert (dirty.background.value, dirty.limit.value, dirty.expire.value) == (0.1, 0.2, 30.0)


@pytest.mark.parametrize(
    ("written", "drained", "seconds"),
    [
        (4.0, 1.0, 10 / 4 + 5 / 3),  # 10 GiB at 4, and what is missing to 15 at 3
        (15.0, 0.0, 1.0),  # no disk: 15 GiB at 15
        (0.2, 0.1, 30 + (15 - 6) / 0.1),  # after 30 s, 6 GiB of them, the disk writes out what is old
        (1.0, 1.0, NEVER),
        (0.5, 1.0, NEVER),
    ],
)
def test_of_100_gib_15_are_dirty_when_writers_are_paused(written: float, drained: float, seconds: float) -> None:
    found = until_paused(written * GIB, drained * GIB, 100 * GIB, memory().dirty)
    assert found == pytest.approx(seconds)
