"""`python -m sim.laboratory.kernels CACHE`: how long kernels from 4.4 on hold their locks when containers start.

It fetches distributions' kernels into the folder CACHE (1 GB) and boots each in QEMU without KVM. There `probe.c`
measures. It prints two tables, and with `--csv` writes the facts of `sim/catalog/measurements/kernels.csv`. It needs
network, 3 GB of disk, and on Debian the packages gcc, libc6-dev, qemu-system-x86 and zstd. `docs/kernels.md` has the
method and what the figures say.

It does not measure CPU time. An instruction takes a nanosecond, so figures without waits only compare kernels. It knows
no contention between processors, and no container engine.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sim.laboratory.kernels.guests import BOOTS, KERNELS, PROCESSORS, Kernel, boot, config, fetch
from sim.laboratory.kernels.results import Measured, ProbeTimes, facts, parse, table, written

BASELINE = "6.18"
"""The generation of the reference host (`docs/model.md`), whose CPU times are known."""


def measure(kernel: Kernel, cache: Path, timeout: float) -> Measured:
    """All boots of a kernel, read."""
    readings: dict[tuple[str, int], ProbeTimes] = {}
    for probe in BOOTS:
        readings |= parse(boot(kernel, cache, probe, timeout), "netfilter_" if probe == "netfilter" else "")
    conditions = (
        f"{kernel.distribution} linux-image-{kernel.release}, {config(fetch(kernel, cache))}, "
        f"QEMU TCG with icount, {PROCESSORS} vCPU"
    )
    return Measured(KERNELS.index(kernel) + 1, kernel.generation, conditions, readings)


def main() -> None:
    """Measure the kernels asked for and print what they say."""
    parser = argparse.ArgumentParser(prog="python -m sim.laboratory.kernels", description=__doc__.partition("\n")[0])
    parser.add_argument("cache", type=Path, help="folder for packages and consoles")
    parser.add_argument(
        "--kernel", action="append", choices=[known.generation for known in KERNELS], help="default: all"
    )
    parser.add_argument("--csv", type=Path, help="write the catalog's facts to this file")
    parser.add_argument("--jobs", type=int, default=2, help="guests at a time; results do not depend on it")
    parser.add_argument("--timeout", type=float, default=1800, help="seconds a guest may take")
    asked = parser.parse_args()
    kernels = [known for known in KERNELS if not asked.kernel or known.generation in asked.kernel]
    with ThreadPoolExecutor(asked.jobs) as pool:
        measured = list(pool.map(lambda kernel: measure(kernel, asked.cache, asked.timeout), kernels))
    print("Waits\n", table(measured, BASELINE, "wait"), sep="\n")
    print(f"\nCPU, as multiples of Linux {BASELINE}\n", table(measured, BASELINE, "cpu"), sep="\n")
    if asked.csv:
        asked.csv.write_text(written([row for known in measured for row in facts(known)]), encoding="utf-8")


if __name__ == "__main__":
    main()
