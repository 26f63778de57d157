"""How much a reader of image archives takes before it refuses: the bounds that keep a hostile file harmless.

Reading spends from one `RemainingLimits` an inspection. Nothing here knows a format. The numbers are in `sim.limits`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sim import limits
from sim.errors import InputError, Problem
from sim.limits import MIB as MIB


class LimitError(InputError):
    """The input asks for more than a limit allows. Reading stops at once, whatever part it was in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds on one inspection. Sizes in bytes.

    As `sim.limits` has them, which a test makes smaller.
    """

    content: int = limits.IMAGE_CONTENT
    expansion: int = limits.IMAGE_EXPANSION
    expansion_from: int = limits.IMAGE_EXPANSION_FROM
    document: int = limits.IMAGE_DOCUMENT
    documents: int = limits.IMAGE_DOCUMENTS
    entries: int = limits.IMAGE_ENTRIES
    names: int = limits.IMAGE_NAMES
    path: int = limits.IMAGE_PATH
    header: int = limits.IMAGE_HEADER
    members: int = limits.IMAGE_MEMBERS
    nesting: int = limits.IMAGE_NESTING
    images: int = limits.IMAGES


DEFAULT_LIMITS = Limits()


def untold() -> None:
    """Nobody is told that reading goes on."""


@dataclass(slots=True)
class RemainingLimits:
    """What is left of the limits in the inspection under way.

    Attributes:
        tick: Called with each piece. May end it by raising.
    """

    limits: Limits
    content: int = 0
    documents: int = 0
    entries: int = 0
    names: int = 0
    tick: Callable[[], None] = untold

    def spend_content(self, size: int, place: str) -> None:
        """Count `size` decompressed bytes, and tell that reading goes on. Raises `LimitError` past the limit."""
        self.tick()
        self.content += size
        if self.content > self.limits.content:
            raise over(f"holds over {self.limits.content} B once decompressed", "content", self.limits.content, place)

    def spend_document(self, size: int, place: str) -> None:
        """Count a JSON document kept in memory."""
        self.documents += size
        if self.documents > self.limits.documents:
            raise over("the JSON documents are too large together", "documents", self.limits.documents, place)

    def spend_entry(self, count: int, name_bytes: int, place: str) -> None:
        """Count a file, directory or link of a layer, with the directories that it implies."""
        self.entries += count
        self.names += name_bytes
        if self.entries > self.limits.entries:
            raise over("has too many files", "entries", self.limits.entries, place)
        if self.names > self.limits.names:
            raise over("has file names that are too long together", "names", self.limits.names, place)


def over(message: str, limit: str, allowed: int, place: str) -> LimitError:
    """The error of a limit: what happened, which limit it was and what it allows."""
    return LimitError(Problem(f"{message}; the limit `{limit}` allows {allowed}", path=place))


def refused(message: str, place: str = "") -> InputError:
    """An error about one place inside an archive. The caller that knows the file adds its name."""
    return InputError(Problem(message, path=place))
