"""Marks a parameter that names something in the catalog, so that readers can check and offer the names there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from sim.catalog import load
from sim.catalog.profile import PROFILE
from sim.errors import InputError

CatalogKind = Literal["technologies", "guests", "applications", "hosts", "images"]

FIELDS: dict[str, CatalogKind] = {
    "technology": "technologies",
    "guest": "guests",
    "application": "applications",
    "host": "hosts",
}
"""What a parameter of that name means where nothing marks it."""


def known(kind: CatalogKind) -> tuple[str, ...]:
    """The ids the catalog has of one kind, in its order."""
    return tuple(getattr(load, kind)())


def check(kind: CatalogKind, name: str) -> None:
    """Raise `InputError` naming what is near, or all there are, unless the catalog has that id.

    A host may also be the path of a profile, as `python -m sim calibrate` writes it.
    """
    if kind == "hosts" and name.endswith(PROFILE):
        load.host(name)
        return
    check_id(kind, name)


def check_id(kind: CatalogKind, name: str) -> None:
    """As `check`, of the catalog's ids alone: no file is read, whatever the name."""
    have = known(kind)
    if name not in have:
        raise load.no_such(kind, name, have)


@dataclass(frozen=True, slots=True)
class CatalogName:
    """The parameter is an id of that kind, or the entry itself.

    A file can only say ids. The context of a check may say which entry an id of (kind, id) is meant to be.

    Attributes:
        empty: Whether "" is taken too, for "the default".
    """

    kind: CatalogKind
    empty: bool = False

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic_core import PydanticCustomError, core_schema

        def read(value: str, info: Any) -> Any:
            given = (info.context or {}).get((self.kind, value))
            if given is not None:
                return given
            if not (self.empty and value == ""):
                try:
                    check(self.kind, value)
                except InputError as error:
                    raise PydanticCustomError("catalog", "{reason}", {"reason": error.said}) from None
            return value

        text = core_schema.str_schema(min_length=None if self.empty else 1)
        return core_schema.with_info_after_validator_function(read, text)

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        return json_schema(self.kind, empty=self.empty)


def json_schema(kind: CatalogKind, *, empty: bool = False) -> dict[str, Any]:
    """The JSON Schema of such a name: the ids there are, and those of a scenario's own catalog.

    A host may be a profile too.
    """
    own: dict[str, Any] = {"type": "string", "minLength": 1, "description": "An id of the scenario's own catalog."}
    if kind == "hosts":
        own["description"] = "An id of the scenario's own catalog, or the path of a measured host's profile (.toml)."
    return {"anyOf": [{"type": "string", "enum": [""] * empty + list(known(kind))}, own]}
