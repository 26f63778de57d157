"""Records of engines that are put together: components, the calls between them, and what they still do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sim.records.instances import Owner

ComponentState = Literal["works", "broken", "left_out"]
"""It does all that it did, no longer all as something it calls is missing, or it is the one that was left out."""


@dataclass(frozen=True, slots=True)
class ComponentRecord:
    """What became of one component of an assembly.

    Attributes:
        of: The label.
        component: The component's id.
        home: The project or firm that it comes from.
        owner: Whose time and memory its own are.
        state: What became of it.
        source: The ids of the documents that say so (`sim.catalog.tables.assemblies.assembly_documents`).
    """

    of: str
    component: str
    home: str
    owner: Owner
    state: ComponentState
    source: str


@dataclass(frozen=True, slots=True)
class CallRecord:
    """A call between two components of an assembly.

    Attributes:
        of: The label.
        caller: The component that calls.
        called: The one that is called, or "process".
        by: Over what.
        on_way: Whether it is on the way from the assembly's command to the container's first process.
        broken: Whether nobody makes it, or nothing useful comes of it.
        source: The id of the document that says so.
    """

    of: str
    caller: str
    called: str
    by: str
    on_way: bool
    broken: bool
    source: str


@dataclass(frozen=True, slots=True)
class AssemblyRecord:
    """Whether an assembly still does one thing.

    Attributes:
        of: The label.
        assembly: The assembly's id.
        asked: "run", "build" or "pull" by its own command, "beside" for a start by another client, "keep" for
            containers that run.
        works: Whether it does.
    """

    of: str
    assembly: str
    asked: str
    works: bool
