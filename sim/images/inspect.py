"""`inspect`: what a file or folder is, told by its content, and what it holds, as plain JSON values."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sim.errors import InputError, Problem
from sim.images import stages
from sim.images.archive import foreign, is_image, read_images
from sim.images.dockerfile import INSTRUCTIONS
from sim.images.efficiency import efficiency
from sim.images.layers import Image
from sim.images.limits import DEFAULT_LIMITS, Limits, untold
from sim.images.whiteouts import hidden_bytes

_FIRST_WORD = re.compile(r"\A(?:[^\S\n]*+(?:#.*+)?\n)*+[^\S\n]*+([A-Za-z]++)(?:\s|\Z)")
_DIRECTIVE = re.compile(r"\A#\s*(?:syntax|escape|check)\s*=", re.IGNORECASE)
_FROM = re.compile(
    r"^[ \t]*FROM[ \t]+(?:--\S+[ \t]+)*\S+(?:[ \t]+AS[ \t]+\S+)?[ \t]*\r?$", re.IGNORECASE | re.MULTILINE
)
_COMPOSE = re.compile(r"""^(?:services|["']services["'])\s*:""", re.MULTILINE)
_KUBERNETES = re.compile(r"""^(?:-[ \t]+|[ \t]*+\{?[ \t]*)["']?apiVersion["']?[ \t]*:""", re.MULTILINE)

_EXPECTED = "a Dockerfile, an image archive or layout, a compose file or a Kubernetes manifest"


def inspect(path: str | Path, limits: Limits = DEFAULT_LIMITS) -> dict[str, Any]:
    """What `path` holds, in the shape of docs/images.md; "kind" says which.

    A folder is an image layout, or the folder of a Dockerfile. Raises `InputError` with the reason for anything else.
    """
    path = Path(path)
    try:
        if path.is_dir():
            return _inspect_folder(path, limits)
        if not path.exists():
            raise InputError(Problem("does not exist", file=str(path)))
        if not path.is_file():
            raise InputError(Problem(f"is neither a file nor a folder; expected {_EXPECTED}", file=str(path)))
        with path.open("rb") as file:
            head = file.read(512)
    except OSError as error:
        raise InputError(Problem(f"cannot be read: {error.strerror or error}", file=str(path))) from None
    if not head:
        raise InputError(Problem(f"is empty; expected {_EXPECTED}", file=str(path)))
    if is_image(head) or foreign(head):
        return inspect_images(path, limits)
    return _inspect_text(path, limits)


def inspect_images(
    path: str | Path, limits: Limits = DEFAULT_LIMITS, tick: Callable[[], None] = untold
) -> dict[str, Any]:
    """The images of an archive or layout: {"kind": "image", "images": [...]}."""
    return {"kind": "image", "images": [describe(image) for image in read_images(path, limits, tick)]}


def describe(image: Image) -> dict[str, Any]:
    """An image as JSON values. Sizes in bytes; efficiency and wasted_bytes as dive defines them."""
    files = [layer.files for layer in image.layers]
    waste = efficiency(files)
    return {
        "name": image.name,
        "id": image.id,
        "tags": list(image.tags),
        "platform": image.platform,
        "layers": [
            {
                "diff_id": layer.diff_id,
                "chain_id": layer.chain_id,
                "digest": layer.digest,
                "size": layer.size,
                "compressed_size": layer.compressed_size,
                "compression": layer.compression,
                "files": len(layer.files),
                "instruction": layer.instruction,
            }
            for layer in image.layers
        ],
        "history": [asdict(entry) for entry in image.history],
        "efficiency": waste.efficiency,
        "wasted_bytes": waste.wasted_bytes,
        "hidden_bytes": hidden_bytes(files),
    }


def _inspect_folder(path: Path, limits: Limits) -> dict[str, Any]:
    if not any((path / name).exists() for name in ("index.json", "manifest.json", "oci-layout")):
        for name in ("Dockerfile", "Containerfile"):
            if (path / name).is_file():
                return _inspect_text(path / name, limits)
        message = "is a folder without index.json, manifest.json or Dockerfile"
        raise InputError(Problem(f"{message}; expected {_EXPECTED}", file=str(path)))
    return inspect_images(path, limits)


def _inspect_text(path: Path, limits: Limits) -> dict[str, Any]:
    text = _read_text(path, limits)
    if not _is_dockerfile(path, text):
        kind = "Kubernetes manifests" if _KUBERNETES.search(text) else "compose files" if _COMPOSE.search(text) else ""
        if kind:
            message = f"{kind} cannot be inspected yet; expected a Dockerfile, or an image archive or layout"
            raise InputError(Problem(message, file=str(path)))
        raise InputError(Problem(f"is none of what can be inspected; expected {_EXPECTED}", file=str(path)))
    return stages.describe(text, str(path))


def _is_dockerfile(path: Path, text: str) -> bool:
    """By its name, or a parser directive in its first line, or an instruction there and a FROM in some line."""
    name = path.name.lower()
    if name.startswith(("dockerfile", "containerfile")) or name.endswith((".dockerfile", ".containerfile")):
        return True
    first = _FIRST_WORD.match(text)
    starts = first is not None and first[1].upper() in INSTRUCTIONS
    return bool(_DIRECTIVE.match(text)) or (starts and bool(_FROM.search(text)))


def _read_text(path: Path, limits: Limits) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(limits.document + 1)
    except OSError as error:
        raise InputError(Problem(f"cannot be read: {error.strerror or error}", file=str(path))) from None
    if len(data) > limits.document:
        message = f"is no image archive, and as text it is over {limits.document} B, which the limit `document` allows"
        raise InputError(Problem(message, file=str(path)))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"is neither an image archive nor text (byte {error.start} is not UTF-8); expected {_EXPECTED}"
        raise InputError(Problem(message, file=str(path))) from None
    if "\0" in text:
        message = f"is neither an image archive nor text (it has NUL bytes); expected {_EXPECTED}"
        raise InputError(Problem(message, file=str(path)))
    return text
