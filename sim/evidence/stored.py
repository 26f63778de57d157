"""The accuracy of the shipped cases as it was computed last, for whoever must not wait for some thousand runs.

    python -m sim.evidence.stored       computes it anew where it is not current (`python -m scripts.generate` asks so)

`data/accuracy_rows.json` has the rows, and the modules that computed them. `data/accuracy_rows.sha256` has the digest
of all that they hang on: these modules, the catalog, the cases, and the rows themselves. What is stored is given only
where the digest is that of the files as they are. So no stored number is shown that the model might not compute.

Git keeps the digests of both sides of a merge (`.gitattributes`). None of them is that of the merged files, so nothing
is given until it is computed anew.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sim.evidence.accuracy import Accuracy, accuracy
from sim.evidence.cases import CASES
from sim.evidence.rows import AccuracyRow, orderings
from sim.outputfile import write_text
from sim.studies.base import Tick, no_tick

_PACKAGE = Path(__file__).resolve().parents[1]
ROWS = _PACKAGE / "evidence" / "data" / "accuracy_rows.json"
DIGEST = ROWS.with_suffix(".sha256")
_DATA = ("*.toml", "*.csv", "*.json")


def current() -> Accuracy | None:
    """The stored accuracy. None where anything that it hangs on was changed since, or nothing is stored."""
    try:
        text, digests = ROWS.read_text(encoding="utf-8"), DIGEST.read_text(encoding="utf-8").split()
        stored = json.loads(text)
        if digest(stored["modules"], text) not in digests:
            return None
    except (OSError, ValueError, KeyError, TypeError):
        return None
    rows = tuple(AccuracyRow(**row | {"subject": tuple(row["subject"])}) for row in stored["rows"])
    return Accuracy(rows, orderings(rows))


def stored_or_computed(tick: Tick = no_tick) -> Accuracy:
    """The stored accuracy where it is current, else what the cases give now.

    Args:
        tick: As `sim.evidence.accuracy.accuracy` has it.
    """
    return current() or accuracy(tick=tick)


def digest(modules: Iterable[str], rows: str) -> str:
    """The digest of the files that the accuracy hangs on, and of the rows that were computed of them.

    Args:
        modules: Paths below the package's folder.

    Raises `OSError` where one of them is gone.
    """
    files = [(name, _PACKAGE / name) for name in modules]
    catalog = _PACKAGE / "catalog"
    files += [(path.relative_to(catalog).as_posix(), path) for kind in _DATA for path in sorted(catalog.rglob(kind))]
    files += [(path.name, path) for path in sorted(CASES.glob("*.yaml"))]
    found = hashlib.sha256(rows.encode())
    for name, path in files:
        content = path.read_bytes().replace(b"\r\n", b"\n")
        found.update(f"\n{name} {len(content)}\n".encode())
        found.update(content)
    return found.hexdigest()


def written(computed: Accuracy, modules: Iterable[str]) -> str:
    """The text of the file of rows, a line each."""
    lines = ",\n".join(json.dumps(_plain(row), ensure_ascii=False) for row in computed.rows)
    return f'{{"modules": {json.dumps(sorted(modules))},\n"rows": [\n{lines}\n]}}\n'


def _plain(row: AccuracyRow) -> dict[str, Any]:
    """A row as JSON has it, its computed numbers to twelve digits."""
    return {
        name: float(f"{value:.12g}") if isinstance(value, float) else value for name, value in asdict(row).items()
    }  # fmt: skip


def _modules() -> list[str]:
    """The modules of the package that this process has imported. After a run of all cases: those that made it."""
    files = [getattr(module, "__file__", None) for name, module in sys.modules.items() if name.split(".")[0] == "sim"]
    return sorted(Path(file).relative_to(_PACKAGE).as_posix() for file in files if file)


def main() -> None:
    """Compute it, and write it down, where what is stored is not current."""
    if current() is None:
        computed = accuracy()
        text = written(computed, _modules())
        write_text(ROWS, text)
        write_text(DIGEST, digest(json.loads(text)["modules"], text) + "\n")


if __name__ == "__main__":
    main()
