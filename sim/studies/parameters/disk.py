"""The drive of a host, which studies and a scenario's own host name alike."""

from __future__ import annotations

from typing import Literal

Drive = Literal[
    "nvme",
    "consumer-nvme",
    "sata-ssd",
    "consumer-sata-ssd",
    "hard-disk",
    "cloud-disk",
    "cloud-hard-disk",
]
"""Drives of the catalog that a page offers. `unstated-ssd` stands for what a publication does not say."""

HostDrive = Literal["own", Drive]
"""Another drive for the host, or its own."""
