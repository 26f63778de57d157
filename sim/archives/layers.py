"""What an image is made of: layers in order, each with its IDs, sizes, instruction and files. Reads no file.

A layer has two digests. The diff ID is that of its tar as it was before compression. It names the content. The digest
is that of the blob as stored and moved, compressed or not. A chain ID names a layer on top of given parents, and so
what a host keeps on disk (OCI image-spec, config.md, "Layer ChainID").
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from sim.archives.streams import Compression

EntryKind = Literal["file", "directory", "symlink", "hardlink", "other", "whiteout", "opaque"]


class LayerEntry(NamedTuple):
    """One path of a layer, relative to the image's root ("etc/passwd"). "" is the root itself.

    Attributes:
        kind: A whiteout's path is the one it deletes. An opaque's is the directory whose lower children it hides.
        size: Bytes of a file's content, 0 for all else.
        link: As written.
        mode: Permission bits.
    """

    path: str
    kind: EntryKind
    size: int = 0
    link: str = ""
    mode: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One layer of one image.

    Attributes:
        size: Bytes of its tar before compression.
        compressed_size: Bytes of the blob as stored.
        digest: Of the blob as stored. Equal to `diff_id` where it is not compressed.
        instruction: Of its history, or "".
        files: Its paths as they stand in the tar, whiteouts among them.
    """

    diff_id: str
    chain_id: str
    digest: str
    size: int
    compressed_size: int
    compression: Compression
    instruction: str = ""
    files: tuple[LayerEntry, ...] = field(default=(), repr=False)

    @property
    def content_size(self) -> int:
        """Bytes of its files' contents, without tar's headers and padding."""
        return sum(entry.size for entry in self.files)


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """What an image says about one instruction of its build.

    Attributes:
        empty_layer: It made no layer.
    """

    created: str = ""
    created_by: str = ""
    comment: str = ""
    empty_layer: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image.

    Attributes:
        id: The digest of its configuration.
        name: Its first tag, or its id where it has none.
    """

    name: str
    id: str
    tags: tuple[str, ...] = ()
    platform: str = ""
    layers: tuple[Layer, ...]
    history: tuple[HistoryEntry, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of all its layers before compression."""
        return sum(layer.size for layer in self.layers)

    @property
    def compressed_size(self) -> int:
        """Bytes of all its layers as stored."""
        return sum(layer.compressed_size for layer in self.layers)


def chain_ids(diff_ids: Sequence[str]) -> tuple[str, ...]:
    """The chain ID of each layer, bottom first: the first is its diff ID, each other the digest of "parent diff".

    >>> chain_ids(["sha256:a", "sha256:b"])[1]
    'sha256:970a948bffa8de94d6e22d747ba8c95030e6e546909f98f54e99a13005e173a8'
    """
    chain: list[str] = []
    for diff_id in diff_ids:
        chain.append("sha256:" + hashlib.sha256(f"{chain[-1]} {diff_id}".encode()).hexdigest() if chain else diff_id)
    return tuple(chain)


def instructions(history: Sequence[HistoryEntry], layers: int) -> tuple[str, ...]:
    """The instruction of each of `layers` layers: the history's entries that made one, in order. "" past its end.

    History is optional in an image and some builders write less of it than there are layers.
    """
    made = [entry.created_by for entry in history if not entry.empty_layer][:layers]
    return tuple(made + [""] * (layers - len(made)))
