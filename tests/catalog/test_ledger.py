"""The ledger has every number of the catalog, and says of each whose it is: held against what the model reads."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from sim import studies
from sim.catalog import ledger, load
from sim.catalog.locks import operations
from sim.catalog.number import Number

ROWS = ledger.numbers()
CHOSEN = ("definition",)


def held(thing: Any) -> Iterator[Number]:
    """Every number inside an entry of the catalog, however deep."""
    if isinstance(thing, Number):
        yield thing
    elif dataclasses.is_dataclass(thing):
        for member in dataclasses.fields(thing):
            yield from held(getattr(thing, member.name))
    elif isinstance(thing, Mapping):
        for inner in thing.values():
            yield from held(inner)
    elif isinstance(thing, tuple | list):
        for inner in thing:
            yield from held(inner)


SHARED = ("shared.first", "shared.period", "shared.lag")
"""Of grace periods that all share, in a lock's file."""


def of(entry: str, *, without: tuple[str, ...] = ()) -> set[tuple[tuple[str, ...], str]]:
    """Sources and estimate of each number that the ledger gives an entry, but what the entry chose itself."""
    return {
        (row.sources, row.estimate)
        for row in ROWS
        if entry in row.entries
        and not row.definition
        and not any(place in f"{row.file} {row.path}" for place in without)
    }


def read(entry: Any) -> set[tuple[tuple[str, ...], str]]:
    """The same of what the model reads."""
    return {(number.sources, number.estimate) for number in held(entry) if number.sources != CHOSEN}


def test_each_number_that_is_written_in_a_file_is_there_once() -> None:
    written = sum(len(re.findall(r"\{ *value *=", path.read_text("utf-8"))) for path in ledger.FOLDER.rglob("*.toml"))
    assert len(ROWS) == written
    assert len({row.id for row in ROWS}) == written


def test_each_has_a_source_or_a_reason_and_an_estimate_has_a_range() -> None:
    assert not [row.id for row in ROWS if not (row.sources or row.estimate or row.definition)]
    assert not [row.id for row in ROWS if row.estimate and not (row.low and row.high)]


def test_each_is_of_an_entry_or_read_by_a_study() -> None:
    assert not [row.id for row in ROWS if not row.entries and not row.studies]
    assert {name for names in ledger.READ_BY.values() for name in names} <= set(studies.NAMES)


@pytest.mark.parametrize("kind", ["technologies", "guests", "applications", "hosts"])
def test_an_entry_has_the_numbers_that_the_model_reads_for_it(kind: str) -> None:
    """What `sim.catalog.load` makes of its file and of all that it is made of. What a whole lock has is not there."""
    for name, entry in getattr(load, kind)().items():
        assert of(
            f"{kind}/{name}", without=("grace.", "lingering.", "_store.toml write", "_metadata.toml write", *SHARED)
        ) == read(entry), name


def test_what_a_technology_leaves_out_or_replaces_is_not_its() -> None:
    """docker-devicemapper.toml leaves out overlayfs's phase, and names an older operation of a lock."""
    overlay = next(row for row in ROWS if row.file == "parts/overlayfs.toml" and ".overlay" in row.path)
    assert "technologies/docker" in overlay.entries
    assert "technologies/docker-devicemapper" not in overlay.entries


def test_a_lock_is_of_those_who_hold_it() -> None:
    """parts/veth.toml holds rtnl.veth-in-place, and technologies/netns.toml and lxd.toml rtnl.veth-move."""
    moves = [row for row in ROWS if row.path.startswith("operations.veth-move.")]
    assert {entry for row in moves for entry in row.entries} == {"technologies/netns", "technologies/lxd"}
    assert "rtnl.veth-move" in operations()


def test_a_number_is_called_by_the_tables_around_it() -> None:
    row = next(row for row in ROWS if row.id == "parts/runc.phases.runc-create.cpu")
    assert [name.en for name in row.names] == ["runc", "runc create"]
    assert (row.value, row.low, row.sources[0]) == ("19.279 ms", "", "R0051")
    assert ledger.entry_names()["technologies/docker"] == load.technology("docker").name
    assert ledger.guests_of()["qemu-kvm"] == load.technology("qemu-kvm").guest_ids
