"""What the catalog says of cores: the scheduler of a host, how often it balances, and what one vCPU more takes."""

import tomllib

import pytest

from sim.catalog import load
from sim.catalog.hosts import host_of
from sim.catalog.read import Table
from sim.catalog.tables.cores import core_numbers

HOST = """
id = "h"
name = { en = "h", ja = "h" }
cores = { value = 4, definition = "by hand" }
cpu_speed = { value = 1.0, definition = "by hand" }
memory = { value = "8 GiB", definition = "by hand" }
disk = "sata-ssd"
network = { value = "1 Gbit/s", definition = "by hand" }
kernel = "6.12"
"""


def read(text):
    problems = []
    host = host_of(Table(tomllib.loads(text), "hosts/h.toml", "", problems))
    return host, [problem.message for problem in problems]


@pytest.mark.parametrize(
    ("line", "cores", "has"),
    [("", 4, True), ('scheduler = "queues"', 4, True), ('scheduler = "shared"', 4, False), ("", 1, False)],
)
def test_a_host_has_run_queues_unless_it_says_otherwise_or_has_one_core(line, cores, has):
    host, problems = read(HOST.replace("value = 4", f"value = {cores}") + line)
    assert (host.has_run_queues, problems) == (has, [])


def test_another_scheduler_is_refused():
    _, problems = read(HOST + 'scheduler = "fair"')
    assert problems == ["'fair' is not allowed; expected one of queues, shared"]


@pytest.mark.parametrize(
    ("kernel", "cores", "seconds"), [("4.15", 4, 0.128), ("5.9", 8, 0.256), ("5.10", 8, 0.128), ("6.12", 32, 0.512)]
)
def test_busy_cores_balance_by_their_number_and_by_the_kernel(kernel, cores, seconds):
    """A millisecond for each core, times the busy factor: 32 before Linux 5.10 and 16 since."""
    assert core_numbers().balance_interval(kernel, cores) == pytest.approx(seconds)
    assert core_numbers().balance_interval(kernel, cores, "high") == pytest.approx(2 * seconds)


@pytest.mark.parametrize(
    ("kernel", "cores", "slice_", "together"),
    [("4.15", 1, 0.75, 6.0), ("4.15", 4, 2.25, 18.0), ("6.5", 48, 3.0, 24.0), ("6.6", 4, 2.1, 0.0)],
)
def test_slices_grow_with_cores_up_to_eight_and_turns_are_some_of_them(kernel, cores, slice_, together):
    """What /proc/sys/kernel says on one and on four cores (R1380), times how many of them a new task waits."""
    turns = 0.48 if kernel == "6.6" else 1.24
    assert core_numbers().turn(kernel, cores) == pytest.approx((slice_ * turns / 1e3, together * turns / 1e3))


def test_the_catalogs_numbers_have_their_facts():
    cited = load.cited()
    assert cited["D0342"] == ("mechanisms/cores.toml: balancing.busy",)
    assert cited["D0343"] == ("mechanisms/cores.toml: bring_up.vcpu",)
