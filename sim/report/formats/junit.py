"""`run --format junit`: a suite a scenario, a case an expectation, as CI systems show them.

Valid by the schema that Jenkins holds such files to (jenkinsci/xunit-plugin, `junit-10.xsd`). Equal runs are equal
files but for the seconds (`time`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import PurePath
from xml.etree.ElementTree import Element, SubElement, tostring

from sim import __version__
from sim.printable import printable
from sim.report.formats.baseline import Comparison, numbered
from sim.report.formats.ran import Ran


def document(scenarios: Sequence[Ran], comparison: Comparison | None = None) -> str:
    """JUnit XML of the scenarios' expectations. A scenario that could not run is a case with an error.

    A suite's `time` is its scenario's. As CI systems add up those of the cases, each has an equal share: the
    expectations are judged by one run.

    Args:
        comparison: With a baseline. What moved is a case that failed. A scenario that only one of the two has is a case
            that was skipped.
    """
    root = Element("testsuites", name="sim run")
    names = iter(numbered(ran.scenario for ran in scenarios if ran.outcomes))
    for ran in scenarios:
        name = next(names) if ran.outcomes else ""
        compared = _compared(name, comparison) if comparison and name else ()
        cases = [*_cases(ran), *compared, *_errors(ran)]
        for case in cases:
            case.set("time", _seconds(ran.seconds / len(cases)))
        _suite(root, ran.scenario, cases, ran.seconds, _properties(ran, comparison))
    if comparison and comparison.missing:
        _suite(root, "baseline", [_skipped("baseline", name, "not run") for name in comparison.missing])
    _count(root, math.fsum(ran.seconds for ran in scenarios), "tests", "failures", "errors")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{tostring(root, "unicode")}\n'


def _suite(
    root: Element, name: str, cases: Sequence[Element], seconds: float = 0.0, properties: Sequence[tuple[str, str]] = ()
) -> None:
    suite = SubElement(root, "testsuite", name=_text(name))
    if properties:
        listed = SubElement(suite, "properties")
        for key, value in properties:
            SubElement(listed, "property", name=key, value=_text(value))
    suite.extend(cases)
    _count(suite, seconds, "tests", "failures", "errors", "skipped")


def _properties(ran: Ran, comparison: Comparison | None) -> list[tuple[str, str]]:
    pairs = [("model_version", __version__)]
    if ran.outcomes:
        replications = max(outcome.replications for outcome in ran.outcomes)
        pairs += [("seed", str(ran.outcomes[0].seed)), ("replications", str(replications))]
    if comparison and comparison.versions:
        pairs.append(("baseline_model_version", ", ".join(version or "unknown" for version in comparison.versions)))
    return pairs


_COUNTED = {"tests": "testcase", "failures": "failure", "errors": "error", "skipped": "skipped"}


def _count(element: Element, seconds: float, *names: str) -> None:
    for name in names:
        element.set(name, str(sum(1 for _ in element.iter(_COUNTED[name]))))
    element.set("time", _seconds(seconds))


def _seconds(value: float) -> str:
    return f"{value:.3f}"


def _cases(ran: Ran) -> Iterator[Element]:
    for outcome in ran.outcomes:
        for verdict in outcome.verdicts:
            case = _case(f"{outcome.scenario}.{outcome.study}", verdict.text)
            if not verdict.passed:
                words = f"expected: {verdict.text}\nobserved: {verdict.observed}"
                _add(case, "failure", f"does not hold: {verdict.text}", "expectation", words)
            yield case


def _compared(scenario: str, comparison: Comparison) -> Iterator[Element]:
    """A case for each metric that moved, or one that says that none did."""
    owner = f"{scenario}.baseline"
    if scenario in comparison.new:
        yield _skipped(owner, "is in the baseline", "not in the baseline")
        return
    changes = comparison.of(scenario)
    for change in changes:
        case = _case(owner, change.name)
        _add(
            case, "failure", f"moved: {change}", "baseline", "\n".join(filter(None, (str(change), comparison.version)))
        )
        yield case
    if not changes:
        yield _case(owner, "no metric moved")


def _errors(ran: Ran) -> Iterator[Element]:
    if ran.problems:
        case = _case(PurePath(ran.scenario).stem, "runs")
        words = "\n".join(map(str, ran.problems))
        _add(case, "error", f"cannot run: {ran.problems[0].message}", "bug" if ran.bug else "input", words)
        yield case


def _skipped(owner: str, name: str, message: str) -> Element:
    case = _case(owner, name)
    case.set("time", _seconds(0.0))
    SubElement(case, "skipped", message=message)
    return case


def _case(owner: str, name: str) -> Element:
    return Element("testcase", name=_text(name), classname=_text(owner))


def _add(case: Element, tag: str, message: str, kind: str, text: str) -> None:
    SubElement(case, tag, message=_text(message), type=kind).text = _text(text)


def _text(text: str) -> str:
    return printable(text, keep="\n\t", instead="\ufffd")
