"""What a message says of a value: one bound, only what may be written, and how a shell hands it on."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import get_args

import pytest

from sim.catalog.disks import disks
from sim.cli import answer
from sim.errors import InputError
from sim.loading import from_document, load, load_text, override
from sim.loading.assignments import assign, read_assignments
from sim.loading.inline import InlineHost
from sim.loading.parameters import fields
from sim.scenario import Scenario
from sim.studies.memory_parameters import Memory
from sim.studies.parameters.disk import Drive
from sim.studies.startup.parameters import Startup
from sim.sweeps.axes import Axis
from sim.sweeps.plan import plan

HEAD = "id: mine\nconcept: startup\ntitle: {en: A, ja: A}\nsummary: {en: A, ja: A}\n"


def refusal(scenario: Scenario, *texts: str) -> str:
    with pytest.raises(InputError) as refused:
        assign(scenario, read_assignments(texts), from_shell=True)
    return str(refused.value)


@pytest.mark.parametrize("written", ["0 GiB", "-1 GiB"])
def test_a_value_that_must_be_more_than_0_is_told_so_whatever_it_is(written: str) -> None:
    taxonomy = load("taxonomy")
    assert refusal(taxonomy, f"host.memory={written}").endswith("is out of range; expected more than 0 B")
    assert refusal(taxonomy, "host.swap=-1 GiB").endswith("is out of range; expected at least 0 B")


def test_a_disk_that_there_is_not_is_answered_with_what_may_be_written() -> None:
    said = refusal(load("taxonomy"), "host={disk: nvmee}")
    offered = said.partition("expected ")[2].partition(";")[0].replace(" or ", ", ").split(", ")
    assert {one.strip("'") for one in offered} == set(disks())
    assert "did you mean 'nvme'" in said


def test_studies_and_hosts_name_the_same_drives() -> None:
    drives = set(get_args(Drive))
    assert drives == set(disks()) - {"unstated-ssd"}
    for study in (Memory, Startup):
        assert set(fields(study)["disk"].choices) == drives | {"own"}
    assert set(fields(InlineHost)["disk"].choices) == set(disks())


def test_a_number_where_a_text_belongs_is_told_how_a_shell_hands_on_quotes() -> None:
    """`--set kernel="5.4"` comes as kernel=5.4. What the hint says comes as a text, by the rules of POSIX shells."""
    scenario = load_text(f"{HEAD}study: overhead\n")
    (argument,) = shlex.split('kernel="5.4"')
    said = refusal(scenario, argument)
    assert "expected text (in quotes: as it stands; a shell takes one pair away, so there: 'kernel=\"...\"')" in said
    hint = said.partition("so there: ")[2].removesuffix(")").replace("...", "5.4")
    assert read_assignments(shlex.split(hint)) == {"kernel": "5.4"}
    assert assign(scenario, read_assignments(shlex.split(hint))).parts[0].variants["overhead"].kernel == "5.4"


def test_in_a_file_nothing_is_said_of_a_shell() -> None:
    with pytest.raises(InputError) as refused:
        load_text(f"{HEAD}study: overhead\nkernel: 5.4\n", "f.yaml")
    assert "expected text (in quotes: as it stands)\n" in str(refused.value)


def test_in_python_nothing_is_said_of_a_shell() -> None:
    scenario = load_text(f"{HEAD}study: overhead\n")
    for refuse in (
        lambda: from_document({**scenario.document, "kernel": 5.4}),
        lambda: override(scenario, {"kernel": 5.4}),
        lambda: assign(scenario, {"kernel": 5.4}),
        lambda: plan(scenario, [Axis("kernel", (5.4,))]),
    ):
        with pytest.raises(InputError) as refused:
            refuse()
        assert "expected text (in quotes: as it stands)" in str(refused.value)
        assert "shell" not in str(refused.value)


@pytest.mark.parametrize("words", [("run", "--set"), ("sweep", "--vary")])
def test_a_command_line_tells_how_a_shell_hands_on_quotes(
    words: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(f"{HEAD}study: overhead\n", encoding="utf-8")
    command, option = words
    assert answer((command, str(file), option, *shlex.split('kernel="5.4"'))) == 2
    assert "a shell takes one pair away, so there: 'kernel=\"...\"')" in capsys.readouterr().err
