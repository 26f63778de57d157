"""How much a reader of image archives takes before it refuses: the bounds that keep a hostile file harmless.

Reading spends from one `Budget` an inspection. Nothing here knows a format.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.errors import InputError, Problem

KIB, MIB, GIB = 2**10, 2**20, 2**30


class LimitError(InputError):
    """The input asks for more than a limit allows. Reading stops at once, whatever part it was in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds on one inspection. Sizes in bytes.

    content: all bytes read after decompression, and the size any one file may declare.
    expansion: how many times its stored size a blob may decompress to, once past `expansion_from`.
    document: one JSON document (registries take manifests of at most 4 MiB, distribution-spec) or one text file.
    documents: all JSON documents of an archive together.
    entries: files, directories and links of all layers together, and directories on their way that are not listed
    just before. names: bytes of their names and link targets.
    path: one name or link target (Linux's PATH_MAX). header: one extended tar header.
    members: files of the archive itself. nesting: indexes inside indexes. images: images in one archive.
    """

    content: int = 64 * GIB
    expansion: int = 200
    expansion_from: int = GIB
    document: int = 4 * MIB
    documents: int = 32 * MIB
    entries: int = 1_000_000
    names: int = 128 * MIB
    path: int = 4096
    header: int = MIB
    members: int = 100_000
    nesting: int = 8
    images: int = 1000


DEFAULT_LIMITS = Limits()


@dataclass(slots=True)
class Budget:
    """What is left of the limits in the inspection under way."""

    limits: Limits
    content: int = 0
    documents: int = 0
    entries: int = 0
    names: int = 0

    def spend_content(self, size: int, place: str) -> None:
        """Count `size` decompressed bytes; raises `LimitError` past the limit."""
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
    """An error about one place inside an archive; the caller that knows the file adds its name."""
    return InputError(Problem(message, path=place))
