"""Sentences computed from an outcome: names of what was compared, the finding that holds, numbers put into texts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, NamedTuple

from sim import expression, studies
from sim.catalog.model import Application, Guest, Host, Technology
from sim.errors import InputError
from sim.outcome import Metric, Outcome
from sim.report.numbers import about, unit_of, written, written_metric
from sim.report.style import Language
from sim.report.texts import has, tr
from sim.scenario import Lesson, Text
from sim.studies.parameters.container import made_as_written


class LabelName(NamedTuple):
    """What a label is called: "Docker", "app container". kind is "" where there is none.

    >>> str(LabelName("Docker", "app container")), str(LabelName("Docker", "コンテナエンジン"))
    ('Docker, app container', 'Docker、コンテナエンジン')
    """

    name: str
    kind: str = ""

    def __str__(self) -> str:
        return f"{self.name}{'、' if wide(self.kind) else ', '}{self.kind}" if self.kind else self.name


def wide(text: str) -> int:
    """How many letters of a text are full-width, as Japanese ones are."""
    return sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)


LabelNames = Mapping[str, LabelName]

_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
_CLAUSE = re.compile("[:,;(\uff1a\u3001\uff08]")
"""Ends the first clause of a technology's kind, which is all a lane's name has room for."""

_SHORT = 24
"""Half-width letters that fit below a lane's name."""

_MOST_DIFFERENCES = 2
"""Parameters that still make a readable second line under a lane's name."""


def in_language(text: Text, language: Language) -> str:
    """A text of the catalog or a scenario in one language."""
    return text.read(language)


def label_names(outcome: Outcome, language: Language = "en") -> dict[str, LabelName]:
    """Label to its name.

    The first of these that there is:

    - What the scenario calls it (`labels`), with nothing added.
    - Where a label is a technology of its own, the technology's name and kind from the catalog.
    - Where technologies repeat, the technology's name and what is different about the label.
    - The label itself.
    """
    parameters = outcome.parameters or {}
    given = {label: LabelName(in_language(text, language)) for label, text in (outcome.names or {}).items()}
    known = {
        label: None if label in given else _technology_name(_entry(outcome, label, "technology"), language)
        for label in outcome.labels
    }
    names: dict[str, LabelName] = {}
    for label in outcome.labels:
        name = known[label]
        twins = [other for other in outcome.labels if name and known[other] == name]
        if label in given:
            names[label] = given[label]
        elif name is None or not studies.study(outcome.study).named_by_technology:
            names[label] = _by_what_differs(label, parameters, language)
        elif len(twins) == 1:
            names[label] = name
        else:
            names[label] = LabelName(name.name, _difference(label, twins, parameters, language))
    if len(set(names.values())) < len(names):
        plain = {label: LabelName(label.replace("_", " "), names[label].name) for label in outcome.labels}
        return plain | given
    return names


def label_text(outcome: Outcome, label: str, language: Language = "en") -> str:
    """A label's name on one line, which tells it from the outcome's others: for tables and sentences."""
    return spoken(label_names(outcome, language))[label]


def _by_what_differs(label: str, parameters: Mapping[str, Mapping[str, str]], language: Language) -> LabelName:
    """The label, and below it what it differs in from the first one where that is a line."""
    said = label.replace("_", " ")
    first = next(iter(parameters.values()), {})
    mine = parameters.get(label, {})
    keys = [key for key in mine if mine[key] != first.get(key, "")]
    if not 0 < len(keys) <= _MOST_DIFFERENCES:
        return LabelName(said)
    chosen = [
        choice_name(key, mine[key], language)
        if has(f"parameter.{key}.{mine[key]}", language)
        else differing_value(key, mine[key], language)
        for key in keys
    ]
    differs = ("、" if language == "ja" else ", ").join(chosen)
    return LabelName(said, differs if len(differs) + wide(differs) <= _SHORT else "")


def spoken(names: LabelNames) -> dict[str, str]:
    """Label to a name of one line that tells it from the others: the name, and what is different where it repeats."""
    every = [name.name for name in names.values()]
    return {
        label: f"{name.name} · {name.kind}" if every.count(name.name) > 1 and name.kind else name.name
        for label, name in names.items()
    }


def _entry(outcome: Outcome, label: str, parameter: str) -> Any:
    """The catalog's entry that a label runs with: the one it was given, or what ships by that id.

    None where there is neither.
    """
    from sim.catalog.load import applications, guests, technologies

    given = (outcome.entries or {}).get(label, {}).get(parameter)
    shipped: dict[str, Mapping[str, Any]] = {
        "technology": technologies(),
        "guest": guests(),
        "application": applications(),
    }
    written = (outcome.parameters or {}).get(label, {}).get(parameter, "")
    return given if given is not None else shipped[parameter].get(written)


def _technology_name(known: Technology | None, language: Language) -> LabelName | None:
    if known is None:
        return None
    kind = _CLAUSE.split(in_language(known.kind, language), maxsplit=1)[0].strip()
    name = in_language(known.name, language)
    versioned = f"{kind} · {known.version}" if known.version else kind
    return LabelName(name.removesuffix(kind).strip() or name, versioned)


def _difference(label: str, twins: list[str], parameters: Mapping[str, Mapping[str, str]], language: Language) -> str:
    mine = parameters[label]
    keys = [key for key in mine if len({parameters[twin].get(key, "") for twin in twins}) > 1]
    if not 0 < len(keys) <= _MOST_DIFFERENCES:
        return label.replace("_", " ")
    return ("、" if language == "ja" else ", ").join(differing_value(key, mine[key], language) for key in keys)


def differing_value(parameter: str, value: str, language: Language) -> str:
    """One parameter's value as it tells a label from its twins: "50 at once", "bridged", a catalog entry's name."""
    from sim.catalog.load import applications, guests, hosts

    entries: dict[str, Mapping[str, Application] | Mapping[str, Guest] | Mapping[str, Host]] = {
        "application": applications(),
        "guest": guests(),
        "host": hosts(),
    }
    entry = entries.get(parameter, {}).get(value)
    if entry is not None:
        return _CLAUSE.split(in_language(entry.name, language), maxsplit=1)[0].strip()
    for key in (f"difference.{parameter}.{value}", f"difference.{parameter}"):
        if has(key, language):
            return tr(key, language, value=value)
    separator = "\uff1a" if language == "ja" else ": "
    said = choice_name(parameter, value, language) if value else "–"
    return f"{parameter_name(parameter, language)}{separator}{said}"


def application_name(outcome: Outcome, label: str, language: Language = "en") -> str:
    """What the application of a label is called, "" where nobody knows it."""
    entry = _entry(outcome, label, "application")
    return _CLAUSE.split(in_language(entry.name, language), maxsplit=1)[0].strip() if entry else ""


_BESIDE_THE_CATALOG = ("pull-download", "pull-unpack", "vcpu-bring-up", "boot-menu")
"""Steps that are no technology's, guest's or application's own."""


def phase_names(outcome: Outcome, label: str, language: Language = "en") -> dict[str, str]:
    """Phase id to its name, of everything that the label starts: technology, guest, application, other ways to boot."""
    from sim.catalog.tables.booting import boot_phases

    beside = {name: tr(f"figure.phase.{name}", language) for name in _BESIDE_THE_CATALOG}
    beside |= {name: in_language(phase.text, language) for name, phase in boot_phases().items()}
    known = {phase.id: in_language(phase.text, language) for entry in _things(outcome, label) for phase in entry.phases}
    return beside | known


def part_names(outcome: Outcome, label: str, language: Language = "en") -> dict[str, str]:
    """Id of a part of the memory bill to its name, of everything that the label starts."""
    return {part.id: in_language(part.text, language) for entry in _things(outcome, label) for part in entry.memory}


def part_name(part: str, known: Mapping[str, str], language: Language = "en") -> str:
    """What a memory record's part ("docker/shim") is called, from `part_names`, or its own id where nobody knows it."""
    inner = part.rpartition("/")[2]
    if inner in known:
        return known[inner]
    return tr(f"figure.part.{inner}", language) if has(f"figure.part.{inner}", language) else inner.replace("_", " ")


def _things(outcome: Outcome, label: str) -> list[Technology | Guest | Application]:
    from sim.catalog import load
    from sim.catalog.tables.engines import of_release

    technology, guest, application = (
        _entry(outcome, label, parameter) for parameter in ("technology", "guest", "application")
    )
    engine = (outcome.parameters or {}).get(label, {}).get("engine", "")
    if technology is not None and engine:
        technology = of_release(technology, engine)
    if guest is None and technology is not None and technology.guests:
        asked = (outcome.parameters or {}).get(label, {}).get("guest", "")
        own = {guest_entry.id: guest_entry for guest_entry in technology.guests if not isinstance(guest_entry, str)}
        guest = own.get(asked) or load.guest(technology.guests[0])
    if technology is not None:
        host = (outcome.entries or {}).get(label, {}).get("host")
        technology = made_as_written(technology, (outcome.parameters or {}).get(label, {}), host)
    return [entry for entry in (technology, guest, application) if entry]


def parameter_name(parameter: str, language: Language = "en") -> str:
    """The label of a study's parameter."""
    return tr(f"parameter.{parameter}", language) if has(f"parameter.{parameter}", language) else parameter


def choice_name(parameter: str, choice: str, language: Language = "en") -> str:
    """How one choice of a parameter is called, or the written value itself where it is no choice."""
    key = f"parameter.{parameter}.{choice}"
    return tr(key, language) if has(key, language) else choice


def metric_name(metric: str, language: Language = "en") -> str:
    """The label of a metric."""
    return tr(f"metric.{metric}", language) if has(f"metric.{metric}", language) else metric.replace("_", " ")


def statistic_name(statistic: str, language: Language = "en") -> str:
    """The label of a statistic."""
    return tr(f"statistic.{statistic}", language) if has(f"statistic.{statistic}", language) else statistic


def values(*outcomes: Outcome) -> dict[str, Metric]:
    """The metrics of a scenario's parts by "label.metric.statistic"."""
    return {f"{m.of}.{m.metric}.{m.statistic}": m for outcome in outcomes for m in outcome.metrics}


def fill(text: Text, values: Mapping[str, Metric], language: Language = "en") -> str:
    """The text with its placeholders written as numbers.

    `{docker.startup_time.p50}` is that metric with its unit. `{kvm.startup_time.p50 / docker.startup_time.p50}` any
    expression over metrics, a plain number. `{kvm.startup_time.p50 - docker.startup_time.p50 | s}` one in that unit. An
    estimate says so ("≈"). Raises `InputError` naming a placeholder that cannot be computed.
    """
    return _PLACEHOLDER.sub(lambda match: _written(match[1].strip(), values, language), in_language(text, language))


def quotes(text: Text) -> bool:
    """Whether a text has placeholders, so that it cannot be written before its run."""
    return any(_PLACEHOLDER.search(written) for written in (text.en, text.ja))


def _written(placeholder: str, values: Mapping[str, Metric], language: Language) -> str:
    if placeholder in values:
        metric = values[placeholder]
        if metric.estimate:
            return about(metric.value, unit_of(metric), language, transfer=metric.transfer)
        return written_metric(metric, language)
    formula, _, unit = placeholder.partition("|")
    used = [values[name] for name in expression.names(formula) if name in values]
    value = float(expression.evaluate(formula, _numbers(values)))
    transfer = any(metric.transfer for metric in used)
    try:
        write = about if any(metric.estimate for metric in used) else written
        return write(value, unit.strip() or "1", language, transfer=transfer)
    except KeyError:
        raise InputError(f"{{{placeholder}}} names no unit {unit.strip()!r}") from None


def finding(lesson: Lesson, values: Mapping[str, Metric], language: Language = "en") -> str:
    """The first finding whose expression holds, numbers filled in. "" where none does."""
    for candidate in lesson.findings:
        if holds(candidate.when, values):
            return fill(candidate.text, values, language)
    return ""


def holds(condition: str, values: Mapping[str, Metric]) -> bool:
    """Whether an expression (of a finding, or of a quiz's choice) is true of the metrics."""
    return bool(expression.evaluate(condition, _numbers(values)))


def _numbers(values: Mapping[str, Metric]) -> dict[str, float]:
    return {name: metric.value for name, metric in values.items()}
