"""Items and whole cases are counted apart: a wrong rule breaks few items and many cases."""

import importlib
import json
from importlib import resources

import pytest

from sim.errors import InputError
from sim.evidence.replay import ReplayResult, replay
from sim.evidence.replays import compose, kubernetes, lifecycle, swarm
from sim.evidence.replays.counting import CaseDisagreement, CountedItem, Tally
from sim.report.formats.inspection import replayed

RIGHT = CountedItem("state", "exited", "exited", agrees=True)
WRONG = CountedItem("exits", [137], [143], agrees=False)


def counted(kind, **cases):
    tally = Tally(kind)
    for name, items in cases.items():
        tally.count(name, items)
    return tally


def test_a_case_agrees_where_all_of_its_items_do_and_an_empty_one_is_none():
    tally = counted("lifecycle", a=[RIGHT, RIGHT], b=[RIGHT, WRONG, RIGHT], c=[])
    assert tally.plain() == {"items": 5, "agree": 4, "cases": 2, "cases_agree": 1}
    assert tally.disagreements == [CaseDisagreement("b", "exits", [137], [143])]


def test_files_of_one_kind_add_up():
    tally = counted("kubernetes", a=[RIGHT])
    tally.add(counted("kubernetes", b=[WRONG, RIGHT]))
    assert tally.plain() == {"items": 3, "agree": 2, "cases": 2, "cases_agree": 1}
    assert [item.case for item in tally.disagreements] == ["b"]


def test_the_answer_has_the_counts_by_kind_and_every_disagreement():
    result = ReplayResult(tallies={"lifecycle": counted("lifecycle", b=[RIGHT, WRONG])})
    assert result.plain() == {
        "lifecycle": {"items": 2, "agree": 1, "cases": 1, "cases_agree": 0},
        "disagreements": [{"case": "b", "item": "exits", "predicted": [137], "recorded": [143]}],
    }
    assert not result.agrees
    table = replayed(result.plain())
    assert "lifecycle" in table
    assert "1 of 2" in table
    assert "b: exits\n  predicted [137], recorded [143]\n" in table


@pytest.mark.parametrize(
    ("kind", "file", "broken"),
    [
        (lifecycle, "recorded_lifecycles.json", "sim.evidence.replays.lifecycle.run_case"),
        (compose, "recorded_compose.json", "sim.evidence.replays.compose.ComposeBench"),
        (swarm, "recorded_swarm.json", "sim.evidence.replays.swarm.run_case"),
        (kubernetes, "kubernetes_hpa.json", "sim.evidence.replays.kubernetes.hpa._AutoscalingRun"),
    ],
    ids=lambda value: getattr(value, "KIND", ""),
)
def test_a_case_that_the_model_stumbles_over_disagrees_and_the_others_count(kind, file, broken, monkeypatch):
    data = json.loads(resources.files("sim.evidence").joinpath("data", file).read_text("utf-8"))
    whole = kind.replay(data, file)
    module, name = broken.rsplit(".", 1)
    works, calls = getattr(importlib.import_module(module), name), []

    def stumbling(*arguments, **named):
        calls.append(1)
        if len(calls) == 2:
            raise ZeroDivisionError("by nothing")
        return works(*arguments, **named)

    monkeypatch.setattr(broken, stumbling)
    tally = kind.replay(data, file)
    assert (tally.cases, tally.stumbled, whole.stumbled) == (whole.cases, 1, 0)
    assert kind is not kubernetes or tally.items == whole.items, "its items are known without playing it"
    assert tally.cases_agree == whole.cases_agree - 1
    assert {item.predicted for item in tally.disagreements} == {"not played: ZeroDivisionError: by nothing"}


def test_a_recording_that_counts_nothing_is_bad_input(tmp_path):
    """Else it would agree in all of its items."""
    data = json.loads(resources.files("sim.evidence").joinpath("data", "kubernetes_hpa.json").read_text("utf-8"))
    data["cases"] = [data["cases"][0] | {"expect": {}}]
    (tmp_path / "none.json").write_text(json.dumps(data))
    with pytest.raises(InputError, match="nothing in it is counted"):
        replay(tmp_path / "none.json")
