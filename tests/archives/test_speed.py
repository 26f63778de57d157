"""What reading an archive may cost, as a ratio of CPU time in one run; `python -m bench.archives` has full sizes."""

import tracemalloc

import pytest

from bench import archives
from bench.measure import ahead

pytestmark = pytest.mark.slow


def test_an_archive_is_read_at_half_the_speed_of_gunzip_and_sha256_at_least(tmp_path):
    path = tmp_path / "image.tar"
    archives.write_archive(path, 8_000_000)
    assert archives.read(path) == archives.plain(path)
    ways = archives.rivals(path)
    assert ahead(ways["read"], ways["plain"], 0.5, rounds=12) >= 0.5


def test_memory_does_not_grow_with_the_layers(tmp_path):
    """24 MB of layers, in less than a tenth of that beside the list of paths."""
    path = tmp_path / "image.tar"
    archives.write_archive(path, 8_000_000)
    tracemalloc.start()
    archives.read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * 2**20
