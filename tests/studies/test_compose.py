"""How long a project takes until it works: against hand arithmetic with the engine's and docker compose's rules."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from simpy import Environment

from sim import limits
from sim.catalog import load
from sim.compose.bringup import Behaviour, bring_up
from sim.compose.commands import waiting
from sim.compose.hosting import HostedProject
from sim.compose.saving import savings, without_checks
from sim.engine.seeds import SeedTree
from sim.errors import InputError
from sim.never import NEVER
from sim.platforms.hosting import HostingOptions, NodeHost, Recipes
from sim.platforms.plan import StartOptions, boot_plan
from sim.platforms.pull import layers_of, with_pull
from sim.records.projects import SavingRecord, ServiceRecord
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


@pytest.mark.parametrize("shared", ['network_mode: "service:db"', 'pid: "service:db"', "volumes_from: [db]"])
def test_what_shares_a_namespace_or_volumes_only_starts_later_and_asks_nothing(shared: str) -> None:
    """compose-go makes a dependency of it for the order alone; one that is written down is asked something."""
    text = f"services:\n  db: {{image: d}}\n  cache: {{image: c, {shared}}}\n"
    found = bring_up(opened(text), {"db": Behaviour(4.0)})
    assert (found.early, found.crashes) == ((), 0)
    assert found.started["db"] < found.started["cache"] == found.ready["cache"] < found.ready["db"]
    asking = text.replace("image: c", "image: c, depends_on: [db]")
    found = bring_up(opened(asking), {"db": Behaviour(4.0)})
    assert (found.early, found.crashes) == ((("cache", "db"),), 1)
    assert [one.service for one in found.stretches if one.state == "crashed"] == ["cache"]


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


def start_alone(technology: str, seeds: SeedTree, service: str = "a") -> float:
    """Seconds that one start takes on an empty laptop, by the start process without a command line."""
    known = load.technology(technology)
    bare = replace(known, phases=tuple(phase for phase in known.phases if phase.id != "cli"))
    options = HostingOptions(pull=False)
    env = Environment()
    node = NodeHost(env, load.host("laptop"), known, seeds, options, Recipes(load.host("laptop"), bare, options))
    ends: list[float] = []
    application = replace(load.application("tiny"), id=service)
    node.start(application, lambda: None, None, lambda: ends.append(env.now))
    env.run()
    return ends[0]


def test_a_container_starts_by_the_start_process_of_its_host(tmp_path):
    """Neither a constant nor the command line of docker run: what the same start takes on the same host alone."""
    (tmp_path / "compose.yaml").write_text("services: {a: {image: x}}\n")
    for technology in ("docker", "runc", "qemu-kvm"):
        params = ComposeStart(ready={"a": 4.0}, technology=technology)
        (found,) = study("compose").run(params, Context("it", SeedTree(7), folder=str(tmp_path))).samples["ready_time"]
        assert found == pytest.approx(4.0 + start_alone(technology, SeedTree(7)))


def test_the_study_measures_it(tmp_path):
    """The first probe of api begins 30 s after its start. Four starts are in the way, of 0.1 to 0.4 s each."""
    samples = asked(tmp_path).samples
    assert 4.5 + 3 + 30 + 4 * 0.1 < samples["ready_time"][0] < 4.5 + 3 + 30 + 3 * 0.5 + 4 * 0.4
    assert samples["best_saving"][0] == pytest.approx(28.0, abs=0.5)
    assert (samples["path_length"], samples["up_code"], samples["never_ready"]) == ([4], [0], [0])
    assert samples["ready_time"][0] - asked(tmp_path, probe_every=1.0).samples["ready_time"][0] > 27
    none = asked(tmp_path, health_checks="none").samples
    assert (none["ready_time"], none["up_code"], none["never_ready"]) == ([NEVER], [1], [3])
    assert asked(tmp_path, "high").samples["ready_time"][0] > samples["ready_time"][0]


def test_its_records_say_what_each_service_lived_through_and_what_changes_would_save(tmp_path):
    records = asked(tmp_path).records
    stretches = [one for one in records if isinstance(one, ServiceRecord)]
    assert {one.service: one.place for one in stretches} == {"db": 1, "migrate": 2, "api": 3, "web": 4}
    (unasked,) = (one for one in stretches if (one.service, one.state) == ("api", "unasked"))
    assert unasked.end - unasked.start == pytest.approx(30 + 0.05 - 2.0)
    assert [one.code for one in stretches if one.state == "exited"] == ["0"]
    best = next(one for one in records if isinstance(one, SavingRecord))
    assert (best.of, best.change, best.service) == ("it", "probe", "api")
    failed = asked(tmp_path, health_checks="none").records
    assert {one.place for one in failed if isinstance(one, ServiceRecord)} == {0}
    assert not any(isinstance(one, SavingRecord) for one in failed)


def test_a_machine_for_each_service_boots_at_each_link_of_the_path(tmp_path):
    """db, migrate, api and web wait for each other: what a boot takes more than a container's start comes four times,
    less the half seconds until docker compose looks."""
    containers, machines = asked(tmp_path).samples, asked(tmp_path, technology="qemu-kvm").samples
    more = start_alone("qemu-kvm", SeedTree(1), "db") - start_alone("docker", SeedTree(1), "db")
    assert machines["ready_time"][0] - containers["ready_time"][0] == pytest.approx(4 * more, abs=2.0)
    assert machines["held_memory"][0] > 4 * 200 * 2**20 > containers["held_memory"][0]


def test_a_machine_stays_where_a_process_in_it_is_started_again():
    """web ends a second after its start, after 0.1, 0.2 s and so on it is started again, and no boot comes between."""
    text = "services:\n  db: {image: d}\n  web: {image: w, depends_on: [db], restart: always}\n"
    takes = {"db": Behaviour(12.0)}
    stretches = bring_up(opened(text), takes, hosted("qemu-kvm", "db", "web")).stretches
    crashed = [one for one in stretches if one.state == "crashed"]
    assert [one.start - before.end for before, one in pairwise(crashed)][:3] == pytest.approx([0.1, 0.2, 0.4])
    container = bring_up(opened(text), takes, hosted("docker", "db", "web")).stretches
    ends = [one for one in container if one.state == "crashed"]
    assert ends[1].start - ends[0].end > 0.1 + 0.1


def hosted(technology: str, *services: str, host: str = "laptop", image: str = "") -> HostedProject:
    tiny = replace(load.application("tiny"), image=image)
    applications = {name: replace(tiny, id=name) for name in services}
    options = HostingOptions(pull=bool(image))
    return HostedProject(load.host(host), load.technology(technology), applications, SeedTree(1), options=options)


def test_images_are_pulled_first_and_each_once():
    """A download and what of the unpacking it does not hide, as the boot plan has them; then it is as if all were
    there."""
    image = "postgres:17"
    text = "services: {a: {image: x}, b: {image: x, depends_on: [a]}}\n"
    there = bring_up(opened(text), {}, hosted("docker", "a", "b")).all_ready
    pulled = bring_up(opened(text), {}, hosted("docker", "a", "b", image=image)).all_ready
    host = load.host("laptop")
    plan = boot_plan(load.technology("docker"), None, load.application("tiny"), host, StartOptions())
    alone = sum(with_pull(plan, host, layers_of(load.images()[image])).pull)
    assert pulled - there == pytest.approx(alone, rel=0.02)


def test_memory_is_that_of_the_containers_that_are_left():
    """A job's container goes with its process, and a job's machine stays."""
    text = "services: {a: {image: x}, job: {image: x}}\n"
    takes = {"job": Behaviour(runs=2.0)}
    for technology, freed in (("docker", True), ("qemu-kvm", False)):
        both = bring_up(opened(text), takes, hosted(technology, "a", "job")).memory
        alone = bring_up(opened("services: {a: {image: x}}\n"), {}, hosted(technology, "a")).memory
        assert (both == pytest.approx(alone)) is freed


def test_what_does_not_go_together_or_fit_is_told(tmp_path):
    (tmp_path / "compose.yaml").write_text("services: {a: {image: own, scale: 40}}\n")
    for given, words in (
        ({"technology": "qemu-kvm", "image": "pull"}, "disks that are there"),
        ({"images": {"a": "postgres:71"}}, "did you mean 'postgres:17'"),
        ({"guest": "alpine"}, "starts none"),
    ):
        with pytest.raises(InputError, match=words):
            ComposeStart(**given)
    with pytest.raises(InputError, match="layers of 'own' are not known"):
        study("compose").run(ComposeStart(image="pull"), Context("it", SeedTree(1), folder=str(tmp_path)))
    full = ComposeStart(memory={"a": 2**30})
    with pytest.raises(InputError, match=r"need .* of memory, and laptop has"):
        study("compose").run(full, Context("it", SeedTree(1), folder=str(tmp_path)))


def test_looks_are_counted_by_changes_and_not_by_the_time_that_passes(monkeypatch):
    """db's first probe comes after 300 h, 2,160,000 half seconds. docker compose is interrupted after a day."""
    looks = []
    known = waiting._healthy
    monkeypatch.setattr(waiting, "_healthy", lambda *given: looks.append(given) or known(*given))
    text = "services:\n  a: {image: x, depends_on: {db: {condition: service_healthy}}}\n"
    text += "  db: {image: d, healthcheck: {test: t, interval: INTERVAL}}\n"
    found = bring_up(opened(text.replace("INTERVAL", "300h")), {})
    assert (found.up, found.code, found.all_ready, len(looks)) == (NEVER, 130, NEVER, 1)
    looks.clear()
    found = bring_up(opened(text.replace("INTERVAL", "20h")), {})
    assert found.started["a"] == pytest.approx(0.2 + 72_000 + 0.05 + 0.45 + 0.2)
    assert len(looks) == 2


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
