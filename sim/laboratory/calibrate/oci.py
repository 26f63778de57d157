"""The smallest container: a program without libraries, written here byte by byte, and its OCI bundle."""

from __future__ import annotations

import json
import platform
import struct
from pathlib import Path

MESSAGE = b"hello\n"
"""What the program writes before it exits."""

_BASE, _HEADER, _SEGMENT = 0x400000, 64, 56

_CODE = {
    # mov eax,1 (write); mov edi,1; lea rsi,[message]; mov edx,6; syscall; mov eax,60 (exit); xor edi,edi; syscall
    "x86_64": (62, "b801000000 bf01000000 488d3510000000 ba06000000 0f05 b83c000000 31ff 0f05"),
    # mov x0,1; adr x1,message; mov x2,6; mov x8,64 (write); svc 0; mov x0,0; mov x8,93 (exit); svc 0
    "aarch64": (183, "200080d2 e1000010 c20080d2 080880d2 010000d4 000080d2 a80b80d2 010000d4"),
}
"""Machine name to the ELF number of its instruction set, and the program. The message follows it."""


def hello_program(path: Path) -> Path:
    """Write a static ELF program that writes `MESSAGE` and exits. Raises `NotImplementedError` with the reason."""
    machine = platform.machine()
    if machine not in _CODE:
        raise NotImplementedError(f"the small program it starts is written for {' and '.join(_CODE)}, not {machine}")
    number, code = _CODE[machine]
    body = bytes.fromhex(code) + MESSAGE
    start = _HEADER + _SEGMENT
    size = start + len(body)
    header = b"\x7fELF\x02\x01\x01".ljust(16, b"\0") + struct.pack(
        "<HHIQQQIHHHHHH", 2, number, 1, _BASE + start, _HEADER, 0, 0, _HEADER, _SEGMENT, 1, 0, 0, 0
    )
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, _BASE, _BASE, size, size, 0x10000)
    path.write_bytes(header + segment + body)
    path.chmod(0o755)
    return path


def bundle(folder: Path, cgroup: str) -> Path:
    """Write an OCI bundle whose process is the program, and return its folder.

    It has no network namespace and no seccomp filter.

    Args:
        cgroup: The path of the container's cgroup, "" to leave that to the runtime.
    """
    root = folder / "rootfs"
    for name in ("proc", "dev", "sys"):
        (root / name).mkdir(parents=True)
    hello_program(root / "hello")
    (folder / "config.json").write_text(json.dumps(_config(cgroup)), encoding="utf-8")
    return folder


def _config(cgroup: str) -> dict[str, object]:
    linux: dict[str, object] = {
        "namespaces": [{"type": kind} for kind in ("pid", "ipc", "uts", "mount")],
        "maskedPaths": ["/proc/kcore", "/proc/keys", "/proc/timer_list"],
        "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
    }
    if cgroup:
        linux["cgroupsPath"] = cgroup
    return {
        "ociVersion": "1.0.2",
        "process": {
            "terminal": False,
            "user": {"uid": 0, "gid": 0},
            "args": ["/hello"],
            "env": ["PATH=/"],
            "cwd": "/",
            "noNewPrivileges": True,
        },
        "root": {"path": "rootfs", "readonly": True},
        "hostname": "hello",
        "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc"},
            {
                "destination": "/dev",
                "type": "tmpfs",
                "source": "tmpfs",
                "options": ["nosuid", "strictatime", "mode=755", "size=65536k"],
            },
        ],
        "linux": linux,
    }
