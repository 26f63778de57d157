"""Bytes in order: what compressed them, their digest, and how many there are. Holds one chunk at a time, never a file.

A stream is an iterator of chunks of bytes. Compression is told by magic bytes, never by a name or a media type.
"""

from __future__ import annotations

import hashlib
import importlib
import zlib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, Literal

from sim.archives.limits import refused
from sim.inputfile import open_regular

CHUNK = 256 * 1024
"""Bytes read at once: large enough that hashing and inflating outweigh the calls, small enough to stay in cache."""

_EXPANDED = 1024 * 1024
"""Most bytes one call of a decompressor may return, so that a bomb grows by this much between two checks."""

_WINDOW = 2**27
"""Largest zstd window taken: the format's own recommended limit (RFC 8878 3.1.1.1.2 asks for 8 MiB at least)."""

Compression = Literal["none", "gzip", "zstd"]

GZIP, ZSTD, SKIPPABLE = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\x2a\x4d\x18"


def file_chunks(path: Path) -> Iterator[bytes]:
    """The bytes of a file, a chunk at a time."""
    with open_regular(path) as file:
        while chunk := file.read(CHUNK):
            yield chunk


def compression_of(head: bytes) -> Compression:
    """What compressed a stream that starts with `head` (four bytes suffice)."""
    if head.startswith(GZIP):
        return "gzip"
    if head.startswith(ZSTD) or (head[1:4] == SKIPPABLE and 0x50 <= head[0] <= 0x5F):
        return "zstd"
    return "none"


def peek(chunks: Iterator[bytes], size: int) -> tuple[bytes, Iterator[bytes]]:
    """The first `size` bytes (fewer where the stream is shorter), and the stream as if untouched."""
    taken: list[bytes] = []
    have = 0
    while have < size and (chunk := next(chunks, b"")):
        taken.append(chunk)
        have += len(chunk)
    head = b"".join(taken)
    return head[:size], chain((head,), chunks) if head else chunks


class Tap:
    """A stream that counts and hashes what passes."""

    __slots__ = ("_chunks", "_hash", "size")

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._hash = hashlib.sha256()
        self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        chunk = next(self._chunks)
        self.size += len(chunk)
        self._hash.update(chunk)
        return chunk

    @property
    def digest(self) -> str:
        """The digest of what has passed, as "sha256:<hex>"."""
        return "sha256:" + self._hash.hexdigest()


def decompressed(chunks: Iterator[bytes], compression: Compression, place: str) -> Iterator[bytes]:
    """The stream as it was before compression.

    Raises `InputError` where the stream is damaged, ends early, or needs a package that is not there.
    """
    if compression == "gzip":
        return _gunzip(chunks, place)
    if compression == "zstd":
        return _unzstd(chunks, place)
    return chunks


def _gunzip(chunks: Iterator[bytes], place: str) -> Iterator[bytes]:
    inflater = zlib.decompressobj(wbits=31)
    for chunk in chunks:
        data = chunk
        while data:
            if inflater.eof:
                # gzip members may follow each other (eStargz has one a file) and be padded with zeros.
                data = data.lstrip(b"\0")
                if not data:
                    break
                inflater = zlib.decompressobj(wbits=31)
            try:
                out = inflater.decompress(data, _EXPANDED)
                data = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
                yield out
                while len(out) == _EXPANDED and not data and not inflater.eof:
                    out = inflater.decompress(b"", _EXPANDED)
                    yield out
            except zlib.error as error:
                raise refused(f"its gzip stream is damaged ({error})", place) from None
    if not inflater.eof:
        raise refused("its gzip stream ends early: the file is truncated", place)


def _unzstd(chunks: Iterator[bytes], place: str) -> Iterator[bytes]:
    module = _zstd(place)
    options = {module.DecompressionParameter.window_log_max: _WINDOW.bit_length() - 1}
    frame = module.ZstdDecompressor(options=options)
    for chunk in chunks:
        data = chunk
        try:
            while data or not (frame.eof or frame.needs_input):
                if frame.eof:
                    frame = module.ZstdDecompressor(options=options)
                yield frame.decompress(data, _EXPANDED)
                data = frame.unused_data if frame.eof else b""
        except module.ZstdError as error:
            raise refused(f"its zstd stream is damaged ({error})", place) from None
    if not frame.eof:
        raise refused("its zstd stream ends early: the file is truncated", place)


def _zstd(place: str) -> Any:
    """Python 3.14's own module, or the same for older ones."""
    for name in _ZSTD_MODULES:
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    raise refused("is compressed with zstd; reading it needs `pip install backports.zstd` or Python 3.14", place)


_ZSTD_MODULES = ("compression.zstd", "backports.zstd")
