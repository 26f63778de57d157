"""Parameters that several studies ask for with one meaning: how containers are made, and what does not go together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, cast

from annotated_types import Ge, Le, doc

from sim.catalog import load
from sim.catalog.kernel import generation
from sim.catalog.model import Addition, Host, Technology
from sim.errors import Problem
from sim.platforms.containers import (
    CGROUPS,
    PORTS,
    ROOTLESS,
    CgroupVersion,
    ContainerChoices,
    UsermodeNetwork,
    UserNamespace,
    addition_for,
    contained,
)
from sim.reasons import Reason

HOST_PORTS = (32768, 60999)
"""The host's ports that an engine takes where none is asked for (D0409)."""
UNPRIVILEGED = 1024
"""The first port that a user may bind (D0408)."""

Cgroup = Annotated[CgroupVersion, doc("The version of the host's cgroups.")]
UserNamespaceOf = Annotated[
    UserNamespace,
    doc(
        "Whose ids a container has: the host's, others on the host (userns-remap, --userns=auto), "
        "or the engine has no root at all (rootless)."
    ),
]
RootlessNetwork = Annotated[
    UsermodeNetwork,
    doc("What carries a rootless container's packets outside of the kernel; if left out, what its engine has."),
]
PublishedPorts = Annotated[
    int, Ge(0), Le(1000), doc("Ports that each instance publishes on the host, as by docker run -p.")
]
FirstPort = Annotated[
    int | None,
    Ge(1),
    Le(65535),
    doc("The host's port of an instance's first published port, as in -p 8080:80; if left out, any that is free."),
]
AppArmorProfile = Annotated[bool, doc("The container is confined by its engine's AppArmor profile.")]

Forwarding = Annotated[
    Literal["rules", "docker-proxy", "rootlesskit", "slirp4netns", "pasta"],
    doc(
        "What carries requests to the instance's published port: the kernel's rules (NAT), docker-proxy, "
        "or without root RootlessKit, slirp4netns or pasta."
    ),
]
SystemCallFilter = Annotated[bool, doc("System calls pass a filter (seccomp), such as the engine's default profile.")]


def made_as_written(technology: Technology, written: Mapping[str, str], host: Host | None = None) -> Technology:
    """The technology with what parameters in their written form choose of its containers.

    Args:
        host: The host, where it is none of the catalog.
    """
    choices = ContainerChoices(
        cgroup=cast("CgroupVersion", written.get("cgroup", "own")),
        user_namespace=cast("UserNamespace", written.get("user_namespace", "none")),
        network=cast("UsermodeNetwork", written.get("rootless_network", "own")),
        ports=int(written.get("published_ports", "0")),
        apparmor=written.get("apparmor") == "true",
    )
    if not choices.any:
        return technology
    kernel = written.get("kernel") or (host or load.host(written["host"])).kernel
    return contained(technology, kernel, choices)


def container_problems(technology: Technology, kernel: str, choices: ContainerChoices) -> Iterator[Problem]:
    """What is wrong with choices under a technology, on a host with this kernel."""
    known = load.additions()
    if choices.cgroup != "own":
        yield from _possible(
            technology, kernel, tuple(map(known.__getitem__, CGROUPS[choices.cgroup])), "cgroup", choices.cgroup
        )
    if choices.rootless:
        ways = tuple(known[name] for name in ROOTLESS)
        yield from _possible(technology, kernel, ways, "user_namespace", "rootless")
    elif choices.network != "own":
        yield Problem(
            Reason("goes_with.rootless", "is not used; it goes with user_namespace 'rootless'"), path="rootless_network"
        )
    if choices.user_namespace == "remapped":
        yield from _possible(technology, kernel, (known["user-namespace"],), "user_namespace", "remapped")
    if choices.ports:
        ways = tuple(known[name] for name in PORTS)
        yield from _possible(technology, kernel, ways, "published_ports", f"{choices.ports}")
    if choices.apparmor:
        yield from _possible(technology, kernel, (known["apparmor"],), "apparmor", "AppArmor")
        if choices.rootless:
            yield Problem(_BY_ROOT, path="apparmor")


_BY_ROOT = Reason("by_root", "a profile is loaded and changed to by root; rootless engines have none")


def _possible(
    technology: Technology, kernel: str, ways: tuple[Addition, ...], path: str, asked: str
) -> Iterator[Problem]:
    """Whether one of some additions is for the technology, and the kernel has it."""
    way = addition_for(technology.id, tuple(one.id for one in ways))
    if way is None:
        having = ", ".join(name for one in ways for name in one.technologies)
        why = Reason("starts_kernel", ", which starts a guest kernel") if technology.has_guest_kernel else ""
        message = Reason(
            "not_known_of",
            "{asked} is not known of {technology}{why}; it is of {having}",
            asked=asked,
            technology=technology.id,
            why=why,
            having=having,
        )
        yield Problem(message, path=path)
    elif way.kernel_from and generation(kernel) < generation(way.kernel_from):
        message = Reason(
            "on_kernel",
            "{asked} is not possible on Linux {kernel}; it needs {least} or later",
            asked=asked,
            kernel=kernel,
            least=way.kernel_from,
        )
        yield Problem(message, path=path)


def port_problems(choices: ContainerChoices, first: int | None, count: int, network: str) -> Iterator[Problem]:
    """What is wrong with published ports of so many instances that are there at the same time."""
    if not choices.ports:
        if first is not None:
            yield Problem(
                Reason("goes_with.ports", "{value} is not used; it goes with published_ports", value=first),
                path="first_port",
            )
        return
    if network != "bridge":
        message = Reason(
            "ports.network",
            "{value} is not used: instances have no network; it goes with network 'bridge'",
            value=choices.ports,
        )
        yield Problem(message, path="published_ports")
    if first is None:
        room = (HOST_PORTS[1] - HOST_PORTS[0] + 1) // choices.ports
        if count > room:
            message = Reason(
                "ports.many",
                "{count} instances are too many: ports {first} to {last} are for at most {room}",
                count=count,
                first=HOST_PORTS[0],
                last=HOST_PORTS[1],
                room=room,
            )
            yield Problem(message, path="published_ports")
        return
    last = first + choices.ports - 1
    if last > 65535:
        message = Reason(
            "ports.above",
            "the last of {count} ports from {first} on is {last}, above 65535",
            count=choices.ports,
            first=first,
            last=last,
        )
        yield Problem(message, path="first_port")
    if choices.rootless and first < UNPRIVILEGED:
        message = Reason(
            "ports.root",
            "{first} cannot be bound without root, which may bind ports from {least} on",
            first=first,
            least=UNPRIVILEGED,
        )
        yield Problem(message, path="first_port")
    if count > 1:
        message = Reason(
            "ports.taken",
            "port {first} is taken by the first of {count} instances; left out, each has ports of its own",
            first=first,
            count=count,
        )
        yield Problem(message, path="first_port")


def limit_problems(choices: ContainerChoices, kernel: str, limit: float | None) -> Iterator[Problem]:
    """A user may limit a group that is delegated to him, which version 2 of cgroups can."""
    if limit is not None and choices.rootless and choices.version_on(kernel) == "v1":
        message = Reason(
            "limit.v1",
            "{limit:g} is not possible without root under cgroup v1, whose groups are not delegated; it needs v2",
            limit=limit,
        )
        yield Problem(message, path="cpu_limit")


def load_additions(forwarding: str, kernel: str, *, seccomp: bool, apparmor: bool) -> tuple[Addition, ...]:
    """What is added to the costs of events under load, on a host with this kernel."""
    known = load.additions()
    bitmap = generation(kernel) >= generation(known["seccomp"].kernel_from)
    filters = {"seccomp" if bitmap else "seccomp-without-bitmap": seccomp, "apparmor": apparmor}
    names = [*([] if forwarding == "rules" else [forwarding]), *(name for name, taken in filters.items() if taken)]
    return tuple(known[name] for name in names)


def load_choice_problems(
    technology: Technology, network: str, forwarding: str, *, seccomp: bool, apparmor: bool
) -> Iterator[Problem]:
    """What is wrong with what is added to a technology under load."""
    asked = {"forwarding": forwarding != "rules", "seccomp": seccomp, "apparmor": apparmor}
    for path, taken in asked.items():
        if taken and technology.family != "container":
            yield Problem(
                Reason("of_engine", "is of a container's engine; {technology} is none", technology=technology.id),
                path=path,
            )
    if forwarding != "rules" and network == "host":
        yield Problem(
            Reason("forwarding.host", "{value} is not used: the container is on the host's network", value=forwarding),
            path="forwarding",
        )
    if apparmor and forwarding in ("rootlesskit", "slirp4netns", "pasta"):
        yield Problem(_BY_ROOT, path="apparmor")
