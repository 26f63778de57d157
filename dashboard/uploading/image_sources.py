"""Images for a page: official ones from the catalog, and archives that a reader uploads. Uploads stay on this machine.

An upload is read from a temporary file that is gone afterwards. What is kept for the session are names, sizes and
digests, never contents.
"""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from sim import limits
from sim.archives.limits import Limits
from sim.errors import InputError
from sim.report.figures.images.images import ShownImage

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

    from sim.archives.layers import Image

LIMITS = Limits(content=limits.PAGE_IMAGE_CONTENT, entries=limits.PAGE_IMAGE_FILES, expansion_from=limits.UPLOAD)
_KEPT = "images:read"
UploadResult = tuple[ShownImage, ...] | InputError


def official(name: str) -> ShownImage:
    """An official image of the catalog. Its sizes before compression are estimates: only its manifest is known."""
    from sim.archives.store import image_of_blobs
    from sim.catalog.load import gzip_ratio, images

    entry, ratio = images()[name], gzip_ratio().value
    blobs = [(layer.digest, layer.size, round(layer.size * ratio)) for layer in entry.layers]
    image = image_of_blobs(name, blobs)
    layers = tuple(
        dataclasses.replace(layer, instruction=known.instruction)
        for layer, known in zip(image.layers, entry.layers, strict=True)
    )
    return ShownImage(dataclasses.replace(image, layers=layers, platform=entry.platform), estimate=True)


def uploaded(files: Sequence[UploadedFile], tick: Callable[[], None]) -> list[tuple[str, UploadResult]]:
    """Each upload's name with its images, or with why it cannot be read. Read once, forgotten with the file.

    Args:
        tick: Is called while they are read, and may raise to end it.
    """
    known: dict[str, UploadResult] = st.session_state.get(_KEPT, {})
    kept = {file.file_id: known.get(file.file_id) or _read(file, tick) for file in files}
    st.session_state[_KEPT] = kept
    return [(file.name, kept[file.file_id]) for file in files]


def unread(files: Sequence[UploadedFile]) -> bool:
    """Whether any upload is yet to be read, which takes a while."""
    return any(file.file_id not in st.session_state.get(_KEPT, {}) for file in files)


def _read(file: UploadedFile, tick: Callable[[], None]) -> UploadResult:
    from sim.archives.archive import read_images

    try:
        with tempfile.TemporaryDirectory(prefix="images-") as folder:
            path = Path(folder) / "upload"
            with path.open("wb") as target:
                shutil.copyfileobj(file, target)
            return tuple(ShownImage(_called(image, file.name)) for image in read_images(path, LIMITS, tick))
    except InputError as error:
        return InputError([dataclasses.replace(problem, file=file.name) for problem in error.problems])


def _called(image: Image, name: str) -> Image:
    """An image without a tag goes by the name of its file rather than by a digest."""
    return image if image.tags else dataclasses.replace(image, name=name)
