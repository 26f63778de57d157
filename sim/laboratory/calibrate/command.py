"""The command `calibrate`: measures this host and shows what was measured, what was not, and why."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from sim.console import StandardOutput, is_terminal, say
from sim.laboratory.calibrate.results import Calibration, Measurement
from sim.quantity import render


def _split(_context: click.Context, _parameter: click.Parameter, value: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.strip() for word in value.split(",") if word.strip()))


@click.command("calibrate")
@click.option("--out", type=click.Path(path_type=Path), help="Write a host profile, as my-host.toml.")
@click.option("--seconds", type=float, default=45, show_default=True, help="About how long it may take.")
@click.option("--only", default="", callback=_split, metavar="PROBE,...", help="Run only these probes.")
@click.option("--format", "form", type=click.Choice(("table", "json")), default="table", show_default=True)
def command(out: Path | None, seconds: float, only: tuple[str, ...], form: str) -> int:
    """Measure this Linux host, in under a minute. Root measures more. Leaves nothing behind."""
    from sim.laboratory.calibrate import calibrate

    calibration = calibrate(out, seconds=seconds, only=only, progress=_Progress())
    StandardOutput()(calibration.to_json() if form == "json" else as_table(calibration))
    if out is not None:
        say(f"wrote {out}")
    return 0


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
