"""Where does the memory of N instances go, and what do three rulers say of it: RSS, PSS and configured size?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Le, MinLen, doc

from sim.catalog import load
from sim.catalog.model import Guest, Number, Technology
from sim.catalog.names import CatalogName
from sim.errors import InputError, Problem
from sim.machine.ledger import Bill, Ledger, bill
from sim.outcome import MetricSpec
from sim.quantity import Bytes
from sim.studies.base import Context, Run, Study


@dataclass(frozen=True, kw_only=True)
class Memory:
    """How many instances of what."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - pydantic reads this name from the class

    technology: Annotated[str, MinLen(1), CatalogName("technologies"), doc("What runs the instances.")]
    host: Annotated[str, CatalogName("hosts"), doc("The machine they run on.")] = "laptop"
    application: Annotated[str, CatalogName("applications"), doc("What runs in each instance.")] = "web"
    guest: Annotated[
        str, CatalogName("guests", empty=True), doc("The guest system; if left out, the technology's first.")
    ] = ""
    guest_memory: Annotated[
        Bytes | None,
        doc("Memory configured for each guest; if left out, the guest's default or what the application needs."),
    ] = None
    instances: Annotated[int, Ge(1), Le(2000), doc("How many instances there are.")] = 10
    same_image: Annotated[bool, doc("All instances come from one image, so that their files are the same.")] = True

    def __post_init__(self) -> None:
        """Raise `InputError` for parameters that do not go together."""
        problems = guest_problems(self.technology, self.guest, self.guest_memory)
        if problems:
            raise InputError(problems)


def guest_problems(technology: str, guest: str, guest_memory: int | None) -> list[Problem]:
    """What is wrong with a guest and its memory under a technology."""
    found = load.technology(technology)
    problems = []
    if guest and guest not in found.guests:
        allowed = f"expected one of {', '.join(found.guests)}" if found.guests else "it starts none"
        problems.append(Problem(f"{guest!r} is no guest of {technology}; {allowed}", path="guest"))
    if guest_memory is not None and found.runs not in ("guest", "unikernel"):
        problems.append(
            Problem(f"{technology} starts no guest kernel, so no memory is configured", path="guest_memory")
        )
    return problems


def chosen_guest(technology: Technology, guest: str) -> Guest | None:
    """The guest of that id, the technology's first for "", or None where it starts a process."""
    return load.guest(guest or technology.guests[0]) if technology.guests else None


def inputs(found: Bill) -> tuple[Number, ...]:
    """The numbers a bill was made from."""
    return tuple(line.number for line in found.lines)


def run(params: Memory, context: Context) -> Run:
    """Add up the instances in the ledger; one run is all there is, as nothing is random."""
    technology = load.technology(params.technology)
    one = bill(
        technology,
        chosen_guest(technology, params.guest),
        load.application(params.application),
        params.guest_memory,
        same_image=params.same_image,
        bound=context.bound,
    )
    ledger = Ledger()
    ledger.add(one, params.instances)
    totals = ledger.totals()
    records = tuple(ledger.records(context.label))
    ledger.add(one)
    numbers = inputs(one)
    measured = ("physical_total", "rss_total", "pss_total", "marginal", "overstatement")
    return Run(
        samples={
            "physical_total": [totals.physical],
            "rss_total": [totals.rss],
            "pss_total": [totals.pss],
            "configured_total": [totals.configured],
            "marginal": [ledger.totals().physical - totals.physical],
            "overstatement": [totals.rss / totals.physical],
        },
        records=records,
        estimates=frozenset(measured if any(number.estimate for number in numbers) else ()),
        ranged=any(number.ranged for number in numbers),
    )


STUDY = Study(
    name="memory",
    parameters=Memory,
    metrics=(
        MetricSpec(
            "physical_total",
            "B",
            "all instances idle",
            "Memory that the instances take from the host",
            headline=True,
        ),
        MetricSpec("rss_total", "B", "all instances idle", "Sum of the resident sizes that ps shows"),
        MetricSpec("pss_total", "B", "all instances idle", "Sum of the proportional sizes, shared pages divided"),
        MetricSpec("configured_total", "B", "all instances idle", "Memory configured for the guests"),
        MetricSpec("marginal", "B", "one more idle instance", "Memory that one more instance takes"),
        MetricSpec("overstatement", "1", "all instances idle", "How many times the resident sizes count what is there"),
    ),
    run=run,
    random=False,
)
