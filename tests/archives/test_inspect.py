"""What a path is, is told by its content."""

import pytest

from sim.errors import InputError
from sim.inspection import inspect


def refusal(path):
    with pytest.raises(InputError) as caught:
        inspect(path)
    assert all(problem.file for problem in caught.value.problems)
    return str(caught.value)


@pytest.mark.parametrize("name", ["image.tar", "Dockerfile", "compose.yaml"])
def test_an_archive_is_an_image_whatever_its_name(make, tmp_path, name):
    path = tmp_path / name
    path.write_bytes(make.docker_save((["a:1"], [make.tar(make.file("a"))])))
    assert inspect(path)["kind"] == "image"


def test_a_layout_is_an_image(make, write):
    assert inspect(str(write(make.oci_files(("v", [make.tar(make.file("a"))])))))["kind"] == "image"


@pytest.mark.parametrize(
    "text",
    ["FROM alpine\n", "# comment\n\nARG A=1\nfrom alpine AS x\nRUN true\n", "# syntax=docker/dockerfile:1\nFROM a"],
)
def test_a_dockerfile_is_told_by_its_instructions(tmp_path, text):
    path = tmp_path / "build.txt"
    path.write_text(text)
    assert inspect(path)["kind"] == "dockerfile"


def test_a_file_of_that_name_goes_to_the_reader_of_dockerfiles_whatever_it_says(tmp_path, monkeypatch):
    """Its reader then tells what is wrong with it, line by line."""
    asked = []
    described = {"kind": "dockerfile"}
    monkeypatch.setattr(
        "sim.builds.dockerfile.stages.describe", lambda text, file: asked.append((text, file)) or described
    )
    for name in ("Dockerfile", "Dockerfile.dev", "web.dockerfile", "Containerfile"):
        (tmp_path / name).write_text("apiVersion: v1\n")
        inspect(tmp_path / name)
        assert asked.pop() == ("apiVersion: v1\n", str(tmp_path / name))


def test_a_folder_with_a_dockerfile_is_inspected_as_that(tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM alpine\n")
    assert inspect(tmp_path)["kind"] == "dockerfile"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Run this first, from home.\n", "is none of what can be inspected"),
        ("from os import path\nimport sys\n", "is none of what can be inspected"),
    ],
)
def test_what_cannot_be_inspected_is_named(tmp_path, text, reason):
    path = tmp_path / "file"
    path.write_text(text)
    assert reason in refusal(path)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b"\xff\xfe\x00A", "byte 0 is not UTF-8"),
        (b"FROM a\0lpine", "it has NUL bytes"),
        (b"PK\x03\x04....", "a ZIP file"),
        (b"x" * (5 * 2**20), "as text it is over 4194304 B"),
    ],
)
def test_what_is_neither_an_image_nor_text_is_refused(tmp_path, data, reason):
    path = tmp_path / "file"
    path.write_bytes(data)
    assert reason in refusal(path)


def test_a_missing_file_and_an_empty_folder_are_refused(tmp_path):
    assert "does not exist" in refusal(tmp_path / "none")
    assert "is a folder without index.json, manifest.json, Dockerfile or compose file" in refusal(tmp_path)
