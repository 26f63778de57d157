"""Write down the accuracy that the cases reach: `data/accuracy.json`, and figures in docs/evidence.md and the README.

Run after a change that makes the model better, or after a new case: `python -m sim.evidence.record`. It says what
became worse than recorded, and then writes nothing unless it is told `--worse`.
"""

from __future__ import annotations

import json
import re
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from sim.evidence.accuracy import USES, Accuracy, accuracy, recorded
from sim.evidence.rows import AccuracyRow, weighed_median
from sim.outputfile import write_text

ROOT = Path(__file__).resolve().parents[2]
RECORD = ROOT / "sim" / "evidence" / "data" / "accuracy.json"
PAGE = ROOT / "docs" / "evidence.md"
README = ROOT / "README.md"


def told(page: str, accuracy: Accuracy) -> str:
    """The page with this accuracy's figures."""
    for use in USES:
        row = f"| {use} | {' | '.join(_over(accuracy, use, assumed) for assumed in (False, True))} |"
        page = re.sub(rf"^\| {use} \|.*$", row, page, flags=re.MULTILINE)
    covered, every = accuracy.covered("check"), accuracy.covered("check", assumed=True)
    right = sum(ordering.right for ordering in accuracy.orderings)
    page = re.sub(r"\d+ of \d+ orderings that", f"{right} of {len(accuracy.orderings)} orderings that", page)
    for name, rows in zip(("set numbers themselves", "set none themselves"), accuracy.circular(), strict=True):
        page = re.sub(rf"^\| {name} \|.*$", f"| {name} | {_counted(rows)} |", page, flags=re.MULTILINE)
    page = re.sub(r"\d+ figures are counted apart", f"{len(accuracy.apart())} figures are counted apart", page)
    inside = f"{covered.inside} of {covered.figures} checks ({covered.inside / covered.figures:.0%}) lie in it"
    page = re.sub(r"\d+ of \d+ checks \(\d+%\) lie in it", inside, page)
    page = re.sub(r"With assumed hosts \d+ of \d+ do", f"With assumed hosts {every.inside} of {every.figures} do", page)
    return re.sub(r"median width is \d\.\d\d", f"median width is {covered.width:.2f}", page)


def told_first(page: str, found: Accuracy) -> str:
    """The README with this accuracy's figures."""
    for words, use in (("not used to calibrate the model", "check"), ("used to calibrate the model", "calibrate")):
        cells = [f"{len(found.counted(use, assumed))} | {_spaced(found, use, assumed)}" for assumed in (False, True)]
        page = re.sub(rf"^\| {words} \|.*$", f"| {words} | {' | '.join(cells)} |", page, flags=re.MULTILINE)
    stated, every = (_spaced(found, "check", assumed) for assumed in (False, True))
    page = re.sub(
        r"A median error of \d+\.\d %, and \d+\.\d % with", f"A median error of {stated}, and {every} with", page
    )
    count = sum(len(found.counted(use, assumed=True)) for use in USES)
    page = re.sub(r"compares \d+ predictions", f"compares {count} predictions", page)
    right = sum(ordering.right for ordering in found.orderings)
    return re.sub(r"\d+ of \d+ such pairs", f"{right} of {len(found.orderings)} such pairs", page)


def _over(accuracy: Accuracy, use: str, assumed: bool) -> str:
    sources = accuracy.of_sources(use, assumed)
    return f"{accuracy.median(use, assumed) or 0.0:.1%} | {sum(n for n, _ in sources.values())} | {len(sources)}"


def _spaced(accuracy: Accuracy, use: str, assumed: bool) -> str:
    return f"{(accuracy.median(use, assumed) or 0.0) * 100:.1f} %"


def _counted(rows: Sequence[AccuracyRow]) -> str:
    return f"{weighed_median(rows) or 0.0:.1%} | {len(rows)} | {len({row.publication for row in rows})}"


def main() -> int:
    """Write all three. 1 where something became worse and that was not allowed."""
    parser = ArgumentParser(prog="python -m sim.evidence.record", description="Write down the accuracy of the cases.")
    parser.add_argument("--worse", action="store_true", help="write it although something became worse")
    allowed = parser.parse_args().worse
    measured = accuracy()
    lost = measured.lost(recorded())
    for message in lost:
        sys.stderr.write(f"worse: {message}\n")
    if lost and not allowed:
        return 1
    write_text(RECORD, json.dumps(measured.record(), indent=2) + "\n")
    write_text(PAGE, told(PAGE.read_text(encoding="utf-8"), measured))
    write_text(README, told_first(README.read_text(encoding="utf-8"), measured))
    return 0


if __name__ == "__main__":
    sys.exit(main())
