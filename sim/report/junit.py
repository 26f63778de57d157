"""`run --format junit`: a suite a scenario, a case an expectation, as CI systems show them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sim.outcome import Outcome


def document(scenarios: Iterable[Sequence[Outcome]]) -> str:
    """JUnit XML of the scenarios' expectations. Without clock readings, so that equal runs are equal files."""
    from junitparser import Failure, JUnitXml, TestCase, TestSuite

    xml = JUnitXml("sim run")
    for outcomes in scenarios:
        first = outcomes[0]
        suite = TestSuite(first.scenario)
        suite.add_property("seed", str(first.seed))
        suite.add_property("replications", str(max(outcome.replications for outcome in outcomes)))
        for outcome in outcomes:
            for verdict in outcome.verdicts:
                case = TestCase(verdict.text, classname=f"{outcome.scenario}.{outcome.study}")
                if not verdict.passed:
                    failure = Failure(f"does not hold: {verdict.text}", "expectation")
                    failure.text = f"expected: {verdict.text}\nobserved: {verdict.observed}"
                    case.result = [failure]
                suite.add_testcase(case)
        xml.add_testsuite(suite)
    xml.update_statistics()  # type: ignore[no-untyped-call]
    written: bytes = xml.tostring()  # type: ignore[no-untyped-call]
    return f'<?xml version="1.0" encoding="utf-8"?>\n{written.decode()}\n'
