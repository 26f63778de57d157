"""The memory of a page's Python once it has answered its first lesson, so that a page need not start from nothing.

Importing the model and reading its catalog takes a browser longer than all else together. Pyodide, under node, does
both when the page is built.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path

from sim.export.packages import PYODIDE, call, npm
from sim.live.bytecode import BROWSER
from sim.live.contents import PageFile


def taken(
    files: Mapping[str, PageFile], paths: Mapping[str, tuple[str, str]], library: bytes, lesson: str
) -> tuple[bytes, dict[str, PageFile]]:
    """The memory after a lesson's first answer.

    Args:
        files: Every file of the page by its path in it.
        paths: Each scenario's file and folder by its id, as `sim.live.answer.offer` takes them.
        library: Pyodide's standard library, as the page has it.

    Returns:
        The memory as Pyodide writes it, and the files without the bytecode of what is in it.

    Raises `InputError` where node is not there or fails.
    """
    with tempfile.TemporaryDirectory(prefix="sim-live-") as made:
        tree = Path(made)
        for name, file in files.items():
            place = tree / "app" / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(file.data)
            place.chmod(file.mode)
        (tree / "library.zip").write_bytes(library)
        command = ["node", str(BROWSER / "snapshot.mjs"), str(npm(PYODIDE)), str(tree / "library.zip")]
        command += [str(tree / "app"), json.dumps(paths), lesson]
        call(command, "the memory of a live page is made by node", tree)
        imported = json.loads((tree / "app" / "imported").read_text("utf-8"))
        memory = (tree / "app" / "snapshot").read_bytes()
    return memory, _without(files, imported)


def _without(files: Mapping[str, PageFile], imported: list[str]) -> dict[str, PageFile]:
    """The files but for the bytecode of modules that are imported."""
    there = {f"{module.replace('.', '/')}{end}" for module in imported for end in (".pyc", "/__init__.pyc")}
    return {name: file for name, file in files.items() if name.removeprefix("site/") not in there}
