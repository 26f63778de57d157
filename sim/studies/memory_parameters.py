"""What the memory study asks, of instances that are up (`sim.studies.memory`) and as time passes (`memory_time`)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Literal

from annotated_types import Ge, Le, doc

from sim import limits
from sim.catalog import load
from sim.catalog.model import Host, Technology
from sim.catalog.names import CatalogName
from sim.errors import InputError, Problem
from sim.platforms.containers import ContainerChoices, contained
from sim.quantity import Bytes, BytesPerSecond, Seconds
from sim.reasons import Reason
from sim.studies.base import Subject
from sim.studies.parameters.container import (
    PublishedPorts,
    RootlessNetwork,
    UserNamespaceOf,
    container_problems,
    port_problems,
)
from sim.studies.parameters.disk import HostDrive
from sim.studies.parameters.guest import (
    ApplicationId,
    GuestId,
    GuestMemory,
    HugePagesOf,
    SameImage,
    Uptime,
    fit_problems,
    guest_problems,
    huge_page_problems,
)

_IN_TIME = (
    "ksm",
    "ksm_pages",
    "ksm_sleep",
    "swap",
    "zram",
    "guest_swap",
    "growth",
    "reads",
    "writes",
    "writes_from",
)
"""What acts only as time passes, and is off at zero."""


@dataclass(frozen=True, kw_only=True)
class Memory:
    """How many instances of what."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - pydantic reads this name from the class

    technology: Annotated[str | Technology, Subject(), CatalogName("technologies"), doc("What runs the instances.")]
    host: Annotated[str | Host, CatalogName("hosts"), doc("The machine they run on.")] = "laptop"
    application: ApplicationId = "web"
    guest: GuestId = ""
    guest_memory: GuestMemory = None
    instances: Annotated[int, Ge(1), Le(2000), doc("How many instances there are.")] = 10
    same_image: SameImage = True
    dax: Annotated[
        bool, doc("Guests map their files from the host's page cache (virtio-pmem or virtio-fs with DAX).")
    ] = False
    uptime: Uptime = 0.0
    huge_pages: HugePagesOf = "off"
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
    zram: Annotated[
        Bytes,
        doc("The size of a compressed swap in the host's own memory, filled before the one on its disk."),
    ] = 0
    disk: Annotated[
        HostDrive,
        doc("The host's disk, to which it swaps."),
    ] = "own"
    guest_swap: Annotated[Bytes, doc("Swap that each guest has on a disk of its own; most cloud images have none.")] = 0
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
    user_namespace: UserNamespaceOf = "none"
    rootless_network: RootlessNetwork = "own"
    published_ports: PublishedPorts = 0

    def __post_init__(self) -> None:
        """Raise `InputError` for parameters that do not go together."""
        problems = guest_problems(self.technology, self.guest, self.guest_memory)
        problems += self._problems_of_time()
        problems += huge_page_problems(self.technology, self.huge_pages)
        problems += self._problems_of_containers()
        if not problems:
            path = "guest_memory" if self.limit is None else "limit"
            problems = fit_problems(self.runs_on, self.guest, self.application, self.configured, path=path)
        if problems:
            raise InputError(problems)

    @property
    def runs_on(self) -> Technology:
        """The technology with what is chosen of its containers, and guests that map their files from the host."""
        technology, choices = load.technology(self.technology), self._choices()
        if choices.any:
            technology = contained(technology, load.host(self.host).kernel, choices)
        return replace(technology, dax=("guest", "application")) if self.dax else technology

    @property
    def configured(self) -> int | None:
        """Memory configured for each guest, where it is said: a guest's limit is."""
        has_kernel = load.technology(self.technology).has_guest_kernel
        return self.limit if has_kernel and self.limit is not None else self.guest_memory

    def _choices(self) -> ContainerChoices:
        return ContainerChoices(
            user_namespace=self.user_namespace, network=self.rootless_network, ports=self.published_ports
        )

    def _problems_of_containers(self) -> list[Problem]:
        choices = self._choices()
        if not choices.any:
            return []
        found = list(container_problems(load.technology(self.technology), load.host(self.host).kernel, choices))
        return found or list(port_problems(choices, None, self.instances, "bridge"))

    def _problems_of_time(self) -> list[Problem]:
        technology = load.technology(self.technology)
        has_kernel = technology.has_guest_kernel
        problems = []
        if self.limit is not None and self.guest_memory is not None:
            problems.append(
                Problem(
                    Reason("limit_of_guest", "a guest's limit is its configured memory; give only one of them"),
                    path="limit",
                )
            )
        if self.guest_swap and not has_kernel:
            problems.append(
                Problem(
                    Reason(
                        "no_guest.swap",
                        "{technology} starts no guest kernel; its processes swap to the host's",
                        technology=technology.id,
                    ),
                    path="guest_swap",
                )
            )
        if self.dax and not has_kernel:
            problems.append(
                Problem(
                    Reason(
                        "no_guest.dax",
                        "{technology} starts no guest kernel, so its files are the host's already",
                        technology=technology.id,
                    ),
                    path="dax",
                )
            )
        if self.huge_pages == "reserved" and self.duration:
            problems.append(
                Problem(
                    Reason(
                        "reserved_in_time", "reserved pages are all taken at the start and stay; leave the duration out"
                    ),
                    path="huge_pages",
                )
            )
        if self.limit is not None and not self.duration and not has_kernel:
            problems.append(
                Problem(Reason("limit_in_time", "a limit acts as time passes; give a duration too"), path="limit")
            )
        if self.duration and self.instances > limits.FOLLOWED:
            message = Reason(
                "followed",
                "{count} instances are too many to follow in time; expected at most {most}",
                count=self.instances,
                most=limits.FOLLOWED,
            )
            problems.append(Problem(message, path="instances"))
        if not self.duration:
            changed = [name for name in _IN_TIME if getattr(self, name)]
            changed += [
                name
                for name, off in (("balloon", "off"), ("overcommit", "heuristic"), ("disk", "own"))
                if getattr(self, name) != off
            ]
            problems += [
                Problem(Reason("in_time", "acts as time passes; give a duration too"), path=name) for name in changed
            ]
        return problems
