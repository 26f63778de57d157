"""The commands and the Python that pages of docs/ show are run, and say what the pages say they do."""

from __future__ import annotations

import doctest
import hashlib
import io
import json
import re
import shlex
import tarfile
from pathlib import Path

import click
import pytest

from sim.cli import answer, cli

ROOT = Path(__file__).parents[1]
DOCS = Path(__file__).parents[1] / "docs"
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)


def commands(page: str) -> list[tuple[list[str], int, list[str]]]:
    """Each command of a page's console blocks: its words, its exit code, and lines of what it says, in order."""
    found = []
    for block in BLOCK.findall((DOCS / page).read_text(encoding="utf-8")):
        for each in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            first, *said = each.splitlines()
            line, _, comment = first.partition("    # exit code ")
            found.append((shlex.split(line), int(comment or 0), said))
    return found


def tar(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


@pytest.fixture
def examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder `shop`, the image `twice.tar` and `first-look.yaml`, in the working directory."""
    monkeypatch.chdir(tmp_path)
    (scenario,) = re.findall(r"```yaml\n(.*?)```", (DOCS / "a-run.md").read_text(encoding="utf-8"), re.DOTALL)
    Path("first-look.yaml").write_text(scenario, encoding="utf-8", newline="\n")
    (text,) = re.findall(r"```dockerfile\n(.*?)```", (DOCS / "builds.md").read_text(encoding="utf-8"), re.DOTALL)
    files = {"Dockerfile": text, "app.py": "print(1)\n", "requirements.txt": "flask\nredis\ngunicorn\n"}
    Path("shop").mkdir()
    for name, content in files.items():
        Path("shop", name).write_text(content, encoding="utf-8", newline="\n")
    layers = [tar({"data": bytes([letter]) * (5 * 2**20)}) for letter in b"ab"]
    ids = ["sha256:" + hashlib.sha256(layer).hexdigest() for layer in layers]
    config = {"rootfs": {"type": "layers", "diff_ids": ids}, "architecture": "amd64", "os": "linux"}
    manifest = [{"Config": "c.json", "RepoTags": ["twice:1"], "Layers": ["1.tar", "2.tar"]}]
    members = {"c.json": json.dumps(config).encode(), "manifest.json": json.dumps(manifest).encode()}
    Path("twice.tar").write_bytes(tar({**members, "1.tar": layers[0], "2.tar": layers[1]}))


PAGES = ("a-run.md", "builds.md", "images.md")
CASES = [(page, *case) for page in PAGES for case in commands(page)]


def test_each_page_shows_commands() -> None:
    assert {page for page, *_ in CASES} == set(PAGES)


@pytest.mark.usefixtures("examples")
def test_the_python_of_a_run_prints_what_the_page_shows() -> None:
    blocks = re.findall(r"```python\n(.*?)```", (DOCS / "a-run.md").read_text(encoding="utf-8"), re.DOTALL)
    session = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, "a-run.md", "a-run.md", 0)
    told: list[str] = []
    results = doctest.DocTestRunner(verbose=False).run(session, out=told.append)
    assert results.attempted > 15
    assert not results.failed, "".join(told)


@pytest.mark.usefixtures("examples")
@pytest.mark.parametrize(
    ("source", "words", "code", "said"), CASES, ids=[" ".join(words[3:]) for _, words, _, _ in CASES]
)
def test_a_command_of_the_page_says_what_the_page_shows(
    source: str, words: list[str], code: int, said: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert words[:3] == ["python", "-m", "sim"]
    assert answer(words[3:]) == code
    told = capsys.readouterr().out
    lines = told.splitlines()
    for line in said:
        assert any(other.startswith(line) for other in lines), f"{source}: {line!r} is not in order in\n{told}"
        lines = lines[next(at for at, other in enumerate(lines) if other.startswith(line)) + 1 :]


WRITTEN = re.compile(r"^(?:\$ | {4})((?:python -m )?sim (?!\.)[a-z]+ .+)$", re.MULTILINE)
OF_OTHER_PAGES = {"shop", "twice.tar", "first-look.yaml", "scenarios/who-is-first.yaml", "receipts"}
"""Files that a page has its reader make."""


def shown() -> list[tuple[str, str]]:
    """Every command that the README and docs/ show in a block, with its page."""
    pages = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
    return [(page.name, line) for page in pages for line in WRITTEN.findall(page.read_text(encoding="utf-8"))]


def words_of(line: str) -> list[str]:
    """A command's words, without what the shell takes and without "python -m sim"."""
    words = shlex.split(re.split(r"  #| {4}# | > ", line)[0])
    return words[words.index("sim") + 1 :]


def test_many_commands_are_shown() -> None:
    assert len(shown()) > 40


@pytest.mark.parametrize(("source", "line"), shown())
def test_a_command_has_only_options_that_there_are_and_names_files_that_are_there(source: str, line: str) -> None:
    """In a clone as it is: what is not there would be the first thing that a reader meets."""
    words = words_of(line)
    command = cli.get_command(click.Context(cli), words[0])
    assert command is not None, line
    with command.make_context(words[0], list(words[1:])) as context:
        given = [context.params[one.name] for one in command.params if isinstance(one, click.Argument) and one.name]
    for name in (name for value in given for name in (value if isinstance(value, tuple) else (value,)) if name):
        there = name == "." or any(ROOT.glob(name)) or any(ROOT.glob(f"scenarios/{name}.yaml"))
        assert there or name in OF_OTHER_PAGES, f"{source}: {line}"
