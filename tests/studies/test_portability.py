"""Which image runs where: each rule by the document that states it, and the figure that shows it."""

from __future__ import annotations

import re
from html import unescape
from typing import get_args

import pytest

from sim.batch.run import run as run_scenario
from sim.catalog.tables.portability import documents, portable_hosts, portable_images
from sim.loading import load
from sim.report.figures.words.portability import fit_alt, fit_table, fit_words
from sim.report.figures.words.wordgrid import word_grid
from sim.report.numbers import NARROW
from sim.report.style import Style
from sim.report.words import label_names
from sim.studies.portability import Fit, Portability, PortableHostId, PortableImageId, fit


def fits(image: str, host: str) -> Fit:
    return fit(portable_images()[image], portable_hosts()[host])


def test_the_ids_are_those_of_the_catalog() -> None:
    assert get_args(PortableHostId) == tuple(portable_hosts())
    assert get_args(PortableImageId) == tuple(portable_images())
    named = {image.source for image in portable_images().values()}
    assert named <= set(documents())


@pytest.mark.parametrize(
    ("image", "host", "verdict", "between"),
    [
        ("web-amd64", "linux-amd64", "runs", ()),
        ("web-both", "linux-arm64", "runs", ()),
        # Docker's documentation: QEMU under binfmt_misc.
        ("web-arm64", "linux-amd64", "through", ("emulation",)),
        # Docker's documentation: a Linux virtual machine on a Mac, and Rosetta in it.
        ("web-arm64", "mac-arm64", "through", ("kernel", "machine")),
        ("web-amd64", "mac-arm64", "through", ("emulation", "kernel", "machine")),
        ("web-amd64", "mac-amd64", "through", ("kernel", "machine")),
        # Microsoft: WSL 2 is a Linux kernel in a virtual machine.
        ("web-amd64", "windows-11", "through", ("kernel", "machine")),
        # Microsoft's table of versions: the same build by process, an older one by Hyper-V, a client by Hyper-V alone.
        ("windows-2025", "windows-2025", "runs", ()),
        ("windows-2022", "windows-2025", "through", ("kernel", "machine")),
        ("windows-2025", "windows-11", "through", ("kernel", "machine")),
        ("windows-2025", "linux-amd64", "not", ()),
        # Podman's documentation: FreeBSD images in jails, Linux images by the Linux binary interface.
        ("freebsd", "freebsd-14", "runs", ()),
        ("web-amd64", "freebsd-14", "through", ("calls",)),
        ("web-arm64", "freebsd-14", "not", ()),
        ("freebsd", "linux-amd64", "not", ()),
        # capabilities(7): loading a module needs CAP_SYS_MODULE, in the one kernel that there is.
        ("module", "linux-amd64", "if", ()),
        ("module", "mac-arm64", "through", ("kernel", "machine")),
        ("module", "freebsd-14", "not", ()),
        ("systemd", "linux-arm64", "if", ()),
        # lxc.container.conf(5): the configuration names the host's paths.
        ("lxc", "linux-amd64", "if", ()),
        ("lxc", "linux-arm64", "not", ()),
        ("lxc", "windows-11", "not", ()),
    ],
)
def test_an_image_fits_a_host(image: str, host: str, verdict: str, between: tuple[str, ...]) -> None:
    found = fits(image, host)
    assert (found.verdict, found.between) == (verdict, between)


def test_a_hidden_machine_costs_its_start_and_memory_and_an_emulator_speed() -> None:
    there = fits("web-amd64", "mac-arm64")
    assert there.machine is not None
    assert there.machine.by == "Apple Virtualization framework"
    assert [translation.by for translation in there.translations] == ["Rosetta"]
    assert fits("web-amd64", "linux-amd64").machine is None


def test_images_are_counted_by_verdict_and_named_once() -> None:
    (outcome,) = run_scenario(load("portability"))
    for label in outcome.labels:
        metrics = ("as_it_is", "on_condition", "through", "not_at_all")
        assert sum(outcome.metric(label, metric).value for metric in metrics) == len(Portability().portable_images)
    with pytest.raises(Exception, match="named twice"):
        Portability(portable_images=("lxc", "lxc"))


def test_the_table_of_the_figure_says_what_the_records_say() -> None:
    (outcome,) = run_scenario(load("portability"))
    shown, hidden = word_grid(fit_words(outcome, Style())), word_grid(fit_words(outcome, Style(), hidden=True))
    assert shown.count("<td class=") == 9 * 6
    assert shown.count('class="runs"') == sum(outcome.metric(label, "as_it_is").value for label in outcome.labels)
    assert "runs" not in hidden.partition("</style>")[2]
    assert hidden.count(">?</td>") == 9 * 6
    rows = fit_table(outcome)
    assert len(rows) == 9 * 6
    assert all("https://" in row["where it can be read"] for row in rows)
    assert "0 of 9 images run as they are" in fit_alt(outcome, "mac")


def test_a_phone_has_the_host_in_each_cell_as_it_has_no_room_for_columns() -> None:
    (outcome,) = run_scenario(load("portability"))
    rows = re.findall(r"(?s)<tr>.*?</tr>", word_grid(fit_words(outcome, Style())).partition("<tbody>")[2])
    hosts = ["Linux, amd64", "Linux, arm64", "Mac, arm64", "Windows 11", "Windows Server 2025", "FreeBSD 14"]
    assert [re.findall('data-of="([^"]*)"', row) for row in rows] == [hosts] * 9


def test_of_one_image_each_host_has_a_row_with_what_its_hidden_machine_costs() -> None:
    (outcome,) = run_scenario(load("docker-desktop"))
    rows = re.findall(r"(?s)<tr>.*?</tr>", word_grid(fit_words(outcome, Style())).partition("<tbody>")[2])
    told = [
        [unescape(re.sub("<[^>]*>", "", cell)) for cell in re.findall("(?s)<t[hd].*?</t[hd]>", row)] for row in rows
    ]
    assert told[0] == ["Linux", "● runs", "–", "–", f"≈{NARROW}100{NARROW}%"]
    costs = [f"≈{NARROW}30{NARROW}s", f"≈{NARROW}700{NARROW}MiB", f"≈{NARROW}10{NARROW}%"]
    assert told[1] == ["Toolbox, VirtualBox", "through", *costs]
    assert [row[0] for row in told] == [name.name for name in label_names(outcome).values()]
