"""What a removal leaves, by the package scripts of Debian 13, libvirt's manual and Docker's, and the table of it."""

from __future__ import annotations

from typing import Any

import pytest

from sim.batch.run import run as run_scenario
from sim.engine.seeds import SeedTree
from sim.errors import InputError
from sim.lifecycle.leftovers import REMOVALS, left
from sim.loading import load
from sim.report.figures.words.leftovers import left_alt, left_table, left_words
from sim.report.figures.words.wordgrid import word_grid
from sim.report.style import Style
from sim.studies.base import Context
from sim.studies.leftovers import Leftovers, run


@pytest.mark.parametrize(
    ("removal", "there"),
    [
        ("kept", "server program configuration data account"),
        # Simulated by apt 3.0 with every package but `postgresql` marked as automatic: with pg_updateaptconfig's
        # NeverAutoRemove "^postgresql.*-17", `remove --autoremove postgresql` removes that one package alone.
        ("apt_remove", "server program configuration data account"),
        # postgresql-17.prerm stops the server, postgresql-17.postrm does nothing but for "purge".
        ("apt_remove_all", "configuration data account"),
        # postgresql-17.postrm purge: pg_dropcluster. No script calls deluser.
        ("apt_purge", "account"),
    ],
)
def test_on_the_host_packages_decide(removal: Any, there: str) -> None:
    found = left("host", removal)
    assert [thing for thing, state in found.items() if state != "gone"] == there.split()


def test_a_machine_is_its_disk() -> None:
    assert left("machine", "undefine") == {
        "server": "gone", "program": "stays", "configuration": "stays", "data": "stays", "account": "never"
    }  # fmt: skip
    assert set(left("machine", "undefine_storage").values()) == {"gone", "never"}


@pytest.mark.parametrize(
    ("removal", "volume", "data"),
    [
        ("kept", "anonymous", "kept"),
        ("rm", "anonymous", "stays"),
        ("rm_volumes", "anonymous", "gone"),
        ("auto_remove", "anonymous", "gone"),
        ("rm", "named", "kept"),
        ("rm_volumes", "named", "kept"),
        ("auto_remove", "named", "kept"),
        ("rm", "none", "never"),
    ],
)
def test_a_volume_without_a_name_stays_unless_it_is_asked_for(removal: Any, volume: Any, data: str) -> None:
    found = left("container", removal, volume)
    assert found["data"] == found["configuration"] == data
    assert found["program"] == ("kept" if removal == "kept" else "stays")
    assert found["account"] == "never"
    assert left("container", removal, volume, image_removed=True)["program"] == "gone"


def test_every_removal_of_a_place_is_taken_and_no_other() -> None:
    every = {removal for removals in REMOVALS.values() for removal in removals}
    for place, removals in REMOVALS.items():
        for removal in every:
            if removal in removals:
                assert Leftovers(tool_place=place, tool_removal=removal).tool_removal == removal
            else:
                with pytest.raises(InputError, match=f"does not remove it from a {place}; there are kept"):
                    Leftovers(tool_place=place, tool_removal=removal)


@pytest.mark.parametrize("params", [{"tool_place": "host", "tool_removal": "apt_purge"}, {"tool_removal": "kept"}])
def test_an_image_is_removed_after_its_container(params: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="after its container"):
        Leftovers(image_removed=True, **params)


def test_the_metrics_count_what_is_there() -> None:
    params = Leftovers(tool_place="host", tool_removal="apt_remove_all")
    assert run(params, Context("x", SeedTree(1))).samples == {"things_left": [3], "data_left": [1], "server_left": [0]}


def test_the_table_of_the_figure_says_what_the_records_say() -> None:
    (outcome,) = run_scenario(load("throwaway-tool"))
    shown, hidden = word_grid(left_words(outcome, Style())), word_grid(left_words(outcome, Style(), hidden=True))
    assert shown.count('class="stays lively"') == 4
    assert [outcome.metric(label, "things_left").value for label in outcome.labels] == [5, 1, 3, 3, 1, 1]
    assert shown.count('<td class="stays') == 14
    assert hidden.count(">?</td>") == (5 + 1) * 6, "the sums too"
    assert "stays" not in hidden.partition("</style>")[2]
    rows = left_table(outcome)
    assert len(rows) == 5 * 6
    assert all(row["where the rule can be read"].startswith("https://") for row in rows)
    assert "Container, docker rm: Program, Configuration, Data" in left_alt(outcome)
