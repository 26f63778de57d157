"""What the evidence stands on, as rows of `sim.report.provenance`: published figures, and recordings of engines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

from sim import lessonindex
from sim.catalog.load import facts
from sim.evidence import stored
from sim.evidence.cases import CASES
from sim.evidence.replay import KINDS
from sim.evidence.replays import builds
from sim.evidence.rows import AccuracyRow
from sim.loading import load
from sim.report.bibliography import entries
from sim.report.provenance import MEASURED, SourceRow, catalog_rows
from sim.report.texts import tr
from sim.scenario import Published, Text

_COUNTED = ("cases", "scenarios", "daemon_restart", "storage", "podman")
"""The lists of a recording that are replayed case by case."""

_VERSIONS = ("versions", "engine", "registry")
"""Where a recording says what it is of."""

_UNSAID = {"builds": "dockerd 26.1.5, buildx 0.13.1", "kubernetes": "Kubernetes 1.32, fake kubelet"}
"""What the recordings are of whose files say it in a sentence or not at all (docs/kubernetes-controllers.md)."""

_REPLAYED_BY: Mapping[str, tuple[str, ...]] = {
    "builds": ("build",),
    "lifecycle": ("leftovers", "lifecycle"),
    "compose": ("compose",),
    "swarm": ("rollout",),
    "kubernetes": ("rollout",),
    "registry": ("distribution", "imagestore"),
}
"""The studies whose rules a kind of recording is held against."""


@cache
def rows() -> tuple[SourceRow, ...]:
    """Every number and fact of the catalog, every published figure and every recording."""
    lessons = {lesson.id: lesson for lesson in lessonindex.indexed().values()}
    return (*catalog_rows(lessons), *_published(), *_recordings())


def _published() -> Iterator[SourceRow]:
    """The figures that predictions are held against. Stored ones are taken, as no case has to be run for them."""
    found = stored.current()
    if found is not None:
        for number, row in enumerate(found.rows, 1):
            yield _figure(f"{row.case}.{number}", row, row.published)
        return
    number = 0
    for path in sorted(CASES.glob("*.yaml")):
        for each in load(path).published:
            number += 1
            yield _figure(f"{path.stem}.{number}", each, float(each.value))


def _figure(name: str, figure: AccuracyRow | Published, value: float) -> SourceRow:
    statistic = "" if figure.statistic == "value" else figure.statistic
    what = ", ".join(filter(None, (figure.of, figure.metric, statistic, figure.at)))
    cited = figure.source if isinstance(figure.source, str) else figure.source.citation
    return SourceRow(
        id=name,
        kind="published",
        basis="measured" if cited.startswith(MEASURED) else "published",
        what=Text(en=f"{what} ({figure.interval})", ja=f"{what} ({figure.interval})"),
        value=f"{value:g} {figure.unit}",
        on=facts()[cited].conditions if cited in facts() else "",
        citations=tuple(entries([cited])),
        use=figure.use,
    )


def _recordings() -> Iterator[SourceRow]:
    """The recordings that `python -m sim replay` replays."""
    kinds = {"builds": builds.RECORDINGS} | {kind.KIND: kind.RECORDINGS for kind in KINDS}
    for kind, names in kinds.items():
        for name in names:
            data = json.loads(resources.files("sim.evidence").joinpath("data", name).read_text("utf-8"))
            count = sum(len(data[key]) for key in _COUNTED if isinstance(data.get(key), list))
            family = f": {data['family']}" if "family" in data else ""
            english, japanese = (tr(f"sources.recording.{kind}", lang) + family for lang in ("en", "ja"))
            yield SourceRow(
                id=name.removesuffix(".json"),
                kind="recording",
                basis="recorded",
                what=Text(en=english, ja=japanese),
                value=f"{count} cases",
                on=", ".join(_versions(data)) or _UNSAID.get(kind, ""),
                reason=str(data.get("how") or data.get("about") or ""),
                studies=_REPLAYED_BY[kind],
            )


def _versions(data: Mapping[str, Any]) -> Iterator[str]:
    for key in _VERSIONS:
        said = data.get(key)
        if isinstance(said, dict):
            yield from (f"{name} {version}" for name, version in said.items())
        elif isinstance(said, str):
            yield f"{key} {said}"
