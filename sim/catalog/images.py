"""Official images' real layers, as their registry serves them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from sim.catalog.model import ImageLayer, OfficialImage

FILE = Path(__file__).parent / "images" / "official_images.json"


@cache
def images() -> Mapping[str, OfficialImage]:
    """Every official image by its name and tag ("nginx:alpine"), with layers base first, sizes compressed."""
    entries = json.loads(FILE.read_text(encoding="utf-8"))["images"]
    return MappingProxyType(
        {
            entry["image"]: OfficialImage(
                name=entry["image"],
                platform=entry["platform"],
                digest=entry["manifest_digest"],
                image_id=entry["image_id"],
                base=entry["base"] or "",
                layers=tuple(
                    ImageLayer(
                        digest=layer["digest"],
                        size=layer["size"],
                        instruction=layer["instruction"],
                        empty=bool(layer.get("empty_diff", False)),
                    )
                    for layer in entry["layers"]
                ),
                metadata_steps=tuple(entry["metadata_only_steps"]),
                source=f"docker-library/repo-info {entry['source_path']} at {entry['source_commit'][:12]}",
            )
            for entry in entries
        }
    )
