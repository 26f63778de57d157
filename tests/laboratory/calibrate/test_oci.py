"""The smallest container's program and bundle."""

from __future__ import annotations

import json
import platform
import subprocess
from pathlib import Path

import pytest

from sim.laboratory.calibrate import oci


def test_the_program_writes_its_message_and_succeeds(tmp_path: Path) -> None:
    if platform.machine() not in ("x86_64", "aarch64"):
        pytest.skip(f"written for x86_64 and aarch64, and this is {platform.machine()}")
    program = oci.hello_program(tmp_path / "hello")
    done = subprocess.run([program], capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, b"hello\n")
    assert program.stat().st_size < 4096


def test_the_program_of_another_machine_is_told_by_its_elf_header(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """183 is EM_AARCH64; `adr x1, #28` reaches from the second instruction to the end of eight."""
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    content = oci.hello_program(tmp_path / "hello").read_bytes()
    assert int.from_bytes(content[18:20], "little") == 183
    code = content[120:-6]
    assert len(code) == 8 * 4
    word = int.from_bytes(code[4:8], "little")
    offset = ((word >> 5 & 0x7FFFF) << 2) | (word >> 29 & 3)
    assert 4 + offset == len(code)


def test_a_machine_it_is_not_written_for_is_refused_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(NotImplementedError, match="not riscv64"):
        oci.hello_program(tmp_path / "hello")


def test_the_bundle_asks_for_no_network_namespace_and_for_its_cgroup(tmp_path: Path) -> None:
    config = json.loads((oci.bundle(tmp_path / "b", "/mine") / "config.json").read_text())
    assert {one["type"] for one in config["linux"]["namespaces"]} == {"pid", "ipc", "uts", "mount"}
    assert config["linux"]["cgroupsPath"] == "/mine"
    assert "cgroupsPath" not in json.loads((oci.bundle(tmp_path / "c", "") / "config.json").read_text())["linux"]
