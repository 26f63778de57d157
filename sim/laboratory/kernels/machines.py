"""`python -m sim.laboratory.kernels.machines CACHE`: how long kernels take to end a virtual machine, beside others.

It boots kernels as `python -m sim.laboratory.kernels` does, with eight processors and KVM for AMD's, which QEMU's
emulator has. There `machines.c` starts machines that run nothing, and times their ends. It prints a table.
`docs/kernels.md` has what it says. It does not measure CPU time, and no guest uses its memory.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from sim.laboratory.kernels.guests import KERNELS, EmulatedMachine, boot

GUEST = EmulatedMachine("machines.c", ("kvm_amd",), processors=8, memory=3072, features="+svm")


@dataclass(frozen=True)
class MachineEnds:
    """Ends of machines of a kind, with so many in flight. Times are in milliseconds, from exit to wait.

    Attributes:
        kind: "process" without a machine, "plain", with a timer in the kernel ("pit"), or with irqfds as well.
    """

    kind: str
    in_flight: int
    least: float
    p10: float
    median: float
    p90: float
    most: float


def parse(console: str) -> list[MachineEnds]:
    """What a guest's console says, in its order."""
    rows = [line.split() for line in console.splitlines() if line.startswith("M ")]
    return [
        MachineEnds(kind, int(in_flight), *(int(time) / 1000 for time in times))
        for _, kind, in_flight, _, *times in rows
        if len(times) == 5
    ]


def table(ends: dict[str, list[MachineEnds]]) -> str:
    """Ends by kernel as a table of docs/kernels.md."""
    lines = ["| kernel | machine | in flight | p10 | median | p90 |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {kernel} | {end.kind} | {end.in_flight} | {end.p10:.3g} | {end.median:.3g} | {end.p90:.3g} |"
        for kernel, found in ends.items()
        for end in found
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure the kernels asked for and print what they say."""
    parser = argparse.ArgumentParser(
        prog="python -m sim.laboratory.kernels.machines", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("cache", type=Path, help="folder for packages and consoles")
    parser.add_argument(
        "--kernel", action="append", choices=[known.generation for known in KERNELS], help="default: all"
    )
    parser.add_argument("--timeout", type=float, default=1800, help="seconds a guest may take")
    asked = parser.parse_args()
    kernels = [known for known in KERNELS if not asked.kernel or known.generation in asked.kernel]
    print(
        table(
            {known.generation: parse(boot(known, asked.cache, "machines", asked.timeout, GUEST)) for known in kernels}
        )
    )


if __name__ == "__main__":
    main()
