"""What the study of starts asks (`sim.studies.startup`): what is started, on what, and how the requests come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le, doc

from sim import limits
from sim.catalog import load
from sim.catalog.model import Host, Technology
from sim.catalog.names import CatalogName
from sim.catalog.tables.engines import of_release
from sim.errors import InputError, Problem
from sim.platforms.booting import Booting
from sim.platforms.containers import ContainerChoices, contained
from sim.quantity import Bytes, render
from sim.reasons import Reason
from sim.studies.base import Repeated, Subject
from sim.studies.density import NETWORK_LIMITS, Density
from sim.studies.host_capacity import HostCapacity, host_capacity
from sim.studies.parameters.container import (
    AppArmorProfile,
    Cgroup,
    FirstPort,
    PublishedPorts,
    RootlessNetwork,
    UserNamespaceOf,
    container_problems,
    limit_problems,
    port_problems,
)
from sim.studies.parameters.cpu import CpuLimit, VirtualCpus, vcpu_problems
from sim.studies.parameters.disk import HostDrive
from sim.studies.parameters.guest import ApplicationId, GuestId, chosen_guest, fit_problems, guest_problems
from sim.studies.parameters.kernel import HostKernel, kernel_problems
from sim.studies.startup.asking import (
    ArrivalsOf,
    AskedByOf,
    Asking,
    ClientCpu,
    InFlight,
    RateOf,
    ScriptOf,
)
from sim.studies.startup.booting import (
    AddressOf,
    BootFromOf,
    BootMenu,
    CloudInitOf,
    ConsoleOf,
    EmulationOf,
    FirmwareOf,
    KeyboardOf,
    boot_problems,
    emulation_problems,
)


@dataclass(frozen=True, kw_only=True)
class Startup:
    """What is started, on what, and how the requests come."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - pydantic reads this name from the class

    technology: Annotated[str | Technology, Subject(), CatalogName("technologies"), doc("What starts the instances.")]
    engine: Annotated[
        str | None,
        Subject(),
        doc(
            "The release of the technology's engine, such as 18.09 of docker; "
            "if left out, the one whose figures the technology has."
        ),
    ] = None
    host: Annotated[str | Host, CatalogName("hosts"), doc("The machine they start on.")] = "laptop"
    kernel: HostKernel = None
    cores: Annotated[
        int | None, Ge(1), Le(limits.CORES), doc("How many cores the host has; if left out, as many as its own.")
    ] = None
    application: ApplicationId = "web"
    guest: GuestId = ""
    guest_memory: Annotated[
        Bytes | None, doc("Memory configured for each guest; if left out, the guest's own default.")
    ] = None
    working_set: Annotated[
        Bytes | None,
        doc(
            "Memory that a restored guest touches before it answers, by which it takes its time; "
            "if left out, what the catalog says of the guest."
        ),
    ] = None
    instances: Annotated[int, Ge(1), Le(100_000), Repeated(), doc("How many instances are started.")] = 1
    arrivals: ArrivalsOf = "together"
    rate: RateOf = None
    in_flight: InFlight = None
    image: Annotated[
        Literal["present", "pull"], doc("The host has the application's image, or the first start pulls it.")
    ] = "present"
    page_cache: Annotated[
        Literal["warm", "cold"], doc("The host's page cache holds the files that are read, or none of them.")
    ] = "warm"
    network: Annotated[Literal["none", "bridge"], doc("Instances have no network, or a port of a bridge.")] = "none"
    existing: Annotated[int, Ge(0), Le(100_000), doc("How many such instances the host holds already.")] = 0
    overcommit: Annotated[
        float,
        Gt(0),
        Le(100),
        doc("The share of its memory that the host may promise to guests; 1 is no overcommitment."),
    ] = 1.0
    cpu_limit: CpuLimit = None
    vcpus: VirtualCpus = None
    client_cpu: ClientCpu = 0.0
    asked_by: AskedByOf = "none"
    script: ScriptOf = "none"
    clean_up: Annotated[
        Literal["no", "each", "force", "together"],
        doc(
            "Instances stay, or each exits once it is ready and is removed, or each is removed by force while it runs, "
            "or all exit once the last one is ready."
        ),
    ] = "no"
    disk: Annotated[
        HostDrive,
        doc("The host's disk, by which cold reads and flushes take their time."),
    ] = "own"
    cgroup: Cgroup = "own"
    user_namespace: UserNamespaceOf = "none"
    rootless_network: RootlessNetwork = "own"
    published_ports: PublishedPorts = 0
    first_port: FirstPort = None
    apparmor: AppArmorProfile = False
    firmware: FirmwareOf = "own"
    boot_from: BootFromOf = "own"
    boot_menu: BootMenu = 0.0
    address: AddressOf = "own"
    cloud_init: CloudInitOf = "own"
    keyboard: KeyboardOf = "own"
    console: ConsoleOf = "own"
    emulation: EmulationOf = "off"

    def __post_init__(self) -> None:
        """Raise `InputError` for parameters that do not go together."""
        problems = list(_engine_problems(self)) or list(_problems(self))
        if problems:
            raise InputError(problems)

    def started(self) -> str | Technology:
        """The technology that starts the instances: that of the engine's release, where one is asked for."""
        if self.engine is None:
            return self.technology
        return of_release(load.technology(self.technology), self.engine).id

    def choices(self) -> ContainerChoices:
        """How the containers are made."""
        return ContainerChoices(
            self.cgroup, self.user_namespace, self.rootless_network, self.published_ports, self.apparmor
        )

    def host_kernel(self) -> str:
        """The Linux version that the host runs."""
        return self.kernel or load.host(self.host).kernel

    def made_by(self) -> Technology:
        """The technology with what is chosen of its containers."""
        technology, choices = load.technology(self.started()), self.choices()
        return contained(technology, self.host_kernel(), choices) if choices.any else technology

    def booting(self) -> Booting:
        """How each instance boots."""
        return Booting(
            self.firmware, self.boot_from, self.boot_menu, self.address, self.cloud_init, self.keyboard, self.console
        )

    def asking(self) -> Asking:
        """How the starts are asked for."""
        return Asking(
            self.instances, self.arrivals, self.rate, self.in_flight, self.client_cpu, self.asked_by, self.script
        )

    @property
    def leaves(self) -> bool:
        """Whether each instance leaves by itself."""
        return self.clean_up in ("each", "force")

    def at_once(self) -> tuple[str, int]:
        """How many of the instances the host holds at the same time at most, and the parameter that says so.

        Those that come at random and leave are one at a time at least. How many more is known once the run is over.
        """
        if self.leaves and self.in_flight is not None:
            return "in_flight", self.in_flight
        if self.leaves and self.rate is not None:
            return "instances", 1
        return "instances", self.instances

    def room(self) -> HostCapacity:
        """How many of them the host's memory holds. Raises `InputError` where it cannot hold one."""
        instances = Density(
            technology=self.made_by() if self.choices().any else self.started(),
            host=self.host,
            application=self.application,
            guest=self.guest,
            guest_memory=self.guest_memory,
            overcommit=self.overcommit,
            uptime=0.0,
        )
        return host_capacity(instances, self.existing)


def _engine_problems(params: Startup) -> Iterator[Problem]:
    if params.engine is not None:
        try:
            of_release(load.technology(params.technology), params.engine)
        except InputError as error:
            yield from (replace(problem, path="engine") for problem in error.problems)


def _problems(params: Startup) -> Iterator[Problem]:
    yield from params.asking().problems()
    yield from kernel_problems(params.kernel)
    problems = guest_problems(params.started(), params.guest, params.guest_memory)
    yield from problems
    technology = load.technology(params.started())
    if not problems:
        yield from fit_problems(technology, params.guest, params.application, params.guest_memory)
        guest = chosen_guest(technology, params.guest)
        yield from boot_problems(technology, guest, params.booting(), network=params.network != "none")
        yield from emulation_problems(technology, params.booting(), params.emulation)
    yield from vcpu_problems(technology, params.vcpus)
    chosen = list(_chosen_problems(params, technology)) if not problems else []
    yield from chosen
    if params.working_set is not None and not problems:
        yield from _working_set_problems(params)
    if params.network == "bridge" and not chosen:
        yield from _network_problems(params, params.made_by())
    if not problems and not chosen:
        yield from _memory_problems(params)
    if params.image == "pull" and not load.application(params.application).image:
        application = load.application(params.application).id
        why = Reason("no_image_of", "application {application} has no image to pull", application=repr(application))
        yield Problem(why, path="image")


def _chosen_problems(params: Startup, technology: Technology) -> Iterator[Problem]:
    choices = params.choices()
    if not choices.any and params.first_port is None:
        return
    if any(kernel_problems(params.kernel)):
        return
    kernel = params.host_kernel()
    yield from container_problems(technology, kernel, choices)
    yield from port_problems(choices, params.first_port, params.at_once()[1] + params.existing, params.network)
    yield from limit_problems(choices, kernel, params.cpu_limit)


_NETWORK = {
    "bridge_ports": Reason("network_limit.ports", "bridge ports"),
    "addresses": Reason("network_limit.addresses", "addresses"),
}
"""What a network's limits are of."""


def _network_problems(params: Startup, technology: Technology) -> Iterator[Problem]:
    """Instances that are held at the same time have a port and an address each."""
    path, count = params.at_once()
    for name in NETWORK_LIMITS:
        limit = technology.limits.get(name)
        if limit is not None and count + params.existing > limit.value:
            room = max(int(limit.value) - params.existing, 0)
            why = Reason(
                "network_limit",
                "{count} is too many: {technology} has {limit:.0f} {of}, so at most {room} can be added",
                count=count,
                technology=technology.id,
                limit=limit.value,
                of=_NETWORK[name],
                room=room,
            )
            yield Problem(why, path=path)
            return


def _working_set_problems(params: Startup) -> Iterator[Problem]:
    technology = load.technology(params.started())
    guest = chosen_guest(technology, params.guest)
    size = params.working_set or 0.0
    if guest is None or not guest.working_set.value:
        boots = Reason("working_set.boots", "guest {guest} boots", guest=repr(guest.id if guest else ""))
        none = Reason("working_set.none", "technology {technology} has no guest", technology=repr(technology.id))
        why = Reason(
            "working_set",
            "{size} is not used: {what}; it goes with a guest that is restored",
            size=render(size, "B"),
            what=boots if guest else none,
        )
        yield Problem(why, path="working_set")
        return
    memory = params.guest_memory or guest.default_memory.value
    if size > memory:
        why = Reason(
            "working_set.large",
            "{size} is more than its guest's {memory}",
            size=render(size, "B"),
            memory=render(memory, "B"),
        )
        yield Problem(why, path="working_set")


def _memory_problems(params: Startup) -> Iterator[Problem]:
    """Instances that are held at the same time are held in memory."""
    try:
        free = params.room()
    except InputError:
        return  # a guest memory that cannot hold the guest is a problem of its own
    name, count = params.at_once()
    refused = free.refusal(count)
    if refused:
        yield Problem(refused, path="existing" if free.left < 0 else name)
