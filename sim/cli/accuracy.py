"""The command `accuracy`: predicted against published, as a table or as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from sim.cli.interrupts import noting
from sim.console import StandardOutput, say

if TYPE_CHECKING:
    from sim.evidence.accuracy import Accuracy, AccuracyRow

_LIMIT = 140


@click.command("accuracy")
@click.argument("files", nargs=-1, metavar="[FILE...]", type=click.Path())
@click.option("--format", "form", type=click.Choice(("table", "json")), default="table", show_default=True)
def command(files: tuple[str, ...], form: str) -> int:
    """Hold predictions against published figures: every case, or those of FILE..."""
    interrupts = noting()
    from sim.evidence import accuracy as evidence

    measured = evidence.accuracy(files, interrupts.tick)
    text = json.dumps(measured.plain(), indent=2, ensure_ascii=False) if form == "json" else as_table(measured)
    StandardOutput()(text)
    lost = measured.lost(evidence.recorded())
    for message in lost:
        say(f"accuracy lost: {message}")
    return 1 if lost else 0


def as_table(accuracy: Accuracy) -> str:
    """Every row by publication, then the medians, the orderings that are wrong, and the facts' sources."""
    from sim.evidence.accuracy import USES
    from sim.report.bibliography import entries
    from sim.report.grid import table
    from sim.report.table import LEGEND
    from sim.report.table import sources as listed

    lines: list[str] = []
    for name in dict.fromkeys(row.publication for row in accuracy.rows):
        rows = [row for row in accuracy.rows if row.publication == name]
        lines += [name, *table(_HEADER, [_cells(row) for row in rows], right=(3, 4, 5), limit=_LIMIT), ""]
    if any(row.estimate for row in accuracy.rows):
        lines += [LEGEND, ""]
    for use in USES:
        median, sources = accuracy.median(use), accuracy.of_sources(use)
        if median is not None:
            count = sum(rows for rows, _ in sources.values())
            lines.append(
                f"{use}: median absolute error {median:.1%}; each of the sources weighs the same "
                f"({count} figures, {len(sources)} sources)"
            )
            within, ranged = accuracy.covered(use)
            lines.append(f"{use}: {within} of {ranged} published figures lie in the range that sources allow")
    wrong = [ordering for ordering in accuracy.orderings if not ordering.right]
    lines.append(
        f"orderings of technologies: {len(accuracy.orderings) - len(wrong)} of {len(accuracy.orderings)} right"
    )
    lines += [
        f"  wrong: {ordering.smaller.of} before {ordering.larger.of}, {ordering.smaller.at} ({ordering.smaller.case})"
        for ordering in wrong
    ]
    lines += listed(entries(row.source for row in accuracy.rows))
    return "\n".join(lines)


_HEADER = ("use", "of", "metric", "predicted", "published", "error", "fact", "at")


def _cells(row: AccuracyRow) -> tuple[str, ...]:
    from sim.report.table import ESTIMATE

    statistic = "" if row.statistic == "value" else f".{row.statistic}"
    return (
        row.use,
        row.of,
        f"{row.metric}{statistic}",
        f"{ESTIMATE if row.estimate else ''}{row.predicted:.4g} {row.unit}",
        f"{row.published:.4g} {row.unit}",
        f"{row.error:+.1%}",
        row.source,
        row.at,
    )
