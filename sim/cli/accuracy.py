"""The command `accuracy`: predicted against published, as a table or as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from sim.cli.interrupts import noting
from sim.console import StandardOutput, say

if TYPE_CHECKING:
    from sim.evidence.accuracy import Accuracy, Coverage
    from sim.evidence.rows import AccuracyRow
    from sim.report.bibliography import Citation

_LIMIT = 140


@click.command("accuracy")
@click.argument("files", nargs=-1, metavar="[FILE...]", type=click.Path())
@click.option("--format", "form", type=click.Choice(("table", "json")), default="table", show_default=True)
def command(files: tuple[str, ...], form: str) -> int:
    """Hold predictions against published figures: every case, or those of FILE..."""
    interrupts = noting()
    from sim.evidence import accuracy as evidence
    from sim.evidence import stored

    measured = evidence.accuracy(files, interrupts.tick) if files else stored.stored_or_computed(interrupts.tick)
    text = json.dumps(measured.plain(), indent=2, ensure_ascii=False) if form == "json" else as_table(measured)
    StandardOutput()(text)
    lost = measured.lost(evidence.recorded())
    for message in lost:
        say(f"accuracy lost: {message}")
    return 1 if lost else 0


def as_table(accuracy: Accuracy) -> str:
    """Every row by publication, what makes ranges wide, and the facts' sources; last the medians and the orderings."""
    from sim.evidence.accuracy import USES
    from sim.report.bibliography import entries
    from sim.report.formats.table import LEGEND
    from sim.report.formats.table import sources as listed
    from sim.report.grid import table

    lines: list[str] = []
    for name in dict.fromkeys(row.publication for row in accuracy.rows):
        rows = [row for row in accuracy.rows if row.publication == name]
        cells = [_cells(row) for row in rows]
        lines += [_headed(name, rows), *table(_HEADER, cells, right=(3, 4, 5, 6), limit=_LIMIT), ""]
    lines = lines if any(row.estimate for row in accuracy.rows) else lines[:-1]
    if any(row.estimate for row in accuracy.rows):
        lines += [LEGEND]
    lines += _wide(accuracy.counted("check"))
    lines += [*listed([*entries(row.source for row in accuracy.rows), *_own(accuracy.rows)]), "", "Summary"]
    for use in USES:
        if accuracy.counted(use, assumed=True):
            lines.append(_medians(accuracy, use))
        if accuracy.counted(use):
            lines.append(_coverage(use, accuracy.covered(use)))
    if accuracy.apart():
        apart = _counted(len(accuracy.apart()), "figure")
        lines.append(f"counted apart: {apart}, of what others state already or of runs that failed")
    wrong = [ordering for ordering in accuracy.orderings if not ordering.right]
    if judged := len(accuracy.orderings):
        lines.append(f"orderings of technologies: {judged - len(wrong)} of {judged} right")
    lines += [
        f"  wrong: {ordering.smaller.of} before {ordering.larger.of}, {ordering.smaller.at} ({ordering.smaller.case})"
        for ordering in wrong
    ]
    return "\n".join(lines)


def _medians(accuracy: Accuracy, use: str) -> str:
    """Both medians of one use in one sentence: over figures with a stated host, and over all that count."""
    said = [
        f"{median:.1%} over {_counted(count, 'figure')} of {_counted(len(sources), 'source')} {which}"
        for assumed, which in ((False, "with a stated host"), (True, "in all, with assumed hosts"))
        for sources in [accuracy.of_sources(use, assumed)]
        for count in [sum(rows for rows, _ in sources.values())]
        for median in [accuracy.median(use, assumed)]
        if median is not None
    ]
    return f"{use}: median absolute error {', '.join(said)}; each source weighs the same"


def _counted(count: int, word: str) -> str:
    return f"{count} {word}{'s' * (count != 1)}"


def _headed(name: str, rows: Sequence[AccuracyRow]) -> str:
    """A publication with what share of each median it is."""
    weights = {
        use: math.fsum(row.weight for row in rows if row.use == use) for use in dict.fromkeys(r.use for r in rows)
    }
    shares = ", ".join(f"{weight:.1%} of the {use} median" for use, weight in weights.items() if weight)
    uncounted = "host assumed" if any(row.assumed for row in rows) else "counted apart"
    return f"{name} ({shares or uncounted})"


def _own(rows: Sequence[AccuracyRow]) -> list[Citation]:
    """The publications that cases name themselves."""
    from sim.catalog.load import facts
    from sim.report.bibliography import Citation

    named = dict.fromkeys((row.case, row.source, row.url) for row in rows if row.source not in facts())
    return [Citation((case,), source, url) for case, source, url in named]


def _coverage(use: str, coverage: Coverage) -> str:
    share = coverage.inside / coverage.figures
    return (
        f"{use}: {coverage.inside} of {_counted(coverage.figures, 'published figure')} ({share:.0%}) "
        f"{'lies in its range' if coverage.figures == 1 else 'lie in their range'}; "
        f"the median range is {coverage.width:.2f} times as high as low"
    )


def _wide(rows: Sequence[AccuracyRow]) -> list[str]:
    """The inputs that make ranges wide, each with the measurement that would narrow them."""
    from sim.evidence.ranges import WIDE
    from sim.report.grid import table
    from sim.report.narrowing import wide_inputs

    found = wide_inputs(rows)
    cells = [(str(each.ranges), f"{each.alone:.2f}", each.id, each.measure) for each in found]
    if not cells:
        return []
    header = ("ranges", "alone", "input", "what would narrow it")
    title = f"what makes ranges of checks wider than {WIDE} times"
    return ["", title, *table(header, cells, right=(0, 1), limit=_LIMIT)]


_HEADER = ("use", "of", "metric", "predicted", "range", "published", "error", "fact", "at")


def _cells(row: AccuracyRow) -> tuple[str, ...]:
    from sim.report.formats.table import ESTIMATE

    statistic = "" if row.statistic == "value" else f".{row.statistic}"
    return (
        "apart" if row.apart else f"{row.use}, host assumed" if row.assumed else row.use,
        row.of,
        f"{row.metric}{statistic}",
        f"{ESTIMATE if row.estimate else ''}{row.predicted:.4g} {row.unit}",
        f"{row.low:.4g}-{row.high:.4g}",
        f"{row.published:.4g} {row.unit}",
        f"{row.error:+.1%}",
        row.source,
        row.at,
    )
