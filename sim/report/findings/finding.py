"""A finding, and what it is made from: problems, expectations, a planned build, what `inspect` read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Literal

from sim.errors import InputError, Problem
from sim.inputfile import read_text
from sim.limits import SCENARIO
from sim.loading.document import read
from sim.report.building.rebuilds import FIRST, Cause, builds, causes
from sim.report.building.report import BuildReport, amount, sentence
from sim.report.formats.table import ESTIMATE

if TYPE_CHECKING:
    from sim.report.formats.baseline import Comparison
    from sim.report.formats.ran import Ran

Level = Literal["error", "warning", "note"]

RULES: Mapping[str, str] = {
    "input": "A file that cannot be used as it is.",
    "bug": "A mistake of the simulator.",
    "expectation": "What a scenario expects of its metrics and does not hold.",
    "baseline": "A metric that moved against the baseline.",
    "rebuild-time": "A rebuild that takes longer than is allowed.",
    "cache-miss": "The step of a Dockerfile from which a rebuild runs again.",
    "suggestion": "A change of a Dockerfile that makes the rebuild cheaper, as planned.",
    "compose": "What a compose file says and Compose does otherwise than one may think.",
    "manifest": "What a Kubernetes manifest says and may not be meant.",
    "image-budget": "An image that wastes more than is allowed.",
}
"""Each rule's id and what it finds."""


@dataclass(frozen=True, slots=True)
class FileFinding:
    """Something about a place in a file.

    Attributes:
        rule: A key of `RULES`.
        file: As it was given. "" where there is none. CI systems are told `path`.
        line: From 1. 0 where there is none.
        column: From 1. 0 where there is none.
        about: What it is about, which stays the same while the message's numbers change. "" where that is the message.
    """

    rule: str
    level: Level
    message: str
    file: str = ""
    line: int = 0
    column: int = 0
    about: str = ""

    @property
    def path(self) -> str:
        """The file with "/" between folders, from where the command ran: as every CI system has it."""
        return PurePath(self.file).as_posix() if self.file else ""


def of_problems(problems: Iterable[Problem], rule: str = "input") -> list[FileFinding]:
    """Each problem as an error at its place."""
    return [
        FileFinding(rule, "error", ": ".join(filter(None, (one.path, one.message))), one.file, one.line, one.column)
        for one in problems
    ]


def of_runs(ran: Sequence[Ran], files: Mapping[str, str], comparison: Comparison | None = None) -> list[FileFinding]:
    """Expectations that failed, where they are written, scenarios that could not run, and metrics that moved.

    Args:
        files: Scenario to its file.
    """
    found: list[FileFinding] = []
    for one in ran:
        found += of_problems(one.problems, "bug" if one.bug else "input")
        file = files.get(one.scenario, "")
        failed = [verdict for outcome in one.outcomes for verdict in outcome.verdicts if not verdict.passed]
        places = _places(file) if failed else {}
        for verdict in failed:
            line, column = places.get(verdict.text, (0, 0))
            message = f"{verdict.text}: {verdict.observed}"
            found.append(FileFinding("expectation", "error", message, file, line, column, verdict.text))
    for moved in comparison.moved if comparison else ():
        found.append(FileFinding("baseline", "error", str(moved), files.get(moved.scenario, ""), about=moved.name))
    return found


def _places(file: str) -> dict[str, tuple[int, int]]:
    """Each expectation's line and column. Empty where the file is there no longer."""
    try:
        document = read(read_text(Path(file), SCENARIO), file)
    except InputError:
        return {}
    written = document.value.get("expect") if isinstance(document.value, dict) else None
    listed = written if isinstance(written, list) else []
    return {str(text): document.values[("expect", number)] for number, text in enumerate(listed)}


def of_build(told: BuildReport, file: str) -> list[FileFinding]:
    """The step from which the last build runs again, what would make it cheaper, and a limit that is broken.

    Args:
        file: The Dockerfile.
    """
    found: list[FileFinding] = []
    *_, steps = builds(told.outcome).values()
    first = [cause for cause in causes(steps, told.builder) if cause.first and cause.message.id != FIRST]
    found += [FileFinding("cache-miss", "note", sentence(cause.message), file, _line(cause)) for cause in first]
    for suggestion in told.suggestions:
        line = dict(suggestion.message.arguments).get("line", 0)
        message = " ".join(sentence(said) for said in (suggestion.message, *suggestion.together))
        found.append(FileFinding("suggestion", "warning", message, file, line if isinstance(line, int) else 0))
    verdict = told.verdict
    if verdict is not None and not verdict.passed:
        taken = f"{ESTIMATE if verdict.estimate else ''}{amount(verdict.observed, 's')}"
        when = f" when {verdict.path} changes" if verdict.path else ""
        line = next((tried.line for tried in told.imagined if tried.path == verdict.path), 0)
        line = line or min(map(_line, first), default=0)
        message = f"{verdict.limit.text}: {taken} to rebuild{when}"
        found.append(FileFinding("rebuild-time", "error", message, file, line, about=verdict.limit.text))
    return found


def _line(cause: Cause) -> int:
    """The first line where a cause makes a step run. 0 where there is none."""
    return min(cause.lines, default=0)


def of_inspection(path: str, held: Mapping[str, Any]) -> Iterator[FileFinding]:
    """What `inspect` found of one path: warnings of compose files and manifests, and budgets that images break.

    Its problems are told by `of_problems`.
    """
    rule = {"compose": "compose", "kubernetes": "manifest"}.get(held["kind"], "")
    for warning in held["warnings"] if rule else ():
        message = ": ".join(filter(None, (warning.get("path"), warning["message"])))
        yield FileFinding(rule, "warning", message, warning.get("file") or path, warning.get("line") or 0)
    for image in held["images"] if held["kind"] == "image" else ():
        for budget in image.get("budgets", ()):
            if not budget["passed"]:
                message = f"{image['name']}: {budget['budget']}: {budget['figure']} is {budget['observed']:.12g}"
                yield FileFinding("image-budget", "error", message, path, about=f"{image['name']} {budget['budget']}")
