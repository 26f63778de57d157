"""`inspect`: what a file or folder is, told by its content, and what it holds, as plain JSON values."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from sim.archives.archive import foreign, is_image, read_images
from sim.archives.efficiency import efficiency
from sim.archives.layers import Image, Layer
from sim.archives.limits import DEFAULT_LIMITS, Limits, untold
from sim.archives.whiteouts import hidden_bytes
from sim.builds.dockerfile import stages
from sim.builds.dockerfile.parser import INSTRUCTIONS
from sim.compose.reading.describe import describe as describe_project
from sim.compose.reading.files import DiskFiles
from sim.compose.reading.project import ProjectRequest, default_files, open_project
from sim.errors import InputError, Problem
from sim.inputfile import exists, is_file, is_folder, open_regular
from sim.kubernetes.manifests import read_manifest
from sim.kubernetes.selecting import PodsAmong, unserved

_FIRST_WORD = re.compile(r"\A(?:[^\S\n]*+(?:#.*+)?\n)*+[^\S\n]*+([A-Za-z]++)(?:\s|\Z)")
_DIRECTIVE = re.compile(r"\A#\s*(?:syntax|escape|check)\s*=", re.IGNORECASE)
_FROM = re.compile(
    r"^[ \t]*FROM[ \t]+(?:--\S+[ \t]+)*\S+(?:[ \t]+AS[ \t]+\S+)?[ \t]*\r?$", re.IGNORECASE | re.MULTILINE
)
_COMPOSE = re.compile(r"""^(?:services|["']services["'])\s*:""", re.MULTILINE)
_KUBERNETES = re.compile(r"""^(?:-[ \t]+|[ \t]*+\{?[ \t]*)["']?apiVersion["']?[ \t]*:""", re.MULTILINE)

_COMPOSE_NAME = re.compile(r"(?:docker-|podman-|container-)?compose(?:\b|_).*\.ya?ml", re.IGNORECASE)
_VERSION = re.compile(r"^apiVersion\s*:", re.MULTILINE)

_EXPECTED = "a Dockerfile, an image archive or layout, a compose file or a Kubernetes manifest"


@dataclass(frozen=True)
class ComposeChoice:
    """How a compose file is read: files that lie over it, active profiles, and what variables mean."""

    overlays: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


NAMED_FILES = 1000
"""Wasted files of an image that are named, the largest. `wasted_file_count` says how many there are."""


def inspect(
    path: str | Path,
    limits: Limits = DEFAULT_LIMITS,
    *,
    layer: str = "",
    files: bool = False,
    compose: ComposeChoice | None = None,
) -> dict[str, Any]:
    """What `path` holds, in the shape of docs/images.md, docs/compose.md or docs/kubernetes.md. "kind" says which.

    A folder is an image layout, or the folder of a Dockerfile or a compose file.

    Args:
        files: Whether an image's layers come with their entries.
        layer: Only the entries of this one, by its number from 1 or the beginning of a digest.
        compose: How a compose file is read.

    Raises `InputError` with the reason for anything else, and for a layer that no image has.
    """
    return next(warn_among([inspect_alone(path, limits, layer=layer, files=files, compose=compose)]))


def inspect_alone(
    path: str | Path,
    limits: Limits = DEFAULT_LIMITS,
    *,
    layer: str = "",
    files: bool = False,
    compose: ComposeChoice | None = None,
) -> dict[str, Any]:
    """As `inspect`, of one path among several: without the warnings of a manifest, which `warn_among` gives."""
    path = Path(path)
    try:
        if is_folder(path):
            return _inspect_folder(path, limits, layer, files, compose or ComposeChoice())
        if not exists(path):
            raise InputError(Problem("does not exist", file=str(path)))
        if not is_file(path):
            raise InputError(Problem(f"is neither a file nor a folder; expected {_EXPECTED}", file=str(path)))
        with open_regular(path) as file:
            head = file.read(512)
    except OSError as error:
        raise InputError(Problem(f"cannot be read: {error.strerror or error}", file=str(path))) from None
    if not head:
        raise InputError(Problem(f"is empty; expected {_EXPECTED}", file=str(path)))
    if is_image(head) or foreign(head):
        return inspect_images(path, limits, layer=layer, files=files)
    return _inspect_text(path, limits, layer, files, compose or ComposeChoice())


def inspect_images(
    path: str | Path,
    limits: Limits = DEFAULT_LIMITS,
    tick: Callable[[], None] = untold,
    *,
    layer: str = "",
    files: bool = False,
) -> dict[str, Any]:
    """The images of an archive or layout as {"kind": "image", "images": [...]}, with the arguments of `inspect`."""
    images = read_images(path, limits, tick)
    listed = [
        places(image.layers, layer) if layer else set(range(len(image.layers)) if files else ()) for image in images
    ]
    if layer and not any(listed):
        have = "; ".join(f"{image.name} has {len(image.layers)}" for image in images[:3])
        message = f"no layer {layer!r}; expected a number from 1 or the beginning of one digest ({have})"
        raise InputError(Problem(message, file=str(path)))
    return {"kind": "image", "images": [describe(image, wanted) for image, wanted in zip(images, listed, strict=True)]}


def places(layers: Sequence[Layer], wanted: str) -> set[int]:
    """The place of the layer of a number from 1, or whose diff ID, digest or chain ID alone begins like that."""
    if wanted.isdecimal() and 1 <= int(wanted) <= len(layers):
        return {int(wanted) - 1}
    start = wanted.lower().removeprefix("sha256:")
    known = [(layer.diff_id, layer.digest, layer.chain_id) for layer in layers]
    matching = {at for at, ids in enumerate(known) if any(digest.partition(":")[2].startswith(start) for digest in ids)}
    return matching if start and len(matching) == 1 else set()


def describe(image: Image, listed: Collection[int] = ()) -> dict[str, Any]:
    """An image as JSON values. Sizes are in bytes. Efficiency and what is wasted are as dive defines them.

    Args:
        listed: The places of layers whose files are told.
    """
    files = [layer.files for layer in image.layers]
    waste = efficiency(files)
    wasted = [path for path in waste.wasted if path.bytes]
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
                **({"entries": [entry._asdict() for entry in layer.files]} if at in listed else {}),
            }
            for at, layer in enumerate(image.layers)
        ],
        "history": [asdict(entry) for entry in image.history],
        "efficiency": waste.efficiency,
        "wasted_bytes": waste.wasted_bytes,
        "wasted_share": waste.wasted_share,
        "hidden_bytes": hidden_bytes(files),
        "wasted_file_count": len(wasted),
        "wasted_files": [
            {"path": path.path, "bytes": path.bytes, "layers": [at + 1 for at in path.layers]}
            for path in wasted[:NAMED_FILES]
        ],
    }


def warn_among(reports: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Each of several answers of `inspect_alone` or `inspect`, with the warnings of manifests.

    They are made among all of these: a service of one file may be there for pods of another.
    """
    pods = PodsAmong(one for held in reports if held["kind"] == "kubernetes" for one in held["objects"])
    for held in reports:
        if held["kind"] == "kubernetes":
            yield {**held, "warnings": [warning._asdict() for warning in unserved(held["objects"], pods)]}
        else:
            yield dict(held)


def _inspect_folder(path: Path, limits: Limits, layer: str, files: bool, compose: ComposeChoice) -> dict[str, Any]:
    if not any(exists(path / name) for name in ("index.json", "manifest.json", "oci-layout")):
        for name in ("Dockerfile", "Containerfile"):
            if is_file(path / name):
                return _inspect_text(path / name, limits, layer, files, compose)
        if found := default_files(str(path.resolve()), DiskFiles()):
            return inspect_compose([Path(name) for name in found], compose)
        message = "is a folder without index.json, manifest.json, Dockerfile or compose file"
        raise InputError(Problem(f"{message}; expected {_EXPECTED}", file=str(path)))
    return inspect_images(path, limits, layer=layer, files=files)


def _inspect_text(path: Path, limits: Limits, layer: str, files: bool, compose: ComposeChoice) -> dict[str, Any]:
    text = _read_text(path, limits)
    if not _is_dockerfile(path, text):
        if _is_compose(path, text):
            _without_layers(path, layer, files)
            return inspect_compose([path], compose)
        if _KUBERNETES.search(text):
            _without_layers(path, layer, files)
            return read_manifest(text, str(path)).plain()
        raise InputError(Problem(f"is none of what can be inspected; expected {_EXPECTED}", file=str(path)))
    _without_layers(path, layer, files)
    return stages.describe(text, str(path))


def _without_layers(path: Path, layer: str, files: bool) -> None:
    if layer or files:
        raise InputError(Problem("has no layers; --layer and --files are for image archives and layouts", str(path)))


def inspect_compose(paths: Sequence[Path], choice: ComposeChoice) -> dict[str, Any]:
    """A compose project, as `sim.compose.reading.describe` has it. paths: its files, each over those before it.

    Raises `InputError` where nothing of it can be read.
    """
    every = tuple(str(path.absolute()) for path in (*paths, *map(Path, choice.overlays)))
    folder = str(Path(every[0]).parent)
    project = open_project(ProjectRequest(folder, every, dict(choice.environment), tuple(choice.profiles)))
    wrong = [replace(found.problem, file=_as_given(found.problem.file, paths[0])) for found in project.findings.wrong]
    if not project.services and not project.disabled and wrong:
        raise InputError(wrong)
    described = describe_project(project)
    for one in (*described["problems"], *described["warnings"]):
        one["file"] = _as_given(one["file"], paths[0])
    described["files"] = [_as_given(file, paths[0]) for file in described["files"]]
    return described


def _as_given(file: str, first: Path) -> str:
    """A file's path as that of the first was given: below the same folder."""
    folder = first.absolute().parent
    return str(first.parent / Path(file).relative_to(folder)) if Path(file).is_relative_to(folder) else file


def _is_compose(path: Path, text: str) -> bool:
    """By its name, or by the key `services` where no manifest begins."""
    return bool(_COMPOSE_NAME.fullmatch(path.name) or (_COMPOSE.search(text) and not _VERSION.search(text)))


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
        with open_regular(path) as file:
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
