"""The command `calibrate`: measures this host and shows what was measured, what was not, and why."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sim.console import StandardOutput, is_terminal, say
from sim.errors import InputError
from sim.laboratory.calibrate.busyness import sentences
from sim.laboratory.calibrate.results import Calibration, Measurement
from sim.quantity import render

if TYPE_CHECKING:
    from sim.laboratory.calibrate.check import CheckedStart

HELD, FAILED = 0, 1


def _split(_context: click.Context, _parameter: click.Parameter, value: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.strip() for word in value.split(",") if word.strip()))


@click.command("calibrate")
@click.option("--out", type=click.Path(path_type=Path), help="Write a host profile, as my-host.toml.")
@click.option("--seconds", type=float, default=45, show_default=True, help="About how long it may take.")
@click.option("--only", default="", callback=_split, metavar="PROBE,...", help="Run only these probes.")
@click.option(
    "--check", is_flag=True,
    help="Predict the starts of crun, runc, Podman and Docker from the other measurements, and compare. Exit code 1 "
    "where one is off by more than a factor of two.",
)  # fmt: skip
@click.option("--format", "form", type=click.Choice(("table", "json")), default="table", show_default=True)
def command(out: Path | None, seconds: float, only: tuple[str, ...], check: bool, form: str) -> int:
    """Measure this Linux host, in under a minute. Root measures more. Leaves nothing behind."""
    from sim.laboratory.calibrate import calibrate

    calibration = calibrate(out, seconds=seconds, only=only, progress=_Progress())
    starts = _checked(calibration) if check else ()
    if form == "json":
        StandardOutput()(
            json.dumps(calibration.plain() | ({"check": [_plain(start) for start in starts]} if check else {}))
        )
    else:
        StandardOutput()("\n".join([as_table(calibration), *(_check_lines(starts) if check else ())]))
    if out is not None:
        say(f"wrote {out}")
    return HELD if all(start.held for start in starts) else FAILED


def _checked(calibration: Calibration) -> Sequence[CheckedStart]:
    """What the model predicts by this calibration's profile. Raises `InputError` where no start was measured."""
    from sim.laboratory.calibrate.check import CHECKED, checked
    from sim.laboratory.calibrate.profile import written

    with tempfile.TemporaryDirectory(prefix="sim-calibrate-check-") as folder:
        profile = Path(folder, f"{calibration.id}.toml")
        profile.write_text(written(calibration), encoding="utf-8")
        starts = checked(calibration, profile)
    if not starts:
        reasons = "; ".join(f"{one.probe}: {one.reason}" for one in calibration.skipped if one.probe in CHECKED)
        raise InputError(f"no start was measured that --check could predict ({reasons or 'none was asked for'})")
    return starts


def _plain(start: CheckedStart) -> dict[str, str | float | bool]:
    return {
        "technology": start.technology, "predicted": start.predicted, "measured": start.measured.id,
        "p10": start.measured.p10, "ratio": start.ratio, "held": start.held,
    }  # fmt: skip


def _check_lines(starts: Sequence[CheckedStart]) -> list[str]:
    from sim.laboratory.calibrate.check import FACTOR
    from sim.report.grid import table

    rows = [
        (
            start.technology, _written(start.predicted), _written(start.measured.minimum), _written(start.measured.p10),
            _written(start.measured.median), f"{start.ratio:.2f}", "held" if start.held else "OFF",
        )
        for start in starts
    ]  # fmt: skip
    header = ("start of", "predicted", "minimum", "p10", "median", "predicted / p10", f"within {FACTOR:g}")
    return [
        "",
        "predicted from the measurements above, without the starts themselves:",
        "",
        *table(header, rows, right=(1, 2, 3, 4, 5)),
    ]


class _Progress:
    """What is measured, on standard error where that is a terminal."""

    def __init__(self) -> None:
        self._on = is_terminal(sys.stderr)

    def __call__(self, what: str, done: int, of: int) -> None:
        if self._on:
            text = f"[{done + 1}/{of}] {what}" if done < of else ""
            sys.stderr.write(f"\r\033[K{text}")
            sys.stderr.flush()


def _written(seconds: float) -> str:
    return render(float(f"{seconds:.3g}"), "s")


def _row(measurement: Measurement) -> tuple[str, ...]:
    rate = "" if measurement.rate is None else f" ({measurement.rate / 1e6:.0f} MB/s)"
    return (
        measurement.id,
        _written(measurement.minimum),
        _written(measurement.p10),
        _written(measurement.median),
        str(measurement.n),
        f"{measurement.text}{rate}",
    )


def _common(ids: list[str]) -> str:
    """What measurements are called together: the words their ids share at the front."""
    shared = [words[0] for words in zip(*(name.split(".") for name in ids), strict=False) if len(set(words)) == 1]
    return ".".join(shared)


def as_table(calibration: Calibration) -> str:
    """The host, a row a measurement, and a line for each probe that could not run."""
    from sim.report.grid import table

    host = calibration.host
    guest = ", a virtual machine itself" if host.virtualized else ""
    lines = [
        f"{host.processor}: {host.cores} cores, {host.threads} threads, {host.memory / 2**30:.1f} GiB{guest}",
        f"Linux {host.kernel}, cgroups {host.cgroups}; measured {calibration.taken} in {calibration.seconds:.0f} s",
        *sentences(calibration.busy),
        "",
    ]
    header = ("measurement", "minimum", "p10", "median", "n", "what")
    lines += table(
        header, [_row(measurement) for measurement in calibration.measurements], right=(1, 2, 3, 4), limit=140
    )
    notes: dict[tuple[str, str], list[str]] = {}
    for measurement in calibration.measurements:
        if measurement.conditions:
            notes.setdefault((measurement.id.partition(".")[0], measurement.conditions), []).append(measurement.id)
    if notes:
        lines += ["", *(f"{_common(ids)}: {text}" for (_, text), ids in notes.items())]
    if calibration.skipped:
        lines += ["", "not measured:", *(f"  {skipped.probe}: {skipped.reason}" for skipped in calibration.skipped)]
    return "\n".join(lines)
