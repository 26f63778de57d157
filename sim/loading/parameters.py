"""What a study's parameters are: read from the annotations of its dataclass, for pages, tables and checks."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import annotated_types as at

from sim.catalog import names
from sim.catalog.model import Application, Guest, Host, Technology
from sim.quantity import LARGEST, Unit, render
from sim.studies.base import NamesFile, Repeated, Subject

ControlKind = Literal["number", "quantity", "choice", "flag", "text", "structure"]


@dataclass(frozen=True, kw_only=True)
class Control:
    """One parameter, as a page shows it or a table describes it.

    Attributes:
        path: What `override` takes.
        kind: What sort of value it is. "structure" is a list or a mapping, which no single control shows.
        minimum: The least that is allowed, in SI units. None where there is no bound.
        maximum: The most that is allowed, in SI units. None where there is no bound.
        whole: Whether only whole numbers are allowed.
        choices: What a choice may be. The catalog's ids where `catalog` names one of its kinds.
        unit: The dimension of a quantity, "s" or "B".
        optional: Whether None is taken.
        default: The value now, in SI units.
        description: What it means, for a reader.
        catalog: The kind of catalog entry that it names.
        repeated: Whether a run's cost is in proportion to it.
        file: Whether it is the path of a file, which no page sets.
        subject: Whether it says what a published figure is of.
    """

    path: str
    kind: ControlKind
    minimum: float | None = None
    maximum: float | None = None
    whole: bool = False
    choices: tuple[str, ...] = ()
    unit: str = ""
    optional: bool = False
    default: Any = None
    description: str = ""
    catalog: names.CatalogKind | None = None
    repeated: bool = False
    file: bool = False
    subject: bool = False

    @property
    def written(self) -> str:
        """The default as a scenario file writes it."""
        return written(self.default, self.unit)


@dataclass(frozen=True)
class _Annotation:
    core: Any
    metadata: tuple[Any, ...]
    optional: bool


def unwrap(annotation: Any) -> _Annotation:
    """An annotation without `Annotated` and `| None`: its type, all its metadata, and whether None is taken."""
    metadata: tuple[Any, ...] = ()
    optional = False
    while True:
        if typing.get_origin(annotation) is typing.Annotated:
            metadata += tuple(annotation.__metadata__)
            annotation = annotation.__origin__
            continue
        if typing.get_origin(annotation) in (typing.Union, types.UnionType):
            rest = [part for part in typing.get_args(annotation) if part is not type(None)]
            if len(rest) == 1:
                optional, annotation = True, rest[0]
                continue
        return _Annotation(annotation, metadata, optional)


_FIELDS: dict[Any, Mapping[str, Control]] = {}


def fields(parameters: type[Any]) -> Mapping[str, Control]:
    """Every parameter of a study by name, in the class's order, with the class's own defaults."""
    if parameters not in _FIELDS:
        hints = typing.get_type_hints(parameters, include_extras=True)
        _FIELDS[parameters] = {f.name: _describe(f, unwrap(hints[f.name])) for f in dataclasses.fields(parameters)}
    return _FIELDS[parameters]


def _describe(field: dataclasses.Field[Any], annotation: _Annotation) -> Control:
    low: float | None = None
    high: float | None = None
    unit = description = ""
    catalog = names.FIELDS.get(field.name) if annotation.core is str else None
    for item in annotation.metadata:
        for part in item if isinstance(item, at.GroupedMetadata) else (item,):
            match part:
                case at.Ge(ge=bound):
                    low = _number(bound)
                case at.Gt(gt=bound):
                    low = _number(bound) + 1 if annotation.core is int else _number(bound)
                case at.Le(le=bound):
                    high = _number(bound)
                case at.Lt(lt=bound):
                    high = _number(bound) - 1 if annotation.core is int else _number(bound)
                case Unit(dimension=dimension):
                    unit = dimension
                case at.DocInfo(documentation=documentation):
                    description = documentation
                case names.CatalogName(kind=kind):
                    catalog = kind
    choices = tuple(map(str, typing.get_args(annotation.core)))
    is_choice = typing.get_origin(annotation.core) is Literal
    return Control(
        path=field.name,
        kind=_kind(annotation.core, unit, is_choice=is_choice or catalog is not None),
        minimum=low,
        maximum=LARGEST[unit] if unit and high is None else high,
        whole=annotation.core is int,
        choices=choices if is_choice else (),
        unit=unit,
        optional=annotation.optional,
        default=_default(field),
        description=description,
        catalog=catalog,
        repeated=any(isinstance(item, Repeated) for item in annotation.metadata),
        file=any(isinstance(item, NamesFile) for item in annotation.metadata),
        subject=any(isinstance(item, Subject) for item in annotation.metadata),
    )


def _number(bound: Any) -> float:
    return bound if isinstance(bound, int) else float(bound)


def _kind(core: Any, unit: str, *, is_choice: bool) -> ControlKind:
    if is_choice:
        return "choice"
    if core is bool:
        return "flag"
    if unit:
        return "quantity"
    if core in (int, float):
        return "number"
    return "text" if core is str else "structure"


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default is not dataclasses.MISSING:
        return field.default
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return None


def dataclass_at(root: Any, path: tuple[str | int, ...]) -> type[Any] | None:
    """The dataclass that stands at a path of a checked structure. None where there is no dataclass."""
    core = unwrap(root).core
    for key in path:
        if dataclasses.is_dataclass(core) and isinstance(core, type):
            hints = typing.get_type_hints(core, include_extras=True)
            if key not in hints:
                return None
            core = unwrap(hints[str(key)]).core
        elif (inner := typing.get_args(core)) and typing.get_origin(core) not in (Literal, typing.Union):
            core = unwrap(inner[-1] if isinstance(key, str) else inner[0]).core
        else:
            return None
    return core if isinstance(core, type) and dataclasses.is_dataclass(core) else None


def written(value: Any, unit: str = "") -> str:
    """A parameter's value as a scenario file writes it, in one line. "" for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return render(value, unit) if unit else f"{value:.12g}"
    if isinstance(value, str):
        return value
    if isinstance(value, Technology | Guest | Application | Host):
        return value.id
    return json.dumps(_plain(value), ensure_ascii=False, sort_keys=False)


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        pairs = ((f, getattr(value, f.name)) for f in dataclasses.fields(value))
        return {f.name: _plain(item) for f, item in pairs if item != _default(f)}
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value


def written_all(parameters: Any) -> dict[str, str]:
    """Every parameter of one label in its written form, by name."""
    described = fields(type(parameters))
    return {name: written(getattr(parameters, name), described[name].unit) for name in described}


def given_entries(parameters: Any) -> dict[str, Any]:
    """The catalog's entries among the parameters of one label that are given themselves, and not by an id."""
    values = {name: getattr(parameters, name) for name in fields(type(parameters))}
    return {name: item for name, item in values.items() if isinstance(item, Technology | Guest | Application | Host)}
