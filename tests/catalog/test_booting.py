"""The files of other ways to boot: what is wrong with one is told with its place, and ids mean one thing."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from sim.catalog import load
from sim.catalog.files import FOLDER
from sim.catalog.tables.booting import ASPECTS, BootAspect, boot_choices, boot_phases, read
from sim.catalog.tables.portability import portable_hosts
from sim.errors import CatalogError
from sim.platforms.booting import Address, CloudInit, Console, Firmware, Keyboard

BROKEN = """
replaces = ["seabios"]

[choices.tape]
name = { en = "tape", ja = "テープ" }
boots = ["tape"]
machines = ["vax"]

[[phases]]
of = ["reel"]
id = "wind"
owner = "machine"
leads_to = "init"
wait = { value = "1 s", low = "0 s", high = "2 s", estimate = "a test" }
text = { en = "winds", ja = "巻く" }
"""


def test_each_choice_is_one_of_its_parameter() -> None:
    kinds: tuple[tuple[BootAspect, object], ...] = (
        ("firmware", Firmware),
        ("address", Address),
        ("cloud_init", CloudInit),
        ("keyboard", Keyboard),
        ("console", Console),
    )
    for aspect, kind in kinds:
        assert {"own", *boot_choices(aspect)} == set(get_args(kind))


def test_a_translator_is_one_that_portability_knows() -> None:
    assert set(boot_choices("emulation")) <= {
        translation.by for host in portable_hosts().values() for translation in host.emulates.values()
    }


def test_what_a_choice_replaces_is_there_and_what_it_brings_is_called_by_no_others_name() -> None:
    known = {phase.id for technology in load.technologies().values() for phase in technology.phases}
    known |= {phase.id for guest in load.guests().values() for phase in guest.phases}
    for aspect in ASPECTS:
        for choice in boot_choices(aspect).values():
            assert {*choice.replaces, *filter(None, [choice.after])} <= known
            assert set(choice.technologies) <= set(load.technologies())
            assert set(choice.guests) <= set(load.guests())
    assert not boot_phases().keys() & known


def test_a_file_that_breaks_rules_is_refused_with_every_place(tmp_path: Path) -> None:
    path = tmp_path / "firmware.toml"
    path.write_text(BROKEN, encoding="utf-8")
    with pytest.raises(CatalogError) as caught:
        read(path)
    assert str(caught.value).splitlines() == [
        "booting/firmware.toml:10: phases.0.of: 'reel' is no choice; there are tape",
        "booting/firmware.toml:6: choices.tape.boots: 'tape' does not fit; expected one of disk, kernel",
        "booting/firmware.toml:7: choices.tape.machines: 'vax' does not fit; expected one of amd64, arm64",
    ]


def test_a_phase_of_a_choice_keeps_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "address.toml"
    text = (FOLDER / "booting" / "address.toml").read_text(encoding="utf-8")
    kept = text.replace('hold = "dhcp_server.lease"', 'hold = "network_lock.endpoint"\nuntil = "x"', 1)
    path.write_text(kept, encoding="utf-8")
    with pytest.raises(CatalogError, match=r"phases\.1\.until: .*until 'x', no later phase of every start"):
        read(path)
