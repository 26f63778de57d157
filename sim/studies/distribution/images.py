"""The images that nodes ask for, and what the nodes and the registry have before they do."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

from sim.archives.layers import Image
from sim.archives.store import LayerStore, image_of_blobs
from sim.catalog import load
from sim.catalog.tables.registries import distribution, registry
from sim.errors import InputError, Problem
from sim.inputfile import exists
from sim.outcome import Bound
from sim.registry.client import Client
from sim.registry.content import RegistryContent
from sim.registry.work import compressed, next_version
from sim.studies.base import Context
from sim.studies.distribution.parameters import Distribution

_OWN = "image"
"""What an image is called that is given by its layers' sizes."""


def _named_images(name: str, folder: str, ratio: float, key: str = "images") -> tuple[Image, ...]:
    """The official image of that name, or those of an archive or layout at that path.

    Args:
        ratio: An official layer's size over its compressed size.
        key: The parameter that names it.

    Raises `InputError` naming the official images.
    """
    official = load.images().get(name)
    if official is not None:
        blobs = [(layer.digest, layer.size, round(layer.size * ratio)) for layer in official.layers]
        return (image_of_blobs(name, blobs),)
    path = Path(folder) / name
    if exists(path):
        from sim.archives.archive import read_images

        return read_images(path)
    near = difflib.get_close_matches(name, load.images(), 1)
    hint = f"did you mean {near[0]!r}?" if near else f"the official ones are {', '.join(load.images())}"
    raise InputError(Problem(f"no image {name!r}: no such file or official image; {hint}", path=key))


def _images(params: Distribution, key: str, folder: str, bound: Bound) -> list[Image]:
    """The images that one of the parameters names, as the registry keeps them."""
    names: tuple[str, ...] = getattr(params, key)
    numbers = distribution()
    ratio = load.gzip_ratio().at(bound)
    pulled = [image for name in names for image in _named_images(name, folder, ratio, key)]
    gain = numbers.unpack["zstd_gain"].at(bound)
    return [compressed(image, params.compression, ratio, gain) for image in pulled]


def _own(params: Distribution, bound: Bound) -> list[Image]:
    """The image of `layers`. A compressed size is the one that is given, whatever the compression."""
    ratio = 1.0 if params.compression == "none" else load.gzip_ratio().at(bound)
    if not params.layers:
        return []
    return [
        image_of_blobs(_OWN, [(f"{_OWN} {n}", size, round(size * ratio)) for n, size in enumerate(params.layers, 1)])
    ]


@dataclass(frozen=True)
class AskedImages:
    """What there is before the push.

    Attributes:
        images: Those that are pushed, and then asked for.
        store: What each node has.
        content: What the registry has.
    """

    images: list[Image]
    store: LayerStore
    content: RegistryContent


def asked_for(params: Distribution, client: Client, context: Context) -> AskedImages:
    """The images, the nodes' store and the registry. Raises `InputError` for an image that there is not."""
    first = _images(params, "images", context.folder, context.bound) + _own(params, context.bound)
    mounts = registry(params.registry).mounts if params.mounts == "by-registry" else params.mounts == "always"
    content = RegistryContent(mounts=mounts, shared_store=registry(params.registry).shared_store)
    for image in _images(params, "pushed", context.folder, context.bound):
        content = content.push(image, f"pushed/{repository(image.name)}").registry
    store = LayerStore(client.backend)
    for image in _images(params, "present", context.folder, context.bound):
        store = store.add(image)
    if not params.version:
        return AskedImages(first, store, content)
    for image in first:
        store = store.add(image)
        content = content.push(image, repository(image.name)).registry
    return AskedImages([next_version(image, params.version) for image in first], store, content)


def repository(name: str) -> str:
    """A name that any image can be pushed under: an archive's may be a digest or have none."""
    return name.replace("@", "/") or "unnamed"
