"""What a database lacks after accidents: a container's part held against the engine, the rest against the manuals."""

from __future__ import annotations

from typing import Any

import pytest

from sim.catalog.tables.workloads import workload
from sim.engine.seeds import SeedTree
from sim.errors import InputError
from sim.lifecycle.container import ContainerOptions
from sim.lifecycle.durability import ACCIDENTS, Accident, DataKeeping, DataPlace, after
from sim.lifecycle.engine import Engine, EngineCommand
from sim.lifecycle.process import ProcessSpec
from sim.lifecycle.storage import ContainerMount
from sim.outcome import Metric, Outcome
from sim.records.containers import AccidentRecord
from sim.report.figures.words.durability import accident_alt, accident_table, accident_words
from sim.report.figures.words.wordgrid import word_grid
from sim.report.style import Style
from sim.studies.base import Context
from sim.studies.durability import STUDY, Durability, commit_time, run

MOUNTS: dict[DataPlace, tuple[ContainerMount, ...]] = {
    "layer": (),
    "anonymous": (ContainerMount("image VOLUME", "/data"),),
    "named": (ContainerMount("named", "/data", "pg"),),
}


WRITES = ProcessSpec(runs=0, files=(("append", "/data/table"), ("count", "/data/table")))
"""A database that adds a row each time it runs, and prints how many there are."""


def rows(engine: Engine, command: EngineCommand) -> str:
    process = engine.perform(command)
    engine.env.run()
    return str(process.value.prints)


@pytest.mark.parametrize("place", MOUNTS)
def test_a_replaced_container_has_what_the_engine_gives_it(place: DataPlace) -> None:
    engine, options = Engine(), ContainerOptions("db", mounts=MOUNTS[place])
    assert rows(engine, engine.run(options, WRITES, attached=True)) == "1"
    rows(engine, engine.rm("db"))
    left = len(engine.storage.volumes)
    found = rows(engine, engine.run(options, WRITES, attached=True)) == "2"
    state, lacks = after(DataKeeping(place), "container_replaced")
    assert (state == "all") == found
    assert (state == "stranded") == (not found and left == 1), "a volume is there, and nobody has it"
    assert (lacks == 0) == found


@pytest.mark.parametrize("place", MOUNTS)
def test_a_container_that_is_started_again_has_its_files(place: DataPlace) -> None:
    engine = Engine()
    rows(engine, engine.run(ContainerOptions("db", mounts=MOUNTS[place]), WRITES, attached=True))
    assert rows(engine, engine.start("db", attached=True)) == "2"
    assert after(DataKeeping(place, flush=False), "process_killed") == ("all", 0.0)


def test_a_host_takes_its_volumes_with_it_and_no_network_disk() -> None:
    lost = {place: after(DataKeeping(place, backup=3600.0), "node_lost") for place in (*MOUNTS, "network")}
    assert lost == dict.fromkeys(MOUNTS, ("backup", 3600.0)) | {"network": ("all", 0.0)}


def test_without_a_flush_power_takes_what_the_page_cache_holds() -> None:
    """Linux writes what is 30 s old, and looks every 5 s."""
    assert after(DataKeeping("named", flush=False), "power_lost") == ("window", 35.0)
    assert after(DataKeeping("network", flush=False), "node_lost") == ("window", 35.0)
    assert after(DataKeeping("named"), "power_lost") == ("all", 0.0)


@pytest.mark.parametrize("accident", ACCIDENTS)
@pytest.mark.parametrize("place", [*MOUNTS, "network"])
def test_a_replica_never_makes_it_worse(place: DataPlace, accident: Accident) -> None:
    alone = after(DataKeeping(place), accident)[1]
    behind = after(DataKeeping(place, "async", lag=5.0), accident)[1]
    assert after(DataKeeping(place, "sync"), accident)[1] == 0
    assert behind == min(alone, 5.0)


def test_a_replica_far_behind_is_worse_than_what_is_left() -> None:
    found = after(DataKeeping("named", "async", flush=False, lag=100.0), "power_lost")
    assert found == ("window", 35.0)


def test_a_commit_waits_for_the_later_of_disk_and_replica() -> None:
    local, network = workload("commit"), workload("commit-network")
    cpu, drive, wire = local.cpu.value, local.disk_time.value, local.wire.value
    assert commit_time(Durability()) == pytest.approx(cpu + drive)
    assert commit_time(Durability(flush=False)) == pytest.approx(cpu)
    assert commit_time(Durability(data_place="layer")) == commit_time(Durability(data_place="anonymous"))
    assert commit_time(Durability(data_replica="sync")) == pytest.approx(cpu + wire + drive)
    both = Durability(data_place="network", data_replica="sync")
    assert commit_time(both) == pytest.approx(cpu + network.disk_time.value)


def test_a_commit_that_is_not_flushed_waits_for_nobody() -> None:
    with pytest.raises(InputError, match="data_replica: a commit that is not flushed"):
        Durability(flush=False, data_replica="sync")


def told(**params: Any) -> Outcome:
    done = run(Durability(**params), Context("it", SeedTree(1)))
    assert set(done.samples) == {spec.name for spec in STUDY.metrics}
    metrics = tuple(Metric(name, "value", "it", "", values[0], "s") for name, values in done.samples.items())
    return Outcome("s", "durability", 1, 1, ("it",), metrics, done.records)


def test_the_table_has_a_word_for_each_accident() -> None:
    grid = word_grid(accident_words(told(data_place="anonymous"), Style()))
    assert grid.count('class="bad"') == 3
    assert grid.count('class="all"') == 2
    assert "empty; data left behind" in grid
    assert "?" in word_grid(accident_words(told(), Style(), hidden=True))
    assert "backup" not in word_grid(accident_words(told(), Style(), hidden=True))


def test_a_reader_hears_what_may_be_lacking() -> None:
    assert "Volumes removed, Host lost" in accident_alt(told())
    assert "nothing" in accident_alt(told(data_place="network"))
    table = accident_table(told())
    assert len(table) == len(told().of_type(AccidentRecord)) == 5
    assert all(row["where the rule can be read"].startswith("https://") for row in table)
