"""What is started, where its programs are for another processor than the host's.

A container's programs run under a translator of programs, its engine's own do not. A virtual machine is translated as a
whole. By how much both are slowed is what the study of portability says.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from sim.catalog.model import Application, Guest, Host, Phase, Technology
from sim.catalog.number import Number
from sim.catalog.tables.booting import boot_choices
from sim.catalog.tables.portability import Translation, portable_hosts

Emulation = Literal["off", "arm64-on-amd64", "amd64-on-arm64"]

_OF_KVM = frozenset({"kvm_create", "kvm_guest"})
"""Waits of a host for KVM, which has no part in a translated machine."""

_PROGRAMS = frozenset({"process", "container", "system_container"})
"""Families whose programs the host's kernel starts, so that binfmt_misc sees each of them."""


def processor(emulation: Emulation) -> str:
    """The processor that what is started is made for. "" where it is the host's, whichever that is.

    >>> processor("arm64-on-amd64")
    'arm64'
    """
    return "" if emulation == "off" else emulation.partition("-on-")[0]


def translation(emulation: Emulation) -> Translation:
    """What translates on a Linux host."""
    image, _, host = emulation.partition("-on-")
    return portable_hosts()[f"linux-{host}"].emulates[image]


def can_emulate(technology: Technology) -> bool:
    """Whether its instances may be of another processor than the host: programs of its kernel, or QEMU's machines."""
    return technology.family in _PROGRAMS or (technology.family == "vm" and "qemu" in technology.parts)


def emulated(
    technology: Technology, guest: Guest | None, application: Application, emulation: Emulation
) -> tuple[Technology, Guest | None, Application]:
    """The three as they run translated."""
    if emulation == "off":
        return technology, guest, application
    found = translation(emulation)
    if technology.has_guest_kernel:
        return _machine(technology, found.machine or found.speed), guest, application
    starting = boot_choices("emulation")[found.by].phases
    return (
        replace(technology, phases=(*technology.phases, *starting)),
        replace(guest, phases=_slowed(guest.phases, found.speed)) if guest else None,
        replace(application, phases=_slowed(application.phases, found.speed)),
    )


def without_nesting(host: Host, technology: Technology, emulation: Emulation) -> Host:
    """The host as a machine sees it: one that is translated needs no hardware to nest."""
    return host if emulation == "off" or not technology.has_guest_kernel else replace(host, nested=False)


def _machine(technology: Technology, speed: Number) -> Technology:
    """A technology whose machines are translated: the guest at that speed, and so the firmware."""
    phases = [phase for phase in technology.phases if phase.resource not in _OF_KVM]
    inside = tuple(phase for phase in phases if phase.leads_to == "init" and phase.owner == "machine")
    slow = dict(zip((phase.id for phase in inside), _slowed(inside, speed), strict=True))
    return replace(technology, phases=tuple(slow.get(phase.id, phase) for phase in phases), cpu_efficiency=speed)


def _slowed(phases: tuple[Phase, ...], speed: Number) -> tuple[Phase, ...]:
    times = _times(speed)
    return tuple(
        replace(phase, provenance={**phase.provenance, "times": times}) if phase.demand == "cpu" else phase
        for phase in phases
    )


def _times(speed: Number) -> Number:
    """How many times as long something takes at a share of the speed."""
    low, high = (None if end is None else 1 / end for end in (speed.high, speed.low))
    return replace(speed, value=1 / speed.value, low=low, high=high, more="costs")
