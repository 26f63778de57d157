"""A technology is put together from parts, from another that it is like, and from what differs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.catalog.block import Block
from sim.catalog.compose import composed
from sim.errors import InputError, Problem

PARTS: dict[str, Mapping[str, Any]] = {
    "client": {"id": "client", "name": "the client", "phases": [{"id": "cli", "leads_to": "runtime", "cpu": 1}]},
    "runtime": {
        "id": "runtime",
        "maker": "OCI",
        "tasks": 3,
        "limits": {"pids": 7},
        "phases": [
            {"id": "create", "leads_to": "runtime", "cpu": 2},
            {"id": "start", "leads_to": "init", "cpu": 3},
            {"id": "delete", "leads_to": "exit", "wait": 4},
        ],
        "memory": [{"id": "shim", "bytes": 5}],
    },
    "network": {
        "id": "network",
        "limits": {"ports": 8},
        "phases": [{"id": "veth", "leads_to": "init", "hold": "rtnl"}],
    },
}
TECHNOLOGIES: dict[str, Mapping[str, Any]] = {
    "engine": {
        "id": "engine",
        "name": "Engine",
        "parts": ["client", "network", "runtime"],
        "phases": [{"id": "daemon", "leads_to": "runtime", "cpu": 9, "after": "cli"}],
    },
    "loop": {"id": "loop", "like": "pool"},
    "pool": {"id": "pool", "like": "loop"},
}


def one_of(kind: str, have: Mapping[str, Mapping[str, Any]], name: str) -> Block:
    if name not in have:
        raise InputError(f"{name!r} is none of the {kind}")
    return Block(have[name], (f"{kind}/{name}.toml", ""))


def put_together(**own: Any) -> tuple[Block, list[Problem]]:
    problems: list[Problem] = []
    table = Block({"id": "own", **own}, ("technologies/own.toml", ""))
    found = composed(
        table,
        lambda name: one_of("technologies", TECHNOLOGIES, name),
        lambda name: one_of("parts", PARTS, name),
        problems,
    )
    return found, problems


def ids(found: Block, key: str = "phases") -> list[str]:
    return [entry["id"] for entry in found.get(key, [])]


def test_phases_stand_by_milestone_and_within_one_in_the_order_of_the_parts() -> None:
    found, problems = put_together(parts=["client", "network", "runtime"])
    assert problems == []
    assert ids(found) == ["cli", "create", "veth", "start", "delete"]
    assert ids(found, "memory") == ["shim"]
    assert found["parts"] == ["client", "network", "runtime"]
    assert (found["id"], found["tasks"], found["limits"]) == ("own", 3, {"ports": 8, "pids": 7})
    assert "name" not in found, "a part's name is its own"


def test_a_part_may_act_before_another_milestone() -> None:
    found, _ = put_together(parts=["client", {"part": "network", "leads_to": "runtime"}, "runtime"])
    assert ids(found) == ["cli", "veth", "create", "start", "delete"]
    assert PARTS["network"]["phases"][0]["leads_to"] == "init", "the part itself is as it was"


def test_an_entry_of_a_known_id_replaces_keys_and_a_new_demand_replaces_the_old_with_what_was_its() -> None:
    found, _ = put_together(
        parts=["runtime"], phases=[{"id": "create", "cpu": 20}, {"id": "delete", "cpu": 40}], tasks=1
    )
    create, _, delete = found["phases"]
    assert create == {"id": "create", "leads_to": "runtime", "cpu": 20}
    assert delete == {"id": "delete", "leads_to": "exit", "cpu": 40}
    assert found["tasks"] == 1


def test_each_key_keeps_the_file_and_the_table_it_stands_in() -> None:
    found, _ = put_together(parts=["client", "runtime"], phases=[{"id": "start", "cpu": 30}])
    start = found["phases"][2]
    assert start.place("leads_to") == ("parts/runtime.toml", "phases.1")
    assert start.place("cpu") == ("technologies/own.toml", "phases.0")
    assert found.place("tasks") == ("parts/runtime.toml", "")


def test_another_demand_takes_a_kept_locks_end_away_with_it() -> None:
    lock = {"id": "lock", "leads_to": "runtime", "hold": "network_lock.endpoint", "until": "create"}
    kept = composed(
        Block({"id": "own", "like": "locking", "phases": [{"id": "lock", "cpu": 1}]}, ("technologies/own.toml", "")),
        lambda _: Block({"id": "locking", "phases": [lock]}, ("technologies/locking.toml", "")),
        lambda name: one_of("parts", PARTS, name),
        [],
    )
    assert dict(kept["phases"][0]) == {"id": "lock", "leads_to": "runtime", "cpu": 1}


def test_new_entries_stand_where_they_say() -> None:
    new = [
        {"id": "last", "leads_to": "runtime"},
        {"id": "second", "leads_to": "runtime", "after": "cli"},
        {"id": "first", "leads_to": "runtime", "before": "cli"},
    ]
    found, _ = put_together(parts=["client", "runtime"], phases=new)
    assert ids(found)[:5] == ["first", "cli", "second", "create", "last"]
    assert all("after" not in phase and "before" not in phase for phase in found["phases"])


def test_what_is_like_another_has_its_parts_and_what_it_changed_and_changes_more() -> None:
    found, problems = put_together(
        like="engine", without={"phases": ["veth"]}, phases=[{"id": "daemon", "cpu": 90}], limits={"pids": 70}
    )
    assert problems == []
    assert ids(found) == ["cli", "daemon", "create", "start", "delete"]
    assert found["phases"][1]["cpu"] == 90
    assert found["limits"] == {"ports": 8, "pids": 70}
    assert "name" not in found, "its name is not that of the one it is like"


def test_parts_of_its_own_replace_those_of_the_one_it_is_like() -> None:
    found, _ = put_together(like="engine", parts=["client"])
    assert ids(found) == ["cli", "daemon"]


def test_two_entries_of_one_id_in_one_file_stay_two_for_the_rules_to_refuse() -> None:
    found, _ = put_together(phases=[{"id": "a", "leads_to": "init"}, {"id": "a", "leads_to": "init"}])
    assert ids(found) == ["a", "a"]


def test_problems_name_the_place_and_what_there_is() -> None:
    for own, path, words in (
        ({"parts": ["runtme"]}, "parts", "'runtme' is none of the parts"),
        ({"parts": [3]}, "parts", "3 is not a text"),
        ({"parts": "runtime"}, "parts", "'runtime' is not a list"),
        ({"like": "engin"}, "like", "'engin' is none of the technologies"),
        ({"like": "loop"}, "like", "'loop' is like itself, by way of own, loop, pool"),
        ({"parts": ["client"], "without": ["cli"]}, "without", "is not a table of lists of ids"),
        ({"parts": ["client"], "without": {"phases": ["x"]}}, "without.phases", "no 'x' to leave out; there are cli"),
        ({"parts": ["client"], "phases": [{"id": "y", "after": "clu"}]}, "phases.0.after", "did you mean 'cli'?"),
    ):
        _, problems = put_together(**own)
        assert [(problem.path, words in problem.message) for problem in problems] == [(path, True)], own
        assert {problem.file for problem in problems} <= {"technologies/own.toml", "technologies/pool.toml"}


def test_a_technology_by_itself_stays_as_it_is() -> None:
    own = {"phases": [{"id": "a", "leads_to": "runtime"}], "memory": [3], "limits": "no table", "family": "vm"}
    found, problems = put_together(**own)
    assert (found, problems) == ({"id": "own", **own}, [])
