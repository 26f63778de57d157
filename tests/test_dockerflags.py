"""The flags of docker build: each is taken; those in keys change keys, the others are explained or passed over."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sim.builds.builders import graph_for
from sim.cli import answer
from sim.cli.dockerflags import EXPLAINED, IN_KEYS, SILENT, SWITCHES

BUILDX = """
--add-host --allow --annotation --attest --build-arg --build-context --builder --cache-from --cache-to --call
--cgroup-parent --check --debug --file --iidfile --label --load --metadata-file --network --no-cache
--no-cache-filter --output --platform --policy --progress --provenance --pull --push --quiet --resource --sbom
--secret --shm-size --ssh --tag --target --ulimit --memory --memory-swap --cpu-shares --cpu-period --cpu-quota
--cpuset-cpus --cpuset-mems --compress --isolation --security-opt --squash --rm --force-rm
"""
"""docker/buildx commands/build.go, the reference page's table and then the flags it hides."""

DOCKER = """
--tag --build-arg --ulimit --file --memory --memory-swap --shm-size --cpu-shares --cpu-period --cpu-quota
--cpuset-cpus --cpuset-mems --cgroup-parent --isolation --label --no-cache --rm --force-rm --quiet --pull
--cache-from --compress --security-opt --network --add-host --target --iidfile --disable-content-trust
--platform --squash
"""
"""docker/cli cli/command/image/build.go: the legacy builder's."""

VALUES = {
    "--add-host": "a:10.0.0.1", "--build-arg": "A=1", "--builder": "buildkit-overlay2", "--cache-from": "user/app:x",
    "--cache-to": "type=registry,ref=user/app:cache,mode=max", "--file": "Dockerfile", "--label": "a=b",
    "--network": "host", "--no-cache-filter": "one", "--platform": "linux/arm64", "--secret": "id=token,src=t",
    "--shm-size": "64m", "--ssh": "default", "--target": "one", "--ulimit": "nofile=9:10",
}  # fmt: skip

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    text = "FROM alpine AS one\nCOPY a.txt /a\nRUN make\nFROM alpine AS two\nCOPY b.txt /b\nCOPY --from=one /o /o\n"
    (tmp_path / "Dockerfile").write_text(text, encoding="utf-8")
    (tmp_path / "a.txt").write_text("a\n", encoding="utf-8")
    (tmp_path / "b.txt").write_text("b\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def told(folder: Path, capsys: Captured) -> Callable[..., dict[str, Any]]:
    """What a build with these words tells as JSON."""

    def build(*words: str) -> dict[str, Any]:
        assert answer(["build", str(folder), *words, "--format", "json"]) == 0
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    return build


@pytest.mark.parametrize("flag", sorted({*BUILDX.split(), *DOCKER.split()} - {"--build-context"}))
def test_every_flag_of_docker_build_is_taken(flag: str, told: Callable[..., dict[str, Any]]) -> None:
    switch = flag in SWITCHES or flag == "--no-cache"
    words = [flag] if switch else [flag, VALUES.get(flag, "x")]
    notes = told(*words)["notes"]
    known = {*IN_KEYS, *EXPLAINED, *SILENT, "--secret", "--ssh", "--cache-from"}
    assert flag in known or flag in (
        "--build-arg",
        "--builder",
        "--file",
        "--no-cache",
        "--no-cache-filter",
        "--target",
    )
    explained = flag in EXPLAINED or flag in ("--secret", "--ssh", "--cache-from", "--platform")
    assert len(notes) == explained
    for note in notes:
        assert flag in note
        assert note.endswith(".")
    if switch:
        assert told(f"{flag}=true")["notes"] == notes
        assert told(f"{flag}=false")["notes"] == []


@pytest.mark.parametrize("word", ["-t", "-o", "-m", "-c"])
def test_short_flags_are_taken_too(word: str, told: Callable[..., dict[str, Any]]) -> None:
    assert told(word, "x", "-q", "-D")["builds"]


def keys(found: dict[str, Any]) -> list[object]:
    return [step["status"] for step in found["builds"][1]["steps"]]


@pytest.mark.parametrize("line", ["--platform=linux/arm64", "--network=host", "--ulimit=nofile=9", "--shm-size=64m"])
def test_what_is_in_a_runs_key_is_in_the_plans(line: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The RUN's definition has it: a build with it finds nothing that one without it left."""
    from sim.builds import session

    seen = []
    made = graph_for
    monkeypatch.setattr(session, "graph_for", lambda *a: seen.append(made(*a)) or seen[-1])
    for words in ([], [line]):
        assert answer(["build", str(folder), "--no-suggest", *words]) == 0
    runs = {next(v.key for v in graph.vertices if v.kind == "exec") for graph, _ in (seen[0], seen[-1])}
    assert len(runs) == 2


def test_each_label_is_a_step_of_the_legacy_builder_and_none_of_buildkits(
    told: Callable[..., dict[str, Any]],
) -> None:
    def steps(*words: str) -> int:
        build = told(*words)["builds"][0]
        return int(build["hits"] + build["misses"])

    labels = ["--label", "a=1", "--label", "b=2"]
    assert steps(*labels) == steps()
    assert steps("--builder", "legacy", *labels) == steps("--builder", "legacy") + 2


def test_an_imported_cache_is_told_in_both_modes_and_shown_in_that_of_the_export(
    told: Callable[..., dict[str, Any]],
) -> None:
    """In mode min the first stage's results are missing once the second stage's COPY asks for its files."""
    edit = ["--edit", "b.txt=c", "--cache-from", "type=registry,ref=user/app:cache"]
    small = told(*edit)
    (note,) = small["notes"]
    counts = re.findall(r"mode (\w+), (\d) of 4 run", note)
    planned = {mode: told("--edit", "b.txt=c", "--cache", mode)["builds"][1] for mode in ("min", "max")}
    assert counts == [(mode, str(one["misses"] + one["depends"])) for mode, one in planned.items()]
    assert counts[0][1] > counts[1][1]
    assert "Shown is mode min" in note
    assert small["builds"][1] == planned["min"]
    large = told(*edit, "--cache-to", "type=registry,ref=user/app:cache,mode=max")
    assert large["builds"][1] == planned["max"]
    assert told(*edit, "--cache", "empty")["builds"][1]["misses"] == 4
    inline = told("--edit", "b.txt=c", "--cache-from", "type=inline,ref=x", "--cache-to", "type=inline,mode=max")
    assert inline["builds"][1] == planned["min"]
    (legacy,) = told(*edit, "--builder", "legacy")["notes"]
    assert "not modelled" in legacy


@pytest.mark.parametrize(
    ("mount", "words", "said"),
    [
        ("type=secret,id=a", ["--secret", "id=a"], ["--secret a: line 3 mounts it. Its value is in no key"]),
        ("type=secret,id=a", ["--secret", "id=b"], ["--secret b: no RUN mounts it"]),
        ("type=secret,id=a,required=true", [], ["line 3 requires the secret a: without --secret a real build fails"]),
        ("type=secret,id=a,required", ["--secret", "id=a,src=x"], ["--secret a: line 3 mounts it"]),
        ("type=secret,target=/run/npmrc,required", ["--secret", "id=npmrc"], ["--secret npmrc: line 3 mounts it"]),
        ("type=ssh", ["--ssh", "default=/agent"], ["--ssh default: line 3 mounts it"]),
        ("type=ssh,required", [], ["line 3 requires the ssh default"]),
        ("type=cache,target=/c", [], []),
    ],
)
def test_a_secret_says_who_mounts_it_and_one_that_is_missing_is_named(
    mount: str, words: list[str], said: list[str], folder: Path, told: Callable[..., dict[str, Any]]
) -> None:
    (folder / "Dockerfile").write_text(f"FROM alpine\nCOPY a.txt /\nRUN --mount={mount} make\n", encoding="utf-8")
    notes: list[str] = told(*words)["notes"]
    assert len(notes) == len(said)
    assert all(note.startswith(start) for note, start in zip(notes, said, strict=True))


def test_several_platforms_are_planned_for_the_first(told: Callable[..., dict[str, Any]]) -> None:
    (note,) = told("--platform", "linux/amd64,linux/arm64", "--platform", "linux/riscv64")["notes"]
    assert "shown is linux/amd64, not linux/arm64, linux/riscv64" in note
    assert told("--platform", "linux/amd64")["notes"] == []


def test_the_table_has_the_notes_and_a_graph_leaves_them_to_standard_error(folder: Path, capsys: Captured) -> None:
    words = ["build", str(folder), "--edit", "a.txt=b", "--push", "--pull"]
    assert answer(words) == 0
    out = capsys.readouterr().out
    assert "Flags\n  - --p" in out
    assert max(map(len, out.splitlines())) <= 80
    assert answer([*words, "--graph", "mermaid"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("flowchart TB")
    assert "--push comes after the build" in err
