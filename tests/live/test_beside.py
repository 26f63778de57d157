"""What many pages have in common is made once, and of what changes only the last few are kept."""

from __future__ import annotations

import base64
import gzip
import os
from pathlib import Path

import pytest

from sim.live.beside import packed, path_of, written_once


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("SIM_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_a_name_is_made_once() -> None:
    made: list[bytes] = []

    def make() -> bytes:
        made.append(b"%d" % len(made))
        return made[-1]

    assert [written_once(name, make) for name in ("a", "a", "b", "a")] == [b"0", b"0", b"1", b"0"]
    assert made == [b"0", b"1"]


def test_of_a_family_the_last_few_are_kept_and_others_stay(cache: Path) -> None:
    written_once("other.zip", lambda: b"")
    for number in range(5):
        written_once(f"model-{number}.zip", lambda: b"", family="model-*.zip", most=2)
        os.utime(path_of(f"model-{number}.zip"), (number, number))
    assert sorted(path.name for path in cache.iterdir()) == ["model-3.zip", "model-4.zip", "other.zip"]


@pytest.mark.parametrize("once", [False, True])
def test_what_is_packed_opens_again_and_is_the_same_each_time(cache: Path, once: bool) -> None:
    data = b"bytes of a page " * 100
    texts = {packed(data, once=once) for _ in range(2)}
    assert [gzip.decompress(base64.b64decode(text)) for text in texts] == [data]
    assert cache.exists() is once
