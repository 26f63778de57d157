"""A catalog error names the line that is wrong, and in which of several files it stands."""

from __future__ import annotations

import pytest

from sim.catalog.files import line_of

TOML = """\
id = "x"
name = { en = "x", ja = "x" }

[limits]
addresses = { value = 3, source = "D0003" }

[[phases]]
id = "a"
cpu = { value = "1 ms" }

[[phases]]
id = "b"
wait = { value = "2 ms" }

[[phases.growth]]
per = "mount"

[[phases]]
id = "c"

[[phases.growth]]
per = "instance"
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("id", 1),
        ("name.ja", 2),
        ("limits", 4),
        ("limits.addresses.source", 5),
        ("phases.0", 7),
        ("phases.0.cpu.value", 9),
        ("phases.1.id", 12),
        ("phases.1.growth.0.per", 16),
        ("phases.2.growth.0.per", 22),
        ("phases.1.nothing", 11),
        ("nothing", 0),
    ],
)
def test_a_dotted_path_is_found_by_its_table_and_key(path: str, line: int) -> None:
    assert line_of(TOML, path) == line
