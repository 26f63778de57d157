"""What a terminal would obey is shown: names, texts and labels from files that nobody has read."""

import io
import json
import tarfile
import xml.etree.ElementTree as ET

import pytest

from sim.cli import answer
from sim.printable import printable

EVIL = "x\x1b[2J\x9b31m\x7f\u202e\u2066"
OBEYED = set("\x1b\x9b\x7f\u202e\u2066\r")


def shown(capsys) -> str:
    printed = capsys.readouterr()
    text: str = printed.out + printed.err
    assert "u001b" in text, "it is shown"
    assert not OBEYED & set(text)
    return text


def test_what_is_escaped_and_what_stays():
    bidi = (0x61C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A))
    for code in (*range(0x20), *range(0x7F, 0xA0), *bidi):
        assert printable(chr(code)).isascii()
    plain = "abc \u3000\xa0日本語é👩\u200d💻"
    assert printable(plain) == plain
    assert printable("a\nb\t", keep="\n") == "a\nb\\t"


def test_a_missing_files_name(capsys, tmp_path):
    name = str(tmp_path / f"no\n{EVIL}")
    assert answer(["check", name]) == 2
    assert len(shown(capsys).splitlines()) == 1
    assert answer(["inspect", name]) == 2
    assert len(shown(capsys).splitlines()) == 1


def test_a_dockerfiles_text(capsys, tmp_path):
    (tmp_path / "Dockerfile").write_text(f"FROM scratch\nCOPY Dockerfile /a\nRUN echo {EVIL}\n", newline="")
    assert answer(["inspect", str(tmp_path / "Dockerfile")]) == 0
    shown(capsys)
    answer(["build", str(tmp_path), "--no-suggest"])
    shown(capsys)


@pytest.mark.parametrize("form", ["table", "markdown"])
def test_a_scenarios_title_and_labels(capsys, tmp_path, form):
    title = json.dumps(f"a {EVIL}\n| forged")
    text = (
        f"id: one\ntitle: {title}\nstudy: density\nhost: server\ntechnology: [runc, docker]\nguest: alpine\n"
        f"labels: {{runc: {title}}}\n"
    )
    (tmp_path / "one.yaml").write_text(text)
    answer(["run", str(tmp_path / "one.yaml"), "--format", form])
    shown(capsys)


@pytest.mark.parametrize("form", ["table", "json"])
def test_an_images_tag_and_history(capsys, tmp_path, form):
    config: dict[str, object] = {
        "architecture": "amd64",
        "os": "linux",
        "rootfs": {"type": "layers", "diff_ids": []},
        "history": [],
    }
    config["history"] = [{"created_by": f"RUN {EVIL}", "empty_layer": True}]
    manifest = [{"Config": "c.json", "RepoTags": [f"x\ny:1{EVIL}"], "Layers": []}]
    with tarfile.open(tmp_path / "image.tar", "w") as archive:
        for name, value in (("c.json", config), ("manifest.json", manifest)):
            data = json.dumps(value).encode()
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    assert answer(["inspect", str(tmp_path / "image.tar"), "--format", form]) == 0
    text = shown(capsys)
    if form == "json":
        assert json.loads(text)
    else:
        assert not any(line.startswith("y:1") for line in text.splitlines())


def test_a_closed_stream_is_no_traceback(monkeypatch, capsys, tmp_path):
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr("sys.stderr", closed)
    assert answer(["check", str(tmp_path / "nowhere")]) == 2
    monkeypatch.setattr("sys.stdout", closed)
    assert answer(["list"]) == 2


NO_XML = "\x00\x0b\ud800\udfff\ufffe\uffff"


@pytest.mark.parametrize("one", sorted(OBEYED | set(NO_XML)))
def test_no_door_lets_through_what_a_file_cannot_hold_or_a_reader_would_obey(one):
    from dashboard.links import plain
    from sim.errors import Problem
    from sim.report.formats.junit import document
    from sim.report.formats.ran import Ran
    from sim.report.graph.svg import escape

    text = f"a{one}b"
    assert one not in str(Problem(text))
    assert "a b" in escape(text)
    assert "a\ufffdb" in plain(text)
    report = document([Ran(text, problems=[Problem(text)])])
    ET.fromstring(report.encode())
    assert one not in report


def test_blanks_that_belong_to_a_text_stay_in_the_dashboard_too():
    from dashboard.links import plain

    assert plain("仮想\u3000マシン\xa0é👩\u200d💻") == "仮想\u3000マシン\xa0é👩\u200d💻"
