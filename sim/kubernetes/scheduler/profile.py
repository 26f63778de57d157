"""How a scheduler is set: the weights of its scores and their arguments (KubeSchedulerConfiguration, one profile)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sim.kubernetes.scheduler.nodes import HOSTNAME, ZONE
from sim.kubernetes.scheduler.pods import SpreadConstraint
from sim.kubernetes.selectors import NOTHING

FULL_SCORE = 100
"""The score of the best node, before the weight."""

WEIGHTS = {
    "TaintToleration": 3,
    "NodeAffinity": 2,
    "NodeResourcesFit": 1,
    "PodTopologySpread": 2,
    "InterPodAffinity": 2,
    "NodeResourcesBalancedAllocation": 1,
    "ImageLocality": 1,
}
"""Of Kubernetes 1.32 (pkg/scheduler/apis/config/v1/default_plugins.go)."""

SYSTEM_DEFAULTS = (
    SpreadConstraint(3, HOSTNAME, hard=False, selector=NOTHING),
    SpreadConstraint(5, ZONE, hard=False, selector=NOTHING),
)
"""How pods of a service or a controller are spread that say nothing of it (plugins/podtopologyspread/plugin.go)."""

Strategy = Literal["LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"]


@dataclass(frozen=True)
class SchedulerProfile:
    """One profile.

    Attributes:
        strategy: How NodeResourcesFit scores.
        resources: What it scores, with weights.
        ratio: Points of RequestedToCapacityRatio: use in %, and a score from 0 to 10.
        balanced: What NodeResourcesBalancedAllocation compares.
        hard_affinity_weight: What another pod's required affinity adds to a node's score.
        spread: Constraints of pods that have none of their own. Their selector is that of the pod's services and
            controller.
        system_spread: Whether these are the system's. Then a node needs only one of their labels.
        percentage: Of the nodes, how many that fit are looked for before they are scored. 0 chooses by their number.
    """

    weights: Mapping[str, int] = field(default_factory=lambda: dict(WEIGHTS))
    strategy: Strategy = "LeastAllocated"
    resources: tuple[tuple[str, int], ...] = (("cpu", 1), ("memory", 1))
    ratio: tuple[tuple[int, int], ...] = ()
    balanced: tuple[str, ...] = ("cpu", "memory")
    hard_affinity_weight: int = 1
    spread: tuple[SpreadConstraint, ...] = SYSTEM_DEFAULTS
    system_spread: bool = True
    percentage: int = 0

    def enough(self, nodes: int) -> int:
        """How many nodes that fit are enough, of so many (schedule_one.go, numFeasibleNodesToFind)."""
        if nodes < 100:
            return nodes
        percentage = self.percentage or max(50 - nodes // 125, 5)
        return max(nodes * percentage // 100, 100)
