"""Catalog files that break a rule are refused with the file's name and the dotted path of what is wrong."""

from pathlib import Path

import pytest

from sim.catalog import load
from sim.errors import CatalogError
from tests.catalog.places import without_lines

TEXT = '{ en = "x", ja = "x" }'


def technology(tmp_path: Path, phase: str = "", rest: str = "", top: str = "") -> Path:
    """A file of one technology with one phase, and lines added to it."""
    lines = [
        'id = "x"',
        f"name = {TEXT}",
        f"kind = {TEXT}",
        'family = "process"',
        'runs = "process"',
        top,
        rest,
        "[[phases]]",
        'id = "a"',
        'owner = "kernel"',
        'leads_to = "init"',
        f"text = {TEXT}",
        phase,
    ]
    path = tmp_path / "x.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def refused(path: Path) -> str:
    with pytest.raises(CatalogError) as caught:
        load.read("technologies", path)
    return without_lines(str(caught.value))


def test_a_sound_file_is_taken(tmp_path):
    found = load.read("technologies", technology(tmp_path, 'cpu = { value = "20.2 ms", source = "R0051" }'))
    assert found.phases[0].demand == "cpu"
    assert found.phases[0].amount.value == pytest.approx(0.0202)
    assert found.phases[0].amount.source == "R0051"


@pytest.mark.parametrize(
    ("phase", "path", "says"),
    [
        ("", "phases.0", "no demand"),
        (
            'cpu = { value = "20.2 ms", source = "R0051" }\nwait = { value = "20.2 ms", source = "R0051" }',
            "phases.0",
            "cpu, wait",
        ),
        ("cpu = 3", "phases.0.cpu", "bare number"),
        ('cpu = { value = "20.2 ms" }', "phases.0.cpu", "no source"),
        ('cpu = { value = "20.2 ms", source = "R9999" }', "phases.0.cpu.source", "R9999"),
        ('cpu = { value = "20.2 MiB", source = "R0051" }', "phases.0.cpu.value", "does not fit"),
        ('cpu = { value = 20.2, source = "R0051" }', "phases.0.cpu.value", "no unit"),
        ('cpu = { value = "31 ms", source = "R0051" }', "phases.0.cpu.value", "is not what R0051 says"),
        ('cpu = { value = "-1 ms", low = "-2 ms", high = "0 ms", estimate = "e" }', "phases.0.cpu.value", "below zero"),
        ('cpu = { value = "5 ms", estimate = "a guess" }', "phases.0.cpu", "without a range"),
        (
            'cpu = { value = "5 ms", low = "6 ms", high = "7 ms", estimate = "e" }',
            "phases.0.cpu",
            "between low and high",
        ),
        (
            'cpu = { value = "5 ms", low = "1 ms", high = "4 ms", estimate = "e" }',
            "phases.0.cpu",
            "between low and high",
        ),
        ('cpu = { value = "157.3 ms", source = "C006" }', "phases.0.cpu.source", "is for checks"),
        ('cpu = { value = "900 ms", source = "F0207" }', "phases.0.cpu.source", "may only support an estimate"),
        ('cpu = { value = "1 ms", definition = "ours" }', "phases.0.cpu.definition", "own definition"),
        ('cpu = { value = "20.2 ms", source = "R0051", sauce = "x" }', "phases.0.cpu.sauce", "did you mean 'source'"),
        ('cpu = { value = "20.2 ms", source = "R0051", on = "harswell" }', "phases.0.cpu.on", "did you mean 'haswell'"),
        (
            'read = { value = "25 MiB", low = "1 MiB", high = "30 MiB", estimate = "e" }',
            "phases.0",
            "names its resource",
        ),
        ('hold = { value = "20.2 ms", source = "R0051" }', "phases.0.hold", "how a hold names"),
        ('hold = "rtnl.veth-moev"', "phases.0.hold", "did you mean 'rtnl.veth-move'"),
        ('hold = "rtnl.veth-move"\nresource = "netns"', "phases.0", "whose file says both"),
        ('hold = "rtnl.veth-move"\ntimes = 2', "phases.0.times", "bare number"),
        ('hold = "rtnl.veth-move"\nspread = 2', "phases.0.spread", "unknown key"),
        ('wait = { value = "20.2 ms", source = "R0051" }\nresource = "kvm_creat"', "phases.0.resource", "kvm_create"),
        ('cpu = { value = "20.2 ms", source = "R0051" }\nfor_each = "byte"', "phases.0.for_each", "page"),
        ('cpu = { value = "20.2 ms", source = "R0051" }\nresource = "rtnl"', "phases.0", "has no resource"),
        ('cpu = { value = "20.2 ms", source = "R0051" }\nwhen = "sunday"', "phases.0.when", "network, cold, pull"),
        ('cpu = { value = "20.2 ms", source = "R0051" }\nspread = 0.1', "phases.0.spread", "bare number"),
    ],
)
def test_a_phase_that_breaks_a_rule_is_refused(tmp_path, phase, path, says):
    told = refused(technology(tmp_path, phase))
    assert f"technologies/x.toml: {path}: " in told
    assert says in told


def test_an_unknown_key_names_the_nearest_known_one(tmp_path):
    told = refused(technology(tmp_path, 'cpu = { value = "20.2 ms", source = "R0051" }', top="reservs = true"))
    assert told == "technologies/x.toml: reservs: unknown key, did you mean 'reserves'?"


def test_an_unknown_key_names_a_number_that_may_be_left_out(tmp_path):
    told = refused(technology(tmp_path, 'cpu = { value = "20.2 ms", source = "R0051" }', top="tosks = 4"))
    assert told == "technologies/x.toml: tosks: unknown key, did you mean 'tasks'?"


def test_every_problem_is_told_at_once(tmp_path):
    told = refused(technology(tmp_path, "cpu = 3", top='tasks = 4\nguests = ["nowhere"]'))
    assert [line.split(": ")[1] for line in told.splitlines()] == ["phases.0.cpu", "tasks", "guests", "guests"]


def test_an_id_that_is_not_the_files_name_is_refused(tmp_path):
    path = technology(tmp_path, 'cpu = { value = "20.2 ms", source = "R0051" }')
    other = path.rename(tmp_path / "y.toml")
    assert refused(other) == "technologies/y.toml: id: 'x' is not the file's name 'y'"


def test_two_phases_of_one_id_are_refused(tmp_path):
    again = f'[[phases]]\nid = "a"\nowner = "kernel"\nleads_to = "init"\ntext = {TEXT}\n'
    demand = 'cpu = { value = "20.2 ms", source = "R0051" }\n'
    assert "phases: id 'a' is there twice" in refused(technology(tmp_path, demand + again + demand))


def later(name: str, demand: str, leads_to: str = "init") -> str:
    return f'[[phases]]\nid = "{name}"\nowner = "kernel"\nleads_to = "{leads_to}"\ntext = {TEXT}\n{demand}\n'


CPU = 'cpu = { value = "20.2 ms", source = "R0051" }'
KEPT = 'hold = "network_lock.endpoint"'
UNTIL_B = f'{KEPT}\nuntil = "b"\n'


def test_a_lock_is_kept_until_a_later_phase_of_its_milestone(tmp_path):
    found = load.read("technologies", technology(tmp_path, UNTIL_B + later("b", CPU)))
    assert [phase.until for phase in found.phases] == ["b", ""]


@pytest.mark.parametrize(
    ("phases", "path", "says"),
    [
        (UNTIL_B + later("c", CPU), "phases.0.until", "until 'b', no later phase of every start"),
        (f'{KEPT}\nuntil = "a"', "phases.0.until", "until 'a', no later phase of every start"),
        (UNTIL_B + later("b", CPU + '\nwhen = "network"'), "phases.0.until", "no later phase of every start"),
        (UNTIL_B + later("b", CPU, "application"), "phases.0.until", "leads to init and 'b' to application"),
        (UNTIL_B + later("b", CPU, "exit"), "phases.0.until", "leads to init and 'b' to exit"),
        (
            later("b", KEPT + '\nuntil = "c"', "application") + later("c", CPU, "application"),
            "phases.0.until",
            "leads to application and 'c' to application",
        ),
        (later("b", KEPT + '\nuntil = "a"', "runtime"), "phases.0.until", "leads to runtime and 'a' to init"),
        ('hold = "rtnl.veth-move"\nuntil = "b"\n' + later("b", CPU), "phases.0.until", "which would not count"),
        ('hold = "network_store.record"\nuntil = "b"\n' + later("b", CPU), "phases.0.until", "would not count"),
        (KEPT, "phases.0.hold", "takes no time of its own"),
        (UNTIL_B + later("b", CPU) + later("c", KEPT), "phases.2.hold", "takes no time of its own"),
        (
            f'{UNTIL_B}times = {{ value = 2, low = 1, high = 3, estimate = "e" }}\n' + later("b", CPU),
            "phases.0.times",
            "of no use",
        ),
        (
            UNTIL_B + later("c", KEPT + '\nuntil = "b"') + later("b", CPU),
            "phases.0.until",
            "phase 'c' takes the lock 'network_lock' that is had already",
        ),
        (f'{CPU}\nuntil = "b"\n' + later("b", CPU), "phases.0.until", "unknown key"),
    ],
)  # fmt: skip
def test_a_lock_that_would_never_be_given_back_or_be_another_is_refused(tmp_path, phases, path, says):
    if phases.startswith("[[phases]]"):
        text = technology(tmp_path, CPU).read_text(encoding="utf-8").partition("[[phases]]")
        (tmp_path / "x.toml").write_text(text[0] + phases + text[1] + text[2], encoding="utf-8")
        told = refused(tmp_path / "x.toml")
    else:
        told = refused(technology(tmp_path, phases))
    assert told.startswith(f"technologies/x.toml: {path}: "), told
    assert says in told
    assert len(told.splitlines()) == 1, told


def test_a_shared_memory_part_needs_its_content(tmp_path):
    part = f"""[[memory]]
id = "m"
owner = "files"
share = "content"
text = {TEXT}
bytes = {{ value = "4.2 MiB", source = "R0117" }}
"""
    assert "memory.0.content_key" in refused(
        technology(tmp_path, 'cpu = { value = "20.2 ms", source = "R0051" }', rest=part)
    )


def test_what_is_no_toml_is_refused_by_name(tmp_path):
    path = tmp_path / "x.toml"
    path.write_text("id = ", encoding="utf-8")
    assert refused(path).startswith("technologies/x.toml:1: is not TOML")
    path.write_bytes(b"id = 1\n\xff\xfe\x00")
    assert refused(path) == "technologies/x.toml:2: is not UTF-8: byte 0xff"


def test_core_seconds_of_another_host_become_the_reference_hosts(tmp_path):
    """50 ms on a host of speed 0.583 are 29.2 ms on the reference host, and 50 ms again there."""
    demand = 'cpu = { value = "50 ms", low = "40 ms", source = "C062", derivation = "125 ms x 4 / 10", on = "haswell" }'
    amount = load.read("technologies", technology(tmp_path, demand)).phases[0].amount
    assert load.host("haswell").cpu_speed.value == pytest.approx(0.63 * 0.926)
    assert amount.value == pytest.approx(0.02917, rel=1e-3)
    assert amount.low == pytest.approx(0.02334, rel=1e-3)
    assert amount.on == "haswell"
