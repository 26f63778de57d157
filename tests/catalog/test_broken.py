"""Catalog files that are broken, in every way one can think of: refused with file and place, and never a traceback."""

from __future__ import annotations

import copy
import datetime as dt
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sim.builds.cost import rates
from sim.catalog import facts, images
from sim.catalog.tables import clients, cores, mechanisms, nesting, registries
from sim.errors import CatalogError
from tests.catalog.places import without_lines

ROOT = Path(__file__).parents[2]

Keys = tuple[str | int, ...]

READERS: dict[str, tuple[Path, Callable[[Path], Any]]] = {
    "mechanisms/clients.toml": (clients.FILE, clients.read),
    "mechanisms/cores.toml": (cores.FILE, cores.read),
    "mechanisms/memory.toml": (mechanisms.FILE, mechanisms.read),
    "mechanisms/nesting.toml": (nesting.FILE, nesting.read),
    "registries/registries.toml": (registries.FILE, registries.read),
    "steps.toml": (rates.FILE, rates.read),
    "images/official_images.json": (images.FILE, images.read),
}


def refused(name: str, path: Path) -> str:
    """What a reader says of a broken copy of its file."""
    with pytest.raises(CatalogError) as caught:
        READERS[name][1](path)
    said = str(caught.value)
    assert all(line.startswith(name) for line in said.splitlines()), said
    return said


def toml(value: Any) -> str:
    """A value as TOML writes it in a line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    return json.dumps(value) if isinstance(value, str) else str(value)


def document(path: Path) -> dict[str, Any]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".toml":
        return tomllib.loads(text)
    found: dict[str, Any] = json.loads(text)
    return found | {"images": found["images"][:2]}


def save(value: dict[str, Any], path: Path) -> Path:
    lines = (f"{json.dumps(key)} = {toml(item)}" for key, item in value.items())
    path.write_text("\n".join(lines) if path.suffix == ".toml" else json.dumps(value), encoding="utf-8")
    return path


def keys(value: Any, above: Keys = ()) -> Iterator[Keys]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*above, key)
        yield from keys(item, (*above, key))


def one_of_each(good: dict[str, Any]) -> dict[str, Any]:
    """Of the tables of an array one for each set of keys: those with the same keys are read by the same lines."""
    return {
        key: list({frozenset(keys(item)): item for item in value}.values()) if isinstance(value, list) else value
        for key, value in good.items()
    }


def holder(value: Any, path: Keys) -> Any:
    for key in path[:-1]:
        value = value[key]
    return value


@pytest.mark.parametrize("name", READERS)
def test_a_good_file_written_anew_is_taken(name: str, tmp_path: Path) -> None:
    """So that what the tests below refuse is refused for what they broke."""
    file, read = READERS[name]
    found, whole = read(save(document(file), tmp_path / file.name)), read(file)
    # Of the images only the first few are written anew.
    assert found
    assert found == (whole if file.suffix == ".toml" else {name: whole[name] for name in found})


@pytest.mark.slow
@pytest.mark.parametrize("name", READERS)
def test_a_value_of_another_type_is_told_with_its_dotted_path_wherever_it_stands(name: str, tmp_path: Path) -> None:
    file, _ = READERS[name]
    good = one_of_each(document(file))
    strange = dt.date(2026, 1, 31) if file.suffix == ".toml" else {"zzz": 1}
    for path in keys(good):
        if "metadata_only_steps" in path[:-1]:
            continue
        bad = copy.deepcopy(good)
        holder(bad, path)[path[-1]] = strange
        above = [".".join(map(str, path[:end])) for end in range(1, len(path) + 1)]
        said = refused(name, save(bad, tmp_path / file.name))
        assert any(f"{name}: {place}" in without_lines(said) for place in above), (path, said)


@pytest.mark.parametrize("name", READERS)
def test_an_unknown_key_is_told_wherever_it_stands(name: str, tmp_path: Path) -> None:
    file, _ = READERS[name]
    good = one_of_each(document(file))
    tables = [(), *(path for path in keys(good) if isinstance(holder(good, path)[path[-1]], dict))]
    for path in tables:
        bad = copy.deepcopy(good)
        holder(bad, (*path, ""))["surprise"] = {"zzz": 1}
        said = refused(name, save(bad, tmp_path / file.name))
        assert ".".join(map(str, (*path, "surprise"))) in said


BYTES = {
    "toml": [
        (b'a = 1\nb = "\xff"\n', ":2: is not UTF-8: byte 0xff"),
        (b"[ksm\n", ":1:5: is not TOML: "),
        (b"[ksm]\n[ksm]\n", ":2:5: is not TOML: "),
        (b"\n[", ":2: is not TOML: "),
        (b"a = " + b"[" * 100_000, ": is not TOML: "),
        (b"a = " + b"9" * 100_000, ": is not TOML: "),
        (b"", ": "),
    ],
    "json": [
        (b'{\n"a": "\xff"}', ":2: is not UTF-8: byte 0xff"),
        (b'{\n"a": }', ":2:6: is not JSON: Expecting value"),
        (b"", ":1:1: is not JSON: Expecting value"),
        (b'{"a": NaN}', ": is not JSON: NaN is no number"),
        (b"[" * 100_000, ": is not JSON: "),
        (b"[" + b"9" * 100_000 + b"]", ": is not JSON: "),
        (b"[1, 2]", ": holds list; expected an object"),
        (b"{}", ": images: is missing"),
    ],
}


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [(name, data, says) for name in READERS for data, says in BYTES[name.rpartition(".")[2]]],
    ids=lambda value: repr(value[:20]),
)
def test_what_is_no_such_file_at_all_is_told_with_its_line(name: str, data: bytes, says: str, tmp_path: Path) -> None:
    path = tmp_path / READERS[name][0].name
    path.write_bytes(data)
    assert f"{name}{says}" in refused(name, path)


@pytest.mark.parametrize("name", READERS)
def test_a_file_that_is_not_there_or_is_a_folder_is_told(name: str, tmp_path: Path) -> None:
    path = tmp_path / READERS[name][0].name
    assert refused(name, path) == f"{name}: cannot be read: no such file or directory"
    path.mkdir()
    assert refused(name, path).startswith(f"{name}: cannot be read: ")


@pytest.mark.parametrize(
    ("name", "was", "now", "says"),
    [
        ("mechanisms/memory.toml", '"10 s", low = "5 s"', '"10 s", low = "0 s"', "balloon.period: is not above zero"),
        ("mechanisms/memory.toml", 'value = "20 ms", source = "D0102"', 'value = "20 ms"', "ksm.sleep: has no source"),
        ("mechanisms/memory.toml", 'value = "20 ms"', 'value = "20 MiB"', "ksm.sleep.value: unit 'MiB'"),
        ("mechanisms/clients.toml", "[xargs]", "[xarg]", "xargs: is missing"),
        ("mechanisms/clients.toml", "[script.clocks]", "[script.clock]", "script.clocks: is missing"),
        ("mechanisms/cores.toml", "[new_task]", "[newtask]", "new_task: is missing"),
        ("mechanisms/cores.toml", "value = 16", "value = 0", "balancing.busy: is not above zero"),
        ("mechanisms/cores.toml", "[bring_up]", "[bringup]", "bring_up: is missing"),
        ("mechanisms/nesting.toml", 'high = "90 %"', 'high = "190 %"', "share.machine: is no share"),
        ("mechanisms/nesting.toml", "low = 10", "low = 0", "exit: is not above zero"),
        ("mechanisms/nesting.toml", "[share]", "[shares]", "share: is missing"),
        ("steps.toml", "pattern = ", "patern = ", "pattern: is missing"),
        ("registries/registries.toml", "[registries.hub]", "[registries.hud]", "registries: has no hub"),
        ("registries/registries.toml", "[lazy.formats.soci]", "[lazy.formats.sooci]", "lazy.formats: has no soci"),
        ("images/official_images.json", '"size": 3849738', '"size": 3849737', "images.0.total_compressed_bytes: "),
        ("images/official_images.json", '"size": 3849738', '"size": -1', "images.0.layers.0.size: -1 is below zero"),
        ("images/official_images.json", "sha256:d56c", "sha256:D56c", "images.0.manifest_digest: 'sha256:D56c"),
        ("images/official_images.json", '"debian:trixie-slim",', '"alpine:latest",', "images.1.image: image 'alpine"),
    ],
)
def test_a_rule_that_is_broken_is_told_with_its_dotted_path(
    name: str, was: str, now: str, says: str, tmp_path: Path
) -> None:
    file = READERS[name][0]
    text = file.read_text(encoding="utf-8")
    assert was in text
    (tmp_path / file.name).write_text(text.replace(was, now, 1), encoding="utf-8")
    assert says in refused(name, tmp_path / file.name)


def test_a_step_whose_pattern_matches_everything_would_hide_the_others(tmp_path: Path) -> None:
    book = document(rates.FILE)
    book["commands"][3]["pattern"] = "x?"
    book["commands"][2]["id"] = book["commands"][1]["id"]
    book["commands"][0]["pattern"] = "("
    said = refused("steps.toml", save(book, tmp_path / "steps.toml"))
    said = without_lines(said)
    assert "steps.toml: commands.3.pattern: 'x?' matches every command" in said
    assert f"steps.toml: commands: id {book['commands'][1]['id']!r} is there twice" in said
    assert "steps.toml: commands.0.pattern: '(' is no regular expression" in said


HEADER = "id,topic,technology,metric,value,unit,statistic,conditions,source,provenance\n"
ROW = "D0001,t,x,m,1,s,,,somebody,primary\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, ": cannot be read: no such file or directory"),
        ("", ":1: has no column id, topic, "),
        (HEADER.replace(",source", "") + ROW, ":1: has no column source; expected id, topic"),
        (HEADER.replace("\n", ",extra\n") + ROW, ":1: has a column too many: extra"),
        (HEADER.replace("\n", ",id\n") + ROW, ":1: has a column too many: "),
        (HEADER + ROW + ROW.replace("primary", "primary,more"), ":3: has 11 cells; expected 10"),
        (HEADER + ROW + "D0002\n", ":3: has 1 cells; expected 10"),
        (HEADER + ROW + ROW, ":3: fact D0001 is there twice"),
        (HEADER + ROW.replace("D0001", ""), ":2: fact '' has no id"),
        (HEADER + ROW.replace("somebody", " "), ":2: fact 'D0001' has no source"),
        (HEADER + ROW.replace("primary", "hearsay"), ":2: provenance 'hearsay' of fact D0001 is none of primary"),
        (HEADER + ROW.replace("somebody", '"some"body"'), ":2: is not CSV: "),
        (HEADER + ROW.replace("somebody", '"somebody'), ":2: is not CSV: "),
        (HEADER + ROW.replace("somebody", "\udcff"), ":2: is not UTF-8: byte 0xff"),
    ],
)
def test_a_broken_file_of_facts_is_told_with_its_line(
    text: str | None, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(facts.FOLDER, tmp_path / "measurements")
    path = tmp_path / "measurements" / "documented.csv"
    path.unlink()
    if text is not None:
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
    monkeypatch.setattr(facts, "FOLDER", path.parent)
    with pytest.raises(CatalogError) as caught:
        facts.facts.__wrapped__()
    assert f"measurements/documented.csv{says}" in str(caught.value)


def test_a_curve_of_nobody_or_of_no_use_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(facts.FOLDER, tmp_path / "measurements")
    path = tmp_path / "measurements" / "curves.csv"
    text = path.read_text(encoding="utf-8").replace("C001,nsdi20_", "C001,unknown_", 1).replace("calibrate", "guess", 1)
    path.write_text(text, encoding="utf-8")
    monkeypatch.setattr(facts, "FOLDER", path.parent)
    with pytest.raises(CatalogError) as caught:
        facts.facts.__wrapped__()
    assert str(caught.value).splitlines() == [
        "measurements/curves.csv:2: fact 'C001' has no source",
        "measurements/curves.csv:2: use 'guess' of fact C001 is none of calibrate, check",
    ]


SCENARIO = """\
id: broken
concept: memory
title: {en: Broken, ja: 破損}
summary: {en: Broken., ja: 破損。}
"""
MEMORY = "study: memory\nduration: 1 s\ncompare: {a: {technology: docker}, b: {technology: lxc}}\n"
DISTRIBUTION = "study: distribution\nimages: [nginx:alpine]\ncompare: {a: {nodes: 1}, b: {nodes: 2}}\n"
BUILD = "study: build\ncontext: .\ncompare: {a: {}, b: {builder: legacy}}\n"


@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize(
    ("file", "study", "place"),
    [
        ("mechanisms/memory.toml", MEMORY, "mechanisms/memory.toml:1: is not TOML"),
        ("measurements/documented.csv", MEMORY, "measurements/documented.csv:1: has no column"),
        ("registries/registries.toml", DISTRIBUTION, "registries/registries.toml:1: is not TOML"),
        ("images/official_images.json", DISTRIBUTION, "images/official_images.json:1:2: is not JSON"),
        ("steps.toml", BUILD, "steps.toml:1: is not TOML"),
    ],
)
def test_a_run_on_a_broken_catalog_is_bad_input_whichever_process_reads_it_first(
    file: str, study: str, place: str, jobs: str, tmp_path: Path
) -> None:
    shutil.copytree(ROOT / "sim", tmp_path / "sim", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "sim" / "catalog" / file).write_text("[")
    (tmp_path / "x.yaml").write_text(SCENARIO + study, encoding="utf-8")
    (tmp_path / "Dockerfile").write_text("FROM alpine\nRUN true\n")
    done = subprocess.run(
        [sys.executable, "-m", "sim", "run", "x.yaml", "--jobs", jobs],
        cwd=tmp_path, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(tmp_path)},
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(place)
    assert "Traceback" not in done.stderr
