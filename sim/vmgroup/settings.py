"""What a group of virtual machines is told, with the defaults of Amazon EC2 Auto Scaling and its load balancer.

Sources, read in November 2026: the EC2 Auto Scaling User Guide (health checks for instances, health check grace period,
default values for an instance refresh, default instance warmup, target tracking, step scaling) and the Elastic Load
Balancing guide for Application Load Balancers (health checks for target groups, deregistration delay). Defaults are
those of the console.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from sim.errors import InputError, Problem

ReplacementKind = Literal["refresh", "blue_green"]
"""How machines get another version.

They are replaced some at a time within the group (an instance refresh), or a second group takes over the load as a
whole.
"""


@dataclass(frozen=True, slots=True)
class TargetHealthCheck:
    """How the balancer asks a machine whether it is well.

    A machine that is registered is sent requests once it has passed one check. One that has failed `unhealthy` checks
    in a row is sent none until it has passed `healthy` in a row. Where all are so, all are sent requests.

    Attributes:
        interval: Seconds between two checks. The first is made when the machine is registered.
        timeout: Seconds after which a check has failed.
        healthy, unhealthy: Those numbers.
    """

    interval: float = 30.0
    timeout: float = 5.0
    healthy: int = 5
    unhealthy: int = 2


@dataclass(frozen=True, slots=True)
class TargetTracking:
    """Keep the machines' mean utilisation at a target.

    The metric has a point each period. An alarm goes off when `high` points in a row are above the target, or `low` of
    them are more than a tenth below it. Then the group is to have ceil(machines * metric / target). Machines that warm
    up are not counted, so that a group does not grow for the same load twice. While one does, the group is not made
    smaller.

    Attributes:
        target: The utilisation, from 0 to 1.
        period: Seconds: 60, or 300 without detailed monitoring.
        high, low: Those numbers.
    """

    target: float = 0.5
    period: float = 60.0
    high: int = 3
    low: int = 15

    BELOW = 0.9
    """How far under the target it must be for fewer machines: "usually more than 10% lower"."""

    def wanted(self, metric: float, machines: int, points_high: int, points_low: int) -> int | None:
        """How many machines there are to be, given how many points in a row were high and low. None for as many."""
        if points_high >= self.high or points_low >= self.low:
            return math.ceil(machines * metric / self.target - 1e-9)
        return None

    def is_high(self, metric: float) -> bool:
        """Whether a point is above the target."""
        return metric > self.target

    def is_low(self, metric: float) -> bool:
        """Whether a point is far below the target."""
        return metric < self.BELOW * self.target


@dataclass(frozen=True, slots=True)
class StepScaling:
    """Add or remove machines by how far the metric is beyond a threshold.

    Attributes:
        high, low: The thresholds of the two alarms.
        steps: For more machines: pairs of how far above `high` the metric is at least, and how many are added. Rising.
        fewer: How many are removed below `low`.
        points: Points in a row that an alarm takes.
        period: Seconds.
    """

    high: float = 0.6
    low: float = 0.3
    steps: tuple[tuple[float, int], ...] = ((0.0, 1), (0.2, 2))
    fewer: int = 1
    points: int = 2
    period: float = 60.0

    def wanted(self, metric: float, machines: int, points_high: int, points_low: int) -> int | None:
        """As `TargetTracking.wanted`."""
        if points_high >= self.points:
            return machines + max((more for above, more in self.steps if metric >= self.high + above), default=0)
        return machines - self.fewer if points_low >= self.points else None

    def is_high(self, metric: float) -> bool:
        """Whether a point is above the upper threshold."""
        return metric > self.high

    def is_low(self, metric: float) -> bool:
        """Whether a point is below the lower threshold."""
        return metric < self.low


ScalingRule = TargetTracking | StepScaling


@dataclass(frozen=True, slots=True)
class GroupSettings:
    """What a group is told.

    Attributes:
        desired: Machines that it has at the beginning.
        least, most: The fewest and the most that it may have. None: as many as desired.
        check: The balancer's health check, which the group replaces machines by too.
        grace: Seconds after a machine runs in which the group does not replace it for its checks. The console has 300,
            the command line 0.
        warm_up: Seconds after a machine runs until it counts as one that works. None: the grace period for a
            replacement, and the default cooldown of 300 s for scaling.
        draining: Seconds that the balancer waits for requests under way at most, before a machine is ended.
        scaling: How the group follows its load. None for not at all.
        replacement: How machines get another version.
        min_healthy, max_healthy: The fewest and the most machines during a refresh, as shares of the desired number.
            Above 1, new machines come before old ones go.

    Raises `InputError` for numbers that cannot be.
    """

    desired: int
    least: int | None = None
    most: int | None = None
    check: TargetHealthCheck = TargetHealthCheck()
    grace: float = 300.0
    warm_up: float | None = None
    draining: float = 300.0
    scaling: ScalingRule | None = None
    replacement: ReplacementKind = "refresh"
    min_healthy: float = 0.9
    max_healthy: float = 1.0

    def __post_init__(self) -> None:
        checks = (
            (self.desired >= 0, "desired", self.desired, "0 or more"),
            (self.fewest <= self.desired, "least", self.least, f"at most the desired {self.desired}"),
            (self.largest >= self.desired, "most", self.most, f"at least the desired {self.desired}"),
            (self.check.interval > 0, "check.interval", self.check.interval, "above 0"),
            (0 <= self.min_healthy <= 1, "min_healthy", self.min_healthy, "between 0 and 1"),
            (1 <= self.max_healthy <= 2, "max_healthy", self.max_healthy, "between 1 and 2"),
        )
        problems = [Problem(f"{value!r} is not {what}", path=path) for right, path, value, what in checks if not right]
        if problems:
            raise InputError(problems)

    @property
    def fewest(self) -> int:
        """The fewest machines."""
        return self.desired if self.least is None else self.least

    @property
    def largest(self) -> int:
        """The most machines."""
        return self.desired if self.most is None else self.most

    @property
    def replacing_warm_up(self) -> float:
        """Seconds until a machine counts in a replacement."""
        return self.grace if self.warm_up is None else self.warm_up

    @property
    def scaling_warm_up(self) -> float:
        """Seconds until a machine counts in scaling."""
        return 300.0 if self.warm_up is None else self.warm_up
