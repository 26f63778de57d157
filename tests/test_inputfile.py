"""Files that somebody names: of a regular kind, of a bounded size, and text where text is due."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from sim.errors import InputError
from sim.inputfile import read_bytes, read_text
from sim.limits import SCENARIO


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbfa: 1")
    assert read_text(tmp_path / "a", SCENARIO) == "a: 1"


def test_what_is_not_utf_8_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a: 1\nb: \xff\n")
    with pytest.raises(InputError) as caught:
        read_text(tmp_path / "a", SCENARIO)
    (problem,) = caught.value.problems
    assert problem.line == 2
    assert "0xff" in problem.message


def test_a_missing_file_a_folder_and_a_huge_file_are_problems(tmp_path: Path) -> None:
    (tmp_path / "huge").write_bytes(b"x" * (SCENARIO + 1))
    for name, words in (("none", "no such file"), (".", "is a directory"), ("huge", "larger")):
        with pytest.raises(InputError) as caught:
            read_text(tmp_path / name, SCENARIO)
        assert words in caught.value.problems[0].message


def test_a_name_that_no_file_can_have_is_a_problem() -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_text(Path("a\0b"), SCENARIO)


def test_a_named_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="is a named pipe; expected a regular file"):
        read_bytes(tmp_path / "pipe", SCENARIO)


def test_a_link_to_a_device_is_refused_before_a_byte_is_read(tmp_path: Path) -> None:
    (tmp_path / "zero.yaml").symlink_to("/dev/zero")
    with pytest.raises(InputError, match="is a device"):
        read_bytes(tmp_path / "zero.yaml", SCENARIO)


def test_a_socket_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        with pytest.raises(InputError, match="cannot be read"):
            read_bytes(tmp_path / "socket", SCENARIO)


def test_the_largest_file_is_read_whole_and_one_byte_more_is_refused_with_the_number(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 10)
    assert read_bytes(tmp_path / "a", 10) == b"x" * 10
    with pytest.raises(InputError, match="larger than 9 bytes"):
        read_bytes(tmp_path / "a", 9)
