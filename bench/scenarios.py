"""What the first replication of each shipped scenario costs, with all its labels, beside a million heap operations.

`python -m bench.scenarios` prints the ratio of each, the dearest first. Given ids, it takes only those.
"""

from __future__ import annotations

import sys
from functools import partial

from bench.measure import ROUNDS, cost
from sim.batch.executors import execute
from sim.batch.run import ReplicationPlan
from sim.loading import load
from sim.loading.shipped import lessons
from sim.scenario import Scenario
from sim.studies.once import Once


def first_replication(scenario: Scenario) -> None:
    """Run each label of each part once, with its records, as one batch."""
    once = Once()
    for part in scenario.parts:
        for label in part.variants:
            execute(ReplicationPlan(scenario, part, label, scenario.seed, 1).task(0), once=once)


def ratio_of(scenario_id: str, most: float = 1.0, rounds: int = ROUNDS) -> float:
    """Millions of heap operations that take as long, for a gate at `most`. The file is read and checked before."""
    scenario = load(scenario_id)
    first_replication(scenario)
    return cost(partial(first_replication, scenario), most, rounds)


def main() -> None:
    """Print the table, and the sum."""
    costs = {name: ratio_of(name, rounds=3) for name in sys.argv[1:] or lessons()}
    print("| first replication of | millions of heap operations | target 1 |")
    for name, ratio in sorted(costs.items(), key=lambda one: -one[1]):
        print(f"| {name} | {ratio:.2f} | {'' if ratio <= 1 else 'missed'} |")
    print(f"| all together | {sum(costs.values()):.1f} | |")


if __name__ == "__main__":
    main()
