"""Reading an image archive against plain gunzip and sha256 of the same layers. Both give the layers' diff IDs.

`python -m bench.archives 1000` makes an archive of 1,000 MB and prints both, their ratio, and the reader's peak memory.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import json
import random
import subprocess
import sys
import tarfile
import tempfile
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench.measure import contest, ratio
from sim.archives.archive import read_images
from sim.inspection import describe

CHUNK = 256 * 1024
FILE, LAYER = 48_000, 100_000_000
"""Bytes of a file, near the mean of a Debian-based image's, and of a layer before compression."""


def write_archive(path: Path, stored: int) -> None:
    """A `docker save` archive of about `stored` bytes: gzip layers of files that compress to a third."""
    layers: list[str] = []
    diff_ids: list[str] = []
    with tarfile.open(path, "w") as archive:

        def put(name: str, data: bytes) -> None:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))

        left = stored
        while left > 0:
            plain = _layer(len(layers), min(LAYER, left * 3))
            blob = gzip.compress(plain, 1)
            layers.append(f"{len(layers)}/layer.tar")
            diff_ids.append("sha256:" + hashlib.sha256(plain).hexdigest())
            put(layers[-1], blob)
            left -= len(blob)
        put("config.json", json.dumps({"rootfs": {"type": "layers", "diff_ids": diff_ids}}).encode())
        put("manifest.json", json.dumps([{"Config": "config.json", "RepoTags": None, "Layers": layers}]).encode())


def _layer(number: int, size: int) -> bytes:
    rng = random.Random(number)
    words = [rng.randbytes(rng.randrange(2, 10)) for _ in range(2000)]
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for index in range(max(1, size // FILE)):
            text = b"".join(rng.choices(words, k=FILE // 8))[: FILE * 4 // 5]
            info = tarfile.TarInfo(f"layer{number}/directory{index // 50}/file{index}.so")
            data = text + rng.randbytes(FILE // 5 - FILE // 20)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def read(path: Path) -> tuple[str, ...]:
    """The whole inspection: digests, file trees, efficiency, hidden bytes."""
    (image,) = read_images(path)
    return tuple(layer["diff_id"] for layer in describe(image)["layers"])


def plain(path: Path) -> tuple[str, ...]:
    """Gunzip and sha256 of each layer and no more. To find where the layers lie takes little of it."""
    digests: list[str] = []
    with tarfile.open(path) as archive:
        for member in archive:
            file = archive.extractfile(member)
            assert file is not None
            if not member.name.endswith("layer.tar"):
                continue
            inflater, digest = zlib.decompressobj(wbits=31), hashlib.sha256()
            while chunk := file.read(CHUNK):
                digest.update(inflater.decompress(chunk))
            digests.append("sha256:" + digest.hexdigest())
    return tuple(digests)


def rivals(path: Path) -> dict[str, tuple[Callable[[], Callable[[], object]], int]]:
    """Both ways, for `contest`. Each counts for the archive's bytes."""
    size = path.stat().st_size
    return {"read": (partial(partial, read, path), size), "plain": (partial(partial, plain, path), size)}


def peak_memory(path: Path) -> int:
    """Peak resident bytes of a fresh process that reads the archive (Linux only).

    VmHWM, because getrusage's figure starts with what the parent held when it forked.
    """
    code = (
        "import re, sys; from pathlib import Path; from bench.archives import read; read(Path(sys.argv[1]));"
        "print(re.search(r'VmHWM:\\s+(\\d+) kB', Path('/proc/self/status').read_text())[1])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], check=True, capture_output=True, text=True)
    return int(done.stdout) * 1024


def main() -> None:
    """Print the contest at full size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("megabytes", type=int, nargs="?", default=100)
    parser.add_argument("--rounds", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "image.tar"
        write_archive(path, arguments.megabytes * 10**6)
        if read(path) != plain(path):
            raise SystemExit("the two ways give other diff IDs")
        timings = contest(rivals(path), arguments.rounds)
        print(f"an archive of {path.stat().st_size / 1e6:,.0f} MB, CPU")
        for name, timing in timings.items():
            print(f"    {name}: {timing.each * timing.count:.2f} s, {1 / timing.each / 1e6:,.0f} MB/s")
        print(f"| reading against gunzip and sha256 | {ratio(timings, 'read', 'plain'):.3g} | >= 0.5 |")
        print(f"| peak memory of reading, MB | {peak_memory(path) / 1e6:.0f} | < 200 |")


if __name__ == "__main__":
    main()
