"""Official images' real layers, as their registry serves them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

from sim.catalog.files import read_json, refuse
from sim.catalog.read import Table
from sim.errors import Problem

FILE = Path(__file__).parent / "images" / "official_images.json"

_ABOUT = ("source", "licence", "sizes", "note")
"""What the file says of itself."""


@dataclass(frozen=True, slots=True)
class ImageLayer:
    """One layer of an official image, as the registry serves it.

    Attributes:
        digest: Of the compressed blob.
        size: Its bytes, compressed by gzip.
        instruction: What made it.
        empty: Whether it is the gzip of an empty tar, as of a WORKDIR on a directory that exists.
    """

    digest: str
    size: int
    instruction: str
    empty: bool = False


@dataclass(frozen=True, slots=True)
class OfficialImage:
    """An official image's real layers.

    Attributes:
        name: Its name and tag.
        platform: As "linux/amd64".
        digest: The digest of its manifest.
        image_id: The digest of its configuration.
        base: The image it is built from. "" for none.
        layers: Its layers, the lowest first.
        metadata_steps: Instructions without a layer.
        source: Where it was read.
    """

    name: str
    platform: str
    digest: str
    image_id: str
    base: str
    layers: tuple[ImageLayer, ...]
    metadata_steps: tuple[str, ...]
    source: str

    @property
    def compressed_size(self) -> int:
        """Bytes a first pull transfers."""
        return sum(layer.size for layer in self.layers)


class _Object(Table):
    """An object of the file: a table of the catalog, whose numbers are bytes that the registry says."""

    def _inner(self, data: Mapping[str, Any], key: str) -> Table:
        return _Object(data, self._file, ".".join(part for part in (self._path, key) if part), self._problems)

    def objects(self, key: str) -> list[_Object]:
        """The array of objects of that key."""
        if not self.has(key):
            self.problem("is missing; expected an array of tables", key)
        return cast("list[_Object]", self.tables(key))

    def bytes(self, key: str) -> int:
        """Bytes, a whole number from zero on."""
        value = int(self._take(key, int, None, "a whole number") or 0)
        if value < 0:
            self.problem(f"{value} is below zero", key)
        return value

    def digest(self, key: str) -> str:
        """A sha256 digest, as registries write them."""
        value = self.named(key)
        if value and not _DIGEST.fullmatch(value):
            self.problem(f"{value!r} is no digest; expected 'sha256:' and 64 hexadecimal digits", key)
        return value

    def named(self, key: str) -> str:
        """A text that is not empty."""
        value = self.string(key)
        if self.has(key) and not value:
            self.problem("is empty", key)
        return value

    def optional(self, key: str) -> str:
        """A text. "" for null."""
        return str(self._take(key, (str, type(None)), "", "a text or null") or "")


_DIGEST = re.compile("sha256:[0-9a-f]{64}")


def _layer(layer: _Object) -> ImageLayer:
    known = ImageLayer(
        digest=layer.digest("digest"),
        size=layer.bytes("size"),
        instruction=layer.string("instruction"),
        empty=layer.flag("empty_diff"),
    )
    layer.done()
    return known


def _image(entry: _Object) -> OfficialImage:
    image = OfficialImage(
        name=entry.named("image"),
        platform=entry.named("platform"),
        digest=entry.digest("manifest_digest"),
        image_id=entry.digest("image_id"),
        base=entry.optional("base"),
        layers=tuple(_layer(layer) for layer in entry.objects("layers")),
        metadata_steps=entry.strings("metadata_only_steps"),
        source=f"docker-library/repo-info {entry.named('source_path')} at {entry.named('source_commit')[:12]}",
    )
    total, sizes = entry.bytes("total_compressed_bytes"), sum(layer.size for layer in image.layers)
    if total != sizes:
        entry.problem(f"{total} is not the sum of the layers' sizes, {sizes}", "total_compressed_bytes")
    entry.done()
    return image


def read(path: Path = FILE) -> Mapping[str, OfficialImage]:
    """The images of one file by name and tag. Raises `CatalogError` with the dotted path of all that is wrong."""
    file, problems = f"images/{path.name}", list[Problem]()
    data = read_json(path, file)
    if not isinstance(data, dict):
        refuse([Problem(f"holds {type(data).__name__}; expected an object", file)])
    top = _Object(data, file, "", problems)
    for key in _ABOUT:
        top.string(key)
    images: dict[str, OfficialImage] = {}
    for number, entry in enumerate(top.objects("images")):
        image = _image(entry)
        if image.name in images:
            top.problem(f"image {image.name!r} is there twice", f"images.{number}.image")
        images[image.name] = image
    top.done()
    refuse(problems, file, path)
    return MappingProxyType(images)


@cache
def images() -> Mapping[str, OfficialImage]:
    """Every official image by its name and tag ("nginx:alpine"), with layers base first, sizes compressed."""
    return read()
