"""What stays the same of a finding when lines move, so that a CI system knows it again."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable

from sim.report.findings.finding import FileFinding


def fingerprints(findings: Iterable[FileFinding]) -> list[str]:
    """One a finding, of its rule, its file and what it is about. Equal findings are told apart by their order."""
    seen: Counter[tuple[str, str, str]] = Counter()
    made = []
    for finding in findings:
        key = (finding.rule, finding.file, finding.about or finding.message)
        seen[key] += 1
        text = "\0".join((*key, str(seen[key])))
        made.append(hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32])
    return made
