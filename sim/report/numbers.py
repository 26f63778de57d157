"""Numbers as a person would say them: two significant digits, or three of a large rate, and a unit, in both languages.

For reading only. What a file holds is written by `sim.quantity`.
"""

from __future__ import annotations

import math

from sim.never import never
from sim.outcome import Metric
from sim.report.style import Language

NARROW = "\u202f"
"""Between a number and its unit: neither breaks nor gapes."""

_NEVER: dict[Language, str] = {"en": "never", "ja": "発生せず"}
"""The time at which something happened that did not (`sim.never`)."""

_JAPANESE = {"µs": "マイクロ秒", "ms": "ミリ秒", "s": "秒", "min": "分", "h": "時間", "d": "日"}


def written(
    value: float, unit: str, language: Language = "en", estimate: bool = False, *, transfer: bool = False
) -> str:
    r"""A number with its unit, as a figure shows it. The time of what never happened is a word.

    Args:
        value: In `unit`, which is "s", "B", "B/s", "1/s", "1" (a count, or a plain ratio), "%" (a share of one).
        transfer: Bytes that travel or lie in a layer, in MB. Memory is in MiB.
        estimate: Whether the marks of an estimate are added. A value of exactly nothing has none.

    >>> written(0.0452, "s"), written(2_576_980_378, "B"), written(14.2, "s", estimate=True)
    ('45\u202fms', '2.4\u202fGiB', '≈\u202f14\u202fs est.')
    >>> written(1_234_567, "1/s"), written(400, "1/s")
    ('1,230,000/s', '400/s')
    """
    if math.isinf(value):
        return _NEVER[language] if never(value) else "\N{MINUS SIGN}∞"
    number, word = _scaled(value, unit, transfer)
    word = unit_word(word, language)
    glue = "" if word in ("", "/s") else NARROW
    text = f"{number}{glue}{word}"
    return marked(text, language) if estimate and value else text


def unit_word(unit: str, language: Language = "en") -> str:
    """A unit as it stands behind a number: "ms", "ミリ秒"."""
    return _JAPANESE.get(unit, unit) if language == "ja" else unit


def marked(text: str, language: Language = "en", *, short: bool = False) -> str:
    r"""A label of a figure that is an estimate: every one begins with "≈", and one that stands free ends in "est.".

    Args:
        short: Inside a mark that is dashed itself (a piece of a lane, a card of a graph), where the stroke says the
            rest.

    >>> marked("63 fit"), marked("1.6\u202fs", short=True)
    ('≈\u202f63 fit est.', '≈\u202f1.6\u202fs')
    """
    about = f"≈{NARROW}{text}"
    return about if short else f"{about} {'推定' if language == 'ja' else 'est.'}"


def about(value: float, unit: str, language: Language = "en", *, transfer: bool = False) -> str:
    """An estimate inside a sentence or a title: "≈ 14 s", "約14 秒"."""
    text = written(value, unit, language, transfer=transfer)
    if math.isinf(value):
        return text
    return f"約{text}" if language == "ja" else f"≈{NARROW}{text}"


def times(value: float, language: Language = "en") -> str:
    """A factor in a sentence: "3.4 times", "3.4 倍"."""
    if math.isinf(value):
        return f"∞{NARROW}{'倍' if language == 'ja' else 'times'}"
    return f"{_digits(value)}{NARROW}{'倍' if language == 'ja' else 'times'}"


def between(low: float, high: float, unit: str, language: Language = "en", *, transfer: bool = False) -> str:
    """An interval, the unit once where both ends share it: "13–14 s"."""
    first, last = (written(value, unit, language, transfer=transfer) for value in (low, high))
    if first == last:
        return first
    number, _, word = first.partition(NARROW)
    return f"{number}–{last}" if word and word == last.partition(NARROW)[2] else f"{first}–{last}"


def unit_of(metric: Metric) -> str:
    """The unit a metric is written in: its own, or "%" where it is a share of one."""
    return "%" if metric.unit == "1" and metric.metric.endswith("_share") else metric.unit


def written_metric(metric: Metric, language: Language = "en") -> str:
    """A metric's value as a figure shows it, marked where it is an estimate."""
    return written(metric.value, unit_of(metric), language, metric.estimate, transfer=metric.transfer)


def _scaled(value: float, unit: str, transfer: bool) -> tuple[str, str]:
    size = abs(value)
    if unit == "s":
        return _duration(value)
    if unit == "B":
        return _bytes(value, transfer)
    if unit == "B/s":
        bits = value * 8
        for word, factor in (("Gbit/s", 1e9), ("Mbit/s", 1e6), ("kbit/s", 1e3)):
            if abs(bits) >= factor * 0.995:
                return _digits(bits / factor), word
        return _digits(bits), "bit/s"
    if unit == "%":
        return _digits(value * 100), "%"
    if unit == "1/s":
        return _rate(value), "/s"
    return (f"{value:,.0f}" if value == int(value) or size >= 9.95 else _digits(value)), ""


def _rate(value: float) -> str:
    """As `_digits`, from a thousand on with three of them: a model's rates are no surer than that."""
    if abs(value) < 999.5:
        return _digits(value)
    return f"{float(f'{value:.3g}'):,.0f}"


def _duration(value: float) -> tuple[str, str]:
    size = abs(value)
    if size >= 172_800:
        return _digits(value / 86_400), "d"
    if size >= 7_200:
        return _digits(value / 3_600), "h"
    if size >= 120:
        return _digits(value / 60), "min"
    if size >= 0.0995 or size == 0:
        return _digits(value), "s"
    if size >= 0.0000995:
        return _digits(value * 1e3), "ms"
    return _digits(value * 1e6), "µs"


def _bytes(value: float, transfer: bool) -> tuple[str, str]:
    if transfer:
        if abs(value) >= 999.5e6:
            return _digits(value / 1e9), "GB"
        if abs(value) >= 99_500:
            return _digits(value / 1e6), "MB"
        return (_digits(value / 1e3), "kB") if abs(value) >= 999.5 else (f"{value:.0f}", "B")
    for word, factor, least in (("TiB", 2**40, 2**40), ("GiB", 2**30, 1023.5 * 2**20), ("MiB", 2**20, 1023.5 * 2**10)):
        if abs(value) >= least:
            return _digits(value / factor), word
    return (_digits(value / 1024), "KiB") if abs(value) >= 1024 else (f"{value:.0f}", "B")


def _digits(value: float) -> str:
    """Two significant digits, or from ten on a whole number with all its digits."""
    if value == 0:
        return "0"
    if abs(value) >= 9.95:
        return f"{value:,.0f}"
    places = 1 - math.floor(math.log10(abs(value)))
    rounded = round(value, places)
    if rounded != 0:
        places = 1 - math.floor(math.log10(abs(rounded)))
    return f"{rounded:.{max(places, 0)}f}"
