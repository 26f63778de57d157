"""A run in time as CSV: one row a span, a moment or a level, times in seconds."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence

from sim.outcome import Outcome
from sim.report.formats.jsonlines import number
from sim.report.trace.timed import Timed, TraceLevel, TraceMoment

COLUMNS = ("study", "kind", "of", "track", "name", "category", "start_s", "end_s", "value", "details")


def document(outcomes: Sequence[Outcome], told: Sequence[Sequence[Timed]]) -> str:
    """The rows of a scenario that was run, with a header (RFC 4180 but for its line ends).

    "kind" is "span", "moment" or "level". A level is a counter's: "track" is its name and "name" the part.
    "details" is a JSON object. Arguments as of `sim.report.trace.chrome.document`.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for outcome, items in zip(outcomes, told, strict=True):
        for item in items:
            writer.writerow((outcome.study, *_row(item)))
    return out.getvalue()


def _row(item: Timed) -> tuple[str | float | None, ...]:
    if isinstance(item, TraceLevel):
        return ("level", item.group, item.counter, item.part, "", number(item.time), "", number(item.value), "")
    if isinstance(item, TraceMoment):
        return ("moment", item.group, item.track, item.name, "", number(item.time), "", "", "")
    details = json.dumps(dict(item.details), ensure_ascii=False)
    times = (number(item.start), number(item.end))
    return ("span", item.group, item.track, item.name, item.category, *times, "", details)
