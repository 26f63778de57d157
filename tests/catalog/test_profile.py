"""A scenario may name a measured host profile by its path."""

from pathlib import Path

import pytest

from sim.batch.run import run
from sim.errors import InputError
from sim.loading import load_text

PROFILE = """
id = "mine"
taken = "2026-11-24"
name = { en = "mine", ja = "mine" }
cores = { value = 4, measured = ["/proc/cpuinfo"] }
cpu_speed = { value = 2.0, measured = ["syscall"], derivation = "twice as fast" }
memory = { value = "8 GiB", measured = ["/proc/meminfo"] }
disk_read = { value = "100 MB/s", measured = ["/proc/meminfo"] }
disk_write = { value = "100 MB/s", measured = ["/proc/meminfo"] }
network = { value = "100 MB/s", estimate = "a guess", low = "10 MB/s", high = "1 GB/s" }
kernel = "6.12"

[[measurements]]
id = "syscall"
text = "getppid(2)"
minimum = 1e-7
p10 = 1e-7
median = 1e-7
n = 10
bytes = 0
conditions = ""
"""

SCENARIO = """
id: mine
concept: taxonomy
title: {en: t, ja: t}
summary: {en: s, ja: s}
study: startup
technology: process
application: hello
host: HOST
"""


def scenario(folder: Path, host: str):
    return load_text(SCENARIO.replace("HOST", host), "mine.yaml", str(folder))


def process_time(folder: Path, host: str) -> float:
    return run(scenario(folder, host), replications=1)[0].metric("startup", "startup_time", "p50").value


def test_the_part_of_a_start_that_computes_goes_by_the_measured_speed(tmp_path):
    """t(s) = w + c / s, so t(1) - t(2) = c / 2 is twice t(2) - t(4) = c / 4, whatever is only waiting."""
    times = []
    for speed in ("1.0", "2.0", "4.0"):
        (tmp_path / "mine.toml").write_text(PROFILE.replace("value = 2.0", f"value = {speed}"))
        times.append(process_time(tmp_path, "mine.toml"))
    one, two, four = times
    assert (one - two) / (two - four) == pytest.approx(2, rel=1e-4)


def test_a_profile_is_looked_up_beside_the_scenario(tmp_path):
    with pytest.raises(InputError, match=r"nowhere\.toml: cannot be read"):
        scenario(tmp_path, "nowhere.toml")


def test_what_is_wrong_in_a_profile_is_told_by_its_place(tmp_path):
    (tmp_path / "bad.toml").write_text(PROFILE.replace('measured = ["syscall"]', 'measured = ["sycall"]'))
    with pytest.raises(InputError, match=r"bad\.toml: cpu_speed\.measured: 'sycall' is none of this file's"):
        scenario(tmp_path, "bad.toml")
