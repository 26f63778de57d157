"""A guest for each kernel: fetches its packages, packs the probe with the modules it needs, boots it in QEMU.

The guest's clock advances by one nanosecond an instruction and jumps over idle time (QEMU's icount), so what is
measured does not depend on the machine underneath. Needs dpkg-deb, zstd, gcc with a static libc, qemu-system-x86_64.
"""

from __future__ import annotations

import hashlib
import lzma
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

UBUNTU = "http://archive.ubuntu.com/ubuntu/pool/main/l/linux"
DEBIAN = "http://deb.debian.org/debian/pool/main/l/linux"
MODULES = ("bridge", "veth", "overlay", "dm-mod")
"""What the probe needs beyond what every kernel has built in."""

NETFILTER = (
    *(
        "crc32c_generic",
        "nf_conntrack",
        "nf_conntrack_ipv4",
        "nf_nat",
        "nf_nat_ipv4",
        "iptable_filter",
        "iptable_nat",
        "br_netfilter",
    ),
    *("ipt_MASQUERADE", "xt_MASQUERADE", "xt_addrtype", "xt_conntrack", "nf_tables", "nft_compat", "nft_chain_nat"),
)
"""What a container engine's firewall rules load besides, by the names of all generations. They need a checksum."""

BOOTS = {"v2": MODULES, "v1": MODULES, "netfilter": (*MODULES, *NETFILTER)}
"""What is probed in a boot of its own, and the modules it has. Network namespaces are probed with and without
netfilter, as each of its modules has something to make and to clean up in every one."""

PROCESSORS = 2

COMMAND_LINE = "console=ttyS0 quiet tsc=reliable panic=-1"


@dataclass(frozen=True)
class EmulatedMachine:
    """The machine that a program is booted in.

    Attributes:
        program: The source of its only process, beside this module.
        modules: What it needs of the kernel. None for those of the probe (`BOOTS`).
        memory: In MiB.
        features: Of its processors, beyond those of their model.
    """

    program: str = "probe.c"
    modules: tuple[str, ...] | None = None
    processors: int = PROCESSORS
    memory: int = 1024
    features: str = ""

    @property
    def source(self) -> Path:
        """The program's source."""
        return Path(__file__).parent / self.program

    @property
    def qemu(self) -> str:
        """The command that boots it.

        No erms and fsrm: with them a kernel clears memory byte by byte, and each byte would count as an instruction.
        """
        cpu = ",".join(filter(None, ("EPYC-Genoa,-erms,-fsrm", self.features)))
        return (
            f"qemu-system-x86_64 -accel tcg -icount shift=0,sleep=off -cpu {cpu} -m {self.memory} "
            f"-display none -monitor none -no-reboot -nodefaults -serial stdio -smp {self.processors}"
        )


PROBE = EmulatedMachine()
"""What measures locks."""


@dataclass(frozen=True)
class Kernel:
    """A distribution's kernel: its generation, what the distribution calls it, and the packages that hold it."""

    generation: str
    release: str
    distribution: str
    packages: tuple[str, ...]


def _ubuntu(generation: str, release: str, build: str, distribution: str) -> Kernel:
    parts = (f"linux-image-unsigned-{release}", f"linux-modules-{release}")
    packages = tuple(f"{UBUNTU}/{part}_{build}_amd64.deb" for part in parts)
    return Kernel(generation, release, f"Ubuntu {distribution}", packages)


def _debian(generation: str, release: str, build: str, distribution: str) -> Kernel:
    package = f"{DEBIAN}-signed-amd64/linux-image-{release}_{build}_amd64.deb"
    return Kernel(generation, release, f"Debian {distribution}", (package,))


KERNELS = (
    Kernel(
        "4.4",
        "4.4.0-21-generic",
        "Ubuntu 16.04",
        (f"{UBUNTU}/linux-image-4.4.0-21-generic_4.4.0-21.37_amd64.deb",),
    ),
    _ubuntu("4.15", "4.15.0-20-generic", "4.15.0-20.21", "18.04"),
    _ubuntu("5.4", "5.4.0-26-generic", "5.4.0-26.30", "20.04"),
    _debian("5.10", "5.10.0-32-amd64", "5.10.223-1", "11"),
    _ubuntu("5.15", "5.15.0-25-generic", "5.15.0-25.25", "22.04"),
    _debian("6.1", "6.1.0-50-amd64", "6.1.176-1", "12"),
    _ubuntu("6.8", "6.8.0-31-generic", "6.8.0-31.31", "24.04"),
    _debian("6.12", "6.12.117+deb13-amd64", "6.12.117-1", "13"),
    _debian("6.18", "6.18.15+deb13-amd64", "6.18.15-1~bpo13+1", "13 backports"),
    Kernel(
        "7.3",
        "7.3.4+deb13-amd64",
        "Debian 13 backports",
        tuple(
            f"{DEBIAN}/linux-{part}-7.3.4+deb13-amd64_7.3.4-1~bpo13+1_amd64.deb"
            for part in ("base", "binary-unsigned", "modules")
        ),
    ),
)


def fetch(kernel: Kernel, cache: Path) -> Path:
    """The folder a kernel's packages are unpacked in, fetched and unpacked if it is not there yet."""
    folder = cache / kernel.release
    if folder.exists():
        return folder
    partial = cache / f"{kernel.release}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for url in kernel.packages:
        package = cache / url.rpartition("/")[2]
        if not package.exists():
            with urlopen(url) as answer:
                package.write_bytes(answer.read())
        subprocess.run(["dpkg-deb", "-x", package, partial], check=True)
    return partial.rename(folder)


def _one(folder: Path, *patterns: str) -> Path:
    paths = [path for pattern in patterns for path in folder.rglob(pattern) if path.is_file()]
    if not paths:
        raise SystemExit(f"{folder}: no {' or '.join(patterns)} in the packages")
    return paths[0]


def config(folder: Path) -> str:
    """The kernel's tick rate and preemption model, from the configuration it was built with."""
    text = _one(folder, "config-*", "lib/modules/*/config").read_text(encoding="utf-8")
    hertz = re.search(r"^CONFIG_HZ=(\d+)$", text, re.MULTILINE)
    model = re.search(r"^CONFIG_PREEMPT_(NONE|VOLUNTARY|LAZY)=y$", text, re.MULTILINE)
    return f"HZ {hertz[1] if hertz else '?'}, PREEMPT_{model[1] if model else '?'}"


def _module(path: Path) -> bytes:
    if path.suffix == ".xz":
        return lzma.decompress(path.read_bytes())
    if path.suffix == ".zst":
        return subprocess.run(["zstd", "-dc", path], check=True, capture_output=True).stdout
    return path.read_bytes()


def modules(folder: Path, names: tuple[str, ...]) -> dict[str, bytes]:
    """Those of the modules that the kernel has and that are not built in, each after those it depends on."""
    contents: dict[str, bytes] = {}

    def add(name: str) -> None:
        paths = [path for spelling in {name, name.replace("_", "-")} for path in folder.rglob(f"{spelling}.ko*")]
        if name in contents or not paths:
            return
        content = _module(paths[0])
        needs = re.search(rb"\0depends=([^\0]*)", content)
        for needed in filter(None, needs[1].decode().split(",") if needs else ()):
            add(needed)
        contents[name] = content

    for name in names:
        add(name)
    return contents


def archive(files: dict[str, bytes]) -> bytes:
    """An initramfs (cpio, "newc" format) of executable files. The folders they are in are made first."""
    entries: dict[str, bytes | None] = {}
    for path, content in files.items():
        for parent in list(Path(path).parents)[-2::-1]:
            entries.setdefault(str(parent), None)
        entries |= {path: content}
    packed = bytearray()
    for number, (path, held) in enumerate([*entries.items(), ("TRAILER!!!", b"")], start=1):
        name = path.encode() + b"\0"
        data = held or b""
        mode = 0o40755 if held is None else 0o100755
        fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name), 0)
        for part in (b"070701" + b"".join(b"%08X" % field for field in fields) + name, data):
            packed += part + b"\0" * (-len(part) % 4)
    return bytes(packed)


def initramfs(folder: Path, source: Path, names: tuple[str, ...], work: Path) -> Path:
    """A program, compiled, and the kernel's modules as a file that QEMU boots."""
    program = work / "init"
    subprocess.run(["gcc", "-O2", "-Wall", "-static", "-o", program, source], check=True)
    files = {f"modules/{n:02}-{name}.ko": content for n, (name, content) in enumerate(modules(folder, names).items())}
    image = work / "initramfs"
    image.write_bytes(archive({"init": program.read_bytes(), **files}))
    return image


def boot(kernel: Kernel, cache: Path, probe: str, timeout: float, guest: EmulatedMachine = PROBE) -> str:
    """What a program prints in a guest of this kernel.

    A guest that was booted before with the same probe, modules and QEMU options is not booted again.

    Args:
        probe: One of `BOOTS`, or what another guest's boot is called.
        timeout: In seconds.
        guest: What it is booted in.

    Raises `SystemExit` where the guest ends, or the timeout passes, before the probe is done.
    """
    folder = fetch(kernel, cache)
    names = BOOTS[probe] if guest.modules is None else guest.modules
    made_of = guest.source.read_bytes() + " ".join((guest.qemu, COMMAND_LINE, *names)).encode()
    version = hashlib.sha256(made_of).hexdigest()[:12]
    work = cache / "work" / version / f"{kernel.release}-{probe}"
    log = work / "console.txt"
    if not log.exists() or not _ended(log):
        work.mkdir(parents=True, exist_ok=True)
        files = ["-kernel", str(_one(folder, "vmlinuz*")), "-initrd", str(initramfs(folder, guest.source, names, work))]
        command = [*guest.qemu.split(), *files, "-append", f"{COMMAND_LINE} PROBE={probe}"]
        with log.open("wb") as console, (work / "qemu.txt").open("wb") as warnings:
            try:
                subprocess.run(command, stdout=console, stderr=warnings, timeout=timeout, check=True)
            except subprocess.TimeoutExpired:
                raise SystemExit(f"{kernel.release}: not done after {timeout} s; see {log}") from None
    if not _ended(log):
        raise SystemExit(f"{kernel.release}: the probe did not end; see {log}")
    return log.read_text(encoding="utf-8", errors="replace")


def _ended(log: Path) -> bool:
    return b"\nEND" in log.read_bytes()
