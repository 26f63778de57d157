"""A small document inside a link: JSON, deflated and written in base64url. Whoever reads one does not trust it."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Mapping
from typing import Any

from sim import limits
from sim.errors import InputError

_RAW = -15
"""zlib's window of 32 KiB without a header: the link says by its parameter what it holds."""


def pack(document: Mapping[str, Any]) -> str:
    """The document as a link holds it. "" for an empty one, and for one of over `limits.LINK_EDIT` characters."""
    if not document:
        return ""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode(errors="replace")
    packer = zlib.compressobj(9, zlib.DEFLATED, _RAW)
    packed = base64.urlsafe_b64encode(packer.compress(text) + packer.flush()).decode().rstrip("=")
    return packed if len(packed) <= limits.LINK_EDIT and len(text) <= limits.LINK_UNPACKED else ""


def unpack(written: str) -> dict[str, Any]:
    """The document of a link. Raises `InputError` for anything that `pack` would not have written.

    >>> unpack(pack({"dockerfile": "FROM scratch"}))
    {'dockerfile': 'FROM scratch'}
    """
    if len(written) > limits.LINK_EDIT:
        raise InputError(f"longer than {limits.LINK_EDIT} characters")
    try:
        packed = base64.b64decode(written + "=" * (-len(written) % 4), altchars=b"-_", validate=True)
        document = json.loads(_inflated(packed))
    except InputError:  # is a ValueError too
        raise
    except (binascii.Error, zlib.error, ValueError, RecursionError) as error:
        raise InputError("not an edit that this page has written") from error
    if not isinstance(document, dict):
        raise InputError("not an edit that this page has written")
    return document


def _inflated(packed: bytes) -> bytes:
    """What was packed, never more of it than the limit."""
    unpacker = zlib.decompressobj(_RAW)
    text = unpacker.decompress(packed, limits.LINK_UNPACKED)
    if unpacker.unconsumed_tail:
        raise InputError(f"more than {limits.LINK_UNPACKED} bytes once it is decompressed")
    if not unpacker.eof or unpacker.unused_data:
        raise ValueError("truncated, or something follows")
    return text
