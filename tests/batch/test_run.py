"""Running scenarios: what is run, with which random numbers, and what is handed on."""

from __future__ import annotations

import dataclasses
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from sim import studies
from sim.batch.executors import ReplicationTask, execute
from sim.batch.kept import KeptRuns
from sim.batch.run import ReplicationPlan, run
from sim.classroom.seeds import what_if
from sim.engine.seeds import SeedTree
from sim.errors import CancelledError, InputError, Problem, SimError
from sim.loading import from_document, load, load_text, override
from sim.loading.document import read
from sim.outcome import Outcome
from sim.records.instances import InstanceRecord
from sim.scenario import Scenario
from sim.studies import base

Make = Callable[..., Scenario]
SCENARIOS = Path(__file__).parents[2] / "scenarios"


@pytest.fixture
def make(counter: str) -> Make:
    def made(**lines: str) -> Scenario:
        document = dict(read(counter, "").value)
        document |= {key: read(line, "").value for key, line in lines.items() if line}
        return from_document({key: value for key, value in document.items() if lines.get(key) != ""})

    return made


def noise(seed: int, replication: int) -> float:
    """What the study's own stream gives, worked out from the seed tree."""
    return SeedTree(seed).child("two-counters", replication).stream("noise").random()


def test_metrics_and_verdicts_are_those_worked_out_by_hand(make: Make) -> None:
    (outcome,) = run(make(count="3"))
    assert (outcome.scenario, outcome.study, outcome.seed, outcome.replications) == ("two-counters", "counter", 7, 3)
    assert outcome.labels == ("slow", "fast")
    assert outcome.metric("slow", "time", "p50").value == 4.0
    assert outcome.metric("fast", "time", "max").value == 1.5
    (verdict,) = outcome.verdicts
    assert (verdict.text, verdict.passed) == ("slow.time.p50 == 4 * fast.time.p50", True)
    assert verdict.observed == "slow.time.p50 = 4 s, fast.time.p50 = 1 s"


def test_labels_share_a_replications_random_numbers(make: Make) -> None:
    (outcome,) = run(make(noisy="true"), replications=1)
    assert outcome.metric("slow", "time", "p50").value == 2.0 + noise(7, 0)
    assert outcome.metric("fast", "time", "p50").value == 0.5 + noise(7, 0)


def test_the_value_is_the_median_over_replications_with_its_interval(make: Make) -> None:
    (outcome,) = run(make(noisy="true"), replications=9)
    draws = sorted(noise(7, replication) for replication in range(9))
    metric = outcome.metric("slow", "time", "p50")
    assert metric.value == pytest.approx(2.0 + draws[4])
    assert (metric.low, metric.high) == pytest.approx((2.0 + draws[1], 2.0 + draws[7]))


def test_records_are_those_of_the_first_replication_of_every_label(make: Make) -> None:
    (outcome,) = run(make(noisy="true", count="2"), replications=4)
    assert outcome.of_type(InstanceRecord) == tuple(
        InstanceRecord(label, n, 0.0, 0.0, 0.0, (n + 1) * service + noise(7, 0))
        for label, service in (("slow", 2.0), ("fast", 0.5))
        for n in (0, 1)
    )


def test_another_seed_gives_other_numbers_and_is_named(make: Make) -> None:
    (outcome,) = run(make(noisy="true"), seed=8, replications=1)
    assert outcome.seed == 8
    assert outcome.metric("slow", "time", "p50").value == 2.0 + noise(8, 0)


def test_a_label_whose_inputs_have_ranges_runs_at_both_ends(make: Make) -> None:
    (outcome,) = run(make(note="ranged"))
    assert outcome.metric("slow", "time", "p50").range == (1.0, 4.0)
    (plain,) = run(make())
    assert plain.metric("slow", "time", "p50").range is None


def test_the_ends_run_for_the_first_few_replications_only(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    tasks: list[ReplicationTask] = []
    monkeypatch.setattr("sim.batch.executors.execute", lambda task, *rest: tasks.append(task) or execute(task, *rest))
    run(make(note="ranged"), replications=9)
    ends = [(task.label, task.bound, task.replication) for task in tasks if task.bound != "value"]
    assert ends == [(of, bound, k) for of in ("slow", "fast") for bound in ("low", "high") for k in range(5)]


def test_the_noise_of_seeds_is_no_part_of_a_real_range() -> None:
    """Whatever the seed, the lesson's KVM guest has the same range; one run at each end moves it by a fifth."""
    taxonomy = load(SCENARIOS / "taxonomy.yaml")
    ends = []
    for seed in (1, 2, 3):
        (outcome,) = run(override(taxonomy, {"instances": 1}), seed=seed)
        found = outcome.metric("kvm", "startup_time", "p50").range
        assert found is not None
        ends.append(found)
    for end in zip(*ends, strict=True):
        assert max(end) / min(end) < 1.05


def test_ratios_pair_the_replications_of_labels(make: Make) -> None:
    """Noise is the same for both labels: slow takes 2 + x where fast takes 0.5 + x."""
    (outcome,) = run(make(noisy="true"), replications=9)
    draws = [noise(7, replication) for replication in range(9)]
    ratios = sorted((2.0 + draw) / (0.5 + draw) for draw in draws)
    ratio = outcome.ratio("slow", "time", "p50")
    assert ratio is not None
    assert ratio.to == "fast"
    assert (ratio.value, ratio.low, ratio.high) == pytest.approx((ratios[4], ratios[1], ratios[7]))
    assert outcome.ratio("fast", "time", "p50") is None


def test_parameters_are_handed_on_in_written_form(make: Make) -> None:
    (outcome,) = run(make(memory="64 MiB"))
    assert outcome.parameters is not None
    fast = outcome.parameters["fast"]
    assert (fast["service"], fast["memory"], fast["noisy"], fast["count"]) == ("500 ms", "64 MiB", "false", "1")


def test_an_estimate_marks_the_metrics_it_went_into(make: Make) -> None:
    (outcome,) = run(make(memory="1 MiB"))
    assert outcome.metric("slow", "total").estimate
    assert not outcome.metric("slow", "time", "p50").estimate


def test_a_study_without_randomness_runs_once(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    tasks: list[ReplicationTask] = []
    monkeypatch.setattr("sim.batch.executors.execute", lambda task, *rest: tasks.append(task) or execute(task, *rest))
    (outcome,) = run(make(study="fixed", expect=""), replications=50)
    assert outcome.replications == 1
    assert [task.label for task in tasks] == ["slow", "fast"]


def test_an_expectation_of_what_never_happened_is_judged_and_says_never() -> None:
    text = """
id: idle
concept: memory
title: {en: Idle, ja: 待機}
summary: {en: Nothing happens., ja: 何も起きない。}
study: memory
technology: docker
duration: 1 min
expect:
  - memory.first_kill.value > 60
  - memory.first_kill.value < 60
  - memory.first_kill.value - memory.first_swap.value == 0
"""
    (outcome,) = run(load_text(text))
    assert [verdict.passed for verdict in outcome.verdicts] == [True, False, True]
    assert outcome.verdicts[1].observed == "memory.first_kill.value = never"


def test_each_part_has_an_outcome_and_the_verdicts_of_the_metrics_it_has(counter: str) -> None:
    head = counter[: counter.index("study:")]
    first, second = run(
        load_text(
            head
            + "parts:\n- {study: counter, service: 1 s}\n- {study: fixed, service: 3 s}\n"
            + "expect: [fixed.time.p50 == 3 * counter.time.p50, counter.time.max > 5]\n"
        )
    )
    assert (first.study, second.study) == ("counter", "fixed")
    assert [(verdict.text, verdict.passed) for verdict in first.verdicts] == [("counter.time.max > 5", False)]
    assert [(verdict.text, verdict.passed) for verdict in second.verdicts] == [
        ("fixed.time.p50 == 3 * counter.time.p50", True)
    ]


def test_an_expectation_that_cannot_be_computed_has_failed(make: Make) -> None:
    (outcome,) = run(make(expect="[slow.time.p50 / slow.total.value > 1]"))
    (verdict,) = outcome.verdicts
    assert not verdict.passed
    assert "division by zero" in verdict.observed


def test_progress_grows_to_the_whole(make: Make) -> None:
    for note in ("plain", "ranged"):
        told: list[float] = []
        run(make(note=note), replications=5, tick=told.append)
        assert told == sorted(told)
        assert told[-1] == 1.0
        assert 0 < told[0] < 0.1


def test_a_tick_may_cancel(make: Make) -> None:
    def cancel(share: float) -> None:
        if share > 0.4:
            raise CancelledError("enough")

    with pytest.raises(CancelledError, match="enough"):
        run(make(), replications=10, tick=cancel)


def test_a_failing_replication_names_scenario_label_replication_and_seed(make: Make) -> None:
    scenario = make(compare="{slow: {}, fast: {fail: bug}}", expect="", controls="[count]")
    with pytest.raises(SimError) as caught:
        run(scenario)
    words = str(caught.value)
    assert words.startswith("two-counters, counter, fast, replication 0, seed 7: ZeroDivisionError: no counter is open")
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


@pytest.mark.parametrize("name", ["ci-pipeline", "components", "compose", "density", "first-start", "foreground"])
def test_a_what_if_that_takes_kept_runs_gives_what_it_gives_alone(name: str) -> None:
    scenario = override(load(name), {"replications": 1})
    kept = KeptRuns()
    assert run(scenario, kept=kept) == run(scenario, kept=kept)
    for question in scenario.lesson.quiz if scenario.lesson else ():
        if question.change:
            asked = what_if(scenario, question)
            assert run(asked, kept=kept) == run(asked)


def test_only_what_changed_runs_again(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    tasks: list[ReplicationTask] = []
    monkeypatch.setattr("sim.batch.executors.execute", lambda task, *rest: tasks.append(task) or execute(task, *rest))
    scenario, kept = make(noisy="true"), KeptRuns()
    whole = run(scenario, replications=1, kept=kept)
    changed = run(override(scenario, {"fast.count": 5}), replications=1, kept=kept)
    assert [(task.label, task.parameters.count) for task in tasks] == [("slow", 1), ("fast", 1), ("fast", 5)]
    assert changed[0].metric("slow", "time", "p50") == whole[0].metric("slow", "time", "p50")
    run(scenario, replications=2, kept=kept)
    run(scenario, replications=1, seed=8, kept=kept)
    again = [(task.label, task.seed, task.replication) for task in tasks[3:]]
    assert again[:4] == [("slow", 7, 0), ("slow", 7, 1), ("fast", 7, 0), ("fast", 7, 1)], (
        "another number of replications"
    )
    assert again[4:] == [("slow", 8, 0), ("fast", 8, 0)], "another seed"


@pytest.mark.parametrize("wrong", [{"seed": -1}, {"replications": 0}, {"jobs": 0}])
def test_impossible_arguments_are_refused(make: Make, wrong: dict[str, int]) -> None:
    with pytest.raises(InputError, match="expected at least"):
        run(make(), **wrong)  # type: ignore[arg-type]


STARTUP = """\
id: some
concept: some
title: {en: a, ja: a}
summary: {en: a, ja: a}
study: startup
host: laptop
instances: 3
compare: {docker: {technology: docker}, vm: {technology: qemu-kvm}}
replications: 7
expect: [docker.startup_time.p50 < vm.startup_time.p50]
"""


def test_the_result_does_not_depend_on_the_number_of_processes() -> None:
    scenario = load_text(STARTUP)
    alone: tuple[Outcome, ...] = run(scenario)
    assert run(scenario, jobs=2) == alone
    assert alone[0].metric("docker", "startup_time", "p50").low is not None


def test_bad_input_found_in_another_process_keeps_its_problems() -> None:
    error = InputError([Problem("a", "f", 1), Problem("b", path="x.y")])
    assert pickle.loads(pickle.dumps(error)).problems == error.problems


def test_progress_in_processes_grows_to_the_whole() -> None:
    told: list[float] = []
    run(load_text(STARTUP), replications=2, jobs=2, tick=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_the_context_carries_the_folder(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[base.Context] = []
    real = studies.study("counter")
    spy = dataclasses.replace(real, run=lambda p, context: seen.append(context) or real.run(p, context))
    monkeypatch.setattr("sim.studies.counter.STUDY", spy)
    run(dataclasses.replace(make(), folder="there"), replications=1)
    assert {(context.folder, context.bound) for context in seen} == {("there", "value")}


@pytest.mark.parametrize("name", ["seed", "replications", "jobs", "recorded"])
@pytest.mark.parametrize("value", ["x", 2.5, [1]])
def test_a_number_that_is_none_is_named_with_its_value(counter: str, name: str, value: Any) -> None:
    with pytest.raises(InputError, match="expected a whole number") as refused:
        run(load_text(counter), **{name: value})
    assert str(refused.value).startswith(f"{name}: ")


def test_what_counts_as_a_whole_number_is_one(counter: str) -> None:
    class Two:  # as numpy's integers do
        def __index__(self) -> int:
            return 2

    outcomes: Any = run(load_text(counter), replications=cast("Any", Two()))
    assert outcomes[0].replications == 2


@pytest.mark.parametrize(("scenario", "kept"), [("noisy-neighbour", True), ("taxonomy", False)])
def test_an_end_is_given_the_middle_where_its_study_keeps_some(scenario, kept):
    found = load(scenario)
    plan = ReplicationPlan(found, found.parts[0], next(iter(found.parts[0].variants)), 1, 1)
    middle = {"latency": [1.0]}
    assert plan.end(0, "low", middle) == dataclasses.replace(plan.task(0, "low"), middle=middle if kept else None)
