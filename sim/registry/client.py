"""What pulls on a node: how much it does at once, what it tries again, and what it keeps.

dockerd's graph drivers download three layers at once for all images, and unpack an image's layers strictly in order,
parents first. containerd's limit is for each image. With a snapshotter that can, several layers are unpacked at once
and committed in order. A kubelet asks containerd for one image after the other, or for all at a limited rate.

Sources: moby daemon/internal/distribution/xfer/download.go, containerd core/unpack/unpacker.go, kubelet images.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sim.archives.store import Backend
from sim.catalog.number import Number

ClientName = Literal["dockerd", "containerd", "kubelet-serial", "kubelet-parallel"]


@dataclass(frozen=True, slots=True)
class Client:
    """How a client pulls.

    Attributes:
        downloads: How many layers are fetched at once.
        per_image: Whether `downloads` holds for each image. Else it holds for all together.
        attempts: How often one download is tried. When these are used up, the image is asked for again.
        wait: Seconds before the second attempt. Twice that before the third, three times that before the fourth.
        serial: Whether it takes one image after the other. Else it takes `burst` at once, then `qps` a second.
        unpacks: How many layers of one image are unpacked at once.
        parts: How many connections one layer is fetched by.
        backoff: Seconds until an image is asked for again. Doubled each time, up to `backoff_most`.
        keeps: Whether what came is kept even then.
        hashing: Bytes a second that are checked while they come.
        commits: Whether a blob is on the disk before it counts as there, and before its slot is free. containerd's
            content store calls fsync (plugins/content/local/writer.go, Commit); dockerd unpacks from a temporary file.
    """

    backend: Backend
    downloads: int
    per_image: bool
    attempts: int
    wait: float
    serial: bool = False
    qps: float = 0.0
    burst: int = 0
    unpacks: int = 1
    parts: int = 1
    backoff: float = 0.0
    backoff_most: float = 0.0
    keeps: bool = True
    resume: bool = True
    hashing: float = float("inf")
    commits: bool = False


def client_of(
    name: ClientName, numbers: Mapping[str, Number], *, hashing: float, unpacks: int = 1, parts: int = 1, resume: bool
) -> Client:
    """A client by its name.

    Args:
        numbers: The catalog's daemon defaults.
        resume: Whether senders take ranges.
    """
    value = {key: number.value for key, number in numbers.items()}
    docker = name == "dockerd"
    kubelet = name.startswith("kubelet")
    return Client(
        backend="graphdriver" if docker else "containerd",
        downloads=int(value["downloads"]),
        per_image=not docker,
        attempts=int(value["dockerd_attempts" if docker else "containerd_attempts"]),
        wait=value["dockerd_wait"] if docker else 0.0,
        serial=name == "kubelet-serial",
        qps=value["kubelet_qps"] if name == "kubelet-parallel" else 0.0,
        burst=int(value["kubelet_burst"]),
        unpacks=unpacks,
        parts=parts,
        backoff=value["kubelet_backoff"] if kubelet else 0.0,
        backoff_most=value["kubelet_backoff_most"] if kubelet else 0.0,
        keeps=not docker,
        resume=resume,
        hashing=hashing,
        commits=not docker,
    )
