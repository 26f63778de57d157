"""Why an input cannot be used, as a sentence and as what it says: an id, with the values that are put in.

The sentence is English, for the command line and for Python. A page in another language has its own words for the id
(`sim.report.texts.reason_in`). It is a text, so that it passes through all that takes texts. Where a part of it is
cut off or put beside another text, only the English is left.

>>> few = Reason("example", "{count} are too few; expected at least {least}", count=2, least=3)
>>> print(few)
2 are too few; expected at least 3
>>> few.id, few.values
('example', {'count': 2, 'least': 3})
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from typing import Self


class Reason(str):
    """A sentence of the model with its id.

    Attributes:
        id: What catalogs of texts call it, below "reason.".
        english: The sentence, before the values are put in.
        values: What is put in, by name. One may be a reason itself.
    """

    __slots__ = ("english", "id", "values")

    id: str
    english: str
    values: Mapping[str, str | float]

    def __new__(cls, name: str, english: str, /, **values: str | float) -> Self:
        """A reason.

        Args:
            name: Its id.
            english: The sentence, with a place for each value as `str.format` has them.
        """
        made = super().__new__(cls, english.format(**values))
        made.id, made.english, made.values = name, english, values
        return made

    def __getnewargs_ex__(self) -> tuple[tuple[str, str], dict[str, str | float]]:
        """What a copy in another process is made of."""
        return (self.id, self.english), dict(self.values)


def of_label(label: str, what: str) -> Reason:
    """A reason that is one label's."""
    return Reason("of_label", "{label}: {what}", label=label, what=what)


def of_labels(labels: str, what: str) -> Reason:
    """A reason that is some labels' and not all of them's."""
    return Reason("of_labels", "{what} (labels {labels})", what=what, labels=labels)


def any_of(names: Iterable[str]) -> str:
    """Names of which one will do, joined by a word that each language has its own for.

    >>> print(any_of(["uefi", "bios"]))
    uefi or bios
    """
    return reduce(lambda some, name: Reason("any_of", "{some} or {name}", some=some, name=name), names)


def all_of(names: Iterable[str]) -> str:
    """Names that all are meant, joined as those of `any_of`."""
    return reduce(lambda some, name: Reason("all_of", "{some} and {name}", some=some, name=name), names)
