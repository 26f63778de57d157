"""Budgets of an image, as CI states them: what it may waste.

They are judged against what `inspect` found. Both are dive's. One is `highestWastedBytes` or
`highestUserWastedPercent`, in bytes or as a share of all layers' bytes but the first's. The other is
`lowestEfficiency`. What just meets a budget keeps it, as in dive (wagoodman/dive,
cmd/dive/cli/internal/command/ci/rules.go).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sim.errors import InputError
from sim.quantity import parse

BudgetFigure = Literal["wasted_bytes", "wasted_share", "efficiency"]


@dataclass(frozen=True, slots=True)
class ImageBudget:
    """A bound on one figure of an image.

    Attributes:
        text: As it was written.
        least: Whether it is the least that is allowed.
    """

    option: str
    text: str
    figure: BudgetFigure
    limit: float
    least: bool = False

    def judge(self, image: Mapping[str, Any]) -> dict[str, Any]:
        """{"budget", "figure", "limit", "observed", "passed"} of an image as `inspect.describe` tells it."""
        observed = image[self.figure]
        passed = observed >= self.limit if self.least else observed <= self.limit
        return {
            "budget": f"{self.option} {self.text}", "figure": self.figure, "limit": self.limit, "observed": observed,
            "passed": passed,
        }  # fmt: skip


def max_wasted(text: str) -> ImageBudget:
    """At most so many wasted bytes ("20 MiB") or such a share ("5 %"). Raises `InputError`."""
    option = "--max-wasted"
    if text.rstrip().endswith("%"):
        return ImageBudget(option, text, "wasted_share", _share(option, text))
    try:
        limit = parse(text, "B")
    except InputError:
        raise InputError(
            f"{option} {text!r} is no budget; expected a size such as '20 MiB', or a share such as '5 %'"
        ) from None
    if limit < 0:
        raise InputError(f"{option} {text!r} is below zero")
    return ImageBudget(option, text, "wasted_bytes", limit)


def min_efficiency(text: str) -> ImageBudget:
    """At least such an efficiency ("0.95", "95 %"). Raises `InputError`."""
    option = "--min-efficiency"
    return ImageBudget(option, text, "efficiency", _share(option, text), least=True)


def _share(option: str, text: str) -> float:
    try:
        share = parse(text, "1")
    except InputError:
        share = -1.0
    if not 0 <= share <= 1:
        raise InputError(f"{option} {text!r} is no share; expected one from 0 to 1, or from 0 % to 100 %")
    return share


def judge(image: dict[str, Any], budgets: Sequence[ImageBudget]) -> list[str]:
    """Write the verdicts into an image's "budgets", and give those that it breaks in words."""
    image["budgets"] = [budget.judge(image) for budget in budgets]
    return [verdict["budget"] for verdict in image["budgets"] if not verdict["passed"]]
