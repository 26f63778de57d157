"""What the catalog says in English alone, in the reader's language: reasons of numbers, and what documents say.

The Japanese is `sim/locale/ja/LC_MESSAGES/catalog.po`, by the English sentence. It is read once a reader of Japanese
asks for it. Where a sentence has fields in braces, it is one that the model puts together. What has no Japanese, as a
catalog of the reader's own, stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache

from sim.report.style import Language
from sim.report.texts import LOCALES, messages, tr
from sim.scenario import Source

CATALOG = LOCALES / "ja" / "LC_MESSAGES" / "catalog.po"

ESTIMATE = "estimate: "
"""How a record's source says that the reasoning of an estimate follows."""

_BETWEEN = "; "
_FIELD = re.compile(r"\{(\w+)\}")
_FIELDS = {
    "line": r"\d+",
    "count": r"\d+",
    "image": "[^;, ]+",
    "file": "(?:(?! and )[^;,])+",
    "rules": "[^()]+",
    "reason": ".+",
    "counted": ".+?",
    "more": ".+",
}
"""What stands for a field of a sentence. Else it is anything without a semicolon."""
_KNOWN = ("reason", "counted", "more")
"""Fields that have a Japanese text, without which the sentence is another one."""
_MOST = 1_000
"""Characters of what the model puts together. Longer ones, as of a file's long name, stay as they are."""


def reasoned(reason: str, language: Language = "en") -> str:
    """Why a number is as it is."""
    return reason if language == "en" else _japanese(reason) or reason


def sourced(source: str, language: Language = "en") -> str:
    """A record's source: ids of facts, reasons, and what the model says of how a number came about.

    >>> sourced("R0140; estimate: a few files", "ja")
    'R0140; 推定：数個のファイル'
    """
    return source if language == "en" else _sourced(source)


def documented(found: Source, language: Language = "en") -> str:
    """A document as a table's cell names it: what it says, and its address."""
    return f"{reasoned(found.text.en, language)} {found.url}"


def all_documented(names: Iterable[str], found: Mapping[str, Source], language: Language = "en") -> str:
    """Several documents as a table's cell names them."""
    return _BETWEEN.join(documented(found[name], language) for name in names)


@lru_cache(maxsize=4096)
def _sourced(source: str) -> str:
    return _BETWEEN.join(_pieces(source.split(_BETWEEN)))


def _pieces(parts: list[str]) -> Iterator[str]:
    """The parts of a source in Japanese. Several are one sentence where the catalog has them as one: it is longest."""
    at = 0
    while at < len(parts):
        for most in range(min(_longest(), len(parts) - at), 0, -1):
            said = _said(_BETWEEN.join(parts[at : at + most]))
            if said or most == 1:
                yield said or parts[at]
                break
        at += most


def _said(text: str) -> str:
    """A reason, its mark as an estimate in Japanese too. "" for what has no Japanese."""
    if not text.startswith(ESTIMATE):
        return _japanese(text)
    reason = text.removeprefix(ESTIMATE)
    known = _japanese(reason)
    return tr("sources.estimate", "ja", reason=known or reason) if known or _BETWEEN not in reason else ""


@lru_cache(maxsize=4096)
def _japanese(text: str) -> str:
    """The Japanese of a sentence. "" where there is none."""
    known = _texts().get(text)
    if known is not None or len(text) > _MOST:
        return known or ""
    return next(filter(None, (_put_together(match, said) for match, said in _matches(text))), "")


def _matches(text: str) -> Iterator[tuple[re.Match[str], str]]:
    for pattern, said in _patterns():
        match = pattern.fullmatch(text)
        if match:
            yield match, said


def _put_together(match: re.Match[str], said: str) -> str:
    """A sentence with its fields in Japanese, as far as they have it. "" where one must have it and has not."""
    fields = {}
    for name, value in match.groupdict().items():
        known = _japanese(value)
        if name in _KNOWN and not known:
            return ""
        fields[name] = known or value
    return said.format(**fields)


@cache
def _texts() -> Mapping[str, str]:
    texts = messages(CATALOG.read_text(encoding="utf-8"))
    del texts[""]
    return texts


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """The sentences with fields, as what matches them, with their Japanese."""
    return tuple((_pattern(english), said) for english, said in _texts().items() if _FIELD.search(english))


def _pattern(english: str) -> re.Pattern[str]:
    plain = _FIELD.split(english)
    for at, name in enumerate(plain):
        plain[at] = f"(?P<{name}>{_FIELDS.get(name, '[^;]+')})" if at % 2 else re.escape(name)
    return re.compile("".join(plain))


@cache
def _longest() -> int:
    """Parts of the longest sentence."""
    return max(english.count(_BETWEEN) for english in _texts()) + 1
