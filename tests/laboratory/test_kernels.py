"""What the guests print becomes facts; what they boot from is packed in the right order. No network, no QEMU."""

import csv
from io import StringIO

import pytest

from sim.catalog import facts as files
from sim.laboratory.kernels import guests, machines, results

CONSOLE = """\
[    0.1] a line of the kernel
KERNEL 6.1.0-50-amd64
R veth_move 1 10 9000000 9100000 10000000 11000000 10000000 200000\r
R veth_move 10 3 9000000 20000000 50000000 55000000 101000000 200000
R unshare_net 1 20 900000 900001 900002 900003 900002 900004
LOST cgroup2 favordynmods: Invalid argument
R cut_off 1 20 900000
END
"""


def reading(median):
    return results.ProbeTimes(5, median, median, median, median, median, 0)


def test_a_console_is_read_by_probe_and_number_at_once():
    found = results.parse(CONSOLE)
    assert set(found) == {("veth_move", 1), ("veth_move", 10), ("unshare_net", 1)}
    assert found["veth_move", 1] == results.ProbeTimes(
        10, 9_000_000, 9_100_000, 10_000_000, 11_000_000, 10_000_000, 200_000
    )
    assert ("netfilter_veth_move", 10) in results.parse(CONSOLE, "netfilter_")


def test_each_further_operation_adds_what_the_first_does_not_explain():
    """Ten are done after 101 ms and one alone after 11 ms: (101 - 11) ms / 9."""
    assert results.each_further("veth_move", 10)(results.parse(CONSOLE)) == pytest.approx(10e6)


def test_what_is_done_in_one_grace_period_adds_nothing():
    readings = {("cgroup_v2_attach_quiet", 1): reading(14_000_000), ("cgroup_v2_attach_quiet", 10): reading(9_700_000)}
    assert results.each_further("cgroup_v2_attach_quiet", 10)(readings) == 0


def test_a_line_goes_through_points_on_it():
    assert results.line({0: 100.0, 100: 150.0, 1000: 600.0}) == pytest.approx((100.0, 0.5))


def test_a_gap_is_quick_where_most_attaches_do_not_wait():
    medians = {0: 80_000, 5: 80_000, 10: 78_000, 15: 8_900_000, 20: 11_900_000, 50: 9_900_000, 200: 10_000_000}
    readings = {(f"cgroup_v2_attach_after_{gap}_ms", 1): reading(median) for gap, median in medians.items()}
    assert results.longest_quick_gap("v2")(readings) == 10e6


def test_version_1_is_read_where_the_kernel_has_most_hierarchies():
    readings = {("cgroup_v1_mkdir_in_1", 1): reading(33_000), ("cgroup_v1_mkdir_in_7", 1): reading(530_000)}
    found = {figure.metric: value for figure, value in results.values(readings).items()}
    assert found["cgroup v1: hierarchies of the following"] == 7
    assert found["cgroup v1: mkdir in all hierarchies"] == 0.53


def test_a_fact_keeps_its_id_and_a_figure_that_is_missing_has_none():
    measured = results.Measured(6, "6.1", "Debian 12", results.parse(CONSOLE))
    rows = {row["metric"]: row for row in results.facts(measured)}
    assert rows["veth pair: moved into the namespace"] == {
        "id": "K0626",
        "topic": "network",
        "technology": "Linux 6.1",
        "metric": "veth pair: moved into the namespace",
        "value": "11",
        "unit": "ms",
        "statistic": "mean",
        "conditions": "Debian 12; waits, of some ms, are real time, and instructions count 1 ns",
        "source": "measured on emulated hosts (docs/kernels.md)",
        "provenance": "primary",
    }
    assert rows["network namespace: unshare"]["value"] == "900"
    assert rows["network namespace: unshare"]["conditions"].endswith("only the ratio of two kernels means something")
    assert "bridge: attach a port, for each other port" not in rows


def test_ids_are_unique_and_fit_two_digits():
    assert len(results.FIGURES) <= 99
    assert len({(figure.topic, figure.metric) for figure in results.FIGURES}) == len(results.FIGURES)


def test_cpu_is_tabled_as_a_multiple_of_the_baseline():
    kernels = [
        results.Measured(1, "4.4", "", {("unshare_net", 1): reading(500_000)}),
        results.Measured(9, "6.18", "", {("unshare_net", 1): reading(1_000_000)}),
    ]
    assert results.table(kernels, "6.18", "cpu").splitlines() == [
        "| no. | | 4.4 | 6.18 |",
        "|---|---|---|---|",
        "| 08 | network namespace: unshare (1e+03 us on 6.18) | 0.5 | 1 |",
    ]


def test_the_catalogs_file_has_the_columns_and_ids_of_the_driver():
    text = (files.FOLDER / "kernels.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(StringIO(text)))
    assert results.written(rows) == text
    places = {f"Linux {kernel.generation}": place for place, kernel in enumerate(guests.KERNELS, start=1)}
    for row in rows:
        figure = results.FIGURES[int(row["id"][3:]) - 1]
        assert int(row["id"][1:3]) == places[row["technology"]]
        assert (row["topic"], row["metric"], row["unit"]) == (figure.topic, figure.metric, figure.unit)
        assert files.facts()[row["id"]].value == row["value"]


def test_an_initramfs_has_folders_before_files_and_a_trailer():
    packed = guests.archive({"init": b"program", "modules/00-veth.ko": b"12345"})
    entries, at = [], 0
    while at < len(packed):
        assert packed[at : at + 6] == b"070701"
        fields = [int(packed[at + 6 + 8 * n : at + 14 + 8 * n], 16) for n in range(13)]
        mode, size, length = fields[1], fields[6], fields[11]
        name = packed[at + 110 : at + 110 + length - 1].decode()
        start = (at + 110 + length + 3) // 4 * 4
        entries.append((name, oct(mode), packed[start : start + size]))
        at = (start + size + 3) // 4 * 4
    assert entries == [
        ("init", "0o100755", b"program"),
        ("modules", "0o40755", b""),
        ("modules/00-veth.ko", "0o100755", b"12345"),
        ("TRAILER!!!", "0o100755", b""),
    ]


def test_a_module_comes_after_those_it_depends_on(tmp_path):
    for name, needs in {"bridge": "stp,llc", "stp": "llc", "llc": "", "nf_nat": "nf_conntrack"}.items():
        (tmp_path / f"{name}.ko").write_bytes(b"\0license=GPL\0depends=" + needs.encode() + b"\0")
    assert list(guests.modules(tmp_path, ("bridge", "veth", "nf_nat"))) == ["llc", "stp", "bridge", "nf_nat"]


def test_a_module_is_found_by_either_spelling(tmp_path):
    (tmp_path / "dm-mod.ko").write_bytes(b"\0depends=\0")
    (tmp_path / "dm-thin-pool.ko").write_bytes(b"\0depends=dm_mod\0")
    assert list(guests.modules(tmp_path, ("dm-thin-pool",))) == ["dm_mod", "dm-thin-pool"]


def test_a_kernels_configuration_is_read(tmp_path):
    (tmp_path / "boot").mkdir()
    (tmp_path / "boot" / "config-6.1").write_text("CONFIG_HZ_250=y\nCONFIG_HZ=250\nCONFIG_PREEMPT_VOLUNTARY=y\n")
    assert guests.config(tmp_path) == "HZ 250, PREEMPT_VOLUNTARY"


def test_a_package_without_a_kernel_is_named(tmp_path):
    with pytest.raises(SystemExit, match=r"no config-\* or lib/modules"):
        guests.config(tmp_path)


def test_ends_of_machines_are_read_in_milliseconds():
    console = (
        "insmod\nM plain 1 60 672 684 686 708 14096\r\nM pit 10 300 846 13150 17105 23076 44215\nM cut 1 60 5\nEND\n"
    )
    plain, pit = machines.parse(console)
    assert plain == machines.MachineEnds("plain", 1, 0.672, 0.684, 0.686, 0.708, 14.096)
    assert (pit.kind, pit.in_flight, pit.median) == ("pit", 10, 17.105)
    assert machines.table({"5.10": [pit]}).splitlines()[-1] == "| 5.10 | pit | 10 | 13.2 | 17.1 | 23.1 |"


def test_each_program_is_booted_in_its_own_guest():
    """The machine that the published tables were measured in, and one whose processors have AMD's virtualization."""
    probe, ends = guests.PROBE.qemu.split(), machines.GUEST.qemu.split()
    assert (probe[-1], ends[-1]) == ("2", "8")
    assert ("EPYC-Genoa,-erms,-fsrm" in probe, "EPYC-Genoa,-erms,-fsrm,+svm" in ends) == (True, True)
    assert guests.PROBE.source.is_file()
    assert machines.GUEST.source.is_file()
