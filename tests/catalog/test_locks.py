"""Locks: hold times by kernel generation, and files that break a rule."""

from dataclasses import replace

import pytest

from sim.catalog import load, locks
from sim.catalog.facts import facts, values
from sim.catalog.files import FOLDER
from sim.catalog.tables.booting import boot_phases
from sim.errors import CatalogError
from sim.platforms.plan import StartOptions, boot_plan
from tests.catalog.places import without_lines

HEAD = 'id = "x"\nname = { en = "x", ja = "x" }\n'
OPERATION = """[[operations]]
id = "make"
text = { en = "x", ja = "x" }
hold = { value = "20.2 ms", source = "R0051" }
"""


SHARED = '[shared]\nreaders_before = "5.19"\n' + "".join(
    f'{name} = {{ value = "8 ms", low = "1 ms", high = "9 ms", estimate = "by hand" }}\n'
    for name in ("first", "period", "lag")
)

FREE = OPERATION.replace("make", "keep").replace(
    '"20.2 ms", source = "R0051"', '"0 ms", source = "D1613", derivation = "none"'
)
"""One that takes no time: its lock is kept until a later phase ends."""


def read(tmp_path, text):
    path = tmp_path / "x.toml"
    path.write_text(text, encoding="utf-8")
    return locks.read(path)


def refused(tmp_path, text):
    with pytest.raises(CatalogError) as caught:
        read(tmp_path, text)
    return str(caught.value)


def older(before, milliseconds):
    estimate = f'{{ value = "{milliseconds} ms", low = "0 ms", high = "1 s", estimate = "by hand" }}'
    return f'[[operations.older]]\nbefore = "{before}"\nhold = {estimate}\n'


def test_the_hold_is_that_of_the_oldest_generation_a_kernel_is_before(tmp_path):
    make = read(tmp_path, HEAD + OPERATION + older("4.15", 300) + older("5.4", 5)).operations["make"]
    found = {kernel: make.on(kernel).amount.value for kernel in ("3.10", "4.14", "4.15", "5.3", "5.4", "5.15", "6.18")}
    assert found == {
        "3.10": 0.3,
        "4.14": 0.3,
        "4.15": 0.005,
        "5.3": 0.005,
        "5.4": 0.0202,
        "5.15": 0.0202,
        "6.18": 0.0202,
    }


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (HEAD, "locks/x.toml: operations: are missing"),
        (HEAD + OPERATION + OPERATION, "locks/x.toml: operations: have an id twice"),
        (
            HEAD + OPERATION + older("5.x", 1),
            "locks/x.toml: operations.0.older.0.before: '5.x' is not a kernel's version",
        ),
        (
            HEAD + OPERATION + older("5.4", 1) + older("4.15", 1),
            "locks/x.toml: operations.0.older: are not in the order",
        ),
        (HEAD + OPERATION.replace("20.2 ms", "20.2 MiB"), "locks/x.toml: operations.0.hold.value: "),
        (HEAD + OPERATION.replace("R0051", "Z1"), "locks/x.toml: operations.0.hold.source: fact 'Z1' is not"),
        (HEAD + OPERATION + "holds = 3\n", "locks/x.toml: operations.0.holds: unknown key, did you mean 'hold'?"),
        (
            HEAD + OPERATION + 'flushes = { value = 8, source = "R0428" }\n' + older("5.4", 1),
            "locks/x.toml: operations: flush the disk in some holds and not in others",
        ),
        (
            HEAD + SHARED.replace("8 ms", "0 ms") + OPERATION,
            "locks/x.toml: shared.period: ",
        ),
        (
            HEAD + SHARED.replace("5.19", "new") + OPERATION,
            "locks/x.toml: shared.readers_before: 'new' is not a kernel's version",
        ),
        (HEAD + OPERATION + FREE, "locks/x.toml: operations: take time in some and none in others"),
        (
            HEAD + 'write = { value = 2, source = "D1610" }\n' + FREE,
            "locks/x.toml: operations: take no time; such a lock has no grace, ",
        ),
        (HEAD.replace("x", "y", 1) + OPERATION, "locks/x.toml: id: 'y' is not the file's name 'x'"),
        ("id = ", "locks/x.toml:1: is not TOML"),
    ],
)
def test_a_file_that_breaks_a_rule_is_refused_with_its_place(tmp_path, text, says):
    told = refused(tmp_path, text)
    assert says in (told if "is not TOML" in says else without_lines(told))


def test_every_operation_is_some_phases():
    """A lock that nothing takes would be dead data."""
    phases = [phase for technology in load.technologies().values() for phase in technology.phases]
    phases += [phase for addition in load.additions().values() for phase in addition.phases]
    used = {f"{phase.resource}.{phase.operation.id}" for phase in phases if phase.operation is not None}
    used |= {f"{phase.resource}.{phase.operation.id}" for phase in boot_phases().values() if phase.operation}
    assert used == set(locks.operations())


@pytest.mark.parametrize(("kernel", "milliseconds"), [("6.18", 0.181), ("6.12", 0.232)])
def test_the_reference_host_has_version_1_of_cgroups_and_hosts_like_it_version_2(kernel, milliseconds):
    """R0087 is of eight hierarchies; K0944 / K0937 is what one with all controllers takes more."""
    host = replace(
        load.host("reference"), kernel=kernel, locks={} if kernel == "6.12" else load.host("reference").locks
    )
    plan = boot_plan(load.technology("runc"), None, load.application("hello"), host, StartOptions())
    (made,) = (step.amount for step in plan.steps if step.id == "cgroup-create")
    assert made * 1e3 == pytest.approx(milliseconds, rel=0.005)


def test_no_phase_says_eight_hierarchies():
    """They are cgroup version 1's, which no distribution of 2021 or later starts with."""
    for technology in load.technologies().values():
        for phase in technology.phases:
            assert "eight" not in phase.text.en
            assert "8つ" not in phase.text.ja


ENDPOINT_FLUSHES = 4 * 0.2e-3
"""Of a bridge's endpoint on the reference host: 26 calls less 18 are 4 at the start and 4 at the end."""


def fact(name, unit="s"):
    return values(facts()[name], unit)[0]


@pytest.mark.parametrize(
    ("operation", "version", "seconds"),
    [
        ("netns.create", "4.4", lambda: fact("R0070") * (fact("K0108") + fact("K0208")) / 2 / fact("K0908")),
        ("netns.remove", "4.4", lambda: fact("K0186") - fact("R0070") * fact("K0108") / fact("K0908")),
        ("netns.remove", "4.15", lambda: fact("K0286") - fact("R0070") * fact("K0208") / fact("K0908")),
        ("netns_cleanup.remove", "6.18", lambda: fact("K0918") * fact("R0070") / fact("K0908")),
        ("cgroup_mutex.create", "4.4", lambda: fact("R0087") * fact("K0137") / fact("K0937")),
        ("cgroup_mutex.create", "4.15", lambda: fact("R0087") * fact("K0237") / fact("K0937")),
        ("cgroup_mutex.create", "5.4", lambda: fact("R0087") * fact("K0338") / fact("K0937")),
        ("cgroup_mutex.create", "5.10", lambda: fact("R0087") * fact("K0444") / fact("K0937")),
        ("cgroup_mutex.create", "6.12", lambda: fact("R0087") * fact("K0944") / fact("K0937")),
        ("dockerd_network.move", "6.12", lambda: fact("R0100")),
        (
            "dockerd_network.allocate",
            "26.1.5",
            lambda: fact("R0340") - fact("R0102") - fact("R0103") - fact("R0100") - ENDPOINT_FLUSHES,
        ),
        (
            "dockerd_network.allocate",
            "20.10",
            lambda: max(
                fact("R0362") - fact("R0356") - fact("R0102") - fact("R0103") - fact("R0100") - ENDPOINT_FLUSHES, 0
            ),
        ),
        ("dockerd_network.release", "20.10", lambda: fact("R0373") - fact("R0165") - ENDPOINT_FLUSHES),
        ("layer_store.create", "18.09", lambda: fact("R1610")),
        ("layer_store.create", "18.09.7", lambda: 0),
        ("cgroup_attach.attach", "4.4", lambda: fact("K0139")),
        ("cgroup_attach.attach", "6.12", lambda: fact("K0849")),
        ("rtnl.veth-move", "4.4", lambda: fact("K0128")),
        ("rtnl.veth-in-place", "4.4", lambda: 0.4e-3 * fact("K0124") / fact("K0924")),
        (
            "rtnl.bridge-port",
            "4.4",
            lambda: (fact("R0102") + fact("R0103")) * (fact("K0132") + fact("K0134")) / (fact("K0932") + fact("K0934")),
        ),
    ],
)
def test_a_hold_is_what_its_derivation_makes_of_its_facts(operation, version, seconds):
    """The version is a kernel's, or an engine's where the lock is a daemon's."""
    assert locks.operations()[operation].on(version).amount.value == pytest.approx(seconds(), rel=0.03)


def waited():
    """How much longer a request holds Docker 20.10's network where another one is there: of 16 at once, less alone."""
    return fact("R0372") - (fact("R0362") - fact("R0356"))


def test_a_start_that_waits_for_dockers_network_holds_it_longer_up_to_25_and_not_in_26():
    """Two stores of one daemon lock one file, and sleep 50 ms where it is locked. One start alone has it for itself."""
    allocate = locks.operations()["dockerd_network.allocate"]
    (more,) = allocate.on("20.10").growth
    assert (more.per, more.beyond.value) == ("queued", 0)
    assert more.amount.value == pytest.approx(waited())
    assert more.amount.low == pytest.approx(values(facts()["R1270"], "1")[0] * 50e-3)
    assert [bool(allocate.on(version).growth) for version in ("25.0", "26.1")] == [True, False]


@pytest.mark.parametrize(
    ("technology", "seconds"),
    [
        (
            "docker-20-10",
            lambda: fact("C106") / 33 * fact("R0372") / (fact("R0372") + fact("R0373")) - fact("R0100"),
        ),
        ("docker", lambda: fact("R0340") - fact("R0102") - fact("R0103") - fact("R0100") - ENDPOINT_FLUSHES),
    ],
)
def test_a_host_timed_with_one_engine_says_nothing_of_a_later_one(technology, seconds):
    """moby issue 42096 ran Docker 20.10 on a Ryzen: 26.1 takes there what was measured of 26.1."""
    options = StartOptions(network=True, clean_up=True)
    plan = boot_plan(load.technology(technology), None, load.application("hello"), load.host("ryzen-3950x"), options)
    made = {step.id: step.amount for step in plan.steps}
    assert made["network-allocator"] == pytest.approx(seconds(), rel=0.03)
    assert not [step for step in plan.steps if step.resource == "dockerd_network" and step.growth]


def test_a_release_that_no_hold_changes_with_is_refused(tmp_path):
    host = (FOLDER / "hosts" / "ryzen-3950x.toml").read_text(encoding="utf-8")
    path = tmp_path / "ryzen-3950x.toml"
    path.write_text(host.replace('before = "26"', 'before = "24"'), encoding="utf-8")
    with pytest.raises(CatalogError, match="'24' is not allowed; expected one of 26, 28"):
        load.read("hosts", path)


def test_a_host_has_no_time_of_its_own_for_a_lock_that_is_kept(tmp_path):
    host = (FOLDER / "hosts" / "ryzen-3950x.toml").read_text(encoding="utf-8")
    assert "[locks.dockerd_network]" in host
    path = tmp_path / "ryzen-3950x.toml"
    path.write_text(
        host + '[locks.network_lock]\nendpoint = { value = "20.2 ms", source = "R0051" }\n', encoding="utf-8"
    )
    with pytest.raises(CatalogError, match=r"locks\.network_lock\.endpoint: takes no time of its own"):
        load.read("hosts", path)


def test_a_lock_is_kept_where_its_operations_take_no_time_on_any_version(tmp_path):
    assert read(tmp_path, HEAD + FREE).operations["keep"].kept
    assert not read(tmp_path, HEAD + FREE + older("4.15", 5)).operations["keep"].kept
    assert {name for name, operation in locks.operations().items() if operation.kept} == {"network_lock.endpoint"}


@pytest.mark.parametrize("name", ["docker", "docker-28", "docker-devicemapper", "crun", "firecracker", "lightvm"])
def test_an_instance_on_a_bridge_has_one_port_of_it(name):
    """However many of its phases go through the ports there are: Docker's come and go."""
    technology, options = load.technology(name), StartOptions(network=True, clean_up=True)
    guest = load.guest(technology.guests[0]) if technology.guests else None
    application, host = load.application("hello"), load.host("reference")
    assert boot_plan(technology, guest, application, host, options).ports == 1
    assert boot_plan(technology, guest, application, host, StartOptions()).ports == 0
