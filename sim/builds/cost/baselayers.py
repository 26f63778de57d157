"""What a base image weighs and what pulling it takes: its real layers where the catalog has it, else an estimate."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import lru_cache

from sim.archives.layers import Image
from sim.archives.store import LayerStore, image_of_blobs
from sim.builds.cost.rates import book
from sim.builds.cost.timing import Puller
from sim.builds.graph.bases import BaseImage
from sim.catalog import images as catalog
from sim.catalog.images import OfficialImage
from sim.catalog.tables import registries
from sim.outcome import Bound
from sim.registry.client import client_of
from sim.registry.work import Unpacking, Work, work_of

REGISTRY = "hub"
"""Where base images come from, by its id in the catalog."""


@dataclass(frozen=True, slots=True)
class BaseSize:
    """Bytes of an image's layers, unpacked and as pulled, and where they are known from."""

    bytes: int
    compressed: int
    source: str


@lru_cache(maxsize=256)
def _nearest(name: str) -> tuple[OfficialImage | None, str]:
    """The catalog's image of that name, or of its repository with the tag most like it, and how it is a source."""
    known = catalog.images()
    if name in known:
        return known[name], known[name].source
    repository, _, tag = name.partition(":")
    tags = [other.partition(":")[2] for other in known if other.partition(":")[0] == repository]
    if not tags:
        return None, ""
    (best,) = difflib.get_close_matches(tag, tags, 1, 0.0)
    near = f"{repository}:{best}"
    return known[near], f"estimate: as {near}, {known[near].source}"


@lru_cache(maxsize=256)
def base_image(name: str, size: int | None, bound: Bound, ratio: float) -> tuple[Image, str]:
    """An image by its familiar name, with its layers and their source.

    Args:
        size: Unpacked bytes where they are given.
    """
    image, source = _nearest(name)
    if size is not None:
        layers = [(f"layer of {name}", round(size / ratio), size)]
        source = "as given"
    elif image is not None:
        layers = [(layer.digest, layer.size, round(layer.size * ratio)) for layer in image.layers]
    else:
        number = book().base
        pulled = number.at(bound)
        layers = [(f"layer of {name}", round(pulled), round(pulled * ratio))]
        source = number.source
    return image_of_blobs(name, layers), source


def base_size(image: BaseImage, bound: Bound, ratio: float) -> BaseSize:
    """What a base image weighs."""
    base, source = base_image(image.identity, image.size, bound, ratio)
    return BaseSize(base.size, base.compressed_size, source)


def pull_of(image: BaseImage, there: LayerStore, bound: Bound, ratio: float) -> tuple[Work, LayerStore]:
    """What pulling a base image takes on a host with those layers, and what the host has afterwards."""
    base, _ = base_image(image.identity, image.size, bound, ratio)
    speed = registries.distribution().unpack["gzip"].value
    work = work_of([base], there, Unpacking(speed, float("inf"), float("inf")))
    return work, there.add(base)


def puller(*, containerd: bool) -> Puller:
    """Dockerd's pull, or containerd's, from the catalog's registry."""
    numbers = registries.distribution().clients
    name = "containerd" if containerd else "dockerd"
    client = client_of(name, numbers, hashing=float("inf"), resume=True)  # type: ignore[arg-type]
    return Puller(client, registries.registry(REGISTRY))
