"""Whether a program runs without its processor's store bypass (SSBD), as Linux had it under filters of system calls.

What that costs a workload is its own number, `Workload.store_bypass` (docs/evidence-load.md).
"""

from __future__ import annotations

from sim.catalog.kernel import generation
from sim.catalog.model import Host, Technology

SWITCHED_FROM = "4.15"
"""The first kernel that switches it off under a filter: 4.17, and Ubuntu's 4.15 since May 2018 (D1520, D1522)."""
SWITCHED_BEFORE = "5.16"
"""The first that does so no more, unless it is asked to (D1521)."""


def without_store_bypass(technology: Technology, host: Host, *, filtered: bool) -> bool:
    """Whether what the technology runs on the host has no store bypass.

    Args:
        technology: What the program runs in. One with a guest kernel is free of it: KVM gives the processor the guest's
            own setting (D1534).
        host: The machine.
        filtered: Whether a filter of system calls is chosen, beside what the technology has itself.
    """
    if technology.has_guest_kernel or technology.keeps_store_bypass or host.without_ssbd:
        return False
    switches = generation(SWITCHED_FROM) <= generation(host.kernel) < generation(SWITCHED_BEFORE)
    return switches and (filtered or technology.own_filter)
