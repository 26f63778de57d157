"""`run --format csv`: one row a metric."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from sim.never import never
from sim.outcome import Outcome
from sim.report.formats.jsonlines import number

COLUMNS = (
    "scenario", "study", "seed", "replications", "of", "metric", "statistic", "interval", "value", "unit", "low",
    "high", "range_low", "range_high", "estimate",
)  # fmt: skip


def table(scenarios: Iterable[Sequence[Outcome]]) -> str:
    """The metrics of scenarios as CSV (RFC 4180 but for its line ends), with a header.

    Nothing stands for None, and "inf" for the time of what never happened (`sim.never`).
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for outcomes in scenarios:
        for outcome in outcomes:
            head = (outcome.scenario, outcome.study, outcome.seed, outcome.replications)
            for m in outcome.metrics:
                low, high = m.range or (None, None)
                value, *numbers = (_number(figure) for figure in (m.value, m.low, m.high, low, high))
                tail = (value, m.unit, *numbers, "true" if m.estimate else "false")
                writer.writerow((*head, m.of, m.metric, m.statistic, m.interval, *tail))
    return out.getvalue()


def _number(value: float | None) -> float | None:
    return value if value is not None and never(value) else number(value)
