"""The interface's and the explanations' sentences, by message id, in English and Japanese (gettext catalogs).

The catalogs are `sim/locale/LANGUAGE/LC_MESSAGES/sim.po`, and are read as they are: reading one takes as long as
reading what `msgfmt` would make of it. Names and phases of technologies are not here: the catalog has them in both
languages.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from pathlib import Path

from sim.reasons import Reason
from sim.records.instances import Message
from sim.report.style import Language

LOCALES = Path(__file__).resolve().parent.parent / "locale"

_ENTRY = re.compile(r'^msgid ((?:".*"\n)+)msgstr ((?:".*"(?:\n|\Z))+)', re.MULTILINE)
_ESCAPED = re.compile(r"\\(.)")
_CONTROL = {"n": "\n", "t": "\t"}


def messages(catalog: str) -> dict[str, str]:
    r"""Message id to its text, from the text of a `.po` file without contexts and plurals. The header's id is "".

    Format: GNU gettext manual, "The Format of PO Files".

    >>> messages('# a comment\nmsgid "ui.run"\nmsgstr ""\n"Run "\n"\\"it\\""\n')
    {'ui.run': 'Run "it"'}
    """
    return {_text(key): _text(text) for key, text in _ENTRY.findall(catalog)}


def _text(quoted: str) -> str:
    """The text of one or more lines in quotes."""
    joined = "".join(line[1:-1] for line in quoted.split("\n"))
    return _ESCAPED.sub(lambda match: _CONTROL.get(match[1], match[1]), joined) if "\\" in joined else joined


@functools.cache
def _catalog(language: Language) -> Mapping[str, str]:
    return messages((LOCALES / language / "LC_MESSAGES" / "sim.po").read_text(encoding="utf-8"))


def messages_of(prefix: str, language: Language = "en") -> dict[str, str]:
    """The texts whose ids begin so, by id."""
    return {message: text for message, text in _catalog(language).items() if message.startswith(prefix)}


def has(message: str, language: Language = "en") -> bool:
    """Whether the catalog has a text for the id."""
    return message in _catalog(language)


def tr(message: str, language: Language = "en", **arguments: str | float) -> str:
    """The text of a message id, its named arguments put in.

    Raises `KeyError` naming the id where the catalog has none, or the argument the text asks for.
    """
    text = _catalog(language).get(message)
    if text is None:
        raise KeyError(f"no text {message!r} in language {language!r}")
    return text.format(**arguments) if arguments else text


def reason_in(reason: str, language: Language = "en") -> str:
    """Why an input cannot be used. In another language than English by the catalog's words, where it has an id.

    What has none is English, as what an engine itself prints.
    """
    if language == "en" or not isinstance(reason, Reason):
        return reason
    values = {
        name: reason_in(value, language) if isinstance(value, str) else value for name, value in reason.values.items()
    }
    return tr(f"reason.{reason.id}", language, **values)


def told(message: Message, language: Language = "en") -> str:
    """A message of the model as a sentence.

    A message may have other wordings for other arguments. `ID.more` is taken where `more` things are left unnamed.
    `ID.whole` is taken where its `path` or `line` is empty because all of it is meant. `ID.unless` is taken where a
    `run` may have undone it.
    """
    arguments = dict(message.arguments)
    variant = message.id
    if arguments.get("more"):
        variant += ".more"
    elif not arguments.get("path", True) or not arguments.get("line", True):
        variant += ".whole"
    elif arguments.get("run"):
        variant += ".unless"
    return tr(variant if has(variant, language) else message.id, language, **arguments)
