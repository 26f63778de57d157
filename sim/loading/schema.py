"""The JSON Schema of a scenario file, for editors that complete and check while one writes."""

from __future__ import annotations

import dataclasses
import typing
from typing import Any

import annotated_types as at

from sim import limits, studies
from sim.catalog import names
from sim.expression import RESERVED
from sim.loading.envelope import LABEL, Envelope
from sim.loading.inline import INLINE
from sim.loading.parameters import fields, unwrap
from sim.loading.problems import adapter

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema() -> dict[str, Any]:
    """The schema: what `study` says decides which keys are taken, so that an editor blames a wrong key and not all.

    Deterministic. It says less than the checks of `load`: names of metrics, and what only labels together give, are not
    in it.
    """
    definitions: dict[str, Any] = {}
    envelope = _named("scenario", _object(Envelope, definitions), definitions)
    for name in studies.NAMES:
        body = _body(name, definitions)
        definitions[f"{name}_scenario"] = _object_of(f"{name} scenario", _beside(envelope, body["properties"]))
        definitions[f"{name}_part"] = _object_of(f"{name} part", body["properties"])
    listed = {
        "type": "array",
        "minItems": 1,
        "items": {"type": "object", "properties": _studies(), "required": ["study"], "allOf": _by_study("part")},
        "description": "Several studies in one lesson.",
    }
    definitions["parts_scenario"] = _object_of("scenario of parts", _beside(envelope, {"parts": listed}))
    return {
        "$schema": _DIALECT,
        "title": "Scenario",
        "description": "A lesson: what is compared, what is asked, and what must hold.",
        "type": "object",
        "properties": {**envelope["properties"], "study": _studies()["study"], "parts": {"type": "array"}},
        "required": envelope["required"],
        "if": {"required": ["parts"]},
        "then": {"$ref": "#/$defs/parts_scenario"},
        "else": {"required": ["study"], "allOf": _by_study("scenario")},
        "$defs": dict(sorted(definitions.items())),
    }


def _studies() -> dict[str, Any]:
    return {"study": {"enum": list(studies.NAMES), "description": "The question that is asked."}}


def _by_study(kind: str) -> list[dict[str, Any]]:
    """What an object is where it names a study, one condition each. An unknown one is refused by its own key alone."""
    return [
        {
            "if": {"properties": {"study": {"const": name}}, "required": ["study"]},
            "then": {"$ref": f"#/$defs/{name}_{kind}"},
        }
        for name in studies.NAMES
    ]


def _beside(envelope: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """The body's properties and the envelope's, which the top level has checked already."""
    return {**dict.fromkeys(envelope["properties"], True), **body}


def _object_of(title: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {"title": title, "type": "object", "additionalProperties": False, "properties": properties}


def _body(name: str, definitions: dict[str, Any]) -> dict[str, Any]:
    parameters = studies.study(name).parameters
    known = _named(name, _object(parameters, definitions), definitions)["properties"]
    changes = {"type": ["object", "null"], "additionalProperties": False, "properties": known}
    single = [key for key, control in fields(parameters).items() if control.kind != "structure"]
    path = ({"enum": single}, {"type": "string", "pattern": f"^{LABEL.pattern}\\.[a-z_]+$"})
    limited = {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "path": {"anyOf": [*path]},
            "maximum": {"type": ["number", "string"], "description": "The most that the page offers."},
        },
        "required": ["path"],
    }
    return {
        "properties": {
            "study": True,
            "compare": {
                "type": "object",
                "description": "Label to the parameters it changes; the labels stand side by side.",
                "propertyNames": {"pattern": f"^{LABEL.pattern}$", "not": {"enum": sorted(RESERVED)}},
                "minProperties": 1,
                "maxProperties": limits.LABELS,
                "additionalProperties": changes,
            },
            "controls": {
                "type": "array",
                "description": "The few parameters a page shows; 'label.parameter' for one label.",
                "items": {"anyOf": [*path, limited]},
            },
            **known,
        },
    }


def _named(owner: str, made: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """The same object with each property's schema among the definitions, where several alternatives refer to it."""
    definitions.update({f"{owner}.{key}": item for key, item in made["properties"].items()})
    return {**made, "properties": {key: {"$ref": f"#/$defs/{owner}.{key}"} for key in made["properties"]}}


def _object(kind: type[Any], definitions: dict[str, Any]) -> dict[str, Any]:
    made = adapter(kind).json_schema(ref_template="#/$defs/{model}")
    definitions.update(made.pop("$defs", {}))
    _describe(kind, made, definitions, set())
    return {"properties": made["properties"], "required": made.get("required", [])}


def _describe(kind: type[Any], made: dict[str, Any], definitions: dict[str, Any], seen: set[type[Any]]) -> None:
    """Take descriptions from `annotated_types.doc` and names from the catalog. Drop the titles pydantic invents."""
    seen.add(kind)
    hints = typing.get_type_hints(kind, include_extras=True)
    for field in dataclasses.fields(kind):
        annotation = unwrap(hints[field.name])
        target = made["properties"][field.name]
        target.pop("title", None)
        for item in annotation.metadata:
            if isinstance(item, at.DocInfo):
                target["description"] = item.documentation
            if isinstance(item, names.CatalogName) and item.kind in INLINE and kind not in INLINE.values():
                target["anyOf"].append({"$ref": f"#/$defs/{_inline(INLINE[item.kind], definitions)}"})
        if annotation.core is str and field.name in names.FIELDS and not {"enum", "anyOf"} & set(target):
            target |= names.json_schema(names.FIELDS[field.name], empty=field.default == "")
        for inner in _dataclasses(annotation.core):
            if inner not in seen and inner.__name__ in definitions:
                _describe(inner, definitions[inner.__name__], definitions, seen)


def _inline(kind: type[Any], definitions: dict[str, Any]) -> str:
    """The definition of an entry that is written in place, made once."""
    if kind.__name__ not in definitions:
        definitions[kind.__name__] = {"type": "object", "additionalProperties": False, **_object(kind, definitions)}
    return kind.__name__


def _dataclasses(core: Any) -> list[type[Any]]:
    if isinstance(core, type) and dataclasses.is_dataclass(core):
        return [core]
    return [inner for part in typing.get_args(core) for inner in _dataclasses(unwrap(part).core)]
