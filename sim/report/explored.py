"""Two configurations side by side, in words: what each is called, how far they are apart, and the same as rows."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from sim import studies
from sim.catalog.load import technologies
from sim.exploring.configuration import Configuration, Exploration, offered
from sim.exploring.presets import Preset
from sim.loading.parameters import given_entries, written_all
from sim.outcome import Metric, Outcome, Ratio
from sim.report.controlnames import called, parameter_title
from sim.report.numbers import NARROW, about, between, times, unit_of, written, written_metric
from sim.report.shown import TableRow
from sim.report.style import LANGUAGES, Language
from sim.report.texts import tr
from sim.report.words import differing_value, in_language, label_names, metric_name, spoken, statistic_name
from sim.scenario import Text

_NAMED = 2
"""Parameters that still make a readable name of a lane."""
_WIDE = 30
"""Half-width letters that a lane's name has room for."""


def side_names(exploration: Exploration) -> dict[str, Text]:
    """What the sides of a comparison are called: their letter, with what they differ in where that is short.

    One side is called as its preset is, or by what is different from it. Empty where the catalog names it.
    """
    if exploration.b is None:
        return _alone(exploration.a)
    sides = {side: configuration.written for side, configuration in exploration.sides.items()}
    differing = [name for name in sides["a"] if len({values[name] for values in sides.values()}) > 1]
    names = {}
    for side, values in sides.items():
        said: dict[Language, str] = {lang: _named(side.upper(), values, differing, lang) for lang in LANGUAGES}
        names[side] = Text(en=said["en"], ja=said["ja"])
    return names


def _alone(one: Configuration) -> dict[str, Text]:
    called_so = one.preset.scenario.labels.get(one.preset.label)
    if called_so is None or studies.study(one.study).named_by_technology:
        return {}
    values, start = one.written, written_all(one.preset.parameters)
    differing = [name for name, value in one.changes if value != start[name]]
    if not differing:
        return {"a": called_so}
    said: dict[Language, str] = {lang: _named("", values, differing, lang).removeprefix(" · ") for lang in LANGUAGES}
    return {"a": Text(en=said["en"] or "A", ja=said["ja"] or "A")}


def asked_of(study: str, language: Language) -> str:
    """What a study asks."""
    return tr(f"ui.explore.about.{study}", language)


def preset_title(preset: Preset, language: Language) -> str:
    """What a preset is called: what its lesson calls the label, and the lesson."""
    part = preset.of
    parameters = {label: written_all(given) for label, given in part.variants.items()}
    entries = {label: given_entries(given) for label, given in part.variants.items()}
    scenario = preset.scenario
    lanes = Outcome(
        scenario.id, part.study, scenario.seed, 1, tuple(part.variants), (), parameters=parameters, entries=entries,
        names={label: text for label, text in scenario.labels.items() if label in part.variants},
    )  # fmt: skip
    return f"{spoken(label_names(lanes, language))[preset.label]} ({scenario.id})"


def changes_said(exploration: Exploration, language: Language) -> list[str]:
    """A line for each side: its preset, and what is different from it."""
    lines = []
    for side, one in exploration.sides.items():
        known = {control.path.rpartition(".")[2]: control for control in offered(exploration, side)}
        said = [
            f"{parameter_title(known[name], language)} = {called(known[name], value, language) or '–'}"
            for name, value in one.changes
            if value != known[name].written
        ]
        start = preset_title(one.preset, language)
        changed = tr("ui.conditions.changed", language, list=", ".join(said)) if said else ""
        letter = f"{side.upper()}: " if exploration.b else ""
        lines.append(letter + " · ".join(filter(None, (start, changed))))
    return lines


def _named(letter: str, values: Mapping[str, str], differing: list[str], language: Language) -> str:
    if not 0 < len(differing) <= _NAMED:
        return letter
    separator = "、" if language == "ja" else ", "
    said = separator.join(_value(name, values[name], language) for name in differing)
    return f"{letter} · {said}" if _width(said) <= _WIDE else letter


def _value(name: str, value: str, language: Language) -> str:
    known = technologies().get(value) if name == "technology" else None
    return in_language(known.name, language) if known else differing_value(name, value or "–", language)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def said_difference(outcome: Outcome, language: Language) -> str:
    """How far B is from A in what the study is about, in a sentence."""
    first = studies.study(outcome.study).headlines[0]
    a, b = (outcome.metric(side, first.name, first.statistics[0]) for side in ("a", "b"))
    said: dict[str, str] = {
        "metric": _called(a, language, several=len(first.statistics) > 1),
        "a": _in_sentence(a, language),
        "b": _in_sentence(b, language),
    }
    ratio = paired(outcome, a)
    if a.value == b.value:
        return tr("ui.explore.same", language, **said)
    if ratio is None:
        return tr("ui.explore.values", language, **said)
    more, less = ratio.of.upper(), ratio.to.upper()
    return tr("ui.explore.ratio", language, **said, more=more, less=less, times=times(ratio.value, language))


def said_interval(outcome: Outcome, language: Language) -> str:
    """The interval of the paired ratio of what the study is about. "" where there is none."""
    first = studies.study(outcome.study).headlines[0]
    ratio = paired(outcome, outcome.metric("a", first.name, first.statistics[0]))
    if ratio is None or ratio.low is None:
        return ""
    if ratio.low == ratio.high:
        return tr("ui.explore.interval.none", language, n=outcome.replications)
    return tr("ui.explore.interval", language, range=_between(ratio), n=outcome.replications)


def difference_rows(outcome: Outcome, language: Language, *, every: bool = True) -> list[TableRow]:
    """A row for each metric, by its first statistic: both values with their intervals, and their paired ratio.

    A ratio is taken of what the study is about.

    Args:
        every: Whether what the study is not about is among them.
    """
    specs = studies.study(outcome.study).metrics
    several = {spec.name for spec in specs if len(spec.statistics) > 1}
    first = {spec.name: spec.statistics[0] for spec in specs if every or spec in studies.study(outcome.study).headlines}
    columns = {name: tr(f"ui.explore.col.{name}", language) for name in ("metric", "ratio", "interval")}
    there = {(metric.of, metric.metric, metric.statistic): metric for metric in outcome.metrics}
    rows: list[TableRow] = []
    for a in outcome.metrics:
        b = there.get(("b", a.metric, a.statistic))
        if a.of != "a" or b is None or a.statistic != first.get(a.metric):
            continue
        ratio = paired(outcome, a)
        rows.append(
            {
                columns["metric"]: _called(a, language, several=a.metric in several),
                "A": _with_interval(a, language),
                "B": _with_interval(b, language),
                columns["ratio"]: _ratio(a, b, ratio, language),
                columns["interval"]: _between(ratio) if ratio and ratio.low not in (None, ratio.high) else "",
            }
        )
    return rows


def paired(outcome: Outcome, metric: Metric) -> Ratio | None:
    """The ratio of the two sides in a metric, which one of them is the least of. None where none was taken."""
    found = (outcome.ratio(side, metric.metric, metric.statistic) for side in ("a", "b"))
    return next((ratio for ratio in found if ratio is not None), None)


def _ratio(a: Metric, b: Metric, ratio: Ratio | None, language: Language) -> str:
    if a.value == b.value:
        return "="
    if ratio is None:
        return ""
    number = times(ratio.value, language).partition(NARROW)[0]
    return f"{ratio.of.upper()} = {number} × {ratio.to.upper()}"


def _called(metric: Metric, language: Language, *, several: bool) -> str:
    name = metric_name(metric.metric, language)
    name = name[:1].upper() + name[1:]
    return f"{name}, {statistic_name(metric.statistic, language)}" if several else name


def _in_sentence(metric: Metric, language: Language) -> str:
    write = about if metric.estimate and metric.value else written
    return write(metric.value, unit_of(metric), language, transfer=metric.transfer)


def _with_interval(metric: Metric, language: Language) -> str:
    said = written_metric(metric, language)
    if metric.low is None or metric.high is None or metric.low == metric.high:
        return said
    return f"{said} ({between(metric.low, metric.high, unit_of(metric), language, transfer=metric.transfer)})"


def _between(ratio: Ratio) -> str:
    assert ratio.low is not None
    assert ratio.high is not None
    low, high = (f"{float(f'{end:.3g}'):,.12g}" for end in (ratio.low, ratio.high))
    return f"{low}–{high}"
