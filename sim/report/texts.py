"""The interface's and the explanations' sentences, by message id, in English and Japanese (gettext catalogs).

The catalogs are `sim/locale/LANGUAGE/LC_MESSAGES/sim.po`; `scripts/compile_messages.py` makes the `.mo` files beside
them. Names and phases of technologies are not here: the catalog has them in both languages.
"""

from __future__ import annotations

import functools
import gettext
from pathlib import Path

from sim.outcome import Message
from sim.report.look import Language

DOMAIN = "sim"
LOCALES = Path(__file__).resolve().parent.parent / "locale"


@functools.cache
def _catalog(language: Language) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, LOCALES, languages=[language])


def has(message: str, language: Language = "en") -> bool:
    """Whether the catalog has a text for the id."""
    return _catalog(language).gettext(message) != message


def tr(message: str, language: Language = "en", **arguments: str | float) -> str:
    """The text of a message id, its named arguments put in.

    Raises `KeyError` naming the id where the catalog has none, or the argument the text asks for.
    """
    text = _catalog(language).gettext(message)
    if text == message:
        raise KeyError(f"no text {message!r} in language {language!r}")
    return text.format(**arguments) if arguments else text


def told(message: Message, language: Language = "en") -> str:
    """A message of the model as a sentence.

    A message may have other wordings for other arguments: `ID.more` where `more` things are left unnamed, `ID.whole`
    where its `path` or `line` is empty because all of it is meant, `ID.unless` where a `run` may have undone it.
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
