"""Does it run there? Images by hosts: as they are, through something put between, on a condition, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import MinLen, doc

from sim.catalog.tables.portability import (
    HiddenMachine,
    PortableHost,
    PortableImage,
    Translation,
    portable_hosts,
    portable_images,
)
from sim.errors import InputError, Problem
from sim.outcome import MetricSpec
from sim.reasons import Reason
from sim.records.hosts import Between, FitRecord, FitVerdict
from sim.studies.base import Context, Study, StudyRun, Subject

PortableHostId = Literal[
    "linux-amd64",
    "linux-arm64",
    "mac-arm64",
    "mac-amd64",
    "windows-11",
    "windows-2025",
    "freebsd-14",
    "toolbox-2015",
    "windows-2017",
]
PortableImageId = Literal[
    "web-amd64",
    "web-arm64",
    "web-both",
    "module",
    "sysctl",
    "systemd",
    "windows-2025",
    "windows-2022",
    "freebsd",
    "lxc",
]


@dataclass(frozen=True, kw_only=True)
class Portability:
    """Which images are to run on which host."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - pydantic reads this name from the class

    portable_host: Annotated[PortableHostId, Subject(), doc("The host they are to run on.")] = "linux-amd64"
    portable_images: Annotated[
        tuple[PortableImageId, ...], MinLen(1), doc("The images, and LXC's containers, that are to run.")
    ] = ("web-amd64", "web-arm64", "web-both", "module", "sysctl", "systemd", "windows-2025", "freebsd", "lxc")

    def __post_init__(self) -> None:
        """Raise `InputError` for an image that is named twice."""
        twice = {name for name in self.portable_images if self.portable_images.count(name) > 1}
        if twice:
            why = Reason("twice", "{names} is named twice", names=", ".join(sorted(twice)))
            raise InputError(Problem(why, path="portable_images"))


@dataclass(frozen=True, slots=True)
class Fit:
    """How an image fits a host.

    Attributes:
        verdict: Whether it runs.
        between: What is put between the image and the host, from the image down.
        reason: Why it does not run, or on what condition it does. "" for neither.
        machine: The hidden virtual machine among what is between. None where there is none.
        translations: Of instructions or system calls, each of which leaves a share of the native speed.
        source: The id of the document with the rule.
    """

    verdict: FitVerdict
    between: tuple[Between, ...] = ()
    reason: str = ""
    machine: HiddenMachine | None = None
    translations: tuple[Translation, ...] = ()
    source: str = ""


def fit(image: PortableImage, host: PortableHost) -> Fit:
    """Whether an image runs on a host: first the kernel that it needs, then the processor, then what else it needs."""
    if "host-configuration" in image.needs:
        native = image.os == host.os and host.architecture in image.architectures
        reason = "host-configuration" if native else "host-configuration.not"
        return Fit("if" if native else "not", reason=reason, source=image.source)
    kernel = _kernel(image, host)
    if kernel is None:
        return Fit("not", reason="build" if image.os == host.os else "kernel", source=image.source)
    between, machine, calls = kernel
    if host.architecture not in image.architectures:
        emulator = _emulator(image, host)
        if emulator is None or (machine is None and calls is not None):
            return Fit("not", reason="processor", source=image.source)
        between = ("emulation", *between)
        return _with_needs(image, Fit("through", between, "", machine, (emulator,), emulator.source))
    translations = (calls,) if calls else ()
    source = machine.source if machine else calls.source if calls else image.source
    return _with_needs(image, Fit("through" if between else "runs", between, "", machine, translations, source))


def _kernel(
    image: PortableImage, host: PortableHost
) -> tuple[tuple[Between, ...], HiddenMachine | None, Translation | None] | None:
    """What gives the image the kernel that it needs: nothing, a hidden machine, other calls. None where nothing can."""
    if image.os == host.os:
        if image.os != "windows" or (image.build == host.build and not host.client):
            return (), None, None
        if host.isolated and image.build <= host.build:
            return ("kernel", "machine"), host.isolated, None
        return None
    if host.machine and host.machine.os == image.os:
        return ("kernel", "machine"), host.machine, None
    if host.calls and host.calls.of == image.os:
        return ("calls",), None, host.calls
    return None


def _emulator(image: PortableImage, host: PortableHost) -> Translation | None:
    """What runs the image's processor on the host. Linux programs alone are emulated."""
    if image.os != "linux":
        return None
    return next((host.emulates[name] for name in image.architectures if name in host.emulates), None)


def _with_needs(image: PortableImage, found: Fit) -> Fit:
    """The fit with what the image needs beside kernel and processor."""
    for need in image.needs:
        if found.between and "calls" in found.between:
            return Fit("not", reason=f"{need}.not", source=image.source)
        hidden = found.machine is not None
        verdict: FitVerdict = "through" if hidden else "if"
        reason = f"{need}.hidden" if hidden else need
        found = Fit(verdict, found.between, reason, found.machine, found.translations, image.source)
    return found


def run(params: Portability, context: Context) -> StudyRun:
    """Fit every image to the host."""
    host = portable_hosts()[params.portable_host]
    fits = {name: fit(portable_images()[name], host) for name in params.portable_images}
    count = {verdict: sum(found.verdict == verdict for found in fits.values()) for verdict in _VERDICTS}
    machines = [found.machine for found in fits.values() if found.machine]
    speeds = [_speed(found, context) for found in fits.values() if found.verdict != "not"]
    return StudyRun(
        samples={
            "as_it_is": [count["runs"]],
            "on_condition": [count["if"]],
            "through": [count["through"]],
            "not_at_all": [count["not"]],
            "hidden_start": [max((machine.start.at(context.bound) for machine in machines), default=0.0)],
            "hidden_memory": [max((machine.memory.at(context.bound) for machine in machines), default=0.0)],
            "slowest_share": [min(speeds, default=0.0)],
            "host_files_share": [min((each.files.at(context.bound) for each in machines if each.files), default=1.0)],
        },
        records=tuple(_records(context, fits)),
        estimates=frozenset({"hidden_start", "hidden_memory", "slowest_share", "host_files_share"}),
        ranged=bool(machines) or any(found.translations for found in fits.values()),
    )


def _speed(found: Fit, context: Context) -> float:
    """The share of the native speed that is left."""
    share = 1.0
    for translation in found.translations:
        share *= translation.speed.at(context.bound)
    return share


def _records(context: Context, fits: dict[PortableImageId, Fit]) -> Iterator[FitRecord]:
    for image, found in fits.items():
        machine = found.machine
        yield FitRecord(
            of=context.label,
            image=image,
            verdict=found.verdict,
            between=found.between,
            reason=found.reason,
            start=machine.start.value if machine else 0.0,
            memory=machine.memory.value if machine else 0.0,
            speed=_speed(found, context),
            source=found.source,
            estimate=bool(found.translations or machine),
        )


_VERDICTS: tuple[FitVerdict, ...] = ("runs", "if", "through", "not")

STUDY = Study(
    name="portability",
    parameters=Portability,
    metrics=(
        MetricSpec("as_it_is", "1", "of the images", "Images that run as they are", headline=True),
        MetricSpec("on_condition", "1", "of the images", "Images that run on a condition that the host must meet"),
        MetricSpec("through", "1", "of the images", "Images that run through something put between"),
        MetricSpec("not_at_all", "1", "of the images", "Images that do not run"),
        MetricSpec("hidden_start", "s", "once, before the first container", "Time to start what is hidden, at most"),
        MetricSpec("hidden_memory", "B", "while it runs", "Memory of what is hidden, at most"),
        MetricSpec("slowest_share", "1", "of the native speed", "What the slowest image that runs has left"),
        MetricSpec("host_files_share", "1", "of the native speed", "What is left to files of the host, at least"),
    ),
    run=run,
    random=False,
    named_by_technology=False,
)
