"""One service against many: what the study measures follows from who calls whom."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from sim.catalog import load
from sim.engine.seeds import SeedTree
from sim.errors import InputError
from sim.never import NEVER
from sim.records.load import RouteRecord
from sim.studies import study
from sim.studies.base import Context, StudyRun
from sim.studies.microservices import Microservices

MANY = """
services:
  front: {image: f, restart: always, depends_on: [a, b]}
  a: {image: a, restart: always, depends_on: [db]}
  b: {image: b, restart: always, depends_on: [db]}
  db: {image: d, restart: always}
"""
ONE = "services:\n  app: {image: x, restart: always}\n  db: {image: d, restart: always}\n"
ROUTES = {"left": ("front", "a", "db"), "right": ("front", "b", "db")}
READY = {"front": 2.0, "a": 2.0, "b": 2.0, "db": 1.0}


def ran(folder: Path, text: str = MANY, **given: Any) -> StudyRun:
    (folder / "compose.yaml").write_text(text)
    known: dict[str, Any] = {"routes": ROUTES, "ready": READY, "tolerant": ("front", "a", "b")}
    known["work"] = {"a": 0.004, "db": 0.001}
    params = Microservices(**known | given)
    return study("microservices").run(params, Context("it", SeedTree(1), folder=str(folder)))


def one(folder: Path, **given: Any) -> StudyRun:
    return ran(folder, ONE, ready={"app": 8.0, "db": 1.0}, tolerant=("app",), part_of="app", **given)


def value(found: StudyRun, metric: str) -> float:
    (sample,) = found.samples[metric]
    return sample


def lost(records: Sequence[Any], cause: str) -> set[str]:
    return {record.kind for record in records if isinstance(record, RouteRecord) and record.cause == cause}


def test_a_crash_takes_along_who_calls_the_service_and_nobody_else(tmp_path):
    for module, kinds in (("a", {"left"}), ("b", {"right"}), ("db", {"left", "right"}), ("front", {"left", "right"})):
        found = ran(tmp_path, crash=module)
        assert lost(found.records, "crash") == kinds
        assert value(found, "blast_share") == pytest.approx(1.0 if len(kinds) == 2 else 0.5, abs=0.25)
    whole = one(tmp_path, crash="a")
    assert lost(whole.records, "crash") == {"left", "right"}
    assert value(whole, "blast_share") == 1
    assert value(whole, "crash_away") > 8


def test_a_change_takes_its_own_service_away_for_a_start_and_until_it_works(tmp_path):
    small, large = ran(tmp_path, change="b"), one(tmp_path, change="b")
    assert 2.0 < value(small, "change_time") < 2.0 + 1.0
    assert 8.0 < value(large, "change_time") < 8.0 + 1.0
    assert lost(small.records, "change") == {"right"}
    expected = 20.0 * value(large, "change_away")
    assert value(large, "lost_by_change") == pytest.approx(expected, abs=4 * expected**0.5)


def test_modules_of_one_service_call_each_other_without_a_hop(tmp_path):
    small, large = ran(tmp_path), one(tmp_path)
    assert (value(small, "hops"), value(large, "hops")) == (2, 1)
    slow: dict[str, Any] = {"hop": 0.1, "rate": 0.5, "window": 100.0}
    dear = min(ran(tmp_path, **slow).samples["latency"]) - min(one(tmp_path, **slow).samples["latency"])
    assert dear == pytest.approx(0.1 / load.host("laptop").cpu_speed.value, rel=0.01)


def test_stretches_of_a_kind_have_no_gaps_and_count_its_requests(tmp_path):
    """Work and hops take no time here, so that none comes before a service is back and reaches it after."""
    found = ran(tmp_path, change="a", crash="db", work={}, hop=0.0)
    mine = [record for record in found.records if isinstance(record, RouteRecord) and record.kind == "left"]
    assert [record.cause for record in mine] == ["", "change", "", "crash", ""]
    assert [record.end for record in mine[:-1]] == [record.start for record in mine[1:]]
    assert (mine[0].start, mine[-1].end) == (0, 120)
    assert all(record.lost == record.requests for record in mine if record.cause)
    assert mine[0].services == "front > a > db"


def test_a_service_that_does_not_come_back_is_away_to_the_end(tmp_path):
    found = ran(tmp_path, MANY.replace("image: a, restart: always", "image: a, restart: 'no'"), crash="a")
    assert value(found, "crash_away") == NEVER
    last = [record for record in found.records if isinstance(record, RouteRecord) and record.kind == "left"][-1]
    assert (last.cause, last.end) == ("crash", 120)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"crash": "c"}, "no module 'c' in the routes; there are front, a, db, b"),
        ({"work": {"c": 1.0}}, "no module 'c'"),
        ({"shares": {"up": 1.0}}, "no kind of request 'up'; there are left, right"),
        ({"routes": {"left": ("z",)}, "work": {}}, "'z' is no service, and so must be part_of one"),
        ({"routes": {}, "work": {}}, "expected the modules"),
        ({"routes": {"left": ()}, "work": {}}, "expected the modules"),
    ],
)
def test_what_does_not_fit_the_project_is_told(tmp_path, given, words):
    with pytest.raises(InputError, match=words):
        ran(tmp_path, **given)
