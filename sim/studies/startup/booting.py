"""How machines boot, as parameters: firmware, what it starts, its menu; the guest's address, first boot and ports.

It also says what is wrong with a choice under a technology and a guest.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from annotated_types import Le, doc

from sim.catalog.model import Guest, Technology
from sim.catalog.tables.booting import BootAspect, boot_choices
from sim.errors import Problem
from sim.platforms.booting import Address, BootFrom, Booting, CloudInit, Console, Firmware, Keyboard
from sim.platforms.emulation import Emulation, can_emulate, processor
from sim.quantity import Seconds, render
from sim.reasons import Reason, any_of

FirmwareOf = Annotated[
    Firmware,
    doc(
        "What a virtual machine starts with: the technology's own firmware, SeaBIOS, UEFI (OVMF), or qboot, "
        "which does no more than start a kernel."
    ),
]
BootFromOf = Annotated[
    BootFrom,
    doc(
        "What the firmware starts: as the technology does, the boot loader on the guest's disk, "
        "or a kernel that is handed over (-kernel)."
    ),
]
BootMenu = Annotated[
    Seconds, Le(600), doc("How long the boot loader shows its menu: 5s is GRUB's default, and cloud images have 0.")
]
AddressOf = Annotated[
    Address,
    doc(
        "How a guest gets its address: as its image was measured, static, by DHCP from a server on the host, "
        "or by DHCP from one that pings each address first, as dnsmasq does."
    ),
]
CloudInitOf = Annotated[
    CloudInit,
    doc(
        "What sets a guest up when it first boots: as its image was measured, nothing, as all is in the image (baked), "
        "or cloud-init's stages, with its data on a disk (local) or from a service on the network (metadata)."
    ),
]
KeyboardOf = Annotated[
    Keyboard,
    doc(
        "Which ports of a keyboard controller (i8042) a guest's kernel probes where the monitor has only a stub of "
        "one, which gives no answer: none, as its command line says (own), those of keyboard and mouse (probed), or "
        "the keyboard's alone (noaux)."
    ),
]
ConsoleOf = Annotated[
    Console,
    doc(
        "What a guest's kernel writes to a serial port, which its monitor emulates byte by byte: nothing, as its boots "
        "were measured (own), its whole log (serial, console=ttyS0), or warnings alone (quiet)."
    ),
]
EmulationOf = Annotated[
    Emulation,
    doc(
        "Whether what is started is made for another processor than the host's: a container's programs are translated "
        "one by one (qemu-user, binfmt_misc), a virtual machine as a whole (QEMU without KVM)."
    ),
]


def emulation_problems(technology: Technology, booting: Booting, emulation: Emulation) -> Iterator[Problem]:
    """What is wrong with another processor under a technology and a firmware."""
    if emulation == "off":
        return
    if not can_emulate(technology):
        yield Problem(
            Reason(
                "emulation",
                "{value} is not possible: {technology} needs the host's processor; programs on the host's kernel "
                "and QEMU's machines may be translated",
                value=repr(emulation),
                technology=technology.id,
            ),
            path="emulation",
        )
    choice = boot_choices("firmware").get(booting.firmware)
    if choice and processor(emulation) not in choice.machines:
        why = Reason(
            "firmware.processor",
            "{firmware} is not made for {processor}; uefi is",
            firmware=choice.id,
            processor=processor(emulation),
        )
        yield Problem(why, path="firmware")


def boot_problems(technology: Technology, guest: Guest | None, booting: Booting, *, network: bool) -> Iterator[Problem]:
    """What is wrong with a way to boot under a technology, a guest and a network."""
    yield from _firmware_problems(technology, booting)
    yield from _disk_problems(technology, guest, booting)
    if booting.address != "own":
        yield from _guest_problems(technology, guest, "address", booting.address, network=network)
    if booting.cloud_init != "own":
        yield from _guest_problems(technology, guest, "cloud_init", booting.cloud_init, network=network)
    if booting.keyboard != "own":
        yield from _keyboard_problems(technology, guest, booting.keyboard)
    if booting.console != "own":
        yield from _console_problems(technology, guest, booting.console)


def _firmware_problems(technology: Technology, booting: Booting) -> Iterator[Problem]:
    choices = boot_choices("firmware")
    if booting.firmware == "own":
        return
    if technology.id not in choices[booting.firmware].technologies:
        able = [choice.id for choice in choices.values() if technology.id in choice.technologies]
        goes = Reason("firmware.may", "it may have {able}", able=any_of(able)) if able else _goes_with()
        message = Reason(
            "firmware",
            "{firmware} is not used: {technology} does not start with it; {goes}",
            firmware=repr(booting.firmware),
            technology=technology.id,
            goes=goes,
        )
        yield Problem(message, path="firmware")


def _goes_with() -> Reason:
    known = dict.fromkeys(name for choice in boot_choices("firmware").values() for name in choice.technologies)
    return Reason("firmware.other", "another firmware goes with {known}", known=any_of(known))


def _disk_problems(technology: Technology, guest: Guest | None, booting: Booting) -> Iterator[Problem]:
    if booting.boots != "own":
        choice = boot_choices("firmware").get(booting.firmware)
        if choice and booting.boots not in choice.boots:
            why = Reason(
                "boot_from.loader",
                "{firmware} starts no boot loader; it goes with boot_from 'kernel'",
                firmware=choice.id,
            )
            yield Problem(why, path="boot_from")
            return
        if choice is None and not _has_choice(technology):
            why = Reason(
                "boot_from.firmware",
                "{value} is not used: {technology} has no firmware to choose; {goes}",
                value=repr(booting.boots),
                technology=technology.id,
                goes=_goes_with(),
            )
            yield Problem(why, path="boot_from")
            return
    boots_disk = booting.machine(technology).boots_disk
    has_loader = guest is not None and guest.has_boot_loader
    if booting.boots == "disk" and not has_loader:
        why = Reason("boot_from.disk", "{started} has no boot loader on its disk", started=_named(guest))
        yield Problem(why, path="boot_from")
    if booting.menu and not (boots_disk and has_loader):
        none = Reason("boot_menu.none", "{started} has none", started=_named(guest))
        handed = Reason("boot_menu.handed", "{technology} is handed a kernel", technology=technology.id)
        why = Reason(
            "boot_menu",
            "{time} is not used: no boot loader starts, as {why}",
            time=render(booting.menu, "s"),
            why=none if boots_disk else handed,
        )
        yield Problem(why, path="boot_menu")


def _has_choice(technology: Technology) -> bool:
    return any(technology.id in choice.technologies for choice in boot_choices("firmware").values())


def _named(guest: Guest | None) -> Reason:
    if guest is None:
        return Reason("started.it", "what is started")
    return Reason("started.guest", "guest {guest}", guest=repr(guest.id))


def _guest_problems(
    technology: Technology, guest: Guest | None, aspect: BootAspect, name: str, *, network: bool
) -> Iterator[Problem]:
    choice = boot_choices(aspect)[name]
    there = {phase.id for phase in guest.phases} if guest is not None and technology.runs == "guest" else set()
    if not there & set(choice.replaces):
        address, cloud_init = Reason("boots.address", "waits for an address"), Reason("boots.cloud", "has cloud-init")
        why = Reason(
            "boots",
            "{value} is not used: nothing in {started} {what}",
            value=repr(name),
            started=_named(guest) if technology.has_guest_kernel else technology.id,
            what=address if aspect == "address" else cloud_init,
        )
        yield Problem(why, path=aspect)
    elif choice.network and not network:
        why = Reason("boots.network", "{value} needs a network; it goes with network 'bridge'", value=repr(name))
        yield Problem(why, path=aspect)


def _keyboard_problems(technology: Technology, guest: Guest | None, name: str) -> Iterator[Problem]:
    choice = boot_choices("keyboard")[name]
    if technology.id not in choice.technologies:
        message = Reason(
            "keyboard",
            "{value} is not used: a keyboard controller that answers nothing goes with {known}",
            value=repr(name),
            known=any_of(choice.technologies),
        )
        yield Problem(message, path="keyboard")
    elif guest is None or all(phase.id != choice.after for phase in guest.phases):
        message = Reason(
            "keyboard.kernel",
            "{value} is not used: no Linux kernel boots in {started}",
            value=repr(name),
            started=_named(guest),
        )
        yield Problem(message, path="keyboard")


def _console_problems(technology: Technology, guest: Guest | None, name: str) -> Iterator[Problem]:
    choice = boot_choices("console")[name]
    for had, known in ((technology.id, choice.technologies), (guest.id if guest else "", choice.guests)):
        if had not in known:
            message = Reason(
                "console",
                "{value} is not used: what a serial console adds is known of {known}",
                value=repr(name),
                known=any_of(known),
            )
            yield Problem(message, path="console")
            return
