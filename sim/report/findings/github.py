"""Findings as GitHub's workflow commands: lines of a log that a job's page shows as annotations.

As `docs.github.com/actions/reference/workflow-commands-for-github-actions` has them. A job shows the first ten of each
level, so the errors come first.
"""

from __future__ import annotations

from collections.abc import Iterable

from sim.printable import printable
from sim.report.findings.finding import FileFinding

_LEVELS = ("error", "warning", "notice")
_COMMAND = {"error": "error", "warning": "warning", "note": "notice"}


def lines(findings: Iterable[FileFinding]) -> str:
    """One command a finding. "" where there is none."""
    ordered = sorted(findings, key=lambda finding: _LEVELS.index(_COMMAND[finding.level]))
    return "".join(f"{_command(finding)}\n" for finding in ordered)


def _command(finding: FileFinding) -> str:
    known = {"file": finding.path, "line": finding.line, "col": finding.column, "title": f"sim {finding.rule}"}
    properties = ",".join(f"{name}={_property(str(value))}" for name, value in known.items() if value)
    return f"::{_COMMAND[finding.level]} {properties}::{_data(printable(finding.message, instead=' '))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
