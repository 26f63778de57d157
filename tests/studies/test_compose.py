"""How long a project takes until it works: against hand arithmetic with the engine's and docker compose's rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim import limits
from sim.compose.bringup import Behaviour, bring_up, savings, without_checks
from sim.engine.seeds import SeedTree
from sim.errors import InputError
from sim.never import NEVER
from sim.records import SavingRecord, ServiceRecord
from sim.studies import study
from sim.studies.base import Context, StudyRun
from sim.studies.compose import ComposeStart
from tests.compose.conftest import opened

SHOP = """
services:
  web: {image: w, restart: always, depends_on: {api: {condition: service_healthy}}}
  api:
    image: a
    restart: always
    healthcheck: {test: t, interval: 30s}
    depends_on: {db: {condition: service_healthy}, migrate: {condition: service_completed_successfully}}
  migrate: {image: m, depends_on: {db: {condition: service_healthy}}}
  db: {image: d, healthcheck: {test: t, interval: 10s, start_period: 30s, start_interval: 1s}}
"""
TAKES = {"db": Behaviour(4.0), "api": Behaviour(2.0), "migrate": Behaviour(runs=3.0)}


def test_the_time_is_that_of_starts_probes_looks_and_jobs():
    """db starts at 0.2. A probe takes 0.05 s and the next begins a second later: the one at 4.35 is the first after
    4.2 s, when db is ready. It ends at 4.4, the look at 4.7 sees it, and migrate starts at 4.9. It ends at 7.9, api's
    look of that moment sees it, and api starts at 8.1. Its first probe begins at 38.1 and ends at 38.15. The look at
    38.6 sees it, and web starts at 38.8.
    """
    found = bring_up(opened(SHOP), TAKES)
    assert found.started == pytest.approx({"db": 0.2, "migrate": 4.9, "api": 8.1, "web": 38.8})
    assert found.ready == pytest.approx({"db": 4.2, "migrate": 7.9, "api": 10.1, "web": 38.8})
    assert (found.code, found.early, found.crashes) == (0, (), 0)
    assert found.path == ("db", "migrate", "api", "web")


def test_one_change_saves_most_where_a_ready_service_waits_for_its_probe():
    """With a probe every second api is healthy at 10.25 instead of 38.15 and seen at 10.6; web starts at 10.8."""
    best, *others = savings(opened(SHOP), TAKES)
    assert (best.change, best.service, best.early) == ("probe", "api", 0)
    assert best.seconds == pytest.approx(28.0)
    assert (others[0].change, others[0].service, others[0].other, others[0].early) == ("start", "web", "api", 1)
    assert all(one.seconds > 0 for one in others)


def test_without_health_checks_the_job_runs_too_early_and_the_project_fails():
    found = bring_up(without_checks(opened(SHOP)), TAKES)
    assert (found.code, found.error) == (1, "job failed")
    assert ("migrate", "db") in found.early
    assert found.all_ready == NEVER


def test_a_service_that_starts_too_early_is_restarted_until_it_works_or_never_is():
    """db is ready at 5.2. web starts at 0.4, ends a second later, and waits 0.1, 0.2, 0.4 s and so on in between."""
    text = "services:\n  db: {image: d}\n  web: {image: w, depends_on: [db], restart: RESTART}\n"
    again = bring_up(opened(text.replace("RESTART", "always")), {"db": Behaviour(5.0)})
    starts = [0.4]
    for wait in (0.1, 0.2, 0.4, 0.8):
        starts.append(starts[-1] + 1.0 + wait + 0.2)
    assert again.crashes == sum(at < 5.2 for at in starts) == 4
    assert again.ready["web"] == pytest.approx(starts[again.crashes])
    assert bring_up(opened(text.replace("RESTART", "'no'")), {"db": Behaviour(5.0)}).ready["web"] == NEVER
    patient = bring_up(opened(text.replace("RESTART", "'no'")), {"db": Behaviour(5.0), "web": Behaviour(needs=False)})
    assert (patient.crashes, patient.early) == (0, (("web", "db"),))


def test_replicas_start_in_turn_and_the_last_one_counts():
    found = bring_up(opened("services: {a: {image: x, scale: 4}}\n"), {"a": Behaviour(1.0)})
    assert found.all_ready == pytest.approx(4 * 0.2 + 1.0)


def asked(folder: Path, bound: str = "value", **given: object) -> StudyRun:
    (folder / "compose.yaml").write_text(SHOP)
    params = ComposeStart(ready={"db": 4.0, "api": 2.0}, jobs={"migrate": 3.0}, **given)  # type: ignore[arg-type]
    return study("compose").run(params, Context("it", SeedTree(1), bound=bound, folder=str(folder)))  # type: ignore[arg-type]


def test_the_study_measures_it(tmp_path):
    samples = asked(tmp_path).samples
    assert samples["ready_time"] == pytest.approx([38.8])
    assert samples["best_saving"] == pytest.approx([28.0])
    assert (samples["path_length"], samples["up_code"], samples["never_ready"]) == ([4], [0], [0])
    assert asked(tmp_path, probe_every=1.0).samples["ready_time"] == pytest.approx([10.8])
    none = asked(tmp_path, health_checks="none").samples
    assert (none["ready_time"], none["up_code"], none["never_ready"]) == ([NEVER], [1], [3])
    assert asked(tmp_path, "high").samples["ready_time"][0] > samples["ready_time"][0]


def test_its_records_say_what_each_service_lived_through_and_what_changes_would_save(tmp_path):
    records = asked(tmp_path).records
    stretches = [one for one in records if isinstance(one, ServiceRecord)]
    assert {one.service: one.place for one in stretches} == {"db": 1, "migrate": 2, "api": 3, "web": 4}
    (unasked,) = (one for one in stretches if (one.service, one.state) == ("api", "unasked"))
    assert (unasked.start, unasked.end) == pytest.approx((10.1, 38.15))
    assert [one.code for one in stretches if one.state == "exited"] == ["0"]
    best = next(one for one in records if isinstance(one, SavingRecord))
    assert (best.of, best.change, best.service, best.seconds) == ("it", "probe", "api", pytest.approx(28.0))
    failed = asked(tmp_path, health_checks="none").records
    assert {one.place for one in failed if isinstance(one, ServiceRecord)} == {0}
    assert not any(isinstance(one, SavingRecord) for one in failed)


def test_what_is_wrong_with_the_project_is_told_before_it_runs(tmp_path):
    missing = study("compose").missing
    assert "no file" in next(iter(missing(ComposeStart(), str(tmp_path)))).message
    (tmp_path / "compose.yaml").write_text("services: {a: {image: x, depends_on: [b]}}\n")
    (problem,) = missing(ComposeStart(), str(tmp_path))
    assert "compose.yaml:1" in problem.message
    assert "no service 'b'" in problem.message
    (tmp_path / "compose.yaml").write_text("services: {a: {image: x}}\n")
    assert not list(missing(ComposeStart(), str(tmp_path)))
    (problem,) = missing(ComposeStart(ready={"b": 1.0}), str(tmp_path))
    assert "no service 'b'" in problem.message


def test_more_containers_than_can_be_followed_are_refused_with_the_number():
    with pytest.raises(InputError, match=f"{limits.COMPOSE_CONTAINERS:,}"):
        bring_up(opened("services: {a: {image: x, scale: 1000000000}}\n"), {})
