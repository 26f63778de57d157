"""A live page holds every module that its model may import, and no compiled package that browsers do not have."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import networkx as nx
import pytest

from sim import studies
from sim.live.bytecode import LIBRARY_LEFT_OUT
from sim.live.contents import LEFT_OUT, package
from tests.test_floors import imported, module, modules_imported

pytestmark = pytest.mark.xdist_group("imports")  # in one process, with others that ask what imports what

ROOT = Path(__file__).parents[2]
PINNED: dict[str, str] = {
    found[1]: found[2]
    for line in (ROOT / "sim" / "live" / "wheels.txt").read_text("utf-8").splitlines()
    if not line.startswith("#")
    for found in [re.fullmatch(r"([\w.-]+)==(\S+) --hash=sha256:[0-9a-f]{64}", line)]
}
"""Distribution to its version."""

IMPORTED_AS = {"ruamel.yaml": "ruamel", "attrs": "attr"}
"""Distributions whose module has another name."""

STAND_INS = {"rpds"}
IN_THE_PAGE = {"pyodide"}
NOT_IN_PYTHON_314 = {"backports", "click"}
"""Zstandard is in the standard library of Pyodide's Python. The command line is left out."""


def reachable() -> set[str]:
    """Every module that a page may import, at the top of a module or inside a function."""
    graph: nx.DiGraph = modules_imported()
    begun = {"sim.live.answer", *(f"sim.studies.{name}" for name in studies.NAMES)}
    begun |= {name for name in graph if name.startswith("sim.report.shown.")}
    found = set(begun)
    for name in begun:
        found |= nx.descendants(graph, name)
    return found


def test_nothing_that_a_page_imports_is_left_out() -> None:
    held = {Path(name).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__") for name in package()}
    assert {name for name in reachable() if name != "sim"} - held == set()
    assert not [name for name in held if name.split(".")[1:2] and name.split(".")[1] in LEFT_OUT]


def test_every_package_that_a_page_imports_is_pinned_for_browsers() -> None:
    paths = {module(path): path for path in (ROOT / "sim").rglob("*.py")}
    used = {full.split(".")[0] for name in reachable() for full in imported(paths[name])}
    names = {IMPORTED_AS.get(name, name.replace("-", "_")) for name in PINNED}
    assert used - set(sys.stdlib_module_names) - names - NOT_IN_PYTHON_314 - {"sim"} == set()
    assert {"pydantic", "networkx", "simpy", "jsonschema"} <= used, "the search sees them"


def test_nothing_that_a_page_imports_wants_what_is_left_out_of_the_standard_library() -> None:
    """All of it is imported where that cannot be. Beside it, no import inside a function asks for it either."""
    paths = {module(path): path for path in (ROOT / "sim").rglob("*.py")}
    asked = {full.split(".")[0] for name in reachable() for full in imported(paths[name])}
    assert set(LIBRARY_LEFT_OUT) & asked == set()
    assert set(LIBRARY_LEFT_OUT) - sys.stdlib_module_names <= {"_pyrepl"}, "that one is there from Python 3.13 on"
    names = [*sorted(reachable()), "jsonschema", "networkx", "pydantic", "ruamel.yaml", "simpy"]
    blocked = f"import importlib, sys\nsys.modules |= dict.fromkeys({LIBRARY_LEFT_OUT!r})\n"
    program = f"{blocked}for name in {names!r}: importlib.import_module(name)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr == ""


def test_what_a_pinned_package_needs_is_pinned_too() -> None:
    """In the versions that are installed here; where they are others, their needs are seldom others."""
    wanted = set()
    for name in PINNED:
        for line in metadata.requires(name) or ():
            requirement, _, marker = line.partition(";")
            if not marker.strip():
                wanted.add(re.match(r"[\w.-]+", requirement)[0])
    known = {name.replace("_", "-").lower() for name in (*PINNED, "rpds-py")}
    assert {name.replace("_", "-").lower() for name in wanted} <= known


def test_pydantic_core_is_the_version_that_pydantic_asks_for() -> None:
    if metadata.version("pydantic") == PINNED["pydantic"]:
        assert f"pydantic-core=={PINNED['pydantic-core']}" in [
            line.replace("_", "-").replace(" ", "") for line in metadata.requires("pydantic")
        ]


def test_our_stand_in_has_every_name_that_is_imported_of_it() -> None:
    stand_in = {node.name for node in ast.parse((ROOT / "sim/live/rpds.py").read_text("utf-8")).body
                if isinstance(node, ast.ClassDef)}  # fmt: skip
    for name in ("jsonschema", "referencing"):
        folder = Path(str(metadata.distribution(name).locate_file(name)))
        for path in folder.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.ImportFrom) and node.module in STAND_INS and "tests" not in path.parts:
                    assert {alias.name for alias in node.names} <= stand_in
