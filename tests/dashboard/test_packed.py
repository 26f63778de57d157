"""A document inside a link: what was packed comes out, and nothing else does, in bounded memory."""

from __future__ import annotations

import base64
import json
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.packed import pack, unpack
from sim import limits
from sim.errors import InputError

LEAVES = st.one_of(st.text(st.characters(exclude_categories=["Cs"])), st.booleans(), st.integers())


def written(text: bytes) -> str:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return base64.urlsafe_b64encode(packer.compress(text) + packer.flush()).decode().rstrip("=")


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), LEAVES, max_size=5))
def test_what_was_packed_comes_out(document: dict[str, object]) -> None:
    packed = pack(document)
    assert (unpack(packed) if packed else {}) == document
    assert len(packed) <= limits.LINK_EDIT


def test_a_dockerfile_of_the_size_of_real_ones_fits_a_link() -> None:
    text = "".join(f"RUN apt-get install -y package-{n} && rm -rf /var/lib/apt/lists/{n * n}\n" for n in range(100))
    assert unpack(pack({"dockerfile": text})) == {"dockerfile": text}


def test_what_is_too_large_for_a_link_is_not_packed() -> None:
    noise = "".join(f"{n * 7919 % 10007:x}{n * n % 65537:x}" for n in range(5_000))
    assert pack({"dockerfile": noise}) == ""
    assert pack({"dockerfile": "x" * limits.LINK_UNPACKED}) == ""


@pytest.mark.parametrize(
    "text",
    [
        "!!!",
        "AAAA",
        written(b'{"a": 1}')[:-3],
        written(b'{"a": 1}') + "AAAA",
        written(b"[1]"),
        written(b"\xff\xfe"),
        written(b"[" * 100_000),
        written(b'{"a":' * 100_000),
        "é",
        "A" * (limits.LINK_EDIT + 1),
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        unpack(text)


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = written(json.dumps({"dockerfile": "x" * 2_500_000}).encode())
    assert len(bomb) <= limits.LINK_EDIT, "else it would be refused for its length"
    tracemalloc.start()
    with pytest.raises(InputError, match=f"more than {limits.LINK_UNPACKED} bytes"):
        unpack(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * limits.LINK_UNPACKED
