"""Parameters that several studies ask for with one meaning: an instance's limit of CPU time, and a guest's vCPUs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from annotated_types import Ge, Le, doc

from sim import limits
from sim.catalog.model import Technology
from sim.errors import Problem
from sim.quantity import CpuCores
from sim.reasons import Reason

CpuLimit = Annotated[
    CpuCores | None,
    Ge(0.001),
    Le(limits.CORES),
    doc(
        "Cores that each instance may use in the mean of 100 ms, such as 0.5 or 500m (cpu.max; docker --cpus, a pod's "
        "limit); if left out, all. A microVM's monitor is in its group too."
    ),
]
"""0.001 is the least that Kubernetes takes."""

VirtualCpus = Annotated[
    int | None,
    Ge(1),
    Le(limits.VCPUS),
    doc("vCPUs of each guest; if left out, as many as its boot can use, and the time to bring them up is not counted."),
]


def vcpu_problems(technology: Technology, vcpus: int | None) -> Iterator[Problem]:
    """What is wrong with a number of vCPUs under a technology."""
    if vcpus is not None and not technology.has_guest_kernel:
        why = Reason(
            "no_guest.vcpus",
            "{value} is not used: {technology} starts no guest kernel",
            value=vcpus,
            technology=technology.id,
        )
        yield Problem(why, path="vcpus")
