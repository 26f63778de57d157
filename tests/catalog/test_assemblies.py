"""Components, stacks, history and comparison are data: each with an owner and a source, and refused where broken."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sim.catalog import load
from sim.catalog.tables import assemblies, comparison, history, stacks
from sim.errors import CatalogError
from tests.catalog.places import without_lines

DOCUMENTS: dict[str, Callable[[], Any]] = {
    "assemblies": assemblies.assembly_documents,
    "stacks": stacks.stack_documents,
    "history": history.history_documents,
    "comparison": comparison.comparison_documents,
}
LESSONS = {file.stem for file in (Path(__file__).parents[2] / "scenarios").glob("*.yaml")}


def named(folder: str) -> set[str]:
    """The documents that anything in a folder names."""
    if folder == "assemblies":
        found = {call.source for call in assemblies.calls()}
        for component in assemblies.components().values():
            found |= {*component.sources}
        return found.union(*(assembly.sources for assembly in assemblies.assemblies().values()))
    if folder == "stacks":
        return {stack.source for stack in stacks.stacks().values()}
    if folder == "history":
        releases = {release.source for release in history.marked_releases().values()}
        return releases.union(*(era.sources for lane in history.history_lanes() for era in lane.eras))
    return {claim.source for topic in comparison.comparison() for claim in topic.claims.values()}


def test_every_part_has_a_maker_and_every_component_a_home_an_owner_and_a_source() -> None:
    assert [part.id for part in load.parts().values() if not part.maker] == []
    for component in assemblies.components().values():
        assert component.home, component.id
        assert component.owner, component.id
        assert component.sources, component.id
        assert set(component.sources) <= set(assemblies.assembly_documents()), component.id
        assert component.does.en, component.id
    for part in stacks.stack_parts().values():
        assert part.owner, part.id
        holders = [s for s in stacks.stacks().values() if part in (*s.below, *s.above)]
        assert holders, f"no stack has {part.id}, so no document says where it stands"
        assert all(stack.source in stacks.stack_documents() for stack in holders)


@pytest.mark.parametrize("folder", DOCUMENTS)
def test_every_document_is_named_and_has_an_address(folder: str) -> None:
    documents = DOCUMENTS[folder]()
    assert set(documents) == named(folder)
    assert all(document.url.startswith("https://") for document in documents.values())
    assert all(re.search(r"\d", document.text.en) for name, document in documents.items() if folder == "history")


def test_a_component_of_the_catalog_s_parts_has_their_name_and_maker() -> None:
    found = assemblies.components()
    assert found["runc"].home == load.parts()["runc"].maker == "OCI"
    assert found["containerd"].home == load.parts()["containerd"].maker == "CNCF"
    assert found["dockerd"].name == load.parts()["dockerd"].name


def test_no_two_components_of_an_assembly_share_a_place_in_the_drawing() -> None:
    for assembly in assemblies.assemblies().values():
        taken = [assemblies.components()[member].place for member in assembly.members]
        assert len(set(taken)) == len(taken), assembly.id
        assert (4, 2) not in taken, "that is the process's"


def test_what_an_assembly_names_it_has() -> None:
    for assembly in assemblies.assemblies().values():
        assert set(assembly.commands.values()) <= set(assembly.members)
        assert set(assembly.beside) <= set(assembly.members)
    assert set(assemblies.assemblies()["docker-engine"].members) < set(
        assemblies.assemblies()["docker-desktop"].members
    )


def test_eras_follow_one_another_and_releases_are_in_order() -> None:
    for lane in history.history_lanes():
        for era, after in zip(lane.eras, lane.eras[1:], strict=False):
            assert era.end == after.start, lane.id
        assert all(era.end is None or era.start < era.end for era in lane.eras)
    dates = [release.date for release in history.marked_releases().values()]
    assert dates == sorted(dates)
    # concepts.md and Docker's announcements: 0.9 in March 2014, 1.11 in April 2016, LXC until 1.10.
    assert history.marked_releases()["docker-1-11"].date == 2016.25
    lxc = history.history_lanes()[0]
    assert lxc.eras[1].end == history.marked_releases()["docker-1-10"].date


def test_something_starts_the_process_in_every_year() -> None:
    starting = [era for lane in history.history_lanes() for era in lane.eras if era.role == "starts"]
    first = history.marked_releases()["docker-0-1"].date
    for month in range(12 * 13):
        at = first + month / 12
        assert any(era.start <= at + 1e-9 and (era.end is None or at < era.end) for era in starting), at


def test_every_cell_of_the_comparison_opens_a_lesson_that_ships() -> None:
    topics = comparison.comparison()
    # The classic table, as the project's concepts have it.
    assert [topic.id for topic in topics] == [
        "set-up", "overhead", "portability", "production", "fidelity", "restrictions",
    ]  # fmt: skip
    for topic in topics:
        assert tuple(topic.claims) == comparison.SIDES
        for claim in topic.claims.values():
            assert claim.lesson in LESSONS, (topic.id, claim.lesson)
            assert claim.why.en
            assert claim.why.ja


def test_stacks_are_aligned_at_what_isolates_them() -> None:
    found = stacks.stacks()
    for stack in found.values():
        technology = load.technologies()[stack.technology]
        guest = technology.has_guest_kernel or stack.id == "docker-desktop"
        for name in stack.also:
            assert load.technologies()[name].runs == technology.runs, (stack.id, name)
        assert (stack.boundary == "cpu") == guest, stack.id
        assert stack.below[0].id == "hardware"
        assert stack.above[-1].id in ("app", "app-kernel")
    kernels = [part.id for part in found["qemu-kvm"].repeated if part.owner == "kernel"]
    assert kernels == ["guest-kernel"]
    assert [part.id for part in found["docker"].repeated if part.owner == "kernel"] == []


def test_each_technology_has_one_stack_or_a_reason_why_it_has_none() -> None:
    shown = {stack.technology for stack in stacks.stacks().values()}
    named = [*shown, *(name for stack in stacks.stacks().values() for name in stack.also), *stacks.without_stack()]
    assert sorted(named) == sorted(load.technologies())


@pytest.mark.parametrize(
    ("file", "was", "now", "says"),
    [
        ("assemblies/components.toml", 'part = "runc"', 'part = "runk"', "runc.part: 'runk' is not allowed"),
        ("assemblies/components.toml", 'role = "makes"', 'role = "bakes"', "runc.role: 'bakes' is not allowed"),
        ("assemblies/components.toml", 'ends = "always"', 'ends = "maybe"', "containerd-shim.ends: 'maybe'"),
        ("assemblies/components.toml", 'home = "Mirantis"\n', "", "cri-dockerd.home: is missing"),
        ("assemblies/components.toml", '["podman", "conmon-killed"]', '"x"', "conmon.source: 'x' is not allowed"),
        ("assemblies/components.toml", 'source = "crun"\n', "", "crun.source: is missing"),
        ("assemblies/calls.toml", "[runc.process]", "[runk.process]", "runk: there is no component 'runk'"),
        ("assemblies/calls.toml", "[runc.process]", "[runc.proces]", "runc.proces: there is no component 'proces'"),
        ("assemblies/calls.toml", 'for = ["pod"]', 'for = ["pods"]', "containerd.cni.for: 'pods' does not fit"),
        ("assemblies/assemblies.toml", 'assembles = "docker-engine"', 'assembles = "x"', "assembles: 'x' is not"),
        ("assemblies/assemblies.toml", '"netavark", ', '"netvark", ', "podman.members: there is no component"),
        ("assemblies/assemblies.toml", 'run = "podman"', 'run = "docker-cli"', "podman.commands.run: 'docker-cli'"),
        ("stacks/parts.toml", 'owner = "userland"', 'owner = "user"', "desktop.owner: 'user' is not allowed"),
        ("stacks/stacks.toml", '"qemu"]', '"kemu"]', "there is no part 'kemu'"),
        ("stacks/stacks.toml", '"docker-28"', '"docker-82"', "docker.also: there is no technology 'docker-82'"),
        ("stacks/without.toml", "[process]", "[proces]", "proces: there is no technology 'proces'"),
        ("stacks/stacks.toml", 'inner = "image"', 'inner = "services"', "docker-desktop.inner: 'services'"),
        ("history/eras.toml", 'from = "2018-11"', 'from = "2018"', "buildkit.eras.0.from: '2018' is no month"),
        ("history/releases.toml", '["docker-28"]', '["docker-92"]', "there is no technology 'docker-92'"),
        ("comparison/table.toml", 'verdict = "holds"', 'verdict = "true"', "verdict: 'true' is not allowed"),
    ],
)
def test_data_that_break_a_rule_are_refused_with_their_place(
    file: str, was: str, now: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _, name = file.partition("/")
    module = {"assemblies": assemblies, "stacks": stacks, "history": history, "comparison": comparison}[folder]
    copy = tmp_path / folder
    shutil.copytree(module.FOLDER, copy)
    text = (copy / name).read_text(encoding="utf-8")
    assert was in text
    (copy / name).write_text(text.replace(was, now, 1), encoding="utf-8")
    monkeypatch.setattr(module, "FOLDER", copy)
    readers: dict[str, Callable[[], object]] = {
        "components.toml": assemblies.components.__wrapped__,
        "calls.toml": assemblies.calls.__wrapped__,
        "assemblies.toml": assemblies.assemblies.__wrapped__,
        "parts.toml": stacks.stack_parts.__wrapped__,
        "stacks.toml": stacks.stacks.__wrapped__,
        "without.toml": stacks.without_stack.__wrapped__,
        "eras.toml": history.history_lanes.__wrapped__,
        "releases.toml": history.marked_releases.__wrapped__,
        "table.toml": comparison.comparison.__wrapped__,
    }
    with pytest.raises(CatalogError) as caught:
        readers[name]()
    assert says in without_lines(str(caught.value))
