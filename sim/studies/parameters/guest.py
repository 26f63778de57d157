"""Parameters that several studies ask for with one meaning: what runs in each instance, and in which guest.

It also says what they mean together: the guest that is chosen, and what is wrong with a choice.
"""

from __future__ import annotations

from typing import Annotated

from annotated_types import Le, doc

from sim.catalog import load
from sim.catalog.model import Application, Guest, Technology
from sim.catalog.names import CatalogName
from sim.errors import InputError, Problem
from sim.machine.billing import bill
from sim.machine.hugepages import HugePages
from sim.outcome import Bound
from sim.quantity import Bytes, Seconds
from sim.reasons import Reason
from sim.studies.base import Subject

ApplicationId = Annotated[str | Application, Subject(), CatalogName("applications"), doc("What runs in each instance.")]
GuestId = Annotated[
    str | Guest,
    Subject(),
    CatalogName("guests", empty=True),
    doc("The guest system; if left out, the technology's first."),
]
GuestMemory = Annotated[
    Bytes | None,
    doc("Memory configured for each guest; if left out, the guest's default or what the application needs."),
]
Uptime = Annotated[
    Seconds,
    Le(86400 * 365),
    doc("How long guests have been up: their own timers fill their page caches; at 0 they are as after their boot."),
]
HugePagesOf = Annotated[
    HugePages,
    doc(
        "What backs guests' memory: pages of 4 KiB, pages of 2 MiB as they are touched (transparent), "
        "or pages of 2 MiB that are taken whole before a guest starts (reserved, hugetlbfs)."
    ),
]
SameImage = Annotated[bool, doc("All instances come from one image, so that their files are the same.")]


def huge_page_problems(technology: str | Technology, huge_pages: HugePages) -> list[Problem]:
    """What is wrong with backing guests' memory so under a technology."""
    known = load.technology(technology)
    if huge_pages != "off" and not known.has_guest_kernel:
        why = Reason(
            "no_guest.huge_pages",
            "{technology} starts no guest kernel, whose memory could be backed so",
            technology=known.id,
        )
        return [Problem(why, path="huge_pages")]
    return []


def guest_problems(technology: str | Technology, guest: str | Guest, guest_memory: int | None) -> list[Problem]:
    """What is wrong with a guest and its memory under a technology."""
    known = load.technology(technology)
    problems = []
    name = guest if isinstance(guest, str) else guest.id
    if name and name not in known.guest_ids:
        allowed = Reason("guest.one_of", "expected one of {guests}", guests=", ".join(known.guest_ids))
        none = Reason("guest.none", "it starts none")
        why = Reason(
            "guest",
            "{name} is no guest of {technology}; {allowed}",
            name=repr(name),
            technology=known.id,
            allowed=allowed if known.guests else none,
        )
        problems.append(Problem(why, path="guest"))
    if guest_memory is not None and not known.has_guest_kernel:
        why = Reason(
            "no_guest.memory", "{technology} starts no guest kernel, so no memory is configured", technology=known.id
        )
        problems.append(Problem(why, path="guest_memory"))
    return problems


_AT: dict[Bound, str] = {
    "value": "",
    "low": Reason("at_low", " at the low end of their sources' ranges"),
    "high": Reason("at_high", " at the high end of their sources' ranges"),
}


def fit_problems(
    technology: Technology,
    guest: str | Guest,
    application: str | Application,
    guest_memory: int | None,
    *,
    path: str = "guest_memory",
) -> list[Problem]:
    """What is wrong where a guest and its application do not fit into the memory configured for it.

    They have to at both ends of their sources' ranges too, as a run is repeated there.

    Args:
        path: The parameter that configures the memory.
    """
    if guest_memory is None:
        return []
    chosen, runs = chosen_guest(technology, guest), load.application(application)
    for bound, where in _AT.items():
        try:
            bill(technology, chosen, runs, guest_memory, bound=bound)
        except InputError as error:
            return [Problem(Reason("at_end", "{what}{where}", what=error.problems[0].message, where=where), path=path)]
    return []


def chosen_guest(technology: Technology, guest: str | Guest) -> Guest | None:
    """The guest that is asked for, the technology's first for "", or None where it starts a process."""
    if not technology.guests:
        return None
    own = {guest_entry.id: guest_entry for guest_entry in technology.guests if not isinstance(guest_entry, str)}
    return load.guest(own.get(guest, guest) if isinstance(guest, str) and guest else guest or technology.guests[0])
