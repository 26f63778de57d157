"""A cache handed to a builder that has none: exported after a build, with the results of all steps or of the image's.

An export carries every key of the build. In mode "max" it carries every result, in mode "min" only the finished
image's layers; where a result is missing, a step is found as long as nobody needs its files (moby/buildkit, README,
"Export cache"; solver/exporter.go).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from sim.builds.cache import Step, Store
from sim.builds.vertices import BuildGraph, chain

Mode = Literal["min", "max"]


def exported(store: Store, build: BuildGraph, steps: Mapping[str, Step], mode: Mode) -> Store:
    """The store of a fresh builder that imports what was exported after a build."""
    keys = {key for step in steps.values() for key in step.kept}
    links = {link: ids & keys for link, ids in store.links.items() if ids & keys}
    kept = keys if mode == "max" else {key for name in chain(build) if name in steps for key in steps[name].kept}
    results = {key: store.results[key] for key in kept if key in store.results}
    return Store(links, results, builds=store.builds, made=store.made)
