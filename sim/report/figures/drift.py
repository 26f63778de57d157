"""Servers by weeks: which packages each runs, and how many environments and how old a gap that makes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, Literal

from sim.outcome import Outcome
from sim.records.hosts import EnvironmentRecord
from sim.report.figures import parts
from sim.report.numbers import written
from sim.report.ring import places
from sim.report.style import Language, Spec, Style, chart, inline
from sim.report.texts import tr
from sim.report.words import label_names, spoken

Line = Literal["environments", "oldest_missing"]
"""What is drawn over the weeks below the servers."""

_ROW, _PLOT = 12, 150
_QUARTER = 13
"""Weeks."""
_DAY = 86_400.0


def servers(outcome: Outcome, label: str) -> list[EnvironmentRecord]:
    """The told servers of a label, week by week."""
    return [record for record in outcome.of_type(EnvironmentRecord) if record.of == label]


def over_weeks(outcome: Outcome, label: str, line: Line) -> list[float]:
    """For each week how many environments there are, or the age in days of what some server lacks."""
    weeks: dict[int, list[EnvironmentRecord]] = defaultdict(list)
    for record in servers(outcome, label):
        weeks[record.week].append(record)
    if line == "environments":
        return [float(len({record.environment for record in week})) for week in weeks.values()]
    return [max(record.oldest_missing or 0.0 for record in week) / _DAY for week in weeks.values()]


def fleet(outcome: Outcome, style: Style, label: str) -> Spec:
    """A row a server, a column a week.

    The darker a stretch, the older its packages. One in the colour of attention differs from what most servers run.
    """
    stretches = list(_stretches(servers(outcome, label)))
    tokens, rows = style.tokens, max((row["server"] for row in stretches), default=0) + 1
    last = max((row["until"] for row in stretches), default=1)
    newest = max((record.packages_day for record in outcome.of_type(EnvironmentRecord)), default=1) or 1
    shade = {
        "field": "day",
        "type": "quantitative",
        "scale": {"domain": [0, newest], "range": [tokens.owners["application"], tokens.owners["files"]]},
        "legend": None,
    }
    x: dict[str, Any] = {"field": "since", "type": "quantitative", "title": None, "axis": _weeks(last)}
    x |= {"scale": {"domain": [0, last], "nice": False}}
    y: dict[str, Any] = {"field": "server", "type": "quantitative", "title": None, "axis": None}
    y |= {"scale": {"domain": [0, rows], "reverse": True, "nice": False}}
    tooltip = [
        {"field": field, "title": tr(f"figure.drift.{field}", style.language)} for field in ("said", "week", "by_hand")
    ]
    whole: dict[str, Any] = {
        "data": inline(stretches),
        "mark": {"type": "rect", "stroke": tokens.background, "strokeWidth": 1},
        "encoding": {"x2": {"field": "until"}, "y2": {"field": "below"}, "color": shade, "tooltip": tooltip},
    }
    odd: dict[str, Any] = {
        "data": inline([row for row in stretches if row["odd"]]),
        "mark": {"type": "rect", "color": tokens.attention, "stroke": tokens.background, "strokeWidth": 1},
        "encoding": {"x2": {"field": "until"}, "y2": {"field": "below"}, "tooltip": tooltip},
    }
    of = places.named({"server": "said"}, label=label)
    return chart(style, height=style.px(_ROW * rows), encoding={"x": x, "y": y}, layer=[whole, odd], usermeta=of)


def lines(outcome: Outcome, style: Style, line: Line) -> Spec:
    """One line a label over the weeks, its name at its end."""
    names = spoken(label_names(outcome, style.language))
    rows: list[dict[str, Any]] = []
    ends: list[dict[str, Any]] = []
    for label in outcome.labels:
        values = over_weeks(outcome, label, line)
        rows += [
            {"label": label, "week": week, "value": value, "said": f"{value:,.0f}", "name": names[label]}
            for week, value in enumerate(values)
        ]
        if values:
            ends.append({"week": len(values) - 1, "value": values[-1], "text": names[label]})
    last = max((row["week"] for row in rows), default=1)
    high = max((row["value"] for row in rows), default=1) or 1
    parts.apart(ends, high)
    top = parts.end_for(last, [end["text"] for end in ends], style)
    x: dict[str, Any] = {"field": "week", "type": "quantitative", "title": None, "axis": _weeks(last)}
    x |= {"scale": {"domain": [0, top], "nice": False}}
    y: dict[str, Any] = {"field": "value", "type": "quantitative", "title": None}
    y |= {"scale": {"domain": [0, high * 1.08], "nice": False}, "axis": {"values": parts.ticks(high, 4)}}
    dash = {
        "field": "label",
        "type": "nominal",
        "scale": {"domain": list(outcome.labels), "range": _DASHES[: len(outcome.labels)]},
        "legend": None,
    }
    mark = {"type": "line", "interpolate": "step-after", "strokeWidth": 2, "color": style.tokens.ink}
    titles = (("name", "label"), ("week", "week"), ("said", line))
    tooltip = [{"field": field, "title": tr(f"figure.drift.{title}", style.language)} for field, title in titles]
    encoding = {"strokeDash": dash, "y": y}
    drawn: dict[str, Any] = {"data": inline(rows), "mark": mark, "encoding": encoding}
    # A line is too thin to point at: what a week has is told at points that are not seen.
    points: dict[str, Any] = {
        "data": inline(rows),
        "mark": {"type": "point", "size": 120, "opacity": 0, "filled": True, "aria": False},
        "encoding": {"y": y, "tooltip": tooltip},
    }
    of = places.named({"label": "label"}, metric=line)
    layers = [drawn, points, *parts.names_at_ends(ends, "week", y, style)]
    return chart(style, height=style.px(_PLOT), encoding={"x": x}, layer=layers, usermeta=of)


def drift_table(outcome: Outcome, language: Language = "en") -> list[dict[str, str]]:
    """A row a label and quarter: environments, and the age of the oldest security release that some server lacks."""
    names = spoken(label_names(outcome, language))
    table = []
    for label in outcome.labels:
        distinct, oldest = (over_weeks(outcome, label, line) for line in ("environments", "oldest_missing"))
        for week in range(0, len(distinct), _QUARTER):
            cells = {
                "label": names[label],
                "week": str(week),
                "environments": f"{distinct[week]:.0f}",
                "oldest_missing": written(oldest[week] * _DAY, "s", language),
            }
            table.append({tr(f"figure.drift.{column}", language): cell for column, cell in cells.items()})
    return table


def drift_alt(outcome: Outcome, label: str, language: Language = "en") -> str:
    """How many environments a label ends with, of how many servers, and the gap, in a sentence."""
    count = len({record.server for record in servers(outcome, label)})
    distinct, oldest = (over_weeks(outcome, label, line)[-1] for line in ("environments", "oldest_missing"))
    name = spoken(label_names(outcome, language))[label]
    age = written(oldest * _DAY, "s", language)
    return tr("figure.drift.alt", language, name=name, n=f"{distinct:.0f}", servers=count, age=age)


_DASHES = [[1, 0], [6, 3], [2, 2], [8, 2, 2, 2], [4, 4], [1, 3], [10, 4], [3, 1]]
"""Strokes that tell the lines apart beside their names."""


def _weeks(last: float) -> dict[str, Any]:
    return {"values": list(range(0, int(last) + 1, _QUARTER)), "grid": False}


def _stretches(records: Sequence[EnvironmentRecord]) -> Iterator[dict[str, Any]]:
    """Neighbouring weeks in which a server did not change, as one rectangle. An odd one differs from most servers."""
    most = {week: Counter(environments).most_common(1)[0][0] for week, environments in _environments(records).items()}
    ordered = sorted(records, key=lambda record: (record.server, record.week))
    for (server, day, fixes, odd), weeks in groupby(
        ordered, key=lambda r: (r.server, r.packages_day, r.fixes, r.environment != most[r.week])
    ):
        there = [record.week for record in weeks]
        if there[-1] == 0:
            continue
        since = max(there[0] - 1, 0)
        yield {
            "server": server,
            "below": server + 1,
            "since": since,
            "until": there[-1],
            "day": day,
            "odd": odd,
            "said": str(server + 1),
            "week": f"{since}–{there[-1]}",
            "by_hand": str(fixes),
        }


def _environments(records: Sequence[EnvironmentRecord]) -> dict[int, list[int]]:
    """Week to the environments of its servers."""
    weeks: dict[int, list[int]] = defaultdict(list)
    for record in records:
        weeks[record.week].append(record.environment)
    return weeks
