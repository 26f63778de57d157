"""What `pip install .` gives: the command, the package and its scenarios, in an environment without the checkout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path, PurePosixPath

import pytest

import sim

ROOT = Path(__file__).parents[1]
OF_THE_CHECKOUT = {"own-image.yaml"}
"""A scenario that builds the image of the repository it stands in."""

NO_SOURCE = shutil.ignore_patterns(
    ".git", ".venv", "__pycache__", ".*_cache", ".hypothesis", "build", "dist", "*.egg-info", "tests", "bench"
)


def answered(command: list[object], folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """What a command says and with which code it leaves, without this checkout on Python's path."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(
        [str(word) for word in command], cwd=folder, env=kept | more, capture_output=True, text=True, timeout=300
    )


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {
        path.relative_to(folder).as_posix() for path in folder.rglob("__pycache__/*")
    }


pytestmark = pytest.mark.xdist_group("install")  # in one process, which builds and installs once


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a source distribution of this tree and the wheel made from that, without a network."""
    folder = tmp_path_factory.mktemp("built")
    shutil.copytree(ROOT, folder / "source", ignore=NO_SOURCE)
    make(folder / "source", "build_sdist", folder)
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        opened.extractall(folder, filter="data")
    make(folder / archive.name.removesuffix(".tar.gz"), "build_wheel", folder)
    return folder


def make(source: Path, hook: str, to: Path) -> None:
    """Call a hook of PEP 517."""
    done = answered([sys.executable, "-c", f"import setuptools.build_meta as b; b.{hook}({str(to)!r})"], source)
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.fixture(scope="module")
def installed(built: Path) -> Path:
    """The commands of a fresh environment with the wheel; what it depends on is found where it is installed here."""
    there = built / "venv"
    answered([sys.executable, "-m", "venv", "--without-pip", there], built)
    (wheel,) = built.glob("*.whl")
    python = next(there.glob("[bS]*/python*"))
    where = answered([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], built).stdout.strip()
    done = answered(
        [sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", "--quiet", wheel], built
    )
    assert done.returncode == 0, done.stderr
    Path(where, "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return python.parent


def test_a_wheel_holds_the_package_its_data_and_the_scenarios_and_nothing_at_the_top_but_sim(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert {PurePosixPath(name).parts[0] for name in names} == {"sim"}
    scenarios = {f"sim/scenarios/{name}" for name in files(ROOT / "scenarios") - OF_THE_CHECKOUT}
    assert names == scenarios | {f"sim/{name}" for name in files(ROOT / "sim")}
    assert "sim/py.typed" in names


def test_a_wheel_holds_the_texts_of_its_licences(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    folder = f"{wheel.name.removesuffix('-py3-none-any.whl')}.dist-info/licenses"
    with zipfile.ZipFile(wheel) as opened:
        for name in ("LICENSE", "LICENSES/CC-BY-4.0.txt", "LICENSES/README.md"):
            assert opened.read(f"{folder}/{name}") == (ROOT / name).read_bytes()


def test_a_source_distribution_holds_what_a_wheel_and_the_dashboard_are_made_of(built: Path) -> None:
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        names = {name.partition("/")[2] for name in opened.getnames()}
    wanted = {
        "app.py",
        "LICENSE",
        "LICENSES/CC-BY-4.0.txt",
        "LICENSES/README.md",
        "CHANGELOG.md",
        "CITATION.cff",
        "README.md",
        "pyproject.toml",
        "setup.py",
        "requirements.txt",
        "requirements-sim.txt",
    }
    for folder in ("sim", "scenarios", "dashboard"):
        wanted |= {f"{folder}/{name}" for name in files(ROOT / folder)}
    assert wanted - names == set()


@pytest.mark.slow
class TestInstalled:
    def test_the_command_lists_and_runs_what_ships_by_its_id(self, installed: Path, tmp_path: Path) -> None:
        command = installed / "sim"
        assert answered([command, "--version"], tmp_path).stdout == f"sim, version {sim.__version__}\n"
        listed = answered([command, "list", "--format", "json"], tmp_path)
        assert (listed.returncode, listed.stderr) == (0, "")
        lessons = {path.name for path in (ROOT / "scenarios").glob("*.yaml")} - OF_THE_CHECKOUT
        assert {f"{item['scenario']}.yaml" for item in json.loads(listed.stdout)} == lessons
        ran = answered([command, "run", "taxonomy", "--replications", "1"], tmp_path)
        assert (ran.returncode, ran.stderr) == (0, "")
        assert ran.stdout.startswith("taxonomy: ")

    def test_a_lesson_gives_the_numbers_that_it_gives_in_the_checkout(self, installed: Path, tmp_path: Path) -> None:
        """Its build contexts are installed too, and no file more: pip compiles the Python files in them."""
        assert list(installed.parent.rglob("sim/scenarios/files/**/__pycache__"))
        arguments = ["run", "layers", "instruction-order", "run-chain", "--format", "json"]
        there = answered([installed / "sim", *arguments], tmp_path)
        here = answered([sys.executable, "-m", "sim", *arguments], ROOT)
        assert there.returncode == here.returncode == 0
        assert there.stdout == here.stdout

    def test_the_package_is_imported_anywhere_and_runs_in_processes_of_a_plain_script(
        self, installed: Path, tmp_path: Path
    ) -> None:
        script = "import sim\nprint(sim.__file__)\nprint(sim.run('taxonomy', replications=2, jobs=2))\n"
        done = answered([installed / "python", "-c", script], tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        place, shown = done.stdout.splitlines()
        assert Path(place).is_relative_to(installed.parent)
        assert shown.startswith("(<Outcome of taxonomy: startup of esxi, virtualbox, kvm")

    def test_the_data_that_is_compared_with_is_there(self, installed: Path, tmp_path: Path) -> None:
        assert answered([installed / "sim", "accuracy", "lupine-boot"], tmp_path).returncode == 0
        replayed = answered([installed / "sim", "replay", "--format", "json"], tmp_path)
        assert json.loads(replayed.stdout)["disagreements"] == []
