"""Live pages of shipped lessons that were built already, kept beside the downloads: a dashboard gives them away.

A page is built anew where the model, its texts or the lesson are others than when it was built.
"""

from __future__ import annotations

import functools
import shutil
from pathlib import Path
from threading import Lock

from sim import __version__
from sim.export.packages import PYODIDE, cache, is_there
from sim.inputfile import is_file
from sim.live import builder, bytecode
from sim.live.contents import PageFile, digest, package, scenario_files
from sim.outputfile import make_folder, write_bytes
from sim.scenario import Scenario
from sim.studies.base import Tick, no_tick

_ONE_AT_A_TIME = Lock()
"""Held while a page is built, which keeps a core busy for some seconds."""


def at_hand() -> bool:
    """Whether a page can be built without a download: node, Pyodide and the wheels are there."""
    return shutil.which("node") is not None and is_there(PYODIDE) and bytecode.is_there()


def is_kept(scenario: Scenario) -> bool:
    """Whether the live page of a lesson is there."""
    return is_file(_path(scenario))


def kept_page(scenario: Scenario, tick: Tick = no_tick) -> bytes:
    """The live page of a lesson, built now where it is not there. Who asks meanwhile waits for it.

    Args:
        tick: Told how much of the page is made, from 0 to 1.

    Raises `InputError` where it cannot be built.
    """
    path = _path(scenario)
    with _ONE_AT_A_TIME:
        if not is_file(path):
            made = builder.page([scenario], tick).encode()
            shutil.rmtree(path.parent, ignore_errors=True)  # of what the model was before
            make_folder(path.parent)
            write_bytes(path, made)
        return path.read_bytes()


def _path(scenario: Scenario) -> Path:
    return cache() / "live-pages" / scenario.id / f"{_digest(scenario)}.html"


def _digest(scenario: Scenario) -> str:
    """Of all that a page is built from."""
    versions = PageFile(f"{_digest_of_project()} {__version__}".encode())
    return digest(scenario_files(scenario)[1] | {"versions": versions})


@functools.cache
def _digest_of_project() -> str:
    """Of the part that is the same for all lessons. A server runs the code that it began with."""
    browser = {one.name: PageFile(one.read_bytes()) for one in bytecode.BROWSER.iterdir() if one.is_file()}
    versions = PageFile(f"{PYODIDE} {bytecode.WHEELS.read_text('utf-8')} {bytecode.LIBRARY_LEFT_OUT}".encode())
    return digest(package() | browser | {"versions": versions})
