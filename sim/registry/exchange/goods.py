"""What is moved: images by name, the blobs they are made of, and their sizes.

A layer has one name for its content and for its blob. That holds where everybody compresses alike, as one version of
Docker does. An image's name stands for its configuration and its manifest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


class TooManyStepsError(Exception):
    """More is looked at than an exchange may take."""


class LayerSize(NamedTuple):
    """A layer's bytes on disk, and those of its blob."""

    size: int
    blob: int


class ImageShape(NamedTuple):
    """An image's layers, lowest first, and the bytes of its configuration and its manifest."""

    layers: tuple[str, ...]
    config: int
    manifest: int


def config_of(image: str) -> str:
    """The blob that an image's configuration is."""
    return f"config:{image}"


def manifest_of(image: str) -> str:
    """The blob that an image's manifest is."""
    return f"manifest:{image}"


@dataclass(frozen=True)
class Goods:
    """Every image and every layer there is.

    Attributes:
        most_steps: How many names and layers may be looked at, in all. None: any number.
    """

    images: Mapping[str, ImageShape]
    layers: Mapping[str, LayerSize]
    most_steps: int | None = None
    _chains: dict[tuple[int, str], int] = field(default_factory=dict, repr=False)
    _steps: list[int] = field(default_factory=lambda: [0], repr=False)

    def step(self, count: int) -> None:
        """Count names and layers that are looked at. Raises `TooManyStepsError`."""
        self._steps[0] += count
        if self.most_steps is not None and self._steps[0] > self.most_steps:
            raise TooManyStepsError

    def chain(self, image: str) -> tuple[int, ...]:
        """For each layer of an image a number that says it and all that lies below it, as a chain ID does."""
        numbers: list[int] = []
        self.step(len(self.images[image].layers))
        for layer in self.images[image].layers:
            key = (numbers[-1] if numbers else 0, layer)
            numbers.append(self._chains.setdefault(key, len(self._chains) + 1))
        return tuple(numbers)

    def blobs(self, image: str) -> tuple[str, ...]:
        """An image's distinct layers and its configuration."""
        return (*dict.fromkeys(self.images[image].layers), config_of(image))

    def size(self, blob: str) -> int:
        """The bytes of a blob."""
        kind, _, image = blob.partition(":")
        if kind in ("config", "manifest") and image in self.images:
            return self.images[image].config if kind == "config" else self.images[image].manifest
        return self.layers[blob].blob

    def sizes(self, blobs: Iterable[str]) -> int:
        """The bytes of several blobs."""
        return sum(self.size(blob) for blob in blobs)
