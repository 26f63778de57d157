"""Parameters that several studies ask for with one meaning: what runs in each instance, and in which guest.

And what such parameters mean together: the guest that is chosen, and what is wrong with a choice.
"""

from __future__ import annotations

from typing import Annotated

from annotated_types import doc

from sim.catalog import load
from sim.catalog.model import Guest, Technology
from sim.catalog.names import CatalogName
from sim.errors import InputError, Problem
from sim.machine.ledger import bill
from sim.outcome import Bound
from sim.quantity import Bytes
from sim.studies.base import Subject

ApplicationId = Annotated[str, Subject(), CatalogName("applications"), doc("What runs in each instance.")]
GuestId = Annotated[
    str, Subject(), CatalogName("guests", empty=True), doc("The guest system; if left out, the technology's first.")
]
GuestMemory = Annotated[
    Bytes | None,
    doc("Memory configured for each guest; if left out, the guest's default or what the application needs."),
]
SameImage = Annotated[bool, doc("All instances come from one image, so that their files are the same.")]


def guest_problems(technology: str, guest: str, guest_memory: int | None) -> list[Problem]:
    """What is wrong with a guest and its memory under a technology."""
    found = load.technology(technology)
    problems = []
    if guest and guest not in found.guests:
        allowed = f"expected one of {', '.join(found.guests)}" if found.guests else "it starts none"
        problems.append(Problem(f"{guest!r} is no guest of {technology}; {allowed}", path="guest"))
    if guest_memory is not None and not found.has_guest_kernel:
        problems.append(
            Problem(f"{technology} starts no guest kernel, so no memory is configured", path="guest_memory")
        )
    return problems


_AT: dict[Bound, str] = {
    "value": "",
    "low": " at the low end of their sources' ranges",
    "high": " at the high end of their sources' ranges",
}


def fit_problems(
    technology: Technology,
    guest: str,
    application: str,
    guest_memory: int | None,
    *,
    path: str = "guest_memory",
) -> list[Problem]:
    """What is wrong where a guest and its application do not fit into the memory configured for it.

    They have to at both ends of their sources' ranges too, as a run is repeated there. path: the parameter that
    configures the memory.
    """
    if guest_memory is None:
        return []
    found, runs = chosen_guest(technology, guest), load.application(application)
    for bound, where in _AT.items():
        try:
            bill(technology, found, runs, guest_memory, bound=bound)
        except InputError as error:
            return [Problem(error.problems[0].message + where, path=path)]
    return []


def chosen_guest(technology: Technology, guest: str) -> Guest | None:
    """The guest of that id, the technology's first for "", or None where it starts a process."""
    return load.guest(guest or technology.guests[0]) if technology.guests else None
