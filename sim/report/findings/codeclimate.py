"""Findings as Code Climate's JSON, in the subset that GitLab's Code Quality reads.

As `docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format` has it: description, check_name, fingerprint,
location.path, location.lines.begin, severity.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from sim.printable import printable
from sim.report.findings.finding import FileFinding
from sim.report.findings.fingerprint import fingerprints

_SEVERITY = {"error": "major", "warning": "minor", "note": "info"}


def document(findings: Sequence[FileFinding]) -> str:
    """A list of issues. A finding without a line is at the first."""
    issues = [
        {
            "description": printable(finding.message, instead=" "),
            "check_name": finding.rule,
            "fingerprint": fingerprint,
            "severity": _SEVERITY[finding.level],
            "location": {"path": finding.path, "lines": {"begin": finding.line or 1}},
        }
        for finding, fingerprint in zip(findings, fingerprints(findings), strict=True)
        if finding.file
    ]
    return json.dumps(issues, indent=2, ensure_ascii=False) + "\n"
