"""The message catalogs: both languages complete, compiled, and everything the code asks for is there."""

from __future__ import annotations

import ast
import io
import re
import string
from functools import cache
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from sim.live.wording import WORDS
from sim.records.instances import Message
from sim.report.style import LANGUAGES
from sim.report.texts import LOCALES, has, messages, told, tr

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [*sorted((ROOT / "sim").rglob("*.py")), *sorted((ROOT / "dashboard").rglob("*.py"))]
SECTIONS = (
    "about",
    "build",
    "constraint",
    "course",
    "difference",
    "figure",
    "metric",
    "owner",
    "parameter",
    "reason",
    "ruler",
    "sheet",
    "sources",
    "statistic",
    "ui",
)
USED = re.compile(r"""(?:\btr\(|\bMessage\(|\btold\(|\bhas\()\s*["']([a-z_]+\.[\w.-]+)["']""")
NAMES_IN_BOTH = {
    "Kubernetes",
    "{value}", "RAM {size}", "npm", "v1", "v2", "Dockerfile", "PSS", "RSS", "containerd", "chmod +x", "touch",
    "p99", "/etc/postgresql/17", "/var/lib/postgresql/17",
    "BuildKit", "CRI-O", "Docker", "Docker Engine", "Mirantis Container Runtime", "Netavark",
    "Podman", "VMM", "buildx", "conmon", "containerd-shim", "cri-dockerd", "crun", "ctr", "docker CLI", "dockerd",
    "kubelet", "live-restore", "runc", "NAT", "RootlessKit", "cgroup v1", "cgroup v2", "xargs -P", "docker-proxy",
    "pasta", "slirp4netns",
}  # fmt: skip
JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")


def catalog(language):
    with (LOCALES / language / "LC_MESSAGES" / "sim.po").open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id}


def fields(text):
    return sorted({name for _, name, _, _ in string.Formatter().parse(text) if name})


@cache
def reasons():
    """The English of every reason of the model, by its message id, as the code gives them."""
    found = {}
    for path in SOURCES:
        source = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(source)) if "Reason(" in source else ():
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Reason":
                name, english = (ast.literal_eval(argument) for argument in node.args)
                found.setdefault(f"reason.{name}", set()).add(english)
    return found


def test_every_reason_of_the_model_has_one_sentence_and_the_same_in_japanese():
    english = reasons()
    assert len(english) > 100
    assert {key: texts for key, texts in english.items() if len(texts) > 1} == {}
    japanese = {key: text for key, text in catalog("ja").items() if key.startswith("reason.")}
    assert sorted(english) == sorted(japanese)
    known = {key: set(fields(*texts)) for key, texts in english.items()}
    assert {key: fields(text) for key, text in japanese.items() if not set(fields(text)) <= known[key]} == {}


def test_both_languages_have_the_same_messages_with_the_same_arguments():
    english, japanese = (catalog(language) for language in LANGUAGES)
    english |= {key: text for key, texts in reasons().items() for text in texts}
    assert sorted(english) == sorted(japanese)
    same = [key for key in english if not key.startswith("reason.")]
    assert {key: fields(english[key]) for key in same} == {key: fields(japanese[key]) for key in same}
    assert not [key for key, text in (english | japanese).items() if not text]


@pytest.mark.parametrize("language", LANGUAGES)
def test_messages_are_sorted_and_of_a_known_section(language):
    keys = list(catalog(language))
    assert keys == sorted(keys)
    only = {"reason"} if language == "en" else set()
    assert {key.partition(".")[0] for key in keys} == set(SECTIONS) - only, (
        "the model itself has the English of reasons"
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogs_are_read_as_babel_reads_them(language):
    path = LOCALES / language / "LC_MESSAGES" / "sim.po"
    read = messages(path.read_text(encoding="utf-8"))
    assert read.pop("").startswith("Content-Type: text/plain; charset=UTF-8\n")
    assert read == catalog(language)


def test_texts_of_several_lines_and_with_escapes_are_read_as_babel_reads_them():
    first = '#, python-format\nmsgid "a"\nmsgstr ""\n"1\\n"\n"\\t\\"2\\" \\\\n"\n'
    last = '\n# last\nmsgid ""\n"b"\n".c"\nmsgstr "三"'
    read = read_po(io.BytesIO((first + last).encode()))
    assert messages(first + last) == {"a": '1\n\t"2" \\n', "b.c": "三"}
    assert messages(first + last) == {str(message.id): message.string for message in read if message.id}


def test_every_message_the_code_names_is_there():
    missing = {
        f"{path.relative_to(ROOT)}: {key}"
        for path in SOURCES
        for key in USED.findall(path.read_text(encoding="utf-8"))
        if not all(has(key, language) for language in LANGUAGES)
    }
    assert not missing


def test_no_message_of_pages_and_figures_is_left_over():
    code = "".join(path.read_text(encoding="utf-8") for path in SOURCES)
    literal = {*re.findall(r"""["']((?:ui|figure)\.[\w.-]+)["']""", code), *(f"ui.{word}" for word in WORDS)}
    begun = tuple(re.findall(r'f"((?:ui|figure)\.[\w.-]+\.)\{', code))
    named = [key for key in catalog("en") if key.startswith(("ui.", "figure."))]
    assert not [key for key in named if key not in literal and not key.startswith(begun)]


def test_every_metric_parameter_and_choice_of_a_study_has_a_label():
    from dataclasses import fields as fields_of
    from typing import Annotated, Literal, get_args, get_origin, get_type_hints

    from sim import studies

    wanted = set()
    for name in studies.NAMES:
        study = studies.study(name)
        wanted |= {f"metric.{metric.name}" for metric in study.metrics}
        wanted |= {f"statistic.{statistic}" for metric in study.metrics for statistic in metric.statistics}
        hints = get_type_hints(study.parameters, include_extras=True)
        for field in fields_of(study.parameters):
            wanted.add(f"parameter.{field.name}")
            kind = hints[field.name]
            kind = get_args(kind)[0] if get_origin(kind) is Annotated else kind
            if get_origin(kind) is Literal:
                wanted |= {f"parameter.{field.name}.{choice}" for choice in get_args(kind)}
    assert not sorted(key for key in wanted for language in LANGUAGES if not has(key, language))


def test_japanese_is_japanese_with_full_width_punctuation():
    english = catalog("en")
    same = {text for key, text in catalog("ja").items() if text == english.get(key)}
    assert same <= NAMES_IN_BOTH, "each is a name, a path or a number, which Japanese writes alike"
    half = [key for key, text in catalog("ja").items() if re.search("[\u3040-\u30ff\u4e00-\u9fff][,?!:(]", text)]
    assert not half


def test_a_message_of_the_model_becomes_a_sentence():
    said = told(Message("build.content_changed", (("path", "requirements.txt"),)))
    assert "requirements.txt" in said
    assert JAPANESE.search(told(Message("build.content_changed", (("path", "requirements.txt"),)), "ja"))


def test_an_unknown_message_and_a_missing_argument_are_refused_by_name():
    with pytest.raises(KeyError, match=r"no\.such"):
        tr("no.such")
    with pytest.raises(KeyError, match="place"):
        tr("figure.you", "en", rank=1)
