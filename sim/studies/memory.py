"""Where does the memory of N instances go, and what do three rulers say of it: RSS, PSS and configured size?

With a duration, also what becomes of it as time passes (`sim.studies.memory_time`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Literal

from annotated_types import Ge, Le, MinLen, doc

from sim.catalog import load
from sim.catalog.model import Guest, Number, Technology
from sim.catalog.names import CatalogName
from sim.errors import InputError, Problem
from sim.machine.ledger import Bill, Ledger, bill
from sim.outcome import MetricSpec, Record
from sim.quantity import Bytes, BytesPerSecond, Seconds
from sim.studies import memory_time
from sim.studies.asked import ApplicationId, GuestId, GuestMemory, SameImage
from sim.studies.base import Context, Run, Study

MOST_IN_TIME = 500
"""So many instances are followed one by one at most."""


@dataclass(frozen=True, kw_only=True)
class Memory:
    """How many instances of what."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - pydantic reads this name from the class

    technology: Annotated[str, MinLen(1), CatalogName("technologies"), doc("What runs the instances.")]
    host: Annotated[str, CatalogName("hosts"), doc("The machine they run on.")] = "laptop"
    application: ApplicationId = "web"
    guest: GuestId = ""
    guest_memory: GuestMemory = None
    instances: Annotated[int, Ge(1), Le(2000), doc("How many instances there are.")] = 10
    same_image: SameImage = True
    dax: Annotated[
        bool, doc("Guests map their files from the host's page cache (virtio-pmem or virtio-fs with DAX).")
    ] = False
    limit: Annotated[
        Bytes | None,
        doc("The most memory one instance may take: memory.max of a container; for a guest, its configured memory."),
    ] = None
    duration: Annotated[
        Seconds, Le(86400), doc("How long the instances run; at 0 only what they hold once started is counted.")
    ] = 0.0
    ksm: Annotated[bool, doc("The host merges equal pages of its guests (KSM); containers are not affected.")] = False
    ksm_pages: Annotated[
        int | None,
        Ge(1),
        Le(1_000_000),
        doc("Pages KSM checks at each wake-up; if left out, the kernel's default, 100."),
    ] = None
    ksm_sleep: Annotated[
        Seconds | None, doc("How long KSM sleeps after each batch; if left out, the kernel's default, 20 ms.")
    ] = None
    balloon: Annotated[
        Literal["off", "balloon", "reporting"],
        doc("How guests give memory back: not at all, by a balloon on the host's demand, or by reporting free pages."),
    ] = "off"
    swap: Annotated[Bytes | None, doc("The host's swap; if left out, what the host has.")] = None
    overcommit: Annotated[
        Literal["heuristic", "always", "never"],
        doc("What the host promises (vm.overcommit_memory): all but the absurd, everything, or no more than it has."),
    ] = "heuristic"
    growth: Annotated[BytesPerSecond | None, doc("Memory that each instance touches anew, a second.")] = None
    reads: Annotated[BytesPerSecond | None, doc("Files that each instance reads for the first time, a second.")] = None
    writes: Annotated[
        BytesPerSecond | None, doc("What each instance writes to the memory it holds, evenly spread, a second.")
    ] = None
    writes_from: Annotated[Seconds, doc("When the instances begin to write.")] = 0.0

    def __post_init__(self) -> None:
        """Raise `InputError` for parameters that do not go together."""
        problems = guest_problems(self.technology, self.guest, self.guest_memory)
        problems += self._problems_of_time()
        if problems:
            raise InputError(problems)

    def _problems_of_time(self) -> list[Problem]:
        has_kernel = load.technology(self.technology).runs in ("guest", "unikernel")
        problems = []
        if self.limit is not None and self.guest_memory is not None:
            problems.append(Problem("a guest's limit is its configured memory; give only one of them", path="limit"))
        if self.dax and not has_kernel:
            problems.append(
                Problem(f"{self.technology} starts no guest kernel, so its files are the host's already", path="dax")
            )
        if self.limit is not None and not self.duration and not has_kernel:
            problems.append(Problem("a limit acts as time passes; give a duration too", path="limit"))
        if self.duration and self.instances > MOST_IN_TIME:
            message = f"{self.instances} instances are too many to follow in time; expected at most {MOST_IN_TIME}"
            problems.append(Problem(message, path="instances"))
        if not self.duration:
            changed = [
                name
                for name in ("ksm", "ksm_pages", "ksm_sleep", "swap", "growth", "reads", "writes", "writes_from")
                if getattr(self, name)
            ]
            changed += [
                name for name, off in (("balloon", "off"), ("overcommit", "heuristic")) if getattr(self, name) != off
            ]
            problems += [Problem("acts as time passes; give a duration too", path=name) for name in changed]
        return problems


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


def overhead(one: Bill, count: int) -> int:
    """Bytes that the technology itself takes for so many instances: what is shared counts once."""
    own = [line for line in one.lines if line.origin == "technology"]
    return sum(line.bytes * (count if line.share == "instance" else 1) for line in own)


def run(params: Memory, context: Context) -> Run:
    """Add up the instances in the ledger; one run is all there is, as nothing is random."""
    technology = load.technology(params.technology)
    guest = chosen_guest(technology, params.guest)
    if params.dax:
        technology = replace(technology, dax=("guest", "application"))
    has_kernel = technology.runs in ("guest", "unikernel")
    one = bill(
        technology,
        guest,
        load.application(params.application),
        params.limit if has_kernel and params.limit is not None else params.guest_memory,
        same_image=params.same_image,
        bound=context.bound,
    )
    ledger = Ledger()
    ledger.add(one, params.instances)
    totals = ledger.totals()
    records: tuple[Record, ...] = tuple(ledger.records(context.label))
    ledger.add(one)
    numbers = inputs(one)
    measured: tuple[str, ...] = (
        "physical_total",
        "rss_total",
        "pss_total",
        "marginal",
        "overhead_total",
        "overstatement",
    )
    samples: dict[str, Sequence[float]] = {
        "physical_total": [totals.physical],
        "rss_total": [totals.rss],
        "pss_total": [totals.pss],
        "configured_total": [totals.configured],
        "marginal": [ledger.totals().physical - totals.physical],
        "overhead_total": [overhead(one, params.instances)],
        "overstatement": [totals.rss / totals.physical],
    }
    if params.duration:
        passed = memory_time.passage(params, one, guest, context)
        samples |= passed.samples
        records += passed.records
        numbers += passed.numbers
        measured += tuple(passed.samples)
    return Run(
        samples=samples,
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
        MetricSpec(
            "overhead_total",
            "B",
            "all instances idle",
            "Memory of the isolation, without what runs in it",
        ),
        MetricSpec("overstatement", "1", "all instances idle", "How many times the resident sizes count what is there"),
        *memory_time.METRICS,
    ),
    run=run,
    random=False,
)
