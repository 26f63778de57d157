"""Docker and QEMU by stand-ins that answer as they do: what they are asked, what is timed, what is taken back."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from sim.laboratory.calibrate import calibrate

DOCKER = """#!/bin/sh
echo "$@" >> "$LOG"
case $1 in
    info) echo cgroupfs ;;
    run) sleep 0.02; echo hello; sleep 0.01 ;;
esac
"""

QEMU = """#!{python}
import json, socket, sys, time
if "microvm" in sys.argv:
    sys.exit("no machine microvm")
address = sys.argv[sys.argv.index("-qmp") + 1].removeprefix("unix:")
with socket.socket(socket.AF_UNIX) as talk:
    talk.connect(address)
    talk.sendall(b'{{"QMP": {{}}}}\\n')
    for line in talk.makefile("rb"):
        time.sleep(0.02 if b"status" in line else 0)
        answers = {{"query-status": {{"status": "prelaunch"}}, "query-kvm": {{"enabled": False}}}}
        talk.sendall(json.dumps({{"return": answers.get(json.loads(line)["execute"], {{}})}}).encode() + b"\\n")
"""


def install(folder: Path, name: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / name).write_text(text)
    (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the stand-in for Docker writes what it is asked."""
    install(tmp_path, "docker", DOCKER, monkeypatch)
    monkeypatch.setenv("LOG", str(tmp_path / "log"))
    return tmp_path / "log"


def test_docker_is_timed_and_what_it_was_given_is_taken_back(log: Path) -> None:
    """It writes after 20 ms and returns 10 ms later. Containers go before images; its cgroups have our name."""
    found = calibrate(None, seconds=1, only=["docker"])
    first, returned = found.measurement("docker.first_byte"), found.measurement("docker.return")
    assert first is not None
    assert returned is not None
    assert first.minimum >= 0.02
    assert returned.minimum >= 0.03
    assert first.minimum < returned.minimum
    asked = [line.split() for line in log.read_text().splitlines()]
    assert [words[0] for words in asked][:4] == ["version", "import", "info", "run"]
    image, run = asked[1][-1], asked[3]
    assert {"--rm", "--pull=never", "--network=none"} <= set(run)
    assert run[-2:] == [image, "/hello"]
    (name,) = (word.removeprefix("--name=") for word in run if word.startswith("--name="))
    assert name.startswith("sim-calibrate-")
    assert f"--cgroup-parent=/{name.removesuffix('-docker')}" in run
    assert asked[-2:] == [["rm", "--force", name], ["rmi", "--force", image]]


def test_with_systemd_as_cgroup_driver_its_cgroups_are_left_to_systemd(log: Path) -> None:
    """There a parent must be a slice, and systemd removes what is empty."""
    fake = log.parent / "docker"
    fake.write_text(DOCKER.replace("cgroupfs", "systemd"))
    calibrate(None, seconds=1, only=["docker"])
    assert "run --rm" in log.read_text()
    assert "--cgroup-parent" not in log.read_text()


def test_qemu_is_timed_until_its_main_loop_answers_and_each_machine_for_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.uname().machine != "x86_64":
        pytest.skip("the machine types are those of x86_64")
    install(tmp_path, "qemu-system-x86_64", QEMU.format(python=sys.executable), monkeypatch)
    found = calibrate(None, seconds=1, only=["qemu"])
    if [one.probe for one in found.skipped] == ["qemu"]:
        pytest.skip(found.skipped[0].reason)
    assert [one.id for one in found.measurements] == ["qemu.pc", "qemu.q35"]
    assert all(one.minimum >= 0.02 for one in found.measurements)
    assert found.measurements[0].conditions == "128 MiB, accelerator TCG (no KVM)"
    ((probe, reason),) = ((one.probe, one.reason) for one in found.skipped)
    assert probe == "qemu.microvm"
    assert "no machine microvm" in reason
