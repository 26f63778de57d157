"""Python files compiled for the page by the interpreter that reads them there, Pyodide under node.

What is downloaded never changes, so it is compiled once and kept beside the downloads. So is the model, as long as its
sources are the same.
"""

from __future__ import annotations

import hashlib
import io
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from sim.export.packages import PYODIDE, call, npm, wheels
from sim.live.beside import path_of, written_once
from sim.live.contents import PageFile, digest, package

PYTHON, PLATFORM = "3.14", "pyemscripten_2026_0_wasm32"
"""Pyodide's Python, and the platform of its compiled wheels."""

HERE = Path(__file__).resolve().parent
BROWSER = HERE / "browser"
WHEELS = HERE / "wheels.txt"

_READ = "sim/studies/"
"""Sources that are read, to tell which studies there are (`sim.studies.names`)."""
_TERMS = ".dist-info/licenses/"
"""Where a wheel has the files that state its terms (PEP 639)."""
_NOT_RUN = ("/", ".pyi", "py.typed", ".c", ".h", "pydantic/mypy.py")
_BESIDE = ("/tests/", ".dist-info/", "/pydantic/v1/")
"""Folders of wheels that are not run. `pydantic.v1` is another library, which `pydantic` does not import."""
LIBRARY_LEFT_OUT = (
    "_pyrepl", "cProfile", "doctest", "ftplib", "imaplib", "mailbox", "pdb", "pickletools", "plistlib", "poplib",
    "profile", "pstats", "pydoc", "smtplib", "tabnanny", "trace", "unittest", "wsgiref", "xmlrpc",
)  # fmt: skip
"""Of the standard library: consoles, debuggers, mail and servers, which no page asks for."""
_MODELS = 3
"""Compiled models that are kept: several checkouts may share a folder of downloads."""
_DATED = (1980, 1, 1, 0, 0, 0)


def compiled(files: Mapping[str, PageFile]) -> dict[str, PageFile]:
    """The files with bytecode instead of sources: each `x.py` becomes `x.pyc`. The others stay as they are."""
    with tempfile.TemporaryDirectory(prefix="sim-live-") as made:
        tree = Path(made)
        sources = {name: file for name, file in files.items() if name.endswith(".py")}
        for name, file in sources.items():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_bytes(file.data)
        command = ["node", str(BROWSER / "compile.mjs"), str(npm(PYODIDE)), str(tree)]
        call(command, "Python files of a live page are compiled by node", tree)
        there = {_beside(name): PageFile((tree / f"{name}c").read_bytes()) for name in sources}
    return {name: file for name, file in files.items() if name not in sources or name.startswith(_READ)} | there


def _beside(name: str) -> str:
    """Where the bytecode of a source lies: in its place, or in the folder for it where the source stays."""
    if not name.startswith(_READ):
        return f"{name}c"
    folder, _, file = name.rpartition("/")
    return f"{folder}/__pycache__/{file.removesuffix('.py')}.cpython-{PYTHON.replace('.', '')}.pyc"


def is_there() -> bool:
    """Whether the standard library and the wheels were downloaded and compiled before."""
    return path_of(_library()).is_file() and path_of(_site()).is_file()


def _library() -> str:
    left_out = hashlib.sha256(" ".join(LIBRARY_LEFT_OUT).encode()).hexdigest()[:8]
    return f"{PYODIDE.name}-{PYODIDE.version}-library-{left_out}.zip"


def _site() -> str:
    taken = hashlib.sha256(WHEELS.read_bytes() + " ".join((*_NOT_RUN, *_BESIDE)).encode()).hexdigest()[:16]
    return f"site-{taken}-{PYODIDE.version}.zip"


def library() -> bytes:
    """Pyodide's standard library as a zip of bytecode, not deflated: the page compresses it as a whole."""
    return written_once(_library(), lambda: _zipped(compiled(dict(_standard()))))


def packages() -> dict[str, PageFile]:
    """The files of the pinned wheels, compiled, below `site/`."""
    return _unzipped(written_once(_site(), lambda: _zipped(compiled(dict(_unpacked())))))


def model() -> dict[str, PageFile]:
    """The files of the package that a page runs, compiled."""
    sources = package()
    name = f"model-{digest(sources)}-{PYODIDE.version}.zip"
    return _unzipped(written_once(name, lambda: _zipped(compiled(sources)), family="model-*.zip", most=_MODELS))


def licences() -> dict[str, str]:
    """The files of the pinned wheels that state their terms, as one text for each wheel ("attrs-26.1.0")."""
    found = {}
    for wheel in wheels(WHEELS, PYTHON, PLATFORM):
        with zipfile.ZipFile(wheel) as source:
            stated = [name for name in source.namelist() if _TERMS in name and not name.endswith("/")]
            texts = [source.read(name).decode("utf-8", "replace") for name in stated]
        found["-".join(wheel.name.split("-")[:2])] = "\n".join(texts)
    return found


def _standard() -> Iterator[tuple[str, PageFile]]:
    with zipfile.ZipFile(npm(PYODIDE) / "python_stdlib.zip") as source:
        for name in source.namelist():
            if not name.endswith("/") and name.split("/")[0].removesuffix(".py") not in LIBRARY_LEFT_OUT:
                yield name, PageFile(source.read(name))


def _unpacked() -> Iterator[tuple[str, PageFile]]:
    for wheel in wheels(WHEELS, PYTHON, PLATFORM):
        with zipfile.ZipFile(wheel) as source:
            for name in source.namelist():
                beside = any(part in f"/{name}" for part in _BESIDE)
                if not beside and not name.endswith(_NOT_RUN):
                    yield f"site/{name}", PageFile(source.read(name))


def _zipped(files: Mapping[str, PageFile]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as target:
        for name, file in sorted(files.items()):
            target.writestr(zipfile.ZipInfo(name, _DATED), file.data)
    return buffer.getvalue()


def _unzipped(packed: bytes) -> dict[str, PageFile]:
    with zipfile.ZipFile(io.BytesIO(packed)) as source:
        return {name: PageFile(source.read(name)) for name in source.namelist()}
