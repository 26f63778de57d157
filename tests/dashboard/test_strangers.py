"""What strangers may ask of a page by its link: it reads no file, runs for no hours, and shows no traceback."""

from __future__ import annotations

import ast
import logging
import os
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import running, shipped
from dashboard.links import lines, plain
from sim import limits
from sim.batch import run as batch
from sim.errors import InputError
from sim.loading import controls, load, override
from sim.outcome import Outcome
from tests.catalog.test_profile import PROFILE
from tests.dashboard.apptest import ROOT, charts, error, opened, texts, unescaped

HOSTILE = ROOT / "tests" / "data" / "hostile"
CONFIG = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())


def shown(at: object) -> str:
    """All that is on a page, with the values of its widgets."""
    return repr(at)


@pytest.mark.parametrize("embed", [False, True])
@pytest.mark.parametrize("page", [("taxonomy", {}), ("density", {}), ("scenarios", {"scenario": "run-chain"})])
def test_a_link_reads_no_file_and_does_not_tell_whether_there_is_one(
    page: tuple[str, dict[str, str]], embed: bool, tmp_path: Path
) -> None:
    path, link = page
    profile = tmp_path / "host-a.toml"
    profile.write_text(PROFILE.replace('id = "mine"', 'id = "hunter2"') + 'secret = "hunter2"\n')
    answers = []
    for name in ("host-a.toml", "host-b.toml"):
        at = opened(path, embed=embed, show="1", host=str(tmp_path / name), **link)
        assert not at.exception
        assert "hunter2" not in shown(at)
        assert "no host" in error(at)
        assert name in error(at)
        answers.append(texts(at).replace(name, "") + str(charts(at)))
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    ("path", "link"),
    [
        ("layers", {"context": "../../etc/Dockerfile"}),
        ("layers", {"context": "/etc/passwd", "file": "/etc/passwd"}),
        ("layers", {"file": "../../../../etc/passwd", "how": "content"}),
        ("scenarios", {"scenario": "../../etc/passwd"}),
        ("scenarios", {"scenario": "evidence/kata-density"}),
        ("scenarios", {"scenario": "layers", "dockerfile": "/etc/passwd", "context": "/etc"}),
        ("scenarios", {"scenario": "registry", "images": "/etc/passwd", "like": "/etc/passwd"}),
        ("images", {"images": "/etc/passwd,../../x", "next": "/etc/passwd", "layer": "9", "of": "x"}),
        ("accuracy", {"source": "../../etc/passwd", "use": "x"}),
        ("stacks", {"stacks": "../../etc/passwd,docker", "instances": "/etc/passwd"}),
    ],
)
def test_no_parameter_of_a_link_becomes_a_path(
    path: str, link: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(path, show="1", **({"scenario": link["scenario"]} if link.get("scenario") in shipped.entries() else {}))
    read: list[str] = []
    real = Path.open

    def watched(self: Path, *args: object, **options: object) -> object:
        read.append(str(self))
        return real(self, *args, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", watched)
    at = opened(path, show="1", **link)
    assert not at.exception
    assert "root:" not in shown(at)
    ours = tuple(Path(each) for each in (ROOT, sys.prefix, sys.base_prefix))
    assert not [name for name in read if not any(Path(os.path.normpath(name)).is_relative_to(one) for one in ours)]


def test_the_pages_change_scenarios_only_as_strangers_may() -> None:
    """`override` takes paths and any parameter; the dashboard knows `from_page`, and reads the link in one place."""
    for file in (ROOT / "dashboard").rglob("*.py"):
        names = {node.id for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Name)}
        attributes = {node.attr for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Attribute)}
        assert "override" not in names | attributes, file
        assert "query_params" not in names | attributes or file.name == "links.py", file


@pytest.mark.parametrize("embed", [False, True])
def test_a_run_that_nobody_waits_for_is_refused_with_the_number(embed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Inside a lecture the link alone sets the conditions, beside no control that would bound them."""
    most: list[int] = []
    real = batch.run

    def run(scenario: object, **options: object) -> object:
        parts = scenario.parts  # type: ignore[attr-defined]
        most.append(max(params.instances for part in parts for params in part.variants.values()))
        return real(scenario, **options)

    monkeypatch.setattr(batch, "run", run)
    (control,) = (control for control in controls(shipped.scenario("taxonomy")) if control.path == "instances")
    assert control.maximum is not None
    for value in ("100000", "1e18", "99999999999999999999"):
        at = opened("taxonomy", embed=embed, show="1", instances=value)
        assert not at.exception
        assert f"{control.maximum:.0f}" in error(at)
        assert value in error(at)
    assert max(most, default=1) <= control.maximum


@pytest.mark.parametrize("value", ["nan", "1e999", "-5", "x", "1" * 5000, "", "\0", "０"])
def test_a_size_that_cannot_be_used_is_one_that_can(value: str) -> None:
    at = opened("", size=value)
    assert not at.exception
    assert at.query_params.get("size", "1") in ("1", "0.8", "2")


@pytest.mark.parametrize("name", ["instances", "host", "page_cache", "lang", "size", "show", "seed", "finish"])
def test_a_value_of_a_megabyte_is_answered_short(name: str) -> None:
    at = opened("taxonomy", **{name: "z" * 10**6})
    assert not at.exception
    assert len(texts(at)) < 20_000
    kept = [at.session_state[key] for key in (f"view-{name}", f"taxonomy:{name}:refused") if key in at.session_state]
    assert all(len(value) <= limits.LINK + 1 for value in kept)


MARKUP = "![x](http://evil.example/x.png)<img src=x onerror=alert(1)> [a](javascript:alert(1)) $x^2$ :red[y] **b** `c`"


@pytest.mark.parametrize(
    ("path", "name"),
    [("taxonomy", "host"), ("taxonomy", "instances"), ("taxonomy", "seed"), ("scenarios", "scenario")],
)
@pytest.mark.parametrize("embed", [False, True])
def test_markup_in_a_value_is_shown_as_it_is(path: str, name: str, embed: bool) -> None:
    at = opened(path, embed=embed, show="1", **{name: MARKUP})
    (value,) = [element.value for element in at.error]
    assert "\\!\\[x\\]" in value
    for markup in ("![", "[a", "](", "<img", "**", "$x", ":red"):
        assert not re.search(rf"(?<!\\){re.escape(markup)}", value)


def test_a_message_is_short_and_without_control_characters() -> None:
    assert plain("a\x1b[31m\x00\u202eb") == "a�\\[31m��b"
    (line,) = lines(InputError("x" * 5_000), "en")
    assert len(line) < 500


# ---- the seed -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "link"),
    [
        ("taxonomy", {}),
        ("memory-ledger", {}),
        ("density", {}),
        ("layers", {}),
        ("scenarios", {"scenario": "registry-fleet", "failure_rate": "0.1", "nodes": "20"}),
    ],
)
def test_a_link_s_seed_is_the_run_s(path: str, link: dict[str, str]) -> None:
    at = opened(path, show="1", seed="7", **link)
    assert not at.error
    assert "seed 7" in texts(at)


@pytest.mark.parametrize("embed", [False, True])
@pytest.mark.parametrize("link", [{}, {"instances": "3"}])
def test_the_same_scenario_and_seed_give_the_same_numbers_as_the_command_line(
    embed: bool, link: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[tuple[Outcome, ...]] = []
    real = running.run

    def run(*asked: Any, **options: Any) -> tuple[Outcome, ...]:
        found = real(*asked, **options)
        if asked[0][0] != "what if":  # a question's own run, not the page's
            drawn.append(found)
        return found

    monkeypatch.setattr(running, "run", run)
    opened("taxonomy", embed=embed, show="1", seed="8", **link)
    opened("taxonomy", embed=embed, show="1", seed="7", **link)
    scenario = load(ROOT / "scenarios" / "taxonomy.yaml")
    assert drawn[-1] == batch.run(override(scenario, link), seed=7)
    assert drawn[-1] != drawn[0]


@pytest.mark.parametrize("value", ["-1", "x", "1.5", "9223372036854775808", "1" * 5_000])
@pytest.mark.parametrize("path", ["taxonomy", "layers"])
def test_a_seed_that_cannot_be_used_is_named_with_what_is_allowed(path: str, value: str) -> None:
    at = opened(path, show="1", seed=value)
    assert value[:20] in error(at)
    assert "from 0 to 9223372036854775807" in error(at)
    assert "The default is shown instead: 1." in error(at)
    assert "seed 1 " in texts(at)


# ---- failures -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lang", "words"), [("en", "This page failed"), ("ja", "ページの表示に失敗しました")])
def test_a_page_that_fails_says_so_and_its_traceback_goes_to_the_log(
    lang: str, words: str, monkeypatch: pytest.MonkeyPatch, failures: list[logging.LogRecord]
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a secret of the server")

    monkeypatch.setattr("dashboard.pages.density.page", broken)
    at = opened("density", lang=lang)
    assert not at.exception
    assert words in error(at)
    assert "secret" not in shown(at)
    (record,) = failures
    assert record.exc_info is not None
    assert "a secret of the server" in logging.Formatter().format(record)
    failures.clear()


def test_the_server_shows_no_traceback_and_takes_no_more_than_the_limits_say() -> None:
    assert CONFIG["client"]["showErrorDetails"] == "none"
    assert CONFIG["server"]["maxUploadSize"] * limits.MIB == limits.UPLOAD


# ---- the layer lab ------------------------------------------------------------------------------------------------


def brought(*files: tuple[str, bytes]) -> AppTest:
    at = opened("layers", show="1")
    at.file_uploader(key="lab:files").set_value([(name, data, "text/plain") for name, data in files])
    return at.run()


def test_a_dockerfile_of_too_many_instructions_is_answered_with_the_number() -> None:
    """Five thousand took nine seconds and sixteen megabytes to draw, for each key stroke."""
    at = brought(("Dockerfile", b"FROM a\n" + b"RUN a\n" * (limits.LAB_STEPS + 1)))
    said = f"{limits.LAB_STEPS + 1} instructions are too many for a page; expected at most {limits.LAB_STEPS}"
    assert said in texts(at)
    at = brought(("Dockerfile", b"FROM a\n" + b"RUN a\n" * 100))
    assert not at.error


def test_a_dockerfile_that_is_taken_says_so_and_claims_nothing_of_an_edit_that_nobody_made() -> None:
    at = brought(("Dockerfile", b"FROM a\nRUN b\n"))
    assert not at.error
    assert "Nothing is edited yet" in texts(at)
    assert "Nothing re-runs" not in texts(at)
    assert "with 2 instructions is what the lab builds now" in at.success[0].value.replace("\\", "")


def test_a_dockerfile_of_ones_own_with_an_error_has_the_error_beside_it_and_no_mark_that_it_is_built() -> None:
    at = brought(("Dockerfile", b"FROM a\nRUNN b\n"))
    assert not at.success
    assert sum("line 2" in unescaped(one.value) for one in at.error) == 2, "below the editor, and where it was uploaded"


@pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\n\x00\x00\xff\xfe", b"FROM a\n\x00", "FROM ü".encode("latin-1")])
def test_a_dockerfile_that_is_no_text_is_refused_without_its_bytes(data: bytes) -> None:
    said = unescaped(brought(("Dockerfile", data)).error[0].value)
    assert "'Dockerfile' is no text: byte " in said
    assert said.isprintable()


def test_a_dockerfile_that_is_too_long_is_answered_with_the_number() -> None:
    at = brought(("Dockerfile", b"FROM a\n# " + b"x" * limits.LAB_TEXT))
    assert f"longer than {limits.LAB_TEXT} characters" in texts(at)


def test_copies_of_many_files_and_ignore_files_of_many_lines_are_answered_with_the_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files = [(f"f{n}", b"") for n in range(48)]
    monkeypatch.setattr(limits, "LAB_COPIED", 100)
    at = brought(("Dockerfile", b"FROM a\n" + b"COPY . .\n" * 3), *files)
    assert "3 instructions that copy are too many for a page; expected at most 2 for 49 files" in texts(at)
    monkeypatch.setattr(limits, "LAB_MATCHED", 500)
    at = brought(("Dockerfile", b"FROM a\n"), (".dockerignore", b"a\n" * 30), *files)
    assert "'.dockerignore' is too large" in texts(at)
    assert "2 characters, each [ counted as 50, for names of 207 characters" in texts(at)


def test_a_build_that_is_too_large_to_draw_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> str:
        raise InputError("9999 steps are too many to draw; expected at most 10")

    monkeypatch.setattr("dashboard.layers.lab_shown.build_graph", refuse)
    at = opened("layers", show="1")
    assert "9999 steps are too many to draw" in error(at)
    assert at.title, "the rest of the page is there"


def test_build_arguments_beyond_a_few_are_counted_and_not_drawn() -> None:
    at = brought(("Dockerfile", b"".join(b"ARG A%d\n" % n for n in range(200)) + b"FROM a\n"))
    assert len([field for field in at.text_input if str(field.label).startswith("--build-arg")]) == 20
    assert "20 of 200" in texts(at)


@pytest.mark.parametrize(
    "name", ["bz2_300MB.zip", "damaged.zip", "ctx.zip", "freeze.Dockerfile", "nested_cmd.Dockerfile"]
)
def test_a_known_hostile_file_is_answered_in_the_lab(name: str) -> None:
    data = (HOSTILE / name).read_bytes()
    at = brought(("Dockerfile" if name.endswith("Dockerfile") else name, data))
    assert not at.exception
    assert bool(at.error) == (name not in ("ctx.zip", "freeze.Dockerfile"))
