"""Where in a lesson's figure the right answer is to be seen, for those who gave a wrong one.

An answer may say `where`. Otherwise the place is that of the metrics by which the right answer holds.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sim import expression
from sim.classroom.grading import CLOSE
from sim.classroom.predicted import Said, again, ranking
from sim.outcome import Metric, Outcome
from sim.records.instances import OWNERS
from sim.report import words
from sim.report.ring import FigurePlace, place
from sim.scenario import Choice, Prediction, Question

_ASKED = {
    "starts_container": "run", "keeps_running": "keep", "starts_beside": "beside", "builds_image": "build",
    "pulls_image": "pull",
}  # fmt: skip
"""What is asked of an assembly, by the metric that answers it."""
_LOST = {"blast_share": "crash", "lost_by_crash": "crash", "lost_by_change": "change", "change_time": "change"}
"""What requests are lost to, by the metric that counts them."""
_EVENTS = {
    "first_reclaim": "first_reclaim", "reclaimed": "first_reclaim", "first_swap": "first_swap", "swapped": "first_swap",
    "first_kill": "first_kill", "oom_kills": "first_kill", "half_saving_time": "half_saving_time",
    "ksm_saved_most": "half_saving_time",
}  # fmt: skip
"""What is marked in the figure of memory over time, by the metrics that tell when it was or how much."""


LookedFor = tuple[tuple[FigurePlace, ...], ...]
"""For each thing its places in the figure, the most exact first."""


@dataclass(frozen=True, slots=True)
class Look:
    """Where to look.

    Attributes:
        wanted: For each thing its places in the figure, the most exact first.
        before: The answer is that of another run, so that the figure shows the place as it was before that change.
    """

    wanted: LookedFor
    before: bool = False


def look(question: Question, chosen: int, values: Mapping[str, Metric]) -> Look | None:
    """Where to look after an answer of a question. None after a right one, and where none is right.

    Args:
        chosen: The choice, counted from 0 as the file has them.
        values: The metrics that the question is answered by.
    """
    wanted = _of_choice(question.choices, chosen, values)
    return Look(wanted, bool(question.change)) if wanted else None


def look_predicted(predict: Prediction, said: Said, outcome: Outcome, values: Mapping[str, Metric]) -> Look | None:
    """Where to look after a prediction. None after a right one, and where none was made.

    Of an order it is the label that was placed furthest from where it came, of steps those that were taken for
    others.
    """
    if said.order:
        order = ranking(outcome.labels, predict.rank, values)
        placed = [label for label in order if label in said.order]  # a link may place some alone
        far = max(placed, key=lambda label: abs(said.order.index(label) - order.index(label)))
        return Look(((place(label=far),),)) if said.order.index(far) != order.index(far) else None
    if said.guess is not None:
        near = _near(said.guess, values[predict.guess].value)
        return None if near else Look((_candidates(predict.guess),))
    if said.choice is not None:
        wanted = _of_choice(predict.choices, said.choice, values)
        return Look(wanted) if wanted else None
    if said.steps is not None:
        truth, unsure = again(outcome)
        amiss = tuple(sorted((truth ^ set(said.steps)) - unsure))
        return Look(((place(label=outcome.labels[0], node=amiss),),)) if amiss else None
    return None


def _near(guess: float, value: float) -> bool:
    if guess <= 0 or value <= 0:
        return guess == value
    return 1 / CLOSE <= guess / value <= CLOSE


def _of_choice(choices: Sequence[Choice], chosen: int, values: Mapping[str, Metric]) -> LookedFor:
    """The places for a wrong choice: its own, or those of the right one. Empty for a right choice."""
    right = [choice for choice in choices if words.holds(choice.holds, values)]
    if not right or choices[chosen] in right:
        return ()
    where = choices[chosen].where or right[0].where
    return ((place(**where),),) if where else derived(right[0].holds)


def derived(holds: str) -> LookedFor:
    """The places of the metrics that an expression says something of.

    That is what stands left of a comparison, between two bounds, or on both sides of an equality.

    >>> derived("1 < kvm.kernel_time.p50 <= 2 * lxc.kernel_time.p50")[0][1]
    {'label': ('kvm',), 'owner': ('kernel',)}
    """
    subjects = dict.fromkeys(_subjects(expression.parsed(holds).body))
    return tuple(_candidates(name) for name in subjects)


def _subjects(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.BoolOp):
        for value in node.values:
            yield from _subjects(value)
        return
    if not isinstance(node, ast.Compare):
        yield from expression.names(ast.unparse(node))
        return
    sides = [node.left, *node.comparators]
    if not all(isinstance(sign, ast.Eq) for sign in node.ops):
        sides = sides[1:-1] if len(sides) > 2 else sides[:1]
    named = [name for side in sides for name in expression.names(ast.unparse(side))]
    yield from named or expression.names(ast.unparse(node))


def _candidates(name: str) -> tuple[FigurePlace, ...]:
    """The places of a metric, the most exact first: that number, what it is a number of, all of its label."""
    label, metric, _ = name.split(".")
    return (place(label=label, metric=metric), *_parts(label, metric), place(label=label))


def _parts(label: str, metric: str) -> Iterator[FigurePlace]:
    """What of a label a metric is a number of, by what the figure's marks are called."""
    stem = metric.removesuffix("_time")
    if metric != stem and stem in OWNERS:
        yield place(label=label, owner=stem)
    for prefix, key in (("limit_", "constraint"), ("lacks_", "accident")):
        if metric.startswith(prefix):
            yield place(**{"label": label, key: metric.removeprefix(prefix)})
    if metric.endswith("_most"):
        yield place(label=label, metric=metric.removesuffix("_most"))
    if metric.endswith("_left"):
        yield place(label=label, thing=metric.removesuffix("_left"))
    if metric in _ASKED:
        yield place(label=label, asked=_ASKED[metric])
    if metric in _LOST:
        yield place(label=label, state=_LOST[metric])
    if metric in _EVENTS:
        yield place(label=label, event=_EVENTS[metric])
    if metric == "ksm_saved":
        yield place(label=label, part="saved")
