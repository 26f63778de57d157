"""A calibration as a host profile, and a host profile as a host."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sim.catalog import load
from sim.errors import InputError
from sim.laboratory.calibrate.profile import written
from sim.laboratory.calibrate.results import Calibration
from sim.laboratory.calibrate.speed import cpu_speed, ratios


def write(folder: Path, text: str) -> Path:
    path = folder / "my-host.toml"
    path.write_text(text, encoding="utf-8")
    return path


def problems(path: Path) -> dict[str, str]:
    with pytest.raises(InputError) as caught:
        load.host(str(path))
    assert {problem.file for problem in caught.value.problems} == {str(path)}
    return {problem.path: problem.message for problem in caught.value.problems}


class TestSpeed:
    def test_each_ratio_is_the_reference_hosts_figure_over_the_one_here(self, found: Calibration) -> None:
        """getppid 164 ns, fault 1.2 us, network namespace 344 us less 16.5 us, gzip 190 MB/s (docs/model.md)."""
        assert ratios(found) == pytest.approx(
            {
                "syscall": 164 / 82,
                "page_fault": 1.2 / 0.6,
                "namespace.net": (344 - 16.5) / (172 - 8.25),
                "gunzip": (16.72 / 0.044) / 190,
            }
        )

    def test_a_host_twice_as_fast_at_everything_has_twice_the_speed(self, found: Calibration) -> None:
        speed = cpu_speed(found)
        assert speed is not None
        assert (speed.low, speed.value, speed.high) == pytest.approx((2.0, 2.0, 2.0))

    def test_starts_of_containers_have_no_part_in_it(self, found: Calibration) -> None:
        without = replace(found, measurements=tuple(one for one in found.measurements if not one.id.startswith("crun")))
        assert cpu_speed(without) == cpu_speed(found)

    def test_two_measurements_are_too_few_to_tell(self, found: Calibration) -> None:
        assert cpu_speed(replace(found, measurements=found.measurements[:2])) is None

    def test_the_fastest_starts_decide_and_not_those_that_others_delayed(self, found: Calibration) -> None:
        delayed = tuple(replace(one, median=one.median * 10) for one in found.measurements)
        assert ratios(replace(found, measurements=delayed)) == ratios(found)


class TestRoundTrip:
    def test_the_host_has_what_was_measured(self, found: Calibration, tmp_path: Path) -> None:
        host = load.host(str(write(tmp_path, written(found))))
        assert (host.id, host.cores, host.kernel, host.nested) == ("my-host", 4, "6.12", False)
        assert (host.memory.value, host.own_memory.value) == (16 * 2**30, 2**30)
        assert host.cpu_speed.value == pytest.approx(2.0, rel=1e-3)
        assert host.disk_read.value == pytest.approx(2e9)
        assert host.disk_read.high == pytest.approx(2.5e9)
        attach = host.locks["cgroup_attach.attach"]
        assert (attach.low, attach.value, attach.high) == pytest.approx((4e-3, 5e-3, 6e-3))
        assert host.network.value == 125e6
        assert host.limits["pids"].value == 4194304

    def test_a_measured_numbers_source_says_here_when_and_of_what(self, found: Calibration, tmp_path: Path) -> None:
        host = load.host(str(write(tmp_path, written(found))))
        assert host.locks["cgroup_attach.attach"].source == "measured here 2026-01-31: cgroup.v2.attach_quiet"
        assert host.cpu_speed.source.startswith("measured here 2026-01-31: syscall, page_fault")
        assert host.memory.source == "measured here 2026-01-31: /proc/meminfo"

    def test_what_was_not_measured_is_an_estimate_with_a_range(self, found: Calibration, tmp_path: Path) -> None:
        bare = replace(found, measurements=(), host=replace(found.host, network=None))
        host = load.host(str(write(tmp_path, written(bare))))
        for number in (host.cpu_speed, host.disk_read, host.disk_write, host.network, host.smt):
            assert number.estimate
            assert number.low is not None
            assert number.high is not None
            assert number.low < number.value < number.high
        assert host.locks == {}

    def test_an_old_kernels_one_lock_for_network_namespaces_is_timed(self, found: Calibration, tmp_path: Path) -> None:
        """172 us less the 8.25 us of doing nothing; kernels from 4.17 on have no such lock."""
        old = replace(found, host=replace(found.host, kernel="4.15"))
        host = load.host(str(write(tmp_path, written(old))))
        assert host.locks["netns.create"].value == pytest.approx(163.75e-6, rel=1e-3)
        assert "netns.create" not in load.host(str(write(tmp_path, written(found)))).locks

    def test_each_way_to_make_a_veth_pair_holds_the_lock_as_long_as_it_took_here(
        self, found: Calibration, tmp_path: Path
    ) -> None:
        """And a port of a bridge what its attach and its link's going up took together, by minimum and 10th percentile.

        What a deletion takes is mostly waiting without the lock, so it says nothing of the hold.
        """
        took = {"move": 12e-3, "in_place": 0.5e-3, "delete": 9e-3, "bridge": 0.2e-3, "up": 0.1e-3}
        pairs = tuple(
            replace(found.measurements[0], id=f"veth.{name}", minimum=seconds / 2, p10=seconds, median=seconds * 2)
            for name, seconds in took.items()
        )
        measured = replace(found, measurements=found.measurements + pairs)
        locks = load.host(str(write(tmp_path, written(measured)))).locks
        assert {name: (number.low, number.value) for name, number in locks.items() if name.startswith("rtnl")} == {
            "rtnl.veth-move": pytest.approx((6e-3, 12e-3)),
            "rtnl.veth-in-place": pytest.approx((0.25e-3, 0.5e-3)),
            "rtnl.bridge-port": pytest.approx((0.15e-3, 0.3e-3)),
        }

    def test_names_with_quotes_and_other_scripts_survive(self, found: Calibration, tmp_path: Path) -> None:
        odd = replace(
            found, measurements=(replace(found.measurements[0], text='a "quoted" \\ 日本語', conditions="x\ty"),)
        )
        assert load.host(str(write(tmp_path, written(odd)))).id == "my-host"

    def test_it_has_the_fields_of_a_host_of_the_catalog(self, found: Calibration, tmp_path: Path) -> None:
        """So a study takes it as it takes the reference host."""
        host, reference = load.host(str(write(tmp_path, written(found)))), load.host("reference")
        assert set(host.limits) == set(reference.limits)
        assert {type(getattr(host, name)) for name in ("cpu_speed", "smt", "swap")} == {type(reference.cpu_speed)}


class TestBadProfiles:
    @pytest.mark.parametrize(
        ("old", "new", "path", "words"),
        [
            ('measured = ["disk.read"]', 'measured = ["disk.raed"]', "disk_read.measured", "none of this file's"),
            ('taken = "2026-01-31"', 'taken = "yesterday"', "taken", "not a date"),
            ("cores = { value = 4", "cores = { value = 0", "cores", "at least 1"),
            ('kernel = "6.12"', 'kernel = "new"', "kernel", "version"),
            ('value = "5 ms"', 'value = "5 MiB"', "locks.cgroup_attach.attach.value", "unit"),
            ('value = "5 ms", low = "4 ms"', 'value = "5 ms", low = "7 ms"', "locks.cgroup_attach.attach", "between"),
            ('network = { value = "125 MB/s"', 'network = { value = "0 MB/s"', "network", "above zero"),
            ("nested = false", "nested = false\nnetsed = true", "netsed", "unknown key"),
            ("[locks.cgroup_attach]", "[locks.cgroup_atach]", "locks.cgroup_atach.attach", "did you mean"),
            ("n = 9\n", 'n = "nine"\n', "measurements.0.n", "whole number"),
        ],
    )
    def test_what_is_wrong_is_named_with_its_path(
        self, found: Calibration, tmp_path: Path, old: str, new: str, path: str, words: str
    ) -> None:
        text = written(found)
        assert old in text
        said = problems(write(tmp_path, text.replace(old, new)))
        assert words in said[path]

    def test_a_bare_number_has_no_source_and_is_refused(self, found: Calibration, tmp_path: Path) -> None:
        lines = [line for line in written(found).splitlines() if not line.startswith("swap")]
        lines.insert(1, 'swap = "1 GiB"')
        assert "bare number" in problems(write(tmp_path, "\n".join(lines)))["swap"]

    def test_text_that_is_not_toml_and_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        assert "is not TOML" in problems(write(tmp_path, "id = \n"))[""]
        assert "cannot be read" in problems(tmp_path / "none.toml")[""]
