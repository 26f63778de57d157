"""The forms findings are written in, by the word of `--format`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sim.report.findings import codeclimate, github, sarif
from sim.report.findings.finding import FileFinding

FORMS: Mapping[str, Callable[[Sequence[FileFinding]], str]] = {
    "github": github.lines,
    "sarif": sarif.document,
    "codeclimate": codeclimate.document,
}
"""Each form's writer."""
