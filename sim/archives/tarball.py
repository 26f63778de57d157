"""A tar stream's members, in order, from a stream of chunks: ustar, pax and GNU forms, within bounds.

The standard library's tarfile reads an extended header of any declared size into memory, keeps every member, and takes
a damaged header in the middle for the end. A reader of strangers' archives can do none of these. Payloads are skipped
or handed on chunk by chunk. Nothing is extracted. Formats: POSIX.1-2017's pax, the GNU tar manual's "Basic Tar Format".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from sim.archives.limits import RemainingLimits, over, refused

BLOCK = 512
_ZEROS = bytes(BLOCK)
_END = "the archive is truncated"

TarMemberKind = Literal["file", "directory", "symlink", "hardlink", "other"]

_KINDS: dict[bytes, TarMemberKind] = {
    b"0": "file", b"\0": "file", b"7": "file", b"S": "file", b"1": "hardlink", b"2": "symlink",
    b"3": "other", b"4": "other", b"5": "directory", b"6": "other",
}  # fmt: skip
_WITHOUT_PAYLOAD = b"123456"


class Member(NamedTuple):
    """One member.

    Attributes:
        stored: Bytes of payload in the archive.
        size: The file's bytes (more than stored where sparse).
    """

    name: str
    kind: TarMemberKind
    size: int
    stored: int
    link: str
    mode: int


def starts_tar(head: bytes) -> bool:
    """Whether a stream that starts with these 512 bytes is a tar archive. An empty one starts with zeros."""
    return len(head) >= BLOCK and (head[:BLOCK] == _ZEROS or _checksum_fits(head[:BLOCK]))


class TarStream:
    """Iterate over the members. `payload()` gives the current member's chunks. Unread payload is skipped.

    Raises `InputError` naming `place` and the member for a damaged or truncated archive, `LimitError` past a limit.
    """

    def __init__(self, chunks: Iterator[bytes], budget: RemainingLimits, place: str) -> None:
        self._chunks = chunks
        self._budget = budget
        self._place = place
        self._chunk = b""
        self._at = 0
        self._unread = 0
        self._padding = 0
        self._name = ""
        self._global: dict[bytes, bytes] = {}

    def __iter__(self) -> Iterator[Member]:
        extended: dict[bytes, bytes] = {}
        seen = False
        while True:
            self._skip(self._unread + self._padding)
            self._unread = self._padding = 0
            header = self._take(BLOCK)
            if not header or header == _ZEROS:
                break
            if len(header) < BLOCK or not _checksum_fits(header):
                where = "after " + repr(self._name) if seen else "at the start"
                what = "ends inside a header" if len(header) < BLOCK else "has a damaged header"
                raise refused(
                    f"its tar stream {what} {where}" + (f": {_END}" if len(header) < BLOCK else ""), self._place
                )
            seen = True
            kind = header[156:157]
            size = self._number(header[124:136], "size")
            if kind in b"xgLKX" and kind:
                self._extend(kind, size, extended)
                continue
            yield self._member(header, kind, size, {**self._global, **extended} if self._global else extended)
            extended = {}
        for _ in self._chunks:
            pass

    def payload(self) -> Iterator[bytes]:
        """The chunks of the current member's payload that have not been read."""
        while self._unread:
            if self._at == len(self._chunk):
                self._next_chunk()
            part = self._chunk[self._at : self._at + self._unread]
            self._at += len(part)
            self._unread -= len(part)
            yield part

    def _member(self, header: bytes, kind: bytes, stored: int, extended: dict[bytes, bytes]) -> Member:
        name = extended.get(b"GNU.sparse.name") or extended.get(b"path")
        if name is None:
            name = header[:100].split(b"\0", 1)[0]
            if header[257:263] == b"ustar\0" and header[345]:
                name = header[345:500].split(b"\0", 1)[0] + b"/" + name
        link = extended.get(b"linkpath")
        if link is None:
            link = header[157:257].split(b"\0", 1)[0]
        self._name = text = self._text(name)
        if b"size" in extended:
            stored = self._decimal(extended[b"size"])
        meaning = _KINDS.get(kind, "other")
        size = stored
        if kind == b"S":
            size = self._number(header[483:495], "real size")
            self._skip_sparse_map(header[482])
        elif real := extended.get(b"GNU.sparse.realsize") or extended.get(b"GNU.sparse.size"):
            size = self._decimal(real)
        if max(size, stored) > self._budget.limits.content:
            raise over(f"{text!r} declares {max(size, stored)} B", "content", self._budget.limits.content, self._place)
        if kind and kind in _WITHOUT_PAYLOAD:
            size = stored = 0
        elif meaning == "file" and text.endswith("/"):
            meaning = "directory"
        self._unread, self._padding = stored, -stored % BLOCK
        mode = self._number(header[100:108], "mode") & 0o7777
        return Member(text, meaning, size, stored, self._text(link) if link else "", mode)

    def _extend(self, kind: bytes, size: int, extended: dict[bytes, bytes]) -> None:
        """Read an extended header: pax records, or GNU's long name or long link of the next member."""
        if size > self._budget.limits.header:
            raise over(f"has an extended header of {size} B", "header", self._budget.limits.header, self._place)
        data = self._take(size)
        if len(data) < size:
            raise refused(f"its tar stream ends inside an extended header: {_END}", self._place)
        self._padding = -size % BLOCK
        if kind in b"LK":
            extended[b"path" if kind == b"L" else b"linkpath"] = data.split(b"\0", 1)[0]
        else:
            (self._global if kind == b"g" else extended).update(self._pax(data))

    def _pax(self, data: bytes) -> dict[bytes, bytes]:
        """Records "<length> <key>=<value>" and a line feed. The length counts the whole record."""
        records: dict[bytes, bytes] = {}
        at = 0
        while at < len(data) and data[at]:
            head = _PAX.match(data, at)
            end = at + int(head[1]) if head else 0
            if head is None or not head.end() <= end - 1 < len(data) or data[end - 1] != ord("\n"):
                raise refused("has a damaged pax header", self._place)
            records[head[2]] = data[head.end() : end - 1]
            at = end
        return records

    def _skip_sparse_map(self, more: int) -> None:
        while more:
            block = self._take(BLOCK)
            if len(block) < BLOCK:
                raise refused(f"its tar stream ends inside a sparse file's map: {_END}", self._place)
            more = block[504]

    def _text(self, name: bytes) -> str:
        if len(name) > self._budget.limits.path:
            raise over("has a name that is too long", "path", self._budget.limits.path, self._place)
        if 0 in name:
            raise refused(f"has a name with a NUL byte: {name!r}", self._place)
        return name.decode("utf-8", "surrogateescape")

    def _number(self, field: bytes, what: str) -> int:
        """An octal field, or GNU's base-256 form."""
        if field[0] & 0x80:
            value = (
                int.from_bytes(field, "big", signed=True)
                if field[0] == 0xFF
                else int.from_bytes(bytes((field[0] & 0x7F,)) + field[1:], "big")
            )
        else:
            digits = field.split(b"\0", 1)[0].strip()
            if digits.strip(b"01234567"):
                raise refused(f"has a header with a {what} that is no number: {digits!r}", self._place)
            value = int(digits or b"0", 8)
        if value < 0:
            raise refused(f"has a header with a negative {what}: {value}", self._place)
        return value

    def _decimal(self, value: bytes) -> int:
        if not value.isdigit() or len(value) > 20:
            raise refused(f"has a pax header with a size that is no number: {value[:40]!r}", self._place)
        return int(value)

    def _next_chunk(self) -> None:
        self._chunk, self._at = next(self._chunks, b""), 0
        while not self._chunk:
            # A decompressor may hand on an empty chunk before its next full one.
            chunk = next(self._chunks, None)
            if chunk is None:
                raise refused(f"its tar stream ends inside {self._name!r}, {self._unread} B early: {_END}", self._place)
            self._chunk = chunk

    def _take(self, size: int) -> bytes:
        """The next `size` bytes. Fewer only where the stream ends."""
        start, self._at = self._at, self._at + size
        if self._at <= len(self._chunk):
            return self._chunk[start : self._at]
        parts = [self._chunk[start:]]
        have = len(parts[0])
        self._chunk, self._at = b"", 0
        for chunk in self._chunks:
            if have + len(chunk) >= size:
                self._chunk, self._at = chunk, size - have
                parts.append(chunk[: self._at])
                break
            parts.append(chunk)
            have += len(chunk)
        return b"".join(parts)

    def _skip(self, size: int) -> None:
        self._at += size
        while self._at > len(self._chunk):
            left = self._at - len(self._chunk)
            chunk = next(self._chunks, None)
            if chunk is None:
                raise refused(f"its tar stream ends inside {self._name!r}, {left} B early: {_END}", self._place)
            self._chunk, self._at = chunk, left


_PAX = re.compile(rb"([0-9]{1,9}) ([^=\n]+)=")


def _checksum_fits(header: bytes) -> bool:
    """POSIX: the sum of the header's bytes with its own field as spaces. Some old writers summed signed bytes."""
    digits = header[148:156].split(b"\0", 1)[0].strip()
    if not digits or digits.strip(b"01234567"):
        return False
    stated = int(digits, 8)
    rest = header[:148] + b"        " + header[156:]
    total = sum(rest)
    return stated == total or stated == total - 256 * sum(byte > 127 for byte in rest)
