"""The study `rollout`: metrics by hand arithmetic, files of one's own, and what does not go together."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from sim.engine.seeds import SeedTree
from sim.errors import InputError
from sim.never import NEVER
from sim.records.load import RequestRecord
from sim.records.replicas import NodeRecord, ReplicaRecord, WantedRecord
from sim.studies.base import Context, StudyRun
from sim.studies.rollout import STUDY, run
from sim.studies.rollout.parameters import ServiceRollout
from sim.studies.rollout.summary import counts, fewest_ready, most_replicas, short_seconds


def ran(folder: Path | str = "", **given: Any) -> StudyRun:
    context = Context("it", SeedTree(1).child("a test", 0), folder=str(folder))
    return run(ServiceRollout(**given), context)


def value(done: StudyRun, metric: str) -> float:
    (only,) = done.samples[metric]
    return only


@pytest.mark.parametrize("platform", ["kubernetes", "swarm", "machines"])
def test_every_request_is_offered_once_and_each_metric_has_one_sample(platform: Any) -> None:
    done = ran(platform=platform, rate=50.0, window=120.0)
    assert set(done.samples) == {metric.name for metric in STUDY.metrics}
    bins = [record for record in done.records if isinstance(record, RequestRecord)]
    assert sum(one.offered for one in bins) == pytest.approx(50 * 120)
    assert sum(one.width for one in bins) == pytest.approx(120)
    assert sum(one.failed for one in bins) == pytest.approx(value(done, "lost"), abs=1e-3)
    assert value(done, "error_share") == pytest.approx(value(done, "lost") / 6000)


@pytest.mark.parametrize("platform", ["kubernetes", "swarm", "machines"])
def test_records_of_a_replica_follow_each_other_up_to_the_end(platform: Any) -> None:
    done = ran(platform=platform, window=120.0)
    by_name: dict[str, list[ReplicaRecord]] = {}
    for record in done.records:
        if isinstance(record, ReplicaRecord):
            by_name.setdefault(record.replica, []).append(record)
    for own in by_name.values():
        assert all(first.end == second.start for first, second in pairwise(own))
        assert all(one.end <= 120 and (one.node or one.state == "pending") for one in own)
        assert all(one.asked for one in own if one.answers)


def test_a_failed_node_loses_its_share_of_the_requests_until_it_is_noticed() -> None:
    """Four replicas, two of them on the node that fails: half of 100 a second until the rules leave them out."""
    done = ran(event="node_failure", rate=100.0, window=420.0)
    noticed = value(done, "noticed_after")
    assert 40 < noticed <= 55.1
    asked = max(
        record.end
        for record in done.records
        if isinstance(record, ReplicaRecord) and record.asked and not record.answers
    )
    assert 10 + noticed < asked < 10 + noticed + 1.2
    under_way = 2 * 100 / 4 * 0.02
    assert value(done, "lost") == pytest.approx((asked - 10) * 100 / 2 + under_way, rel=0.01)
    assert value(done, "fewest_ready") == 2
    assert value(done, "short_for") == pytest.approx(value(done, "duration"), abs=0.2)
    # Three nodes for 420 s, but one for 10 s.
    assert value(done, "node_hours") == pytest.approx((2 * 420 + 10) / 3600)


def test_a_probe_and_a_wait_before_term_lose_nothing() -> None:
    bare, probed, waits = (
        ran(probe=False),
        ran(),
        ran(wait_before_term=5.0),
    )
    assert value(bare, "fewest_listed") == 3  # of four, as the Deployment's rules want it
    assert value(bare, "fewest_ready") == 0
    assert value(bare, "lost") > 50 * value(probed, "lost") > 0 == value(waits, "lost")
    assert value(bare, "duration") < value(probed, "duration") < value(waits, "duration")


def test_a_retry_finds_a_replica_that_answers() -> None:
    assert value(ran(retries=3), "lost") < value(ran(), "lost") / 2


def test_an_autoscaler_asks_for_as_many_as_the_load_needs() -> None:
    """400 requests a second of 10 ms are 4 cores; at a target of 0.5 of one core each, that is 8 replicas."""
    done = ran(event="load", load="spike", rate=80.0, peak=400.0, cpu=1.0, replicas=2, most=20, window=300.0)
    wanted = [record.replicas for record in done.records if isinstance(record, WantedRecord)]
    assert wanted[0] == 2
    assert wanted[-1] == 8
    assert value(ran(event="load", load="spike", rate=80.0, peak=400.0, cpu=1.0, replicas=2, most=5), "most_pods") == 5


def test_a_thousand_replicas_are_rolled_out_within_their_bounds() -> None:
    done = ran(replicas=1000, nodes=100, surge=250, unavailable=100, host="server", rate=20_000.0)
    assert value(done, "most_pods") <= 1250
    assert value(done, "fewest_listed") >= 900
    assert value(done, "replicas_made") == 1000
    assert value(done, "duration") < 600


def test_a_manifest_says_what_parameters_leave_out(tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: shop}\nspec:\n  replicas: 3\n"
        "  selector: {matchLabels: {app: shop}}\n  strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}\n"
        "  template:\n    metadata: {labels: {app: shop}}\n    spec:\n      containers:\n"
        "      - {name: c, image: 'shop:7', readinessProbe: {periodSeconds: 2},\n"
        "         lifecycle: {preStop: {exec: {command: [sleep, '3']}}}}\n"
    )
    done = ran(tmp_path, manifest="shop.yaml")
    assert value(done, "most_pods") == 4
    assert value(done, "fewest_listed") == 3
    assert value(done, "lost") == 0
    assert value(ran(tmp_path, manifest="shop.yaml", replicas=5), "most_pods") == 6


def deployment(folder: Path, pod: str, container: str = "") -> str:
    """Two replicas with a probe and a wait before TERM. `pod` and `container` are more of the fields."""
    (folder / "own.yaml").write_text(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: own}\nspec:\n  replicas: 2\n"
        "  selector: {matchLabels: {app: own}}\n  strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}\n"
        f"  template:\n    metadata: {{labels: {{app: own}}}}\n    spec:\n{pod}      containers:\n"
        "      - {name: web, image: 'own:1', lifecycle: {preStop: {sleep: {seconds: 5}}},\n"
        f"         readinessProbe: {{periodSeconds: 2}}{container}}}\n"
    )
    return "own.yaml"


SIDECAR = "      initContainers: [{name: proxy, image: 'envoy:1', restartPolicy: Always}]\n"


@pytest.mark.parametrize("event", ["update", "drain"])
def test_a_pod_with_a_sidecar_serves_until_its_main_container_ends(tmp_path: Path, event: Any) -> None:
    done = ran(tmp_path, manifest=deployment(tmp_path, SIDECAR), event=event, budget=1)
    bare = ran(tmp_path, manifest=deployment(tmp_path, ""), event=event, budget=1)
    assert value(done, "lost") == value(bare, "lost") == 0
    assert value(done, "fewest_ready") == value(bare, "fewest_ready")


INIT = "      initContainers: [{name: migrate, image: nginx, command: ['true']}]\n"


def test_an_init_container_runs_for_its_time_and_the_service_starts_after_it(tmp_path: Path) -> None:
    manifest = deployment(tmp_path, INIT)
    done = ran(tmp_path, manifest=manifest)
    assert value(done, "lost") == 0
    assert value(done, "fewest_ready") == 2
    # A second more of each new pod: an update of two replicas, one after the other.
    short, long = (ran(tmp_path, manifest=manifest, init_time=seconds) for seconds in (2.0, 12.0))
    assert value(long, "duration") - value(short, "duration") == pytest.approx(2 * 10, abs=2)


def test_a_pod_that_asks_for_storage_finds_room_on_a_node_as_far_as_there_is_any(tmp_path: Path) -> None:
    """100 GiB on each of two nodes have room for one pod of 60 GiB each, so that one of three has none."""
    asks = ", resources: {requests: {ephemeral-storage: SIZE}}"
    assert value(ran(tmp_path, manifest=deployment(tmp_path, "", asks.replace("SIZE", "1Gi"))), "lost") == 0
    manifest = deployment(tmp_path, "", asks.replace("SIZE", "60Gi"))
    done = ran(tmp_path, manifest=manifest, nodes=2, event="scale", scale_to=3)
    assert (value(done, "most_pods"), value(done, "most_ready")) == (3, 2)


@pytest.mark.parametrize("event", ["start", "update", "load"])
@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ("requests: {ephemeral-storage: 101Gi}", "0/3 nodes are available: 3 Insufficient ephemeral-storage"),
        ("limits: {example.com/gpu: 1}", "0/3 nodes are available: 3 Insufficient example.com/gpu"),
    ],
)
def test_a_service_without_any_replica_is_refused_with_the_schedulers_reason(
    tmp_path: Path, event: Any, asked: str, reason: str
) -> None:
    manifest = deployment(tmp_path, "", f", resources: {{{asked}}}")
    with pytest.raises(InputError, match=f"no replica of 'own' is ever ready: {reason}"):
        ran(tmp_path, manifest=manifest, event=event, window=60.0)


def test_a_service_that_crashes_is_refused_with_the_kubelets_reason(tmp_path: Path) -> None:
    manifest = deployment(tmp_path, "", ", resources: {limits: {memory: 1Mi}}")
    with pytest.raises(InputError, match="no replica of 'own' is ever ready: container 'web': "):
        ran(tmp_path, manifest=manifest)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind: Deployment\n", "apiVersion"),
        ("apiVersion: v1\nkind: Service\nmetadata: {name: a}\n", "0 Deployments"),
        ("a: [", "expected"),
    ],
)
def test_a_manifest_that_will_not_do_is_a_problem_and_no_traceback(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "bad.yaml").write_text(text)
    problems = list(STUDY.missing(ServiceRollout(manifest="bad.yaml"), str(tmp_path)))
    assert problems
    assert any(said in str(problem) for problem in problems)


def test_files_that_are_not_there_are_named(tmp_path: Path) -> None:
    (problem,) = STUDY.missing(ServiceRollout(manifest="no.yaml"), str(tmp_path))
    assert problem.path == "manifest"
    (problem,) = STUDY.missing(ServiceRollout(load="file", load_file="no.csv"), str(tmp_path))
    assert problem.path == "load_file"


def test_a_load_file_that_will_not_do_is_a_problem_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "load.csv").write_text("seconds,rate\n0,many\n")
    problems = list(STUDY.missing(ServiceRollout(load="file", load_file="load.csv"), str(tmp_path)))
    assert {problem.path for problem in problems} == {"load_file"}


def test_a_load_of_a_file_is_sent(tmp_path: Path) -> None:
    (tmp_path / "load.csv").write_text("seconds,rate\n0,10\n60,30\n")
    done = ran(tmp_path, load="file", load_file="load.csv", window=60.0)
    bins = [record for record in done.records if isinstance(record, RequestRecord)]
    assert sum(one.offered for one in bins) == pytest.approx(60 * 20)


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"at": 100.0, "window": 60.0}, "at"),
        ({"load": "file"}, "load_file"),
        ({"failing": 5, "nodes": 3}, "failing"),
        ({"surge": 0, "unavailable": 0}, "surge"),
        ({"platform": "swarm", "tolerated": 30.0}, "tolerated"),
        ({"platform": "swarm", "most": 9}, "most"),
        ({"platform": "machines", "probe": False}, "probe"),
        ({"platform": "machines", "on_term": "dies"}, "on_term"),
        ({"platform": "machines", "manifest": "a.yaml"}, "manifest"),
    ],
)
def test_what_does_not_go_together_is_refused_with_its_parameter(given: dict[str, Any], path: str) -> None:
    with pytest.raises(InputError) as refused:
        ServiceRollout(**given)
    assert [problem.path for problem in refused.value.problems] == [path]


def test_the_same_seed_gives_the_same_run() -> None:
    assert ran(probe=False).samples == ran(probe=False).samples


def test_counts_are_of_stretches_cut_to_the_window() -> None:
    stretches = [(0.0, 5.0), (2.0, 9.0), (5.0, 7.0)]
    assert list(counts(stretches, 1.0, 8.0)) == [(1.0, 2.0, 1), (2.0, 7.0, 2), (7.0, 8.0, 1)]
    assert fewest_ready(stretches, 1.0, 8.0) == 1
    assert most_replicas(stretches, 1.0, 8.0) == 2
    assert short_seconds(stretches, [(0.0, 2), (6.0, 3)], 1.0, 8.0) == pytest.approx(1 + 2)


def test_a_node_is_told_with_when_it_failed_and_when_that_was_noticed() -> None:
    nodes = [record for record in ran(event="node_failure", window=60.0).records if isinstance(record, NodeRecord)]
    assert len(nodes) == 3
    (failed,) = [node for node in nodes if node.down != NEVER]
    assert failed.down == 10


@pytest.mark.parametrize("platform", ["swarm", "machines"])
def test_more_health_checks_than_can_be_simulated_are_refused_with_their_number(platform: Any) -> None:
    with pytest.raises(InputError, match=r"probe_every: 7,200,000 health checks in the window; .* 250,000"):
        ServiceRollout(platform=platform, replicas=1000, probe_every=1.0, window=7200.0)
    ServiceRollout(platform=platform, replicas=1000, window=7200.0)
    ServiceRollout(platform="kubernetes", replicas=1000, probe_every=1.0, window=7200.0)


def test_a_run_whose_records_nobody_reads_measures_the_same() -> None:
    params = ServiceRollout(platform="machines", rate=50.0, window=60.0)
    read, unread = (run(params, Context("it", SeedTree(1), records=records)) for records in (True, False))
    assert unread.samples == read.samples
    assert unread.records == ()
