"""Whatever a file holds, a command ends with 0, 1 or 2, says so in bounded words, and never shows a traceback.

The shipped scenarios, a baseline, a recording, a host profile and Dockerfiles are changed at random, in their bytes and
in their structure. `SIM_FUZZ=5000` tries so many of each kind instead of a few; `SIM_FUZZ_SEED` begins elsewhere.
"""

from __future__ import annotations

import copy
import json
import os
import random
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from sim.cli import answer
from tests.catalog.test_profile import PROFILE

ROOT = Path(__file__).parents[1]
TRIES = int(os.environ.get("SIM_FUZZ", "12"))
SEED = int(os.environ.get("SIM_FUZZ_SEED", "1"))
MOST = 200_000
"""Characters that a command may say of one file: fifty problems of the longest kind, with room."""

TINY = """\
id: tiny
concept: density
title: {en: a, ja: a}
summary: {en: a, ja: a}
study: density
technology: docker
host: HOST
"""

DOCKERFILE = """\
# syntax=docker/dockerfile:1
ARG V=1
FROM python:3.12-slim AS base
ENV A=${V:-x} B="c d"
WORKDIR /app
COPY --chown=1:2 --chmod=0644 requirements.txt ./
RUN --mount=type=cache,target=/root/.cache pip install -r requirements.txt
RUN <<EOF
echo ${A%x*}
EOF
FROM base
COPY --from=base --link /app /app
COPY [".", "/src"]
HEALTHCHECK --interval=5s CMD ["true"]
ONBUILD RUN true
CMD ["python", "-m", "app"]
"""

SCALARS: list[Any] = [
    None, True, -1, 0, 0.5, 1e308, 5e-324, 10**30, 10**400, "", "a", "1 MiB", "-1 s", "9**9**9 < 1", "(" * 400, "\0",
    "\ud800", "x" * 20_000, "../../etc", "same 0600 0:0", "{a.b.c}", "{7**3999999}", "1" * 5000, [], {}, [[]],
    {"a": {}},
]  # fmt: skip
PIECES = [
    b"\0", b"\xff", b"\n", b"[" * 300, b"{" * 300, b"(" * 300, b'"', b"'", b"\\", b"\\\n", b"&a *a", b"<<: ", b"${",
    b"<<EOF\n", b"NaN", b"1e999", b"-" * 500, b"*" * 50, b"\xe2\x80\xa8", b"\xed\xa0\x80", b"9" * 5000, b"--from=",
    b"\t", b"# escape=`\n",
]  # fmt: skip


def slipped(data: bytes, chance: random.Random) -> bytes:
    """Bytes with up to four of them cut out, doubled or replaced."""
    for _ in range(chance.randint(1, 4)):
        start = chance.randrange(len(data) + 1)
        end = min(len(data), start + chance.choice((0, 1, 5, 40, 400)))
        new = chance.choice((b"", data[start:end] * 2, chance.choice(PIECES), bytes([chance.randrange(256)])))
        data = data[:start] + new + data[end:]
    return data


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, item in items for found in places(item, (*path, key)))]


def reshaped(document: Any, chance: random.Random) -> Any:
    """A document with one to three values replaced, removed, added or nested deeply."""
    document = copy.deepcopy(document)
    for _ in range(chance.randint(1, 3)):
        path = chance.choice(places(document)[1:] or [()])
        if not path:
            return chance.choice(SCALARS)
        node = document
        for key in path[:-1]:
            node = node[key]
        value = copy.deepcopy(chance.choice(SCALARS))
        action = chance.choice(("replace", "replace", "remove", "add", "rename"))
        if action == "remove":
            del node[path[-1]]
        elif action == "rename" and isinstance(node, dict):
            node[chance.choice(("a", "[", "] ", "1", "\0"))] = node.pop(path[-1])
        elif action == "replace":
            node[path[-1]] = value
        elif isinstance(node, dict):
            node[chance.choice(("a", "", "__move__", "id", "x" * 3000, "\ud800"))] = value
        else:
            node.insert(0, value)
    return document


def nested(data: bytes, chance: random.Random) -> bytes:
    """JSON with one of its values deep inside lists."""
    depth = chance.choice((50, 600, 200_000))
    return data.replace(b": ", b": " + b"[" * depth, 1) if chance.random() < 0.5 else b"[" * depth + data


def either(data: bytes, chance: random.Random) -> bytes:
    """JSON, changed in its bytes or in its structure."""
    if chance.random() < 0.3:
        return slipped(data, chance)
    if chance.random() < 0.1:
        return nested(data, chance)
    return json.dumps(reshaped(json.loads(data), chance)).encode()


class Kinds:
    """Each makes a file of one kind and says how the command is called."""

    def __init__(self, folder: Path, baseline: bytes) -> None:
        self.folder = folder
        self.baseline_bytes = baseline
        shipped = [*(ROOT / "scenarios").glob("*.yaml"), *(ROOT / "scenarios" / "evidence").glob("*.yaml")]
        self.shipped = [path.read_bytes() for path in sorted(shipped)]
        recorded = resources.files("sim.evidence").joinpath("data/recorded_builds.json").read_text("utf-8")
        self.recorded = json.loads(recorded)
        (folder / "tiny.yaml").write_text(TINY.replace("HOST", "server"))
        (folder / "requirements.txt").write_text("flask\n")

    def write(self, name: str, data: bytes) -> str:
        (self.folder / name).write_bytes(data)
        return str(self.folder / name)

    def scenario(self, chance: random.Random) -> list[str]:
        """In its bytes, or in its structure (JSON is YAML)."""
        from sim.loading.document import read

        data = chance.choice(self.shipped)
        if chance.random() < 0.5:
            data = slipped(data, chance)
        else:
            data = json.dumps(reshaped(read(data.decode(), "").value, chance), ensure_ascii=False).encode(
                "utf-8", "replace"
            )
        return ["check", self.write("any.yaml", data)]

    def expression(self, chance: random.Random) -> list[str]:
        """An expectation that is evaluated."""
        parts = [
            "density.instances.value",
            "9",
            "**",
            "(",
            ")",
            "-",
            "/",
            "0",
            "1e308",
            "*",
            "<",
            "==",
            "and",
            "round(",
            ",",
        ]
        text = " ".join(chance.choice(parts) for _ in range(chance.choice((3, 5, 9, 200))))
        text = chance.choice(
            (text, "-" * 400 + "1 < density.instances.value", f"{'7**3999999+' * 20}1 < density.instances.value")
        )
        written = TINY.replace("HOST", "server") + f"expect: [{json.dumps(text)}]\n"
        return ["run", self.write("expect.yaml", written.encode())]

    def baseline(self, chance: random.Random) -> list[str]:
        data = either(self.baseline_bytes, chance)
        return ["run", str(self.folder / "tiny.yaml"), "--baseline", self.write("base.jsonl", data)]

    def recording(self, chance: random.Random) -> list[str]:
        start = chance.randrange(len(self.recorded["scenarios"]))
        few = self.recorded | {"scenarios": self.recorded["scenarios"][start : start + 2]}
        return ["replay", self.write("recorded.json", either(json.dumps(few).encode(), chance))]

    def profile(self, chance: random.Random) -> list[str]:
        self.write("mine.toml", slipped(PROFILE.encode(), chance))
        return ["check", self.write("host.yaml", TINY.replace("HOST", "mine.toml").encode())]

    def dockerfile(self, chance: random.Random) -> list[str]:
        return ["inspect", self.write("Dockerfile", slipped(DOCKERFILE.encode(), chance))]

    def build(self, chance: random.Random) -> list[str]:
        self.write("Dockerfile", slipped(DOCKERFILE.encode(), chance))
        return ["build", str(self.folder), "--edit", "requirements.txt:append=x"]


KINDS: list[Callable[[Kinds, random.Random], list[str]]] = [
    Kinds.scenario, Kinds.expression, Kinds.baseline, Kinds.recording, Kinds.profile, Kinds.dockerfile, Kinds.build,
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_no_file_brings_a_command_down(
    kind: Callable[[Kinds, random.Random], list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kinds = Kinds(tmp_path, b"")
    assert answer(["run", str(tmp_path / "tiny.yaml"), "--format", "json"]) == 0
    kinds.baseline_bytes = capsys.readouterr().out.encode()
    for number in range(TRIES):
        chance = random.Random(f"{SEED} {kind.__name__} {number}")
        arguments = kind(kinds, chance)
        code = answer(arguments)
        out, err = capsys.readouterr()
        told = f"try {number} of seed {SEED}: {err[:500]}"
        assert code in (0, 1, 2), told
        assert code != 2 or err.strip(), told
        assert "Traceback" not in out + err, told
        assert len(err) < MOST, told
