"""What is left of a tool that was used for an afternoon and removed from a host, a virtual machine or a container?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from annotated_types import doc

from sim.errors import InputError, Problem
from sim.lifecycle.leftovers import REMOVALS, SOURCES, ToolPlace, ToolRemoval, ToolVolume, left
from sim.outcome import MetricSpec
from sim.reasons import Reason
from sim.records.hosts import LeftRecord
from sim.studies.base import Context, Study, StudyRun, Subject


@dataclass(frozen=True, kw_only=True)
class Leftovers:
    """Where PostgreSQL 17 is, and how one gets rid of it."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - pydantic reads this name from the class

    tool_place: Annotated[
        ToolPlace,
        Subject(),
        doc("Packages of Debian 13 on the host, a virtual machine of its own under libvirt, or a container of Docker."),
    ] = "container"
    tool_removal: Annotated[
        ToolRemoval,
        doc(
            "On the host: apt remove postgresql, or remove or purge 'postgresql*', each with autoremove after it. Of a "
            "machine, once it is shut down: virsh undefine, with its storage or without. Of a container: rm, "
            "rm -v, or run with --rm."
        ),
    ] = "kept"
    tool_volume: Annotated[
        ToolVolume,
        doc(
            "Of a container: a volume without a name, as the image declares it, one with a name, or none for a script."
        ),
    ] = "anonymous"
    image_removed: Annotated[bool, doc("Of a container: docker image rm follows.")] = False

    def __post_init__(self) -> None:
        """Raise `InputError` for parameters that do not go together."""
        problems = list(_problems(self))
        if problems:
            raise InputError(problems)


def _problems(params: Leftovers) -> Iterator[Problem]:
    allowed = REMOVALS[params.tool_place]
    if params.tool_removal not in allowed:
        message = Reason(
            "removal",
            "{removal} does not remove it from a {place}; there are {known}",
            removal=params.tool_removal,
            place=params.tool_place,
            known=", ".join(allowed),
        )
        yield Problem(message, path="tool_removal")
    if params.image_removed and (params.tool_place != "container" or params.tool_removal == "kept"):
        yield Problem(Reason("image_removed", "an image is removed after its container"), path="image_removed")


def run(params: Leftovers, context: Context) -> StudyRun:
    """Use it, remove it, and look what is there; one run is all there is, as nothing is random."""
    found = left(params.tool_place, params.tool_removal, params.tool_volume, image_removed=params.image_removed)
    there = {thing for thing, state in found.items() if state in ("stays", "kept")}
    return StudyRun(
        samples={
            "things_left": [len(there)],
            "data_left": [float("data" in there)],
            "server_left": [float("server" in there)],
        },
        records=tuple(
            LeftRecord(context.label, thing, state, params.tool_place, SOURCES[params.tool_place])
            for thing, state in found.items()
        ),
    )


STUDY = Study(
    name="leftovers",
    parameters=Leftovers,
    metrics=(
        MetricSpec("things_left", "1", "after the removal", "Kinds of things that are left, of five", headline=True),
        MetricSpec("data_left", "1", "after the removal", "Whether its data is there still: 1 or 0"),
        MetricSpec("server_left", "1", "after the removal", "Whether the server is there still, running: 1 or 0"),
    ),
    run=run,
    random=False,
    named_by_technology=False,
)
