"""What the table of a file becomes: the maker of each kind of entry.

What is wrong with a table is added to its problems.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any, cast, get_args

from sim.catalog.eventcosts import COST_FLAGS, EventCosts
from sim.catalog.files import shipped_ids
from sim.catalog.hosts import host_of
from sim.catalog.images import images
from sim.catalog.kernel import HOST_WAITS, Per
from sim.catalog.locks import growths, operations, unknown
from sim.catalog.model import (
    DEMANDS,
    Addition,
    Application,
    DemandKind,
    Family,
    Guest,
    MemoryPart,
    Milestone,
    Phase,
    Runs,
    SharedBy,
    Technology,
    TechnologyPart,
)
from sim.catalog.number import Number
from sim.catalog.read import Table
from sim.records.instances import OWNERS, Owner

_NONE = Number(0.0, "1", sources=("definition",))
_NO_BYTES = Number(0.0, "B", sources=("definition",))
_ONE = Number(1.0, "1", sources=("definition",))
_A_SECOND = Number(1.0, "s", sources=("definition",))
_GROWTHS: tuple[Per, ...] = ("instance", "mount", "layer", "port")
_AMOUNT_UNITS: dict[str, str] = {
    "cpu": "s", "hold": "s", "wait": "s", "read": "B", "write": "B", "flush": "1", "transfer": "B",
}  # fmt: skip

_COSTS = tuple(each.name for each in fields(EventCosts) if each.name not in COST_FLAGS)


def _operation(table: Table) -> str:
    """The lock and operation that a hold names."""
    name = table.any("hold")
    if not isinstance(name, str):
        table.problem(f'{name!r} is not how a hold names its lock\'s operation, "rtnl.veth-move"', "hold")
        return ""
    if name not in operations():
        table.problem(unknown(name), "hold")
    return name


def _phase(table: Table) -> Phase:
    present = [demand for demand in DEMANDS if table.has(demand)]
    if len(present) != 1:
        have = f"has the demands {', '.join(present)}" if present else "has no demand"
        table.problem(f"{have}; a phase has exactly one of {', '.join(DEMANDS)}")
    demand: DemandKind = present[0] if present else "wait"
    per_page = bool(table.string("for_each", "", allowed=("", "page")))
    amounts: dict[str, Number] = {name: table.number(name, _AMOUNT_UNITS[name]) for name in present if name != "hold"}
    amount, growth = amounts.get(demand, Number(0.0, "s")), growths(table, _AMOUNT_UNITS[demand], _GROWTHS)
    plain = {"hold": ("times",), "read": ("spread", "parallelism", "files")}.get(demand, ("spread", "parallelism"))
    provenance = {key: table.number(key, "1") for key in plain if table.has(key)}
    resource, operation = table.string("resource", ""), None
    if "hold" in present:
        name = _operation(table)
        operation = operations().get(name)
        if operation is not None:
            amount, growth = operation.held.amount, operation.held.growth
        if resource or table.has("growth"):
            table.problem("has a resource or growth; a hold names its lock's operation, whose file says both")
        resource = name.partition(".")[0]
    elif (demand in ("read", "transfer")) != bool(resource) and demand != "wait":
        table.problem(f"a {demand} phase {'names its' if demand in ('read', 'transfer') else 'has no'} resource")
    elif demand == "wait" and resource and resource not in HOST_WAITS:
        table.problem(f"{resource!r} is no wait of a host; there are {', '.join(HOST_WAITS)}", "resource")
    phase = Phase(
        id=table.string("id"),
        owner=cast("Owner", table.string("owner", allowed=OWNERS)),
        leads_to=cast("Milestone", table.string("leads_to", allowed=get_args(Milestone))),
        demand=demand,
        amount=amount,
        text=table.text("text"),
        resource=resource,
        operation=operation,
        per_page=per_page,
        parallelism=provenance["parallelism"].value if "parallelism" in provenance else 1.0,
        files=provenance["files"].value if "files" in provenance else float(demand == "read"),
        stream=table.flag("stream") if demand == "read" else False,
        growth=growth,
        spread=provenance["spread"].value if "spread" in provenance else 0.0,
        when=table.string("when", "", allowed=("", "network", "cold", "pull", "boot_loader", "force")),
        kernel_before=table.string("kernel_before", ""),
        kernel_from=table.string("kernel_from", ""),
        until=table.string("until", "") if operation is not None else "",
        provenance=provenance,
    )
    if operation is not None and bool(phase.until) != operation.kept:
        if phase.until:
            table.problem("keeps a lock whose operation has a hold, growth or flushes, which would not count", "until")
        else:
            table.problem("takes no time of its own; a later phase is named `until` whose end its lock is had", "hold")
    if phase.until and "times" in provenance:
        table.problem("is of no use to a lock that is had until a later phase ends", "times")
    table.done()
    return phase


def _memory_part(table: Table) -> MemoryPart:
    share_of_guest, share_of_application = table.flag("per_guest_memory"), table.flag("per_application")
    provenance = {}
    if table.has("guest_memory_over"):
        provenance["guest_memory_over"] = table.number("guest_memory_over", "B")
    if table.has("mappings"):
        provenance["mappings"] = table.number("mappings", "1", definition=True)
    part = MemoryPart(
        id=table.string("id"),
        owner=cast("Owner", table.string("owner", allowed=OWNERS)),
        share=cast("SharedBy", table.string("share", allowed=get_args(SharedBy))),
        amount=table.number("bytes", "1" if share_of_guest or share_of_application else "B", definition=True),
        text=table.text("text"),
        content_key=table.string("content_key", ""),
        in_rss=not table.flag("outside_processes"),
        per_guest_memory=share_of_guest,
        per_application=share_of_application,
        guest_memory_over=int(provenance["guest_memory_over"].value) if "guest_memory_over" in provenance else 0,
        mappings=int(provenance["mappings"].value) if "mappings" in provenance else 1,
        reclaimable=table.flag("reclaimable"),
        page_tables=table.flag("page_tables"),
        scattered=table.flag("scattered"),
        provenance=provenance,
    )
    if (part.share == "content") != bool(part.content_key):
        table.problem("a part with share 'content' has a content_key, and no other part has one", "content_key")
    table.done()
    return part


def _plan(table: Table) -> tuple[tuple[Phase, ...], tuple[MemoryPart, ...]]:
    tables = table.tables("phases")
    phases = tuple(_phase(inner) for inner in tables)
    memory = tuple(_memory_part(inner) for inner in table.tables("memory"))
    for at, phase in enumerate(phases):
        if phase.until:
            _check_kept(tables[at], phase, phases[at + 1 :])
    for key, ids in (("phases", [phase.id for phase in phases]), ("memory", [part.id for part in memory])):
        for repeated in sorted({name for name in ids if ids.count(name) > 1}):
            table.problem(f"id {repeated!r} is there twice", key)
    return phases, memory


def _check_kept(table: Table, phase: Phase, later: tuple[Phase, ...]) -> None:
    """Note what is wrong with how long a phase has its lock.

    A start that is given up leaves out what the application would do, and one that is created may wait to go on. So no
    lock is had over either.
    """
    end = next((at for at, each in enumerate(later) if each.id == phase.until and not each.when), None)
    if end is None:
        table.problem(f"phase {phase.id!r} has its lock until {phase.until!r}, no later phase of every start", "until")
        return
    if later[end].leads_to != phase.leads_to or phase.leads_to not in ("runtime", "init"):
        table.problem(
            f"phase {phase.id!r} leads to {phase.leads_to} and {phase.until!r} to {later[end].leads_to}; both lead to "
            "runtime or both to init, so that a start that is given up gives its lock back",
            "until",
        )
    for each in later[: end + 1]:
        if each.operation is not None and each.resource == phase.resource:
            table.problem(f"phase {each.id!r} takes the lock {each.resource!r} that is had already", "until")


def phase_of(table: Table) -> Phase:
    """The phase of one table, whose other keys are read already. It stands alone, so it keeps no lock."""
    phase = _phase(table)
    if phase.until:
        _check_kept(table, phase, ())
    return phase


def _costs(table: Table | None) -> EventCosts | None:
    """What events take more; None where the table is not there."""
    if table is None:
        return None
    given: dict[str, Any] = {name: table.flag(name) for name in COST_FLAGS}
    given |= {name: table.number(name, "s") for name in _COSTS if table.has(name)}
    table.done()
    return EventCosts(**given)


def _technology(table: Table) -> Technology:
    phases, memory = _plan(table)
    technology = Technology(
        id=table.string("id"),
        name=table.text("name"),
        kind=table.text("kind"),
        family=cast("Family", table.string("family", allowed=get_args(Family))),
        runs=cast("Runs", table.string("runs", allowed=get_args(Runs))),
        phases=phases,
        memory=memory,
        parts=table.strings("parts"),
        guests=table.strings("guests"),
        cpu_efficiency=table.number("cpu_efficiency", "1", _ONE),
        idle_cpu=table.number("idle_cpu", "1", _NONE),
        reserves=table.flag("reserves"),
        limits=table.numbers("limits", "1"),
        tasks=table.number("tasks", "1", _NONE),
        kubelet=table.flag("kubelet"),
        dax=table.strings("dax"),
        version=table.string("version", ""),
        boots_disk=table.flag("boots_disk"),
        costs=_costs(table.table("costs", needed=False)),
        mounts=table.number("mounts", "1") if table.has("mounts") else None,
        own_filter=table.flag("own_filter"),
        keeps_store_bypass=table.flag("keeps_store_bypass"),
    )
    if (technology.runs != "process") != bool(technology.guests):
        table.problem("names guests exactly where it does not run a process", "guests")
    return technology


def _part(table: Table) -> TechnologyPart:
    """A part by itself. What it adds to a technology is checked here too, so that its own file is named first."""
    _plan(table)
    for name in ("idle_cpu", "tasks", "cpu_efficiency", "nested_slowdown"):
        if table.has(name):
            table.number(name, "1")
    table.numbers("limits", "1")
    _costs(table.table("costs", needed=False))
    return TechnologyPart(id=table.string("id"), name=table.text("name"), maker=table.string("maker", ""))


def _addition(table: Table) -> Addition:
    phases, memory = _plan(table)
    after, networks = table.table("after", needed=False), table.table("networks", needed=False)
    addition = Addition(
        id=table.string("id"),
        name=table.text("name"),
        phases=phases,
        memory=memory,
        costs=_costs(table.table("costs", needed=False)),
        technologies=table.strings("technologies"),
        replaces=frozenset(table.strings("replaces")),
        after={name: after.strings(name) for name in after.names()} if after else {},
        each_port=table.flag("each_port"),
        kernel_from=table.string("kernel_from", ""),
        networks={name: networks.string(name) for name in networks.names()} if networks else {},
        one_network=table.flag("one_network"),
    )
    for name in (*addition.technologies, *addition.networks):
        if name not in shipped_ids("technologies"):
            table.problem(f"{name!r} is none of the technologies", "technologies")
    for name in addition.after:
        if name not in [phase.id for phase in phases]:
            table.problem(f"has no phase {name!r}", f"after.{name}")
    return addition


def _guest(table: Table) -> Guest:
    phases, memory = _plan(table)
    guest = Guest(
        id=table.string("id"),
        name=table.text("name"),
        phases=phases,
        memory=memory,
        default_memory=table.number("default_memory", "B", definition=True),
        userland_only_phases=table.strings("userland_only_phases"),
        working_set=table.number("working_set", "B", _NO_BYTES),
        mergeable=table.number("mergeable", "1", _NONE),
        use=table.number("use", "B", _NO_BYTES),
        use_time=table.number("use_time", "s", _A_SECOND),
        written=table.number("written", "1", _NONE),
        tasks=table.number("tasks", "1", _NONE),
    )
    ids = [phase.id for phase in phases]
    for name in guest.userland_only_phases:
        if name not in ids:
            table.problem(f"no phase {name!r}; there are {', '.join(ids)}", "userland_only_phases")
    return guest


def _application(table: Table) -> Application:
    phases, memory = _plan(table)
    application = Application(
        id=table.string("id"),
        name=table.text("name"),
        phases=phases,
        memory=memory,
        image=table.string("image", ""),
        exits=table.flag("exits"),
        tasks=table.number("tasks", "1", _ONE),
    )
    if application.image and application.image not in images():
        table.problem(f"no image {application.image!r}; there are {', '.join(images())}", "image")
    return application


def _sizes(table: Table) -> dict[str, Number]:
    return {"gzip_ratio": table.number("gzip_ratio", "1")}


MAKERS: dict[str, Callable[[Table], Any]] = {
    "images": _sizes,
    "technologies": _technology,
    "parts": _part,
    "additions": _addition,
    "guests": _guest,
    "applications": _application,
    "hosts": host_of,
}
