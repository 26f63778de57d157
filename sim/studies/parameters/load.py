"""Parameters that studies of load ask for with one meaning: the application under load, its network and its host."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from annotated_types import Le, doc

from sim.catalog import load
from sim.catalog.model import Host, Technology
from sim.catalog.names import CatalogName
from sim.catalog.tables.workloads import WorkloadId
from sim.errors import Problem
from sim.platforms.overhead import RequestNetwork
from sim.quantity import Seconds
from sim.reasons import Reason

LoadWorkload = Annotated[WorkloadId, doc("The application, and what one of its requests does.")]
LoadNetwork = Annotated[
    RequestNetwork, doc("Packets pass the technology's own network, or a container is on the host's.")
]
ThinkTime = Annotated[Seconds, Le(60), doc("How long a client waits between an answer and its next request.")]
Pinned = Annotated[
    bool,
    doc(
        "Guest, its monitor and who it talks to are pinned to cores of one socket. It makes a difference for "
        "Firecracker's network on a host with more sockets than one."
    ),
]
LoadHost = Annotated[
    str | Host | None,
    CatalogName("hosts"),
    doc("The host; if left out, the one that the workload was measured on."),
]


def pinned_problems(technology: str | Technology) -> Iterator[Problem]:
    """What is wrong with pinning a technology's threads."""
    known = load.technology(technology)
    if known.costs is None or not known.costs.relay_packet_page_near.value:
        allowed = ", ".join(
            name for name, one in load.technologies().items() if one.costs and one.costs.relay_packet_page_near.value
        )
        yield Problem(f"is not known to make a difference for {known.id!r}; it does for {allowed}", path="pinned")


def load_problems(technology: str | Technology, network: RequestNetwork) -> Iterator[Problem]:
    """What is wrong with a technology and a network for requests."""
    known = load.technology(technology)
    if known.costs is None:
        allowed = ", ".join(name for name, one in load.technologies().items() if one.costs)
        why = Reason(
            "no_costs",
            "what requests cost in {technology} is not known; choose another technology, of {known}",
            technology=repr(known.id),
            known=allowed,
        )
        yield Problem(why, path="technology")
    if network == "host" and known.has_guest_kernel:
        why = Reason(
            "host_network",
            "{technology} has a kernel of its own, and cannot be on the host's network",
            technology=repr(known.id),
        )
        yield Problem(why, path="network")
