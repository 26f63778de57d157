"""Live pages of shipped lessons that were built already, kept beside the downloads: a dashboard gives them away.

A page is built anew where the model, its texts or the lesson are others than when it was built.
"""

from __future__ import annotations

import functools
import shutil
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore, Lock

from sim import __version__, limits
from sim.errors import InputError
from sim.export.packages import PYODIDE, cache, is_there
from sim.inputfile import is_file
from sim.live import builder, bytecode
from sim.live.contents import PageFile, digest, package, scenario_files
from sim.outputfile import make_folder, write_bytes
from sim.reasons import Reason
from sim.scenario import Scenario
from sim.studies.base import Tick, no_tick

_ONE_AT_A_TIME = Lock()
"""Held while a page is built, which keeps a core busy for some seconds."""
_PLACES = BoundedSemaphore(limits.LIVE_WAITING)
"""Those of who builds and who waits."""
_LOOK = 0.2
"""Seconds between two looks of one who waits."""


@dataclass
class _Built:
    """How much of the page that is built now is made, for those who wait."""

    share: float = 0.0


_built = _Built()


def at_hand() -> bool:
    """Whether a page can be built without a download: node, Pyodide and the wheels are there."""
    return shutil.which("node") is not None and is_there(PYODIDE) and bytecode.is_there()


def is_kept(scenario: Scenario) -> bool:
    """Whether the live page of a lesson is there."""
    return is_file(_path(scenario))


def kept_page(scenario: Scenario, tick: Tick = no_tick, wait: Tick = no_tick) -> bytes:
    """The live page of a lesson, built now where it is not there. Who asks while one is built waits for it.

    Args:
        tick: Told how much of the page is made, from 0 to 1.
        wait: Told, again and again while another page is built, how much of that is made. What it raises ends the
            waiting.

    Raises `InputError` where it cannot be built, or too many wait already.
    """
    path = _path(scenario)
    return _read(path) or _after_others(scenario, path, tick, wait)


def _read(path: Path) -> bytes:
    """A page that is there, b"" where it is not. It is written as a whole, so nobody reads a part of it."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _after_others(scenario: Scenario, path: Path, tick: Tick, wait: Tick) -> bytes:
    if not _PLACES.acquire(blocking=False):
        raise InputError(
            Reason("live_busy", "{n} readers wait for live pages already; try again in a minute", n=limits.LIVE_WAITING)
        )
    try:
        while not _ONE_AT_A_TIME.acquire(timeout=_LOOK):
            if page := _read(path):
                return page
            wait(_built.share)
        try:
            return _read(path) or _build(scenario, path, tick)
        finally:
            _ONE_AT_A_TIME.release()
    finally:
        _PLACES.release()


def _build(scenario: Scenario, path: Path, tick: Tick) -> bytes:
    def noted(share: float) -> None:
        _built.share = share
        tick(share)

    _built.share = 0.0
    made = builder.page([scenario], noted).encode()
    shutil.rmtree(path.parent, ignore_errors=True)  # of what the model was before
    make_folder(path.parent)
    write_bytes(path, made)
    return made


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
