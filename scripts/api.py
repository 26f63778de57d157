"""Write docs/api.md, the page of the Python interface, from the public docstrings.

Run after a change of one: `python scripts/api.py`. A test holds that the page is current. It tells the names that `sim`
lends, and the classes of the values that one gets from them.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType
from typing import Any, get_args

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "api.md"

INTRODUCTION = """\
# The Python interface

What `import sim` offers, made from the docstrings by `scripts/api.py`. Any other name may change without notice.
"""

_PLACES = ("sim.outcome", "sim.scenario", "sim.errors")
"""The modules whose classes are values that a caller meets, beside those of records."""


def page() -> str:
    """The whole page."""
    import sim

    public = {name: getattr(sim, name) for name in sim.__all__ if name != "__version__"}
    functions = {name: member for name, member in public.items() if not inspect.isclass(member)}
    classes = {name: member for name, member in public.items() if inspect.isclass(member)}
    met = _met(classes)
    sections = [
        INTRODUCTION,
        _text(inspect.getdoc(sim) or ""),
        "## Functions",
        *(line for name, member in functions.items() for line in _function(f"sim.{name}", member, "###")),
        "## Classes",
        *(line for name, member in classes.items() for line in _class(f"sim.{name}", member)),
        "## Values inside them",
        *(line for member in met for line in _class(f"{member.__module__}.{member.__qualname__}", member)),
    ]
    return "\n\n".join(section.strip("\n") for section in sections if section) + "\n"


def _met(classes: dict[str, type]) -> list[type]:
    """The classes that the fields and methods of public ones name, and theirs, in alphabetical order."""
    from sim.records.record import Record

    records = get_args(Record)
    known = {
        name: member
        for place in {*_PLACES, *(kind.__module__ for kind in records)}
        for name, member in vars(sys.modules[place]).items()
        if dataclasses.is_dataclass(member)
        and isinstance(member, type)
        and member.__module__ == place
        and name[0] != "_"
    }
    met: dict[str, type] = {}
    ahead = list(classes.values())
    while ahead:
        here = ahead.pop()
        said = [str(field.type) for field in dataclasses.fields(here)] if dataclasses.is_dataclass(here) else []
        said += [member.__annotations__.get("return", "") for _, member in _methods(here)]
        words = set(re.findall(r"\w+", " ".join(said)))
        if "Record" in words:
            words |= {kind.__name__ for kind in records}
        for name in words & known.keys() - met.keys() - classes.keys():
            met[name] = known[name]
            ahead.append(known[name])
    return [met[name] for name in sorted(met)]


def _methods(of: type) -> Iterator[tuple[str, FunctionType]]:
    """The public methods and properties that a class itself defines."""
    for name, member in vars(of).items():
        function = member.fget if isinstance(member, property) else member
        if isinstance(function, FunctionType) and not name.startswith("_"):
            yield name, function


def _function(name: str, function: Any, heading: str) -> Iterator[str]:
    yield f"{heading} `{name}`"
    yield f"```python\n{_signature(name, function)}\n```"
    yield _text(inspect.getdoc(function) or "")


def _signature(name: str, function: Any) -> str:
    """A call as it is written in the source, on one line where that is short."""
    signature = inspect.signature(function)
    words, starred = [], False
    for parameter in signature.parameters.values():
        if parameter.name == "self":
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and not starred:
            words.append("*")
        starred = starred or parameter.kind in (parameter.KEYWORD_ONLY, parameter.VAR_POSITIONAL)
        stars = "*" * (parameter.kind is parameter.VAR_POSITIONAL) + "**" * (parameter.kind is parameter.VAR_KEYWORD)
        default = "" if parameter.default is parameter.empty else f" = {_default(parameter.default)}"
        words.append(f"{stars}{parameter.name}: {_quoted(parameter.annotation)}{default}")
    short = f"{name}({', '.join(words)}) -> {signature.return_annotation}"
    if len(short) <= 110:
        return short
    inner = "".join(f"    {word},\n" for word in words)
    return f"{name}(\n{inner}) -> {signature.return_annotation}"


def _default(value: object) -> str:
    """A default as a reader writes it: a function by its name."""
    return value.__qualname__ if isinstance(value, FunctionType) else _quoted(repr(value))


def _quoted(code: str) -> str:
    """With the quotes of the source: an annotation is kept with the other ones."""
    return code.replace("'", '"')


def _class(name: str, of: type) -> Iterator[str]:
    yield f"### `{name}`"
    bases = [base.__name__ for base in of.__bases__ if base is not object]
    if bases:
        yield f"A kind of `{'`, `'.join(bases)}`."
    fields = [field for field in dataclasses.fields(of) if field.name[0] != "_"] if dataclasses.is_dataclass(of) else []
    yield _text(inspect.getdoc(of) or "")
    if fields:
        yield "```python\n" + "\n".join(f"{field.name}: {_quoted(str(field.type))}" for field in fields) + "\n```"
    for method, function in _methods(of):
        if isinstance(vars(of)[method], property):
            yield f"#### `{of.__name__}.{method}`"
            yield _text(inspect.getdoc(function) or "")
        else:
            yield from _function(f"{of.__name__}.{method}", function, "####")


def _text(doc: str) -> str:
    """A docstring as Markdown: examples fenced, sections as lists."""
    parts = []
    for paragraph in re.split(r"\n\s*\n", doc.strip()):
        if paragraph.lstrip().startswith(">>>"):
            shown = re.sub(r"  # doctest: .*", "", paragraph)
            parts.append(f"```pycon\n{shown}\n```")
        elif section := re.fullmatch(r"(Args|Attributes|Raises):\n(.*)", paragraph, re.DOTALL):
            parts.append(_section(*section.groups()))
        else:
            parts.append(" ".join(paragraph.split()))
    return "\n\n".join(parts)


def _section(title: str, entries: str) -> str:
    """The entries of a section as a list. Only errors need a title, as names are known from the code beside them."""
    items = []
    for entry in re.split(r"\n(?=    \S)", entries):
        names, _, what = " ".join(entry.split()).partition(": ")
        items.append(f"- {', '.join(f'`{name}`' for name in names.split(', '))}: {what}")
    return "\n".join(["Raises\n", *items] if title == "Raises" else items)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
