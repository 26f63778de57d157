"""What some exports are built from and the project does not carry: downloaded once, by npm and pip, and checked.

Versions and hashes stand here. A file whose hash is another is not used.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import threading
from dataclasses import dataclass
from pathlib import Path

from sim.errors import InputError
from sim.outputfile import make_folder


@dataclass(frozen=True)
class NpmPackage:
    """A package of npm.

    Attributes:
        integrity: Of its archive, as npm writes it: "sha512-" and base64.
    """

    name: str
    version: str
    integrity: str

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


REVEAL = NpmPackage(
    "reveal.js", "6.0.2",
    "sha512-JYIg5D9aoxoaLeb84O+OvAwsKWdIavVgEDScxtYEXFCT6t6TQrhNtSgogcjdCpdLsWglhJn3zyE3fUOwiH5KEg==",
)  # fmt: skip
"""The slides' frame: MIT, released 2026-09, 0.2 MB of it in a deck."""

PYODIDE = NpmPackage(
    "pyodide", "314.0.7",
    "sha512-0YvXxEhfEdpLfb/XkM2BFAeMROq0iMUX2bzzH9pOttyMcWkwq+HbE5uyuGD82LN7y2q+SNvi/6V5JEsOlD2R1A==",
)  # fmt: skip
"""CPython 3.14 for browsers: MPL-2.0, released 2026-09, 8 MB of it in a page."""

_PATIENCE = 600
"""Seconds that a download may take before it is given up."""


def cache() -> Path:
    """The folder of downloads: $SIM_CACHE, or one below the user's folder for caches."""
    named = os.environ.get("SIM_CACHE")
    if named:
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "virtualization-simulator"


def is_there(package: NpmPackage) -> bool:
    """Whether an npm package was downloaded before."""
    return (cache() / f"{package.name}-{package.version}" / "package").is_dir()


def npm(package: NpmPackage) -> Path:
    """The folder of an npm package, downloaded where it is not there yet.

    Raises `InputError` where npm is not there, the network is not, or the archive is another than was pinned.
    """
    folder = cache() / f"{package.name}-{package.version}"
    if is_there(package):
        return folder / "package"
    partial = folder.with_name(f"{folder.name}.{os.getpid()}.{threading.get_ident()}")
    make_folder(partial)
    try:
        call(["npm", "pack", "--silent", "--ignore-scripts", str(package)], f"{package} is downloaded by npm", partial)
        archive = next(partial.glob("*.tgz"))
        found = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if found != package.integrity:
            raise InputError(f"{package} is another than was pinned: {found}; expected {package.integrity}")
        with tarfile.open(archive) as packed:
            packed.extractall(partial / "unpacked", filter="data")
        make_folder(folder)
        if not (folder / "package").is_dir():  # else another was faster
            (partial / "unpacked" / "package").rename(folder / "package")
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder / "package"


def wheels(requirements: Path, python: str, platform: str) -> list[Path]:
    """The wheels that a requirements file pins with their hashes, downloaded where they are not there yet.

    Args:
        python: The version of Python that they are for, as pip writes it.
        platform: The platform of the compiled ones among them.

    Raises `InputError` where pip is not there, the network is not, or a wheel is another than was pinned.
    """
    folder = cache() / f"wheels-{hashlib.sha256(requirements.read_bytes()).hexdigest()[:16]}"
    if not folder.is_dir():
        partial = folder.with_name(f"{folder.name}.{os.getpid()}")
        make_folder(partial)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        command += ["--only-binary=:all:", "--require-hashes", "--python-version", python, "--platform", platform]
        try:
            call([*command, "-d", str(partial), "-r", str(requirements)], "wheels are downloaded by pip", partial)
            partial.rename(folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return sorted(folder.glob("*.whl"))


def call(command: list[str], why: str, folder: Path) -> None:
    """Run a program. Raises `InputError` where it is not there or fails, with why it was called and what it said.

    Args:
        why: What it is needed for: "... is downloaded by npm".
    """
    try:
        done = subprocess.run(  # noqa: S603 -- a list of our own words, no shell
            command, cwd=folder, capture_output=True, text=True, errors="replace", timeout=_PATIENCE, check=False
        )
    except FileNotFoundError:
        raise InputError(
            f"{why}, and there is no {command[0]}; install it, or export on a machine that has it"
        ) from None
    except subprocess.TimeoutExpired:
        raise InputError(f"{why}, which took longer than {_PATIENCE} s; is the network there?") from None
    if done.returncode:
        said = " ".join((done.stderr or done.stdout).split())[-500:]
        raise InputError(f"{why}, which failed; is the network there? It said: {said}")
