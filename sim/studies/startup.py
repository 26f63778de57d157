"""How long does it take to start instances? Requests come together, at a rate, or so many in flight."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le, doc

from sim import limits
from sim.catalog import load
from sim.catalog.disks import disk
from sim.catalog.hosts import with_disk
from sim.catalog.images import OfficialImage
from sim.catalog.kernel import KERNEL_WAITS, VERSION
from sim.catalog.locks import locks
from sim.catalog.model import Host, Technology
from sim.catalog.names import CatalogName
from sim.catalog.number import Number
from sim.catalog.tables.clients import clients
from sim.catalog.tables.engines import of_release
from sim.engine.environment import Environment
from sim.errors import InputError, Problem
from sim.machine.host import RunningHost
from sim.outcome import Bound
from sim.platforms.arrivals import SerialClient, after_computing, at_random, together
from sim.platforms.booting import Booting
from sim.platforms.containers import ContainerChoices, contained
from sim.platforms.emulation import emulated, without_nesting
from sim.platforms.plan import BootPlan, StartOptions, boot_plan
from sim.platforms.start import ImageSource, Start, Starter
from sim.platforms.startrecords import instance_records, phase_records
from sim.platforms.vcpus import with_vcpus
from sim.quantity import Bytes, PerSecond, Seconds, render
from sim.reasons import Reason
from sim.studies.base import Context, Repeated, Study, StudyRun, Subject
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
from sim.studies.parameters.guest import ApplicationId, GuestId, chosen_guest, fit_problems, guest_problems
from sim.studies.startup_booting import (
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
from sim.studies.startup_metrics import METRICS, estimates, samples

TOLD = 2_000
"""Instances whose records are kept, more than any figure shows. Of a larger run only the first are."""


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
    kernel: Annotated[
        str | None,
        doc(
            "The Linux version that the host runs, such as 4.15; if left out, its own. "
            "On another, what was measured of its own kernel's locks does not count."
        ),
    ] = None
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
    arrivals: Annotated[
        Literal["together", "rate", "in_flight"],
        doc("Requests come all at once, at random at a mean rate, or each when an earlier instance is ready."),
    ] = "together"
    rate: Annotated[PerSecond | None, doc("Mean rate of requests that come at random.")] = None
    in_flight: Annotated[int | None, Ge(1), doc("How many starts are under way at any time.")] = None
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
    client_cpu: Annotated[
        Seconds,
        Le(10),
        doc(
            "Core-seconds of this host that the client computes before each request, one after another, as a script "
            "does; they are no part of the start."
        ),
    ] = 0.0
    asked_by: Annotated[
        Literal["none", "xargs"],
        doc(
            "A program on this host that asks for one start after another and computes before each: none, or xargs, "
            "which forks and runs a program. It is no part of the start."
        ),
    ] = "none"
    script: Annotated[
        Literal["none", "clocks", "configures"],
        doc(
            "A shell script on this host around each start, which computes before and after it: none, one that reads "
            "the clock, or one that also writes a configuration before and searches a log after. It is no part of the "
            "start."
        ),
    ] = "none"
    clean_up: Annotated[
        Literal["no", "each", "force", "together"],
        doc(
            "Instances stay, or each exits once it is ready and is removed, or each is removed by force while it runs, "
            "or all exit once the last one is ready."
        ),
    ] = "no"
    disk: Annotated[
        Literal["own", "nvme", "sata-ssd", "hard-disk", "cloud-disk"],
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


def _engine_problems(params: Startup) -> Iterator[Problem]:
    if params.engine is not None:
        try:
            of_release(load.technology(params.technology), params.engine)
        except InputError as error:
            yield from (replace(problem, path="engine") for problem in error.problems)


def _problems(params: Startup) -> Iterator[Problem]:
    for name in ("rate", "in_flight"):
        value = getattr(params, name)
        if params.arrivals == name and value is None:
            yield Problem(Reason("arrivals.missing", "missing; arrivals {name} needs it", name=repr(name)), path=name)
        elif params.arrivals != name and value is not None:
            why = Reason(
                "arrivals.other",
                "{value} is not used; it goes with arrivals {name}, not {other}",
                value=value,
                name=repr(name),
                other=repr(params.arrivals),
            )
            yield Problem(why, path=name)
    if params.in_flight is not None and params.in_flight > params.instances:
        why = Reason(
            "more_than_all",
            "{value} is more than all {count} instances",
            value=params.in_flight,
            count=params.instances,
        )
        yield Problem(why, path="in_flight")
    if params.kernel is not None and not VERSION.fullmatch(params.kernel):
        why = Reason("kernel", "{value} is not a kernel's version, such as 4.15", value=repr(params.kernel))
        yield Problem(why, path="kernel")
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
    if params.kernel is not None and not VERSION.fullmatch(params.kernel):
        return
    kernel = params.host_kernel()
    yield from container_problems(technology, kernel, choices)
    yield from port_problems(choices, params.first_port, _at_once(params)[1] + params.existing, params.network)
    yield from limit_problems(choices, kernel, params.cpu_limit)


_NETWORK = {
    "bridge_ports": Reason("network_limit.ports", "bridge ports"),
    "addresses": Reason("network_limit.addresses", "addresses"),
}
"""What a network's limits are of."""


def _network_problems(params: Startup, technology: Technology) -> Iterator[Problem]:
    """Instances that are held at the same time have a port and an address each."""
    path, count = _at_once(params)
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


def _room(params: Startup) -> HostCapacity:
    instances = Density(
        technology=params.made_by() if params.choices().any else params.started(),
        host=params.host,
        application=params.application,
        guest=params.guest,
        guest_memory=params.guest_memory,
        overcommit=params.overcommit,
        uptime=0.0,
    )
    return host_capacity(instances, params.existing)


def _memory_problems(params: Startup) -> Iterator[Problem]:
    """Instances that are held at the same time are held in memory."""
    try:
        free = _room(params)
    except InputError:
        return  # a guest memory that cannot hold the guest is a problem of its own
    name, count = _at_once(params)
    refused = free.refusal(count)
    if refused:
        yield Problem(refused, path="existing" if free.left < 0 else name)


_LEAVING = ("each", "force")
"""Ways to clean up by which each instance leaves by itself."""


def _at_once(params: Startup) -> tuple[str, int]:
    """How many of the requested instances the host holds at the same time at most, and the parameter that says so.

    Those that come at random and leave are one at a time at least. How many more is known once the run is over.
    """
    if params.clean_up in _LEAVING and params.in_flight is not None:
        return "in_flight", params.in_flight
    if params.clean_up in _LEAVING and params.rate is not None:
        return "instances", 1
    return "instances", params.instances


def _most_at_once(starter: Starter) -> int:
    """How many instances were there at the same time, from their requests to their removals."""
    log, last = starter.log, len(starter.plan.steps)
    gone = sorted(log.reached(index, last) for index in range(len(log)))
    return max(
        count - bisect_right(gone, at) for count, at in enumerate(sorted(map(log.requested.of, range(len(log)))), 1)
    )


def _on_kernel(host: Host, kernel: str) -> Host:
    """The host with another kernel: what it says itself of its own kernel's locks and waits is not known of that."""
    return replace(
        host,
        kernel=kernel,
        locks={name: held for name, held in host.locks.items() if locks()[name.partition(".")[0]].daemon},
        waits={name: wait for name, wait in host.waits.items() if name not in KERNEL_WAITS},
    )


def _pulled(plan: BootPlan, image: OfficialImage, host: RunningHost, bound: Bound) -> tuple[BootPlan, ImageSource]:
    """The plan with a pull before it, and where the image comes from. What pulls is imported where something does."""
    from sim.platforms.pull import ImageStore, layers_of, with_pull

    layers = layers_of(image, bound)
    return with_pull(plan, host.host, layers, bound=bound), ImageStore(host, layers, bound=bound)


def _script(params: Startup, bound: Bound) -> tuple[float, float]:
    """What a script computes before and after each start."""
    if params.script == "none":
        return 0.0, 0.0
    script = clients().scripts[params.script]
    return script.before.at(bound), script.after.at(bound)


def run(params: Startup, context: Context) -> StudyRun:
    """Start the instances once, and measure each of them.

    Raises `InputError` where instances came faster than they left, until the host's memory was full.
    """
    technology, application = params.made_by(), load.application(params.application)
    host_type = load.host(params.host)
    if params.kernel is not None and params.kernel != host_type.kernel:
        host_type = _on_kernel(host_type, params.kernel)
    if params.cores is not None:
        host_type = replace(host_type, cores=params.cores)
    if params.disk != "own":
        host_type = with_disk(host_type, disk(params.disk))
    pull = params.image == "pull"
    image = load.images()[application.image] if application.image else None
    options = StartOptions(
        network=params.network != "none",
        cold=params.page_cache == "cold",
        pull=pull,
        clean_up=params.clean_up != "no",
        force=params.clean_up == "force",
        layers=len(image.layers) if image else 0,
        working_set=None if params.working_set is None else Number(params.working_set, "B", sources=("definition",)),
    )
    guest = chosen_guest(technology, params.guest)
    booting = params.booting().on(technology, guest, params.emulation)
    technology, guest = booting.machine(technology), booting.guest(guest) if guest else None
    host_type = without_nesting(host_type, technology, params.emulation)
    technology, guest, application = emulated(technology, guest, application, params.emulation)
    plan = boot_plan(technology, guest, application, host_type, options, bound=context.bound)
    env = Environment()
    host = RunningHost(env, host_type, context.bound, warm=not options.cold, seeds=context.seeds)
    host.held.add(plan.mounts, plan.ports, params.existing)
    if params.vcpus is not None:
        plan = with_vcpus(plan, technology, host_type, params.vcpus, context.bound)
    images: ImageSource | None = None
    if pull and image is not None:
        plan, images = _pulled(plan, image, host, context.bound)
    count = params.instances
    step = max(1, count // 100)
    done = 0

    def ready(_: Start) -> None:
        nonlocal done
        done += 1
        if done % step == 0:
            context.tick(done / count)
        through()

    staying: list[Start] = []

    def stays(start: Start) -> None:
        staying.append(start)
        if len(staying) == count:
            for instance in staying:
                instance.leave()

    starter = Starter(
        host,
        plan,
        context.seeds,
        ready,
        images,
        stays=stays if params.clean_up == "together" else None,
        limit=params.cpu_limit,
    )
    left = iter(range(count - (params.in_flight or count)))
    before, after = _script(params, context.bound)

    def follow() -> None:
        if params.in_flight is not None and next(left, None) is not None:
            ask()

    through = after_computing(host, after, follow)
    request = after_computing(host, before, starter.request)
    forks = params.asked_by == "xargs"
    work = params.client_cpu * host.speed + (clients().xargs.at(context.bound) if forks else 0.0)
    ask = SerialClient(host, work, request, forks=forks).ask if work else request
    if params.rate is not None:
        at_random(env, count, params.rate, context.seeds.stream("arrivals"), ask)
    else:
        together(params.in_flight or count, ask)
    env.run()
    if params.rate is not None and params.clean_up in _LEAVING:
        refused = _room(params).refusal(_most_at_once(starter))
        if refused:
            why = Reason("at_rate", "at {rate} {what}", rate=render(params.rate, "1/s"), what=refused)
            raise InputError(Problem(why, path="rate"))
    # Each start's log is read once: those that records are made of are kept.
    told = [list(starter.log.steps(index)) for index in range(min(count, TOLD) if context.records else 0)]
    others = (list(starter.log.steps(index)) for index in range(len(told), count))
    return StudyRun(
        samples=samples(starter, chain(told, others)),
        records=(
            *instance_records(starter.log, context.label, told),
            *(
                record
                for index, steps in enumerate(told)
                for record in phase_records(starter.plan, context.label, index, steps)
            ),
        ),
        estimates=estimates(plan),
        ranged=any(number.ranged for step in plan.steps for number in step.inputs),
    )


STUDY = Study(
    name="startup",
    parameters=Startup,
    metrics=METRICS,
    run=run,
)
