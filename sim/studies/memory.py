"""Where does the memory of N instances go, and what do three rulers say of it: RSS, PSS and configured size?

With a duration, also what becomes of it as time passes (`sim.studies.memory_time`).
"""

from __future__ import annotations

from collections.abc import Sequence

from sim.catalog import load
from sim.catalog.model import Application, Technology
from sim.engine.seeds import SeedTree
from sim.machine.bill import Bill
from sim.machine.billing import bill
from sim.machine.ledger import Ledger
from sim.outcome import MetricSpec
from sim.records.record import Record
from sim.studies import memory_time
from sim.studies.base import Context, Study, StudyRun
from sim.studies.memory_parameters import Memory
from sim.studies.parameters.guest import chosen_guest


def overhead(instance_bill: Bill, count: int) -> int:
    """Bytes that the technology itself takes for so many instances: what is shared counts once."""
    own = [line for line in instance_bill.lines if line.origin == "technology"]
    return sum(line.bytes * (count if line.share == "instance" else 1) for line in own)


def one_more(technology: str | Technology, application: str | Application = Memory.application) -> tuple[float, bool]:
    """Bytes that one more idle instance takes beside a first one, and whether that is an estimate."""
    params = Memory(technology=technology, application=application, instances=1)
    found = run(params, Context("one more", SeedTree(1)))
    return found.samples["marginal"][0], "marginal" in found.estimates


def run(params: Memory, context: Context) -> StudyRun:
    """Add up the instances in the ledger. One run is all there is, as nothing is random."""
    technology = params.runs_on
    guest = chosen_guest(technology, params.guest)
    instance_bill = bill(
        technology,
        guest,
        load.application(params.application),
        params.configured,
        same_image=params.same_image,
        uptime=params.uptime,
        huge_pages=params.huge_pages,
        bound=context.bound,
    )
    ledger = Ledger()
    ledger.add(instance_bill, params.instances)
    totals = ledger.totals()
    records: tuple[Record, ...] = tuple(ledger.records(context.label))
    ledger.add(instance_bill)
    numbers = instance_bill.numbers
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
        "overhead_total": [overhead(instance_bill, params.instances)],
        "overstatement": [totals.rss / totals.physical],
    }
    if params.duration:
        passed = memory_time.passage(params, instance_bill, guest, context)
        samples |= passed.samples
        records += passed.records
        numbers += passed.numbers
        measured += tuple(passed.samples)
    return StudyRun(
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
