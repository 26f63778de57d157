"""W2 on SimGrid, by a C++ program that is compiled here.

Debian's libsimgrid-dev has what it needs. PyPI's package of SimGrid does not build.
"""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path

SOURCE = Path(__file__).parent / "boots.cpp"
OPTIONS = ("--cfg=precision/work-amount:1e-12", "--cfg=precision/timing:1e-12", "--log=root.thresh:error")


def compiled(folder: Path) -> Path | None:
    """The program, or None where there is no compiler or no SimGrid."""
    compiler, program = shutil.which("g++"), folder / "boots"
    if compiler is None:
        return None
    made = subprocess.run(
        [compiler, "-std=c++17", "-O2", str(SOURCE), "-lsimgrid", "-o", str(program)], capture_output=True, check=False
    )
    return program if made.returncode == 0 else None


def boots(program: Path, under_way: int, count: int) -> tuple[float, float]:
    """The mean end, as `bench.sharing.boots` gives it, and the CPU seconds of the run alone."""
    stream = random.Random(1)
    works = program.with_suffix(".txt")
    works.write_text("\n".join(f"{stream.expovariate(1.0):.17g}" for _ in range(under_way + count)), encoding="utf-8")
    told = subprocess.run(
        [str(program), str(under_way), str(count), str(works), *OPTIONS], capture_output=True, text=True, check=True
    )
    mean, seconds = told.stdout.split()
    return float(mean), float(seconds)
