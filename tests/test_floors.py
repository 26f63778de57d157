"""The house has floors: imports point down only, and the model is pure Python."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import networkx as nx
import pytest

pytestmark = pytest.mark.xdist_group("imports")  # in one process, which reads what imports what once

ROOT = Path(__file__).parents[1]

FLOORS: list[set[str]] = [
    {"sim.cli", "sim.__main__", "sim.live", "dashboard", "app"},
    {"sim.notebook"},
    {"sim.classroom", "sim.export"},
    {"sim.sweeps"},
    {"sim.report", "sim.batch", "sim.evidence", "sim.laboratory", "sim.layerlab", "sim.exploring"},
    {"sim.loading"},
    {"sim.studies", "sim.inspection"},
    {"sim.orchestration"},
    {"sim.kubernetes", "sim.swarm", "sim.compose", "sim.vmgroup"},
    {"sim.compose.commands"},
    {"sim.compose.reading"},
    {"sim.lifecycle"},
    {"sim.platforms", "sim.drift", "sim.traffic"},
    {"sim.builds.advice"},
    {"sim.builds.plan", "sim.builds.session", "sim.builds.records", "sim.builds.builders"},
    {"sim.builds.cost"},
    {"sim.builds.reasons"},
    {"sim.builds.cache"},
    {"sim.builds.graph"},
    {"sim.builds.context"},
    {"sim.builds.dockerfile"},
    {"sim.builds"},
    {"sim.registry"},
    {"sim.archives"},
    {"sim.machine"},
    {"sim.engine"},
    {
        "sim.console",
        "sim.inputfile",
        "sim.outputfile",
        "sim.printable",
        "sim.limits",
        "sim.quantity",
        "sim.reasons",
        "sim.never",
        "sim.outcome",
        "sim.records",
        "sim.scenario",
        "sim.expression",
        "sim.lessonindex",
        "sim.catalog",
        "sim.errors",
        "sim.yamlevents",
        "sim.yamlnodes",
        "sim.history",
        "sim.wording",
    },
]
"""From the doors to the ground."""

MODEL = FLOORS[6:]

BESIDE_THE_STANDARD_LIBRARY = {"simpy", "networkx", "annotated_types", "simpleeval"}
FOR_READERS_ONLY = {name: {"pydantic_core"} for name in ("sim.quantity", "sim.scenario", "sim.catalog.names")}
"""Hooks that pydantic calls, imported inside them: where there is no pydantic, nobody calls them."""

READERS_OF = {
    "sim.builds.dockerfile.parser": {"e2b_dockerfile_utils"},
    "sim.yamlevents": {"ruamel"},
    "sim.yamlnodes": {"ruamel"},
    "sim.compose.reading.schema": {"jsonschema"},
}
"""What people's own files are read and checked with. The last two are imported where a file is read."""

SHARED_BY_STUDIES = {
    "sim.studies.base",
    "sim.studies.parameters.container",
    "sim.studies.parameters.cpu",
    "sim.studies.parameters.disk",
    "sim.studies.parameters.guest",
    "sim.studies.parameters.kernel",
    "sim.studies.parameters.load",
    "sim.studies.host_capacity",
    "sim.studies.parameters.compose",
    "sim.studies.density",
    "sim.studies.once",
}
"""Modules that any study may use. density: how many instances a host holds, which others ask before they start them."""

FORBIDDEN = (
    "threading", "socket", "multiprocessing", "asyncio", "concurrent", "subprocess", "time", "http", "urllib.request",
)  # fmt: skip

FILES = sorted([*(ROOT / "sim").rglob("*.py"), *(ROOT / "dashboard").rglob("*.py"), ROOT / "app.py"])


def module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def floor(name: str) -> int | None:
    """The floor a module stands on; None for the package itself, which only lends its door names."""
    found = {known: number for number, names in enumerate(FLOORS) for known in names}
    return next((found[known] for known in [name, *_packages(name)] if known in found), None)


def _packages(name: str) -> list[str]:
    """The packages that a module is in, from the innermost."""
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(len(parts) - 1, 0, -1)]


def imports(tree: ast.AST, name: str) -> set[str]:
    """Every module an import names, wherever it stands, but those for type checkers alone."""
    guarded = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, (ast.Name, ast.Attribute))
        if ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")
        for inner in ast.walk(node)
    }
    found: set[str] = set()
    for node in ast.walk(tree):
        if id(node) in guarded:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: a relative import hides its floor"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


MODEL_FILES = [path for path in FILES if (floor(module(path)) or 0) >= len(FLOORS) - len(MODEL)]


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imported(path: Path) -> set[str]:
    """What a file imports: several tests look at it, and a process reads it once."""
    return imports(parsed(path), module(path))


def test_every_module_stands_on_a_floor() -> None:
    homeless = [name for path in FILES if (name := module(path)) != "sim" and floor(name) is None]
    assert homeless == []


@pytest.mark.parametrize("path", FILES, ids=module)
def test_imports_point_down_only(path: Path) -> None:
    name = module(path)
    own = floor(name)
    if own is None:
        return
    up = [
        used
        for used in imported(path)
        if (used.startswith(("sim.", "dashboard")) and (other := floor(used)) is not None and other < own)
    ]
    assert up == []


@pytest.mark.parametrize(
    "path",
    [p for p in FILES if any(floor(module(p)) == n + len(FLOORS) - len(MODEL) for n in range(len(MODEL)))],
    ids=module,
)
def test_the_model_imports_nothing_but_the_standard_library_and_a_few_pure_wheels(path: Path) -> None:
    name = module(path)
    whole = imported(path)
    used = {full.split(".")[0] for full in whole}
    allowed = BESIDE_THE_STANDARD_LIBRARY | FOR_READERS_ONLY.get(name, set()) | {"sim"}
    allowed = allowed | READERS_OF.get(name, set())
    assert used - set(sys.stdlib_module_names) - allowed == set()
    assert [full for full in whole for no in FORBIDDEN if f"{full}.".startswith(f"{no}.")] == []


@pytest.mark.parametrize(
    "path",
    [p for p in FILES if any(floor(module(p)) == n + len(FLOORS) - len(MODEL) for n in range(len(MODEL)))],
    ids=module,
)
def test_the_model_reads_no_clock_and_no_global_randomness(path: Path) -> None:
    """`random.Random` is taken, the module's functions and anything that reads the time of day are not."""
    if not re.search(r"\b(random|datetime|date|os|uuid)\b", path.read_text(encoding="utf-8")):
        return
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Attribute):
            text = ast.unparse(node)
            assert not (text.startswith("random.") and text != "random.Random"), text
            assert text not in ("datetime.now", "datetime.datetime.now", "date.today", "os.urandom", "uuid.uuid4"), text


@cache
def modules_imported() -> nx.DiGraph:
    """Which module imports which, at its top or inside a function."""
    known = {module(path) for path in FILES}
    graph = nx.DiGraph()
    for path in FILES:
        for used in imported(path):
            while used and used not in known:
                used = used.rpartition(".")[0]
            if used and used != module(path):
                graph.add_edge(module(path), used)
    return graph


def test_no_module_is_imported_by_what_it_imports() -> None:
    """An import inside a function may save time at the start; it may not hide a circle."""
    assert [sorted(circle) for circle in nx.strongly_connected_components(modules_imported()) if len(circle) > 1] == []


def study_of(name: str) -> str:
    """The study that a module belongs to."""
    return name.split(".")[2].split("_")[0]


def test_a_study_takes_nothing_of_another() -> None:
    """What several share stands in `SHARED_BY_STUDIES`; a study's modules begin with its name, or lie in its folder."""
    sideways = [
        (one, other)
        for one, other in modules_imported().edges
        if one.startswith("sim.studies.") and other.startswith("sim.studies.") and other not in SHARED_BY_STUDIES
        if study_of(one) != study_of(other)
    ]
    assert sideways == []


def test_running_the_model_loads_neither_pydantic_nor_numpy_nor_streamlit() -> None:
    code = (
        "import sys\n"
        "from sim import studies\n"
        "for name in studies.NAMES: studies.study(name)\n"
        "print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert {"sim", "simpy"} <= loaded
    assert loaded & {"pydantic", "pydantic_core", "numpy", "pandas", "streamlit", "ruamel", "click"} == set()
