"""`run --format junit`: a suite a scenario, a case an expectation, as CI systems show them.

Equal runs are equal files but for the seconds (`time`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

from sim.errors import Problem
from sim.outcome import Outcome

_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold (section 2.2), not even escaped."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of one scenario, by its id. seconds: it took by the wall clock. problems: why it could not run."""

    scenario: str
    outcomes: Sequence[Outcome]
    seconds: float
    problems: Sequence[Problem] = ()


def document(scenarios: Sequence[Ran]) -> str:
    """JUnit XML of the scenarios' expectations; a scenario that could not run is a case with an error.

    A suite's `time` is its scenario's. As CI systems add up those of the cases, each has an equal share: the
    expectations are judged by one run.
    """
    root = Element("testsuites", name="sim run")
    for ran in scenarios:
        suite = SubElement(root, "testsuite", name=ran.scenario)
        if ran.outcomes:
            properties = SubElement(suite, "properties")
            replications = max(outcome.replications for outcome in ran.outcomes)
            for name, value in (("seed", ran.outcomes[0].seed), ("replications", replications)):
                SubElement(properties, "property", name=name, value=str(value))
        cases = [*_cases(ran), *_errors(ran)]
        for case in cases:
            case.set("time", _seconds(ran.seconds / len(cases)))
        suite.extend(cases)
        _count(suite, ran.seconds)
    _count(root, math.fsum(ran.seconds for ran in scenarios))
    return f'<?xml version="1.0" encoding="utf-8"?>\n{tostring(root, "unicode")}\n'


def _count(element: Element, seconds: float) -> None:
    counted = {"tests": "testcase", "failures": "failure", "errors": "error", "skipped": "skipped"}
    for name, tag in counted.items():
        element.set(name, str(sum(1 for _ in element.iter(tag))))
    element.set("time", _seconds(seconds))


def _seconds(value: float) -> str:
    return f"{value:.3f}"


def _cases(ran: Ran) -> Iterator[Element]:
    for outcome in ran.outcomes:
        for verdict in outcome.verdicts:
            case = Element("testcase", name=_text(verdict.text), classname=f"{outcome.scenario}.{outcome.study}")
            if not verdict.passed:
                message = _text(f"does not hold: {verdict.text}")
                failure = SubElement(case, "failure", message=message, type="expectation")
                failure.text = _text(f"expected: {verdict.text}\nobserved: {verdict.observed}")
            yield case


def _errors(ran: Ran) -> Iterator[Element]:
    if ran.problems:
        case = Element("testcase", name="runs", classname=ran.scenario)
        message = _text(f"cannot run: {ran.problems[0].message}")
        SubElement(case, "error", message=message, type="input").text = _text("\n".join(map(str, ran.problems)))
        yield case


def _text(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
