"""Findings as SARIF 2.1.0 (OASIS, docs.oasis-open.org/sarif/sarif/v2.1.0): one run of one tool."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from sim import __version__
from sim.printable import printable
from sim.report.findings.finding import RULES, FileFinding
from sim.report.findings.fingerprint import fingerprints

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def document(findings: Sequence[FileFinding]) -> str:
    """A log with the findings and the rules they are of."""
    rules = [name for name in RULES if any(finding.rule == name for finding in findings)]
    driver = {
        "name": "sim",
        "version": __version__,
        "rules": [{"id": name, "shortDescription": {"text": RULES[name]}} for name in rules],
    }
    results = [
        _result(finding, rules, fingerprint)
        for finding, fingerprint in zip(findings, fingerprints(findings), strict=True)
    ]
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _result(finding: FileFinding, rules: Sequence[str], fingerprint: str) -> dict[str, Any]:
    result = {
        "ruleId": finding.rule,
        "ruleIndex": rules.index(finding.rule),
        "level": finding.level,
        "message": {"text": printable(finding.message, instead=" ")},
        "partialFingerprints": {"simFinding/v1": fingerprint},
    }
    if not finding.file:
        return result
    place: dict[str, Any] = {"artifactLocation": {"uri": uri(finding.path)}}
    if finding.line:
        column = {"startColumn": finding.column} if finding.column else {}
        place["region"] = {"startLine": finding.line, **column}
    return {**result, "locations": [{"physicalLocation": place}]}


def uri(file: str) -> str:
    """A path as the reference of a URI: relative paths stay relative to where the command ran."""
    path = PurePath(file)
    return path.as_uri() if path.is_absolute() else quote(file)
