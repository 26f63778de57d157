"""Runs a checked scenario: every part, label and replication, here or in a pool of processes.

A run draws its random numbers from its place in the seed tree alone. So the numbers are the same for any number of
processes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice, product
from pathlib import Path
from typing import TYPE_CHECKING

from sim import studies
from sim.batch.executors import ReplicationTask, executor
from sim.batch.kept import Finished, KeptRuns
from sim.batch.verdicts import judge
from sim.errors import InputError
from sim.loading import load
from sim.loading.parameters import given_entries, written_all
from sim.outcome import Bound, Metric, Outcome
from sim.scenario import Part, Scenario
from sim.studies.base import Samples, Tick, Values, no_tick, paired_ratios, replicated, summarise
from sim.wording import whole_number

if TYPE_CHECKING:
    from sim.records.record import Record

AT_ENDS = 5
"""How many replications run again at each end of the inputs' ranges. Fewer where there are fewer."""

_ENDS: tuple[Bound, ...] = ("low", "high")


def run(
    scenario: Scenario | str | Path,
    *,
    seed: int | None = None,
    replications: int | None = None,
    jobs: int = 1,
    recorded: int = 0,
    tick: Tick = no_tick,
    kept: KeptRuns | None = None,
    ranges: bool = True,
) -> tuple[Outcome, ...]:
    """Run a scenario.

    >>> (outcome,) = run("taxonomy", replications=1)
    >>> round(outcome.metric("docker", "startup_time", "p50").value, 1)
    0.3

    Args:
        scenario: A checked scenario, the path of a file, or the id of a scenario that ships ("taxonomy").
        seed: Where all randomness comes from, instead of the scenario's own seed.
        replications: How often each label runs, instead of the scenario's own number. A study without randomness runs
            once.
        jobs: How many processes run the replications.
        recorded: Which replication's records are kept, from 0. Of a study without randomness it is always the first.
        tick: Told the finished share of the whole, from 0 to 1. It may raise `CancelledError`.
        kept: Runs of labels that need not run again. Those that run are added.
        ranges: Whether the first few replications run again at both ends of their inputs' ranges. Without, nothing is
            kept.

    Returns:
        One outcome for each part of the scenario.

    Raises:
        InputError: Where the scenario, or a file that it names, cannot be used.
        SimError: Where a replication failed. The message names it.
    """
    if not isinstance(scenario, Scenario):
        scenario = load(scenario)
    seed = scenario.seed if seed is None else whole_number("seed", seed)
    replications = scenario.replications if replications is None else whole_number("replications", replications)
    jobs, recorded = whole_number("jobs", jobs), whole_number("recorded", recorded)
    if seed < 0:
        raise InputError(f"seed {seed} is out of range; expected at least 0")
    if replications < 1:
        raise InputError(f"{replications} replications are too few; expected at least 1")
    if jobs < 1:
        raise InputError(f"{jobs} jobs are too few; expected at least 1")
    if not 0 <= recorded < replications:
        raise InputError(f"no replication {recorded}; there are 0 to {replications - 1}")
    plans = [
        ReplicationPlan(scenario, part, label, seed, *((replications, recorded) if random else (1, 0)))
        for part in scenario.parts
        for label, random in product(part.variants, [studies.study(part.study).random])
    ]
    finished = _run_new(plans, jobs, tick, KeptRuns() if kept is None or not ranges else kept, AT_ENDS if ranges else 0)
    outcomes = []
    for part in scenario.parts:
        study = studies.study(part.study)
        metrics: list[Metric] = []
        records: list[Record] = []
        measured: dict[str, Values] = {}
        for label in part.variants:
            done = finished.pop(0)
            measured[label] = replicated(study, done.runs)
            metrics += summarise(study, label, done.runs, done.low, done.high, measured[label])
            tick(1.0)  # of many replications a summary takes a moment, in which a reader may still give up
            records += done.runs[recorded if study.random else 0].records
        outcomes.append(
            Outcome(
                scenario=scenario.id,
                study=part.study,
                seed=seed,
                replications=len(done.runs),
                labels=tuple(part.variants),
                metrics=tuple(metrics),
                records=tuple(records),
                parameters={label: written_all(parameters) for label, parameters in part.variants.items()},
                ratios=tuple(paired_ratios(study, measured, {(m.of, m.metric) for m in metrics if m.estimate})),
                entries={label: given_entries(parameters) for label, parameters in part.variants.items()},
                names={label: text for label, text in scenario.labels.items() if label in part.variants},
            )
        )
    return judge(scenario, tuple(outcomes))


@dataclass(frozen=True)
class ReplicationPlan:
    """What one label of one part needs: its replications first, then the ends of its inputs' ranges.

    recorded: the replication whose records are kept. None for none.
    """

    scenario: Scenario
    part: Part
    label: str
    seed: int
    replications: int
    recorded: int | None = 0

    def task(self, replication: int, bound: Bound = "value") -> ReplicationTask:
        """The task of one replication."""
        return ReplicationTask(
            scenario=self.scenario.id,
            folder=self.scenario.folder,
            study=self.part.study,
            label=self.label,
            parameters=self.part.variants[self.label],
            seed=self.seed,
            replication=replication,
            bound=bound,
            records=replication == self.recorded and bound == "value",
        )

    def end(self, replication: int, bound: Bound, middle: Samples) -> ReplicationTask:
        """The task of one replication at an end of the ranges. middle: what it gave in the middle."""
        kept = middle if studies.study(self.part.study).keeps_middle else None
        return replace(self.task(replication, bound), middle=kept)


def _run_new(plans: Sequence[ReplicationPlan], jobs: int, tick: Tick, kept: KeptRuns, at_ends: int) -> list[Finished]:
    """What each label gives. Only those run that are not kept; they are kept then."""
    found = [kept.of(plan.task(0), plan.replications) for plan in plans]
    new = [plan for plan, there in zip(plans, found, strict=True) if there is None]
    ran = _run_plans(new, jobs, tick, at_ends) if new else []
    for plan, finished in zip(new, ran, strict=True):
        kept.keep(plan.task(0), plan.replications, finished)
    rest = iter(ran)
    return [next(rest) if there is None else there for there in found]


def _run_plans(plans: Sequence[ReplicationPlan], jobs: int, tick: Tick, at_ends: int) -> list[Finished]:
    tasks = [plan.task(replication) for plan in plans for replication in range(plan.replications)]
    few = [min(plan.replications, at_ends) for plan in plans]
    whole = len(tasks) + 2 * sum(few)
    with executor(min(jobs, len(tasks))) as execute_all:
        runs = iter(execute_all(tasks, lambda done: tick(done / whole)))
        finished = [list(islice(runs, plan.replications)) for plan in plans]
        again = [count if first[0].ranged else 0 for count, first in zip(few, finished, strict=True)]
        ends = [
            plan.end(replication, bound, first[replication].samples)
            for plan, count, first in zip(plans, again, finished, strict=True)
            for bound in _ENDS
            for replication in range(count)
        ]
        skipped = whole - len(tasks) - len(ends)
        again_runs = iter(execute_all(ends, lambda done: tick((len(tasks) + skipped + done) / whole)))
    if not ends:
        tick(1.0)
    return [
        Finished(first, list(islice(again_runs, count)), list(islice(again_runs, count)))
        for first, count in zip(finished, again, strict=True)
    ]
