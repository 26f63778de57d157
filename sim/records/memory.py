"""Records of memory as time passes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LedgerRecord:
    """Bytes of one part of the memory ledger at one time.

    Some parts add up to the host's RAM at every time. These are "host" for its own system, each owner's pages
    ("machine", "kernel" and so on), "merged" for pages that KSM shares, "cache" for clean page cache, and "free".

    Others stand beside it: "saved", "swapped", "guest_swapped" and "ballooned".

    Attributes:
        of: The label.
        time: Seconds since the replication began.
        part: One of the parts above.
        bytes: How many.
    """

    of: str
    time: float
    part: str
    bytes: int
