"""The words every scenario file may have, whatever its study, and the rules of its names."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from typing import Annotated, Any

from annotated_types import Ge, Le, MaxLen, MinLen, doc

from sim import limits
from sim.scenario import Lesson, Published, WrittenText

ID = r"[a-z0-9]+(-[a-z0-9]+)*"


class _Named:
    """An annotation of a text that is an id. It imports pydantic where something is checked, not with this module."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        return core_schema.str_schema(pattern=f"^{ID}$", max_length=limits.ID)


Identifier = Annotated[str, _Named()]

LABEL = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """The top level of a scenario file but for its study and the study's own parameters."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 -- pydantic reads it from the class
    id: Annotated[Identifier, doc("Names the scenario, in commands and in files.")]
    concept: Annotated[Identifier, doc("The id of the concept that is taught.")]
    title: Annotated[WrittenText, doc("The lesson's title.")]
    summary: Annotated[WrittenText, doc("What is seen, in a sentence or two.")]
    lesson: Annotated[Lesson | None, doc("What is taught, and how.")] = None
    catalog: Annotated[
        str, MaxLen(limits.PATH), doc("A folder with a catalog of your own, from the scenario's file.")
    ] = ""
    seed: Annotated[int, Ge(0), Le(2**63 - 1), doc("Where all randomness comes from.")] = 1
    replications: Annotated[
        int, Ge(1), Le(limits.REPLICATIONS), doc("How often each label runs, with other random numbers.")
    ] = 1
    expect: Annotated[tuple[Annotated[str, MinLen(1)], ...], doc("What must hold of the metrics.")] = ()
    published: Annotated[tuple[Published, ...], doc("Published figures the scenario is held against.")] = ()
    labels: Annotated[dict[str, WrittenText], doc("What a label is called for a reader.")] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Body:
    """What makes a part, beside the study's own parameters."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 -- pydantic reads it from the class
    study: Annotated[str, doc("The question that is asked.")]
    compare: Annotated[
        dict[str, dict[str, Any] | None],
        doc("Label to the parameters it changes; the labels stand side by side."),
        MinLen(1),
        MaxLen(limits.LABELS),
    ]
    controls: Annotated[
        tuple[str | dict[str, Any], ...], doc("The few parameters a page shows; {path, maximum} limits what it offers.")
    ] = ()


ENVELOPE = tuple(field.name for field in fields(Envelope))
BODY = tuple(field.name for field in fields(Body))
