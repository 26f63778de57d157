"""Randomness as a tree: the path (scenario, design point, replication, named stream) seeds a generator.

One stream per cause, so that technologies compared in one run face the same arrivals and the same noise. Nothing
global, and the same numbers on every platform and Python version: `random.Random` is seeded with an integer.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SeedTree:
    """A place in the tree.

    >>> place = SeedTree(1).child("replication", 0)
    >>> place.stream("arrivals").random() == place.stream("arrivals").random()
    True
    """

    root: int
    path: tuple[str, ...] = ()

    def child(self, *names: str | int) -> SeedTree:
        """The place below, by any number of names."""
        return SeedTree(self.root, (*self.path, *(str(name) for name in names)))

    def stream(self, cause: str) -> random.Random:
        """A fresh generator for one cause. The same place and cause always give the same numbers."""
        text = "\x1f".join((str(self.root), *self.path, cause))
        return random.Random(int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big"))
