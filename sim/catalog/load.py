"""The catalog's door: technologies, guests, applications, hosts, facts and images, read once and checked.

A file that breaks a rule raises `CatalogError` naming the file and the dotted path of everything that is wrong with it.
An id that is not there raises `InputError` naming those that are. docs/catalog.md shows how a file is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from functools import cache, partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar, cast, get_args

from sim.catalog import facts as _facts
from sim.catalog import images as _images
from sim.catalog.block import Block
from sim.catalog.compose import composed
from sim.catalog.facts import Fact
from sim.catalog.files import read_toml, refuse
from sim.catalog.hosts import host_of
from sim.catalog.images import OfficialImage
from sim.catalog.kernel import HOST_WAITS, Per
from sim.catalog.locks import growths, operations, unknown
from sim.catalog.model import (
    COST_FLAGS,
    DEMANDS,
    Addition,
    Application,
    DemandKind,
    EventCosts,
    Family,
    Guest,
    Host,
    MemoryPart,
    Milestone,
    Phase,
    Runs,
    SharedBy,
    Technology,
    TechnologyPart,
)
from sim.catalog.number import Number
from sim.catalog.profile import PROFILE, read_profile
from sim.catalog.read import Table
from sim.errors import InputError, Problem
from sim.instancerecords import OWNERS, Owner
from sim.reasons import Reason
from sim.wording import suggestion

FOLDER = Path(__file__).parent

_NONE = Number(0.0, "1", sources=("definition",))
_NO_BYTES = Number(0.0, "B", sources=("definition",))
_ONE = Number(1.0, "1", sources=("definition",))
_A_SECOND = Number(1.0, "s", sources=("definition",))
_GROWTHS: tuple[Per, ...] = ("instance", "mount", "layer", "port")
_AMOUNT_UNITS: dict[str, str] = {
    "cpu": "s", "hold": "s", "wait": "s", "read": "B", "write": "B", "flush": "1", "transfer": "B",
}  # fmt: skip

_COSTS = tuple(each.name for each in fields(EventCosts) if each.name not in COST_FLAGS)

CatalogEntry = TypeVar("CatalogEntry", Technology, Guest, Application, Host)


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
        provenance=provenance,
    )
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
        provenance=provenance,
    )
    if (part.share == "content") != bool(part.content_key):
        table.problem("a part with share 'content' has a content_key, and no other part has one", "content_key")
    table.done()
    return part


def _plan(table: Table) -> tuple[tuple[Phase, ...], tuple[MemoryPart, ...]]:
    phases = tuple(_phase(inner) for inner in table.tables("phases"))
    memory = tuple(_memory_part(inner) for inner in table.tables("memory"))
    for key, ids in (("phases", [phase.id for phase in phases]), ("memory", [part.id for part in memory])):
        for repeated in sorted({name for name in ids if ids.count(name) > 1}):
            table.problem(f"id {repeated!r} is there twice", key)
    return phases, memory


def phase_of(table: Table) -> Phase:
    """The phase of one table, whose other keys are read already."""
    return _phase(table)


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
        if name not in _shipped_ids(FOLDER / "technologies"):
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


_MAKERS: dict[str, Callable[[Table], Any]] = {
    "images": _sizes,
    "technologies": _technology,
    "parts": _part,
    "additions": _addition,
    "guests": _guest,
    "applications": _application,
    "hosts": host_of,
}


@cache
def _shipped_ids(folder: Path) -> tuple[str, ...]:
    """The ids of the files of a folder of the package, which are asked for once for each block of each technology."""
    return tuple(sorted(path.stem for path in folder.glob("*.toml")))


class CatalogFiles:
    """Where the files that a file names are found.

    Attributes:
        table: What they are read as.
    """

    table: type[Table] = Table

    def ids(self, kind: str) -> tuple[str, ...]:
        """The ids there are of one kind."""
        return _shipped_ids(FOLDER / kind)

    def block(self, kind: str, name: str) -> Block:
        """The table of a file by its id, with its place. Raises `InputError` where there is none."""
        have = self.ids(kind)
        if name not in have:
            raise InputError(f"{name!r} is none of the {kind}{suggestion(name, have)}")
        return self.read(kind, name)

    def read(self, kind: str, name: str) -> Block:
        """The table of a file that is there."""
        file = f"{kind}/{name}.toml"
        return Block(read_toml(FOLDER / file, file), (file, ""))

    def speed(self, name: str) -> Number:
        """A host's CPU speed."""
        return host(name).cpu_speed


def made(kind: str, data: Block, name: str, files: CatalogFiles, problems: list[Problem]) -> Any:
    """The entry that a file's table tells, None where that cannot be said. What is wrong is added to `problems`.

    Args:
        name: The file's, without its ending.
    """
    file, _ = data.at
    if kind == "technologies":
        data = composed(data, partial(files.block, kind), partial(files.block, "parts"), problems)
        if problems:
            return None
    table = files.table(data, file, "", problems, files.speed)
    entry = _MAKERS[kind](table)
    if kind == "technologies":
        have = files.ids("guests")
        for guest in entry.guests:
            if guest not in have:
                table.problem(f"no guest {guest!r}; there are {', '.join(have)}", "guests")
    table.done()
    if kind != "images" and entry.id != name:
        table.problem(f"{entry.id!r} is not the file's name {name!r}", "id")
    return entry


def read(kind: str, path: Path) -> Any:
    """The entry of one file.

    Args:
        kind: "technologies", "additions", "guests", "applications", "hosts" or "images".

    Raises `CatalogError` naming the file and the dotted path of every rule it breaks.
    """
    file = f"{kind}/{path.name}"
    problems: list[Problem] = []
    entry = made(kind, Block(read_toml(path, file), (file, "")), path.stem, CatalogFiles(), problems)
    refuse(problems, file, path)
    return entry


class _Entries(Mapping[str, Any]):
    """The entries of one kind by their ids. A file is read when its entry is first asked for: a run needs few."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._files = {path.stem: path for path in sorted((FOLDER / kind).glob("*.toml"))}
        self._entries: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._entries:
            self._entries[name] = read(self._kind, self._files[name])
        return self._entries[name]

    def __contains__(self, name: object) -> bool:
        return name in self._files

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)


@cache
def technologies() -> Mapping[str, Technology]:
    """Every technology by its id."""
    return _Entries("technologies")


@cache
def parts() -> Mapping[str, TechnologyPart]:
    """Everything that technologies are made of, by its id."""
    return _Entries("parts")


@cache
def additions() -> Mapping[str, Addition]:
    """Everything that choices of a scenario add to technologies, by its id."""
    return _Entries("additions")


@cache
def guests() -> Mapping[str, Guest]:
    """Every guest system by its id."""
    return _Entries("guests")


@cache
def applications() -> Mapping[str, Application]:
    """Every application by its id."""
    return _Entries("applications")


@cache
def hosts() -> Mapping[str, Host]:
    """Every host by its id."""
    return _Entries("hosts")


def _one(kind: str, having: Callable[[], Mapping[str, CatalogEntry]], name: str | CatalogEntry) -> CatalogEntry:
    if not isinstance(name, str):
        return name
    try:
        return having()[name]
    except KeyError:
        raise no_such(kind, name, having()) from None


_SINGULAR = {
    "technologies": "technology", "guests": "guest", "applications": "application", "hosts": "host", "images": "image",
}  # fmt: skip


def no_such(kind: str, name: str, have: Iterable[str]) -> InputError:
    """The error for an id that the catalog has not: it names what is near, or all there are."""
    hint = suggestion(name, have)
    return InputError(Reason("no_entry", "no {kind} {name}{hint}", kind=_SINGULAR[kind], name=repr(name), hint=hint))


def technology(name: str | Technology) -> Technology:
    """The technology of that id.

    One that is given itself comes back as it is. Raises `InputError` naming those there are.
    """
    return _one("technologies", technologies, name)


def guest(name: str | Guest) -> Guest:
    """The guest system of that id.

    One that is given itself comes back as it is. Raises `InputError` naming those there are.
    """
    return _one("guests", guests, name)


def application(name: str | Application) -> Application:
    """The application of that id.

    One that is given itself comes back as it is. Raises `InputError` naming those there are.
    """
    return _one("applications", applications, name)


def host(name: str | Host) -> Host:
    """The host of that id, or of the profile whose path it is. One that is given itself comes back as it is.

    Raises `InputError` naming those there are.
    """
    if isinstance(name, str) and name.endswith(PROFILE):
        return read_profile(Path(name), lambda other: host(other).cpu_speed)
    return _one("hosts", hosts, name)


def facts() -> Mapping[str, Fact]:
    """Every fact by its id."""
    return _facts.facts()


def images() -> Mapping[str, OfficialImage]:
    """Every official image by its name and tag."""
    return _images.images()


@cache
def gzip_ratio() -> Number:
    """A layer's size over its compressed size, of which registries serve only the latter."""
    sizes: Mapping[str, Number] = read("images", FOLDER / "images" / "sizes.toml")
    return sizes["gzip_ratio"]


def _places(data: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(data, dict):
        if "value" in data:
            sources = data.get("source", [])
            yield from ((source, path) for source in ([sources] if isinstance(sources, str) else sources))
        for key, value in data.items():
            yield from _places(value, f"{path}.{key}")
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from _places(value, f"{path}.{index}")


@cache
def cited() -> Mapping[str, tuple[str, ...]]:
    """The facts that numbers of the catalog name, each with the places: none of them may be published in a check."""
    places_of: dict[str, list[str]] = {}
    for path in sorted(FOLDER.glob("*/*.toml")):
        for source, place in _places(read_toml(path, f"{path.parent.name}/{path.name}"), ""):
            places_of.setdefault(source, []).append(f"{path.parent.name}/{path.name}: {place[1:]}")
    return MappingProxyType({source: tuple(places) for source, places in places_of.items()})
