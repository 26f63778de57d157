"""Checks what a scenario says about its metrics before it runs: expectations, findings, answers, placeholders."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sim import expression, studies
from sim.errors import InputError, Problem
from sim.loading.document import Document, Path_
from sim.outcome import MetricSpec
from sim.quantity import UNITS, parse
from sim.records.instances import OWNERS
from sim.scenario import PLACE_KEYS
from sim.wording import suggestion

_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True)
class Asked:
    """A part as far as metrics are concerned: its study, its labels, its place in the document."""

    study: str
    labels: tuple[str, ...]
    path: Path_


class Checker:
    """Collects the problems of one scenario's expressions, as far as the rest of the file can be understood."""

    def __init__(self, document: Document, parts: Sequence[Asked]) -> None:
        self._document = document
        self._specs: dict[tuple[str, str], MetricSpec] = {}
        self.problems: list[Problem] = []
        self.labels = list(dict.fromkeys(label for part in parts for label in part.labels))
        self._studies = [part.study for part in parts]
        for part in parts:
            for label in part.labels:
                specs = {(label, spec.name): spec for spec in studies.study(part.study).metrics}
                if specs.keys() & self._specs.keys():
                    self._report(f"label {label!r} is in an earlier part of the same study", part.path)
                self._specs |= specs
        self.registered = [
            f"{label}.{spec.name}.{statistic}"
            for (label, _), spec in self._specs.items()
            for statistic in spec.statistics
        ]
        self._known = frozenset(self.registered)

    def _report(self, message: str, path: Path_) -> None:
        self.problems.append(self._document.problem(message, path))

    def document(self) -> None:
        """Check everything the document says about metrics."""
        value = self._document.value
        for number, text in enumerate(_list(value.get("expect"))):
            if isinstance(text, str):
                self.truth(text, ("expect", number))
        for number, published in enumerate(_list(value.get("published"))):
            if isinstance(published, dict):
                self._published(published, ("published", number))
        for key in ("title", "summary", "lesson"):
            self._words(value.get(key), (key,))
        lesson = value.get("lesson")
        if isinstance(lesson, dict) and isinstance(lesson.get("predict"), dict):
            self._prediction(lesson["predict"], ("lesson", "predict"))

    def _words(self, value: Any, path: Path_) -> None:
        """Texts and conditions, wherever they stand in a lesson."""
        if isinstance(value, str):
            self._text(value, path)
        elif isinstance(value, list):
            for number, item in enumerate(value):
                self._words(item, (*path, number))
        elif isinstance(value, dict):
            for key, item in value.items():
                if key in ("holds", "when") and isinstance(item, str):
                    self.truth(item, (*path, key), constant=key == "when")
                elif key == "where" and isinstance(item, dict):
                    self._place(item, (*path, key))
                elif key not in ("rank", "guess", "run", "change", "vary"):
                    self._words(item, (*path, key))

    def _place(self, where: dict[str, Any], path: Path_) -> None:
        """Check that a place in a figure is one of something that figures have."""
        if not where:
            self._report(f"is empty; expected a place in the figure, by {' or '.join(PLACE_KEYS)}", path)
        metrics = list(dict.fromkeys(metric for _, metric in self._specs))
        known: dict[str, Sequence[str]] = {"label": self.labels, "metric": metrics, "owner": OWNERS}
        for key, given in where.items():
            if key not in PLACE_KEYS:
                self._report(f"no place is called {key!r}{suggestion(str(key), PLACE_KEYS)}", path)
            for value in given if isinstance(given, list) else [given]:
                if key in known and value not in known[key]:
                    self._report(f"no {key} {value!r}{suggestion(str(value), known[key])}", (*path, key))

    def _prediction(self, predict: dict[str, Any], path: Path_) -> None:
        given = [word for word in ("rank", "guess", "choices", "steps") if predict.get(word)]
        if len(given) != 1:
            has = "has none" if not given else f"has {' and '.join(given)}"
            self._report(f"{has}; expected exactly one of rank, guess, choices, steps", path)
        rank, guess = predict.get("rank"), predict.get("guess")
        if rank and isinstance(rank, str):
            names = list(dict.fromkeys(name.split(".", 1)[1] for name in self.registered))
            if rank not in names:
                self._report(f"no metric {rank!r}{_elsewhere(rank) or suggestion(rank, names)}", (*path, "rank"))
        if guess and isinstance(guess, str):
            self._name(guess, (*path, "guess"))
        if predict.get("steps") and not any(studies.study(name).steps for name in self._studies):
            able = " or ".join(name for name in studies.NAMES if studies.study(name).steps)
            self._report(f"steps can be clicked only where the study is {able}", (*path, "steps"))

    def truth(self, text: str, path: Path_, *, constant: bool = False) -> None:
        """Check that a text is a comparison over registered metrics. With `constant`, "True" will do too."""
        try:
            names, kind = expression.names(text), expression.kind(text)
        except InputError as error:
            self._report(error.problems[0].message, path)
            return
        for name in dict.fromkeys(names):
            self._name(name, path)
        if not (kind == "truth" or (constant and kind == "constant")):
            self._report(f"{text!r} compares nothing, so it cannot fail; expected a comparison, as in 'a < b'", path)
        elif not names and not constant:
            self._report(f"{text!r} names no metric, so nothing a run does can change it", path)

    def _name(self, name: str, path: Path_) -> None:
        if name in self._known:
            return
        label, _, rest = name.partition(".")
        metric, _, statistic = rest.partition(".")
        spec = self._specs.get((label, metric))
        if label not in self.labels:
            message = f"no label {label!r} in {name!r}{suggestion(label, self.labels)}"
        elif spec is None:
            metrics = [known for owner, known in self._specs if owner == label]
            message = f"no metric {metric!r} in {name!r}{_elsewhere(metric) or suggestion(metric, metrics)}"
        else:
            have = ", ".join(repr(known) for known in spec.statistics)
            message = f"no statistic {statistic!r} of {label}.{metric}; there are {have}"
        self._report(message, path)

    def _text(self, text: str, path: Path_) -> None:
        """Check that what stands in braces in a text names a number of the outcome."""
        for placeholder in _PLACEHOLDER.findall(text):
            self._placeholder(placeholder, path)

    def _placeholder(self, placeholder: str, path: Path_) -> None:
        formula, bar, unit = (part.strip() for part in placeholder.partition("|"))
        try:
            names = expression.names(formula)
        except InputError as error:
            self._report(error.problems[0].message, path)
            return
        if not names:
            self._report(f"{{{placeholder}}} names no metric; expected {{label.metric.statistic}}", path)
        for name in dict.fromkeys(names):
            self._name(name, path)
        if bar and unit not in (*UNITS, "%"):
            self._report(f"{{{placeholder}}} has no unit {unit!r}; there are {', '.join(UNITS)}, %", path)

    def _published(self, published: dict[str, Any], path: Path_) -> None:
        words = ("of", "metric", "statistic", "interval", "unit")
        if not all(isinstance(published.get(word), str) for word in words):
            return
        if not isinstance(published.get("value"), str | int | float):
            return
        of, metric, statistic, interval, unit = (published[word] for word in words)
        spec = self._specs.get((of, metric))
        if spec is None or statistic not in spec.statistics:
            self._name(f"{of}.{metric}.{statistic}", path)
            return
        if interval != spec.interval:
            self._report(f"{interval!r} is not what the metric measures: {spec.interval!r}", (*path, "interval"))
        try:
            parse(f"{published.get('value')} {unit.removeprefix('1')}", spec.unit)
        except InputError as error:
            self._report(error.problems[0].message, (*path, "value"))


def _elsewhere(metric: str) -> str:
    """Which studies measure it, where none of the scenario's does."""
    name, _, _ = metric.partition(".")
    have = [one for one in studies.NAMES if any(spec.name == name for spec in studies.study(one).metrics)]
    return f"; {' and '.join(have)} {'measures' if len(have) == 1 else 'measure'} it" if have else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def check(document: Document, parts: Sequence[Asked]) -> list[Problem]:
    """Every problem of what a scenario says about its metrics."""
    checker = Checker(document, parts)
    checker.document()
    return checker.problems
