"""YAML as Kubernetes reads it: several documents, merge keys, and the words of YAML 1.1.

`yes`, `on` and `y` are true, `010` is eight and `1e3` is text, as in the parser of `kubectl` (sigs.k8s.io/yaml on
go-yaml 2). JSON is read too.
"""

from __future__ import annotations

import re
from typing import Any

from sim.errors import InputError, Problem
from sim.yamlnodes import YamlNode, YamlReader

_TRUE = re.compile(r"true|True|TRUE|y|Y|yes|Yes|YES|on|On|ON")
_FALSE = re.compile(r"false|False|FALSE|n|N|no|No|NO|off|Off|OFF")
_NULL = re.compile(r"~|null|Null|NULL|")
_WHOLE = re.compile(r"[-+]?(?:0b[01]{1,64}|0o[0-7]{1,22}|0x[0-9a-fA-F]{1,16}|0[0-7]{0,22}|[1-9][0-9]{0,19})")
_FLOAT = re.compile(r"[-+]?[0-9]*\.?[0-9]+(?:[eE][-+][0-9]+)?")
_TEMPLATE = re.compile(r"\{\{")


class ManifestReader(YamlReader):
    """One text's documents."""

    def scalar(self, event: Any) -> Any:
        """Text, a number, a truth value or None."""
        text: str = event.value
        if not event.implicit[0] or event.tag is not None:
            return text
        if _NULL.fullmatch(text):
            return None
        if _TRUE.fullmatch(text) or _FALSE.fullmatch(text):
            return bool(_TRUE.fullmatch(text))
        digits = text.replace("_", "")
        if len(digits) <= 70 and _WHOLE.fullmatch(digits):
            return _whole(digits)
        if len(digits) <= 70 and _FLOAT.fullmatch(digits) and abs(number := float(digits)) != float("inf"):
            return number
        return text

    def entry(self, mapping: YamlNode, key: str, item: YamlNode) -> None:
        """A key twice is a problem, but the merge key, which may stand for several."""
        if key == "<<" and key in mapping.value:
            known = mapping.value[key]
            known.value = [*_as_list(known), *_as_list(item)]
            return
        super().entry(mapping, key, item)

    def finished(self, mapping: YamlNode) -> YamlNode:
        """A mapping with what its merge key brings, for keys that it has not itself."""
        merged = mapping.value.pop("<<", None)
        for one in _as_list(merged) if merged else ():
            if not isinstance(one.value, dict):
                raise InputError(one.problem("a merge key takes a mapping, or a list of mappings"))
            for key, item in one.value.items():
                mapping.value.setdefault(key, item)
        mapping.size = 1 + sum(item.size for item in mapping.value.values())
        return mapping


def _as_list(node: YamlNode) -> list[YamlNode]:
    return list(node.value) if isinstance(node.value, list) else [node]


def _whole(digits: str) -> int:
    """A number as Go's ParseInt reads it with base 0: 0b, 0o, 0x, and octal after a zero."""
    sign, bare = (-1, digits[1:]) if digits.startswith("-") else (1, digits.lstrip("+"))
    octal = len(bare) > 1 and bare[0] == "0" and bare[1].isdigit()
    return sign * (int(bare, 8) if octal else int(bare, 0))


def read_documents(text: str, name: str) -> tuple[list[YamlNode], list[Problem]]:
    """The documents of a text that have something in them, and keys that are there twice.

    Raises `InputError` where it is no YAML, with the line, and says so where it is a template.
    """
    if text.lstrip().startswith(("{", "[")) and not _TEMPLATE.match(text.lstrip()):
        text = text.replace("\t", " ")  # JSON may be indented by tabs, and has them nowhere else
    if "\t\n" in text or "\t\r" in text:  # a tab at a line's end is no indentation
        text = "\n".join(line.rstrip(" \t") if line.endswith("\t") else line for line in text.splitlines())
    reader = ManifestReader(name, text)
    try:
        documents = [node for node in reader.documents() if node.value is not None]
    except InputError as error:
        first = _TEMPLATE.search(text)
        if first is None:
            raise
        line = text.count("\n", 0, first.start()) + 1
        hint = f"a template, as of Helm ('{{{{' in line {line}); expected what it renders to, as of `helm template`"
        problem = error.problems[0]
        raise InputError(reader.source.problem(f"{hint}; {problem.message}", problem.line, problem.column)) from None
    return documents, reader.problems
