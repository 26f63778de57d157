"""What is started, where it boots other than its technology and guest say: another firmware, address or first boot.

It changes what the catalog says, before there is a plan. So a boot plan knows nothing of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from sim.catalog.model import Guest, Phase, Technology
from sim.catalog.number import Number
from sim.catalog.tables.booting import BootAspect, BootChoice, boot_choices
from sim.platforms.emulation import Emulation, processor
from sim.scenario import Text

Firmware = Literal["own", "seabios", "uefi", "qboot"]
BootFrom = Literal["own", "disk", "kernel"]
Address = Literal["own", "static", "dhcp", "dhcp-checked"]
CloudInit = Literal["own", "baked", "local", "metadata"]
Keyboard = Literal["own", "probed", "noaux"]
Console = Literal["own", "serial", "quiet"]

MENU = "boot-menu"
"""The id of the step that waits for somebody at the boot loader's menu."""

_LOADER = "boot-loader"
_NAMED_ELSEWHERE = Text(en="-", ja="-")


@dataclass(frozen=True, slots=True)
class Booting:
    """How a machine boots. "own" is what its technology or its guest say.

    Attributes:
        firmware: What the machine starts with.
        boots: A boot loader from the guest's disk, or a kernel that is handed over.
        menu: Seconds that the boot loader's menu is shown.
        address: How the guest gets its address.
        cloud_init: What sets the guest up when it first boots.
        keyboard: Which ports of a keyboard controller its kernel probes that answers nothing.
        console: What its kernel writes to a serial port.
    """

    firmware: Firmware = "own"
    boots: BootFrom = "own"
    menu: float = 0.0
    address: Address = "own"
    cloud_init: CloudInit = "own"
    keyboard: Keyboard = "own"
    console: Console = "own"

    def on(self, technology: Technology, guest: Guest | None, emulation: Emulation) -> Booting:
        """How it boots on another processor: an arm64 machine has UEFI, or none where QEMU starts its kernel."""
        if processor(emulation) != "arm64" or self.firmware != "own" or not technology.boots_disk:
            return self
        loads = self.boots != "kernel" and guest is not None and guest.has_boot_loader
        return replace(self, firmware="uefi" if loads else "qboot")

    def machine(self, technology: Technology) -> Technology:
        """The technology with that firmware, and with what it starts."""
        if self.firmware != "own":
            choice = boot_choices("firmware")[self.firmware]
            technology = replace(technology, boots_disk="disk" in choice.boots)
            if not _is_own(choice, technology):
                technology = replace(technology, phases=_placed(technology.phases, choice))
        if self.boots != "own":
            technology = replace(technology, boots_disk=self.boots == "disk")
        return technology

    def guest(self, guest: Guest) -> Guest:
        """The guest with that menu, address, first boot, keyboard and console."""
        phases = guest.phases
        late: list[Phase] = []
        for choice in self._of_guest():
            phases = _placed(phases, choice)
            late += choice.late
        return guest if phases is guest.phases else replace(guest, phases=(*phases, *late))

    def _of_guest(self) -> list[BootChoice]:
        aspects: tuple[BootAspect, ...] = ("address", "cloud_init", "keyboard", "console")
        asked = [(aspect, getattr(self, aspect)) for aspect in aspects]
        chosen = [boot_choices(aspect)[name] for aspect, name in asked if name != "own"]
        return [*chosen, _menu(self.menu)] if self.menu else chosen


def _is_own(choice: BootChoice, technology: Technology) -> bool:
    """Whether a firmware is the technology's own: one of its phases is called as it is."""
    return any(phase.id == choice.id for phase in technology.phases)


def _placed(phases: tuple[Phase, ...], choice: BootChoice) -> tuple[Phase, ...]:
    """Phases with those of a choice: after one of them, or in the place of some, and last where there are none."""
    if choice.after:
        at = next(index for index, phase in enumerate(phases, 1) if phase.id == choice.after)
    else:
        at = next((index for index, phase in enumerate(phases) if phase.id in choice.replaces), len(phases))
    before, behind = (
        tuple(phase for phase in part if phase.id not in choice.replaces) for part in (phases[:at], phases[at:])
    )
    return (*before, *choice.phases, *behind)


def _menu(seconds: float) -> BootChoice:
    """A menu that is shown so long, once the boot loader has come up."""
    shown = Phase(
        id=MENU,
        owner="machine",
        leads_to="init",
        demand="wait",
        amount=Number(seconds, "s", sources=("definition",)),
        text=_NAMED_ELSEWHERE,
        when="boot_loader",
    )
    return BootChoice(MENU, _NAMED_ELSEWHERE, replaces=(), phases=(shown,), late=(), after=_LOADER)
