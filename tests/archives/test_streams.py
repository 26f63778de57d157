"""Decompression: told by magic bytes, bounded, and whole or refused."""

import gzip
import importlib
import os
import sys

import pytest

from sim.archives.streams import Tap, compression_of, decompressed, peek
from sim.errors import InputError

TEXT = b"layers " * 50_000


def read(data, compression, piece=1000):
    chunks = iter([data[at : at + piece] for at in range(0, len(data), piece)])
    return b"".join(decompressed(chunks, compression, "blob"))


def test_compression_is_told_by_magic_bytes():
    assert compression_of(gzip.compress(b"a")) == "gzip"
    assert compression_of(bytes.fromhex("28b52ffd")) == "zstd"
    assert compression_of(bytes.fromhex("502a4d18")) == "zstd"
    assert compression_of(b"plain") == "none"
    assert compression_of(b"") == "none"


@pytest.mark.parametrize("piece", [1, 100, 1 << 20])
def test_gzip_comes_back_however_it_is_cut(piece):
    assert read(gzip.compress(TEXT), "gzip", piece) == TEXT


def test_gzip_members_in_a_row_are_one_stream():
    """As eStargz and pigz write; zeros may pad the end."""
    parts = [os.urandom(3000), b"", b"tail"]
    assert read(b"".join(gzip.compress(part) for part in parts) + bytes(64), "gzip", 100) == b"".join(parts)


def test_no_call_returns_more_than_a_mebibyte_however_far_a_bomb_expands():
    bomb = gzip.compress(bytes(64 * 2**20))
    sizes = [len(chunk) for chunk in decompressed(iter([bomb]), "gzip", "blob")]
    assert sum(sizes) == 64 * 2**20
    assert max(sizes) <= 2**20


@pytest.mark.parametrize("cut", [1, 5, 12, 100, -1, -8])
def test_gzip_cut_anywhere_is_truncated(cut):
    with pytest.raises(InputError, match="blob: its gzip stream ends early: the file is truncated"):
        read(gzip.compress(os.urandom(2000))[:cut], "gzip")


def test_gzip_with_a_flipped_bit_or_a_wrong_checksum_is_damaged():
    whole = bytearray(gzip.compress(os.urandom(2000)))
    whole[-6] ^= 1
    with pytest.raises(InputError, match="its gzip stream is damaged"):
        read(bytes(whole), "gzip")
    with pytest.raises(InputError, match="its gzip stream is damaged"):
        read(gzip.compress(b"a") + b"garbage", "gzip")


ZSTD = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"


def test_zstd_needs_a_package_and_says_which(monkeypatch):
    for name in ("compression.zstd", "backports.zstd"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(
        InputError, match=r"blob: is compressed with zstd; .*`pip install backports\.zstd` or Python 3\.14"
    ):
        read(b"\x28\xb5\x2f\xfd", "zstd")


@pytest.fixture
def zstd():
    """The function to compress with, of the module that requirements.txt asks for."""
    return importlib.import_module(ZSTD).compress


@pytest.mark.parametrize("piece", [1, 100, 1 << 20])
def test_zstd_frames_in_a_row_and_skippable_ones_are_one_stream(zstd, piece):
    skippable = bytes.fromhex("502a4d18") + (5).to_bytes(4, "little") + b"chunk"
    assert read(skippable + zstd(TEXT) + zstd(b"tail") + skippable, "zstd", piece) == TEXT + b"tail"


def test_zstd_that_is_damaged_is_refused(zstd):
    with pytest.raises(InputError, match="zstd stream is damaged"):
        read(zstd(os.urandom(5000))[:4] + b"\xff" * 50, "zstd")


def test_zstd_that_is_cut_is_truncated(zstd):
    with pytest.raises(InputError, match="blob: its zstd stream ends early: the file is truncated"):
        read(zstd(TEXT)[:-20], "zstd")


def test_a_zstd_bomb_expands_a_mebibyte_at_a_time(zstd):
    chunks = decompressed(iter([zstd(bytes(64 * 2**20))]), "zstd", "blob")
    assert max(len(chunk) for chunk in chunks) <= 2**20


def test_peeking_leaves_the_stream_whole():
    head, rest = peek(iter([b"ab", b"cd", b"ef"]), 3)
    assert head == b"abc"
    assert b"".join(rest) == b"abcdef"
    head, rest = peek(iter([b"ab"]), 3)
    assert (head, list(rest)) == (b"ab", [b"ab"])
    assert peek(iter([]), 3)[0] == b""


def test_a_tap_counts_and_hashes_what_passes():
    tap = Tap(iter([b"a", b"bc"]))
    assert list(tap) == [b"a", b"bc"]
    # FIPS 180-2, appendix B.1: the digest of "abc".
    assert (tap.size, tap.digest[:23]) == (3, "sha256:ba7816bf8f01cfea")
