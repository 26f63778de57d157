"""Live pages of shipped lessons that were built already, kept beside the downloads: a dashboard gives them away.

A page is built anew where the model, its texts or the lesson are others than when it was built.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from threading import Lock

from sim import __version__
from sim.export.packages import PYODIDE, cache, is_there
from sim.inputfile import is_file
from sim.live import builder, bytecode
from sim.live.contents import PageFile, package, scenario_files
from sim.outputfile import make_folder, write_bytes
from sim.scenario import Scenario

_ONE_AT_A_TIME = Lock()
"""Held while a page is built, which keeps a core busy for about a quarter of a minute."""


def at_hand() -> bool:
    """Whether a page can be built without a download: node, Pyodide and the wheels are there."""
    return shutil.which("node") is not None and is_there(PYODIDE) and bytecode.is_there()


def kept_page(scenario: Scenario) -> bytes:
    """The live page of a lesson, built now where it is not there. Who asks meanwhile waits for it.

    Raises `InputError` where it cannot be built.
    """
    path = cache() / "live-pages" / scenario.id / f"{_digest(scenario)}.html"
    with _ONE_AT_A_TIME:
        if not is_file(path):
            made = builder.page([scenario]).encode()
            shutil.rmtree(path.parent, ignore_errors=True)  # of what the model was before
            make_folder(path.parent)
            write_bytes(path, made)
        return path.read_bytes()


def _digest(scenario: Scenario) -> str:
    """Of all that a page is built from."""
    files: Mapping[str, PageFile] = package() | scenario_files(scenario)[1]
    browser = {one.name: one.read_bytes() for one in sorted(bytecode.BROWSER.iterdir()) if one.is_file()}
    made = hashlib.sha256(f"{__version__} {PYODIDE} {bytecode.WHEELS.read_text('utf-8')}".encode())
    for name, data in sorted(({name: file.data for name, file in files.items()} | browser).items()):
        made.update(f"{name} {len(data)}\n".encode() + data)
    return made.hexdigest()[:16]
