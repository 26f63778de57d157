"""What the host says of itself in /proc and /sys: nothing here is measured."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path

from sim.laboratory.calibrate.cgroups import hierarchies, layout
from sim.laboratory.calibrate.results import HostFacts


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _processor() -> tuple[str, bool]:
    """The processor's name, and whether it says that a hypervisor is under it."""
    info = _text("/proc/cpuinfo")
    name = re.search(r"^(?:model name|Processor)\s*:\s*(.+)$", info, re.MULTILINE)
    flags = re.search(r"^flags\s*:(.*)$", info, re.MULTILINE)
    guest = "hypervisor" in flags[1].split() if flags else Path("/sys/hypervisor/type").exists()
    return name[1].strip() if name else platform.machine(), guest


def _cores(threads: set[int]) -> int:
    """Cores that these hardware threads belong to."""
    siblings = {
        _text(f"/sys/devices/system/cpu/cpu{thread}/topology/thread_siblings_list") or str(thread) for thread in threads
    }
    return len(siblings)


def _network() -> float | None:
    """Bytes a second of the fastest link that is up and that a device serves."""
    speeds = []
    for link in Path("/sys/class/net").glob("*"):
        if (link / "device").exists() and _text(f"{link}/operstate").strip() == "up":
            written = _text(f"{link}/speed").strip()
            if written.isdigit() and int(written) > 0:
                speeds.append(int(written) * 1e6 / 8)
    return max(speeds, default=None)


def host_facts() -> HostFacts:
    """Read them all."""
    memory = {
        name: int(kib) * 1024 for name, kib in re.findall(r"^(\w+):\s+(\d+) kB$", _text("/proc/meminfo"), re.MULTILINE)
    }
    total = memory.get("MemTotal", 0)
    threads = os.sched_getaffinity(0)
    processor, guest = _processor()
    kernel = re.match(r"\d+\.\d+", platform.release())
    return HostFacts(
        processor=processor,
        cores=_cores(threads),
        threads=len(threads),
        memory=total,
        own_memory=total - memory.get("MemAvailable", total),
        swap=memory.get("SwapTotal", 0),
        kernel=kernel[0] if kernel else "0.0",
        virtualized=guest,
        cgroups=layout(hierarchies()),
        pid_max=int(_text("/proc/sys/kernel/pid_max") or 32768),
        network=_network(),
    )
