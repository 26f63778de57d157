"""The drawing of an assembly, the table of assemblies, and stacks and time line: what they show is in the data."""

from __future__ import annotations

import re
from html import unescape
from xml.etree import ElementTree as ET

import pytest

from sim.batch.run import run
from sim.catalog.load import technologies
from sim.catalog.tables.assemblies import assemblies
from sim.catalog.tables.comparison import comparison
from sim.catalog.tables.history import history_lanes, marked_releases
from sim.catalog.tables.stacks import stacks
from sim.loading import load
from sim.outcome import Outcome
from sim.records.assemblies import CallRecord, ComponentRecord
from sim.report.comparing import comparison_grid, comparison_rows, halves
from sim.report.figures.assembling import HEIGHT, WIDTH, assembly_alt, assembly_drawing, places
from sim.report.figures.history import generations, timeline, timeline_alt, timeline_table
from sim.report.figures.stacks import (
    MoreMemory,
    all_technologies,
    shown_owners,
    stack_cards,
    stacks_alt,
    stacks_finding,
    stacks_table,
)
from sim.report.figures.words.components import assembly_words, components_alt, components_table, taken
from sim.report.figures.words.wordgrid import word_grid
from sim.report.style import Language, Style, text_width


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    (found,) = run(load("components"))
    return found


def boxes(svg: str) -> list[tuple[float, float]]:
    """The corners of the components' boxes and of the process's."""
    return [(float(x), float(y)) for x, y in re.findall(r'transform="translate\(([\d.]+) ([\d.]+)\)"', svg)]


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_drawing_has_every_component_and_call_once_and_no_box_on_another(
    outcome: Outcome, language: Language, narrow: bool
) -> None:
    for label in outcome.labels:
        svg = assembly_drawing(outcome, Style(language=language), label, narrow=narrow)
        ET.fromstring(svg)
        mine = [r.component for r in outcome.of_type(ComponentRecord) if r.of == label]
        assert sorted(re.findall(r'data-node="([\w-]+)"', svg)) == sorted(mine)
        assert svg.count("marker-end") == sum(r.of == label for r in outcome.of_type(CallRecord))
        corners = boxes(svg)
        assert len(corners) == len(mine) + 1
        for at, (x, y) in enumerate(corners):
            assert not [(a, b) for a, b in corners[at + 1 :] if abs(a - x) < WIDTH and abs(b - y) < HEIGHT]


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_name_fits_its_box(outcome: Outcome, language: Language) -> None:
    """Bold letters at 14 pixels, where they are not made as small as the smallest."""
    for label in outcome.labels:
        svg = assembly_drawing(outcome, Style(language=language), label)
        names = re.findall(r'<text class="(t|t long)" x="9"[^>]*>([^<]*)<', svg)
        assert len(names) == svg.count('class="n ') + 1, "each component's, and the process's"
        sizes = {"t": 14 * 1.08, "t long": 13.0}
        assert [name for kind, name in names if text_width(unescape(name), sizes[kind]) > WIDTH - 9] == []


def test_what_is_left_out_and_broken_is_marked_after_the_run_alone(outcome: Outcome) -> None:
    shown, hidden = (assembly_drawing(outcome, Style(), "engine", hidden=hide) for hide in (False, True))
    assert (shown.count('class="n broken"'), shown.count('class="n left_out"')) == (3, 1)
    assert "left out" in shown
    assert "left_out" not in hidden.partition("</style>")[2]
    assert "broken" not in hidden.partition("</style>")[2]
    assert "No longer works: docker CLI, buildx, dockerd, BuildKit." in assembly_alt(outcome, "engine", Style())


def test_the_table_has_a_dot_where_an_assembly_takes_a_component(outcome: Outcome) -> None:
    shown, hidden = (word_grid(assembly_words(outcome, Style(), hidden=hide)) for hide in (False, True))
    members = sum(len(assembly.members) for assembly in assemblies().values())
    assert hidden.count('aria-label="takes it, and it works"') == members
    assert sum(shown.count(f'<td class="{state}"') for state in ("works", "broken", "left_out")) == members
    assert shown.count('<td class="left_out"') == sum("dockerd" in a.members for a in assemblies().values())
    assert hidden.count("<td>?</td>") == len(outcome.labels)
    assert len(taken(outcome)) == len({m for a in assemblies().values() for m in a.members})
    assert components_alt(outcome).startswith("Still start a container: Kubernetes, containerd, ")


def test_rows_under_the_figure_name_home_calls_and_source(outcome: Outcome) -> None:
    rows = components_table(outcome)
    assert len(rows) == len(outcome.of_type(ComponentRecord))
    assert all(row["home"] and "https://" in row["where it can be read"] for row in rows)
    shim = next(row for row in rows if row["component"] == "containerd-shim")
    assert shim["calls"] == "runc (exec)"
    assert places(outcome, "engine")["process"] == (4, 2)


MORE = {name: MoreMemory(2.0**20 * (1 + at), estimate=True) for at, name in enumerate(stacks())}


@pytest.mark.parametrize("instances", [1, 2, 10])
def test_a_stack_draws_what_each_instance_has_as_often_as_there_are(instances: int) -> None:
    for stack in stacks().values():
        html = stack_cards([stack], MORE, Style(), instances)
        (svg,) = re.findall(r"<svg.*</svg>", html)
        drawn = ET.fromstring(svg)
        rows = list(drawn.iter("g"))
        assert len(rows) == len(stack.below) + len(stack.above)
        plates = len(stack.repeated) if instances == 10 else 0
        own = sum(len(list(row.iter("rect"))) for row in rows) - plates
        assert own == len(stack.repeated) * instances + len(rows) - len(stack.repeated)
        assert svg.count("<path") == 1 + (stack.inner is not None)


def test_stacks_side_by_side_have_their_boundary_at_one_height() -> None:
    html = stack_cards(list(stacks().values()), MORE, Style(), 2)
    heavy = re.findall(r'<path d="M0 ([\d.]+)H\d+" stroke="[^"]+" stroke-width="5"', html)
    assert len(heavy) == len(stacks())
    assert len(set(heavy)) == 1
    assert len(set(re.findall(r'viewBox="([^"]+)"', html))) == 1


def test_the_finding_names_the_least_and_the_most() -> None:
    chosen = [stacks()["qemu-kvm"], stacks()["docker"]]
    said = stacks_finding(chosen, {"docker": MoreMemory(2**23, False), "qemu-kvm": MoreMemory(2**28, False)})
    assert "8.0 MiB under Docker, 4 boxes and 256 MiB under QEMU/KVM".replace(" MiB", "\u202fMiB") in said
    assert "QEMU" not in stacks_finding(chosen[1:], MORE)
    assert "draws 1 box and" in stacks_finding([stacks()["runc"]], MORE)
    assert stacks_finding([], {}).endswith("?")
    rows = stacks_table(chosen, MORE)
    assert rows[0]["below, from the bottom"] == "hardware, host kernel, KVM, QEMU"
    assert rows[1]["once for each instance"] == "shim, app"
    assert "boundary: namespaces, cgroups" in stacks_alt(stacks()["docker"])
    assert "userland" not in shown_owners(chosen[1:])


def test_a_reader_finds_every_technology_and_on_which_stack_it_stands() -> None:
    rows = {row["technology"]: row["stack"] for row in all_technologies()}
    assert len(rows) == len(technologies())
    assert rows["Docker 28"] == rows["Docker"] == "Docker"
    assert rows["Docker 0.9"] == "Docker 1.10"  # both have one daemon, with libcontainer in it
    assert rows["nerdctl"] == "nerdctl"
    assert rows["bare process"] == "none: nothing isolates it"


@pytest.mark.parametrize("narrow", [False, True])
def test_the_time_line_has_a_bar_an_era_filled_where_it_starts_the_process(narrow: bool) -> None:
    svg = timeline(Style(), narrow=narrow)
    ET.fromstring(svg)
    eras = [era for lane in history_lanes() for era in lane.eras]
    assert svg.count("<rect") == len(eras)
    filled = [era for era in eras if era.role in ("starts", "builds", "specifies")]
    assert svg.count('stroke-width="1.5"') == len(eras) - len(filled)
    changes = [release for release in marked_releases().values() if release.change]
    assert svg.count(f'stroke="{Style().tokens.attention}"') == len(changes) == 2
    assert ">0.9</text>" in svg
    assert ">1.11</text>" in svg
    assert "0.9 (2014), 1.11 (2016)" in timeline_alt()
    rows = timeline_table()
    assert [row["from"] for row in rows] == sorted(row["from"] for row in rows)
    assert rows[0] | {"where it can be read": ""} == {
        "from": "2013-03", "until": "2014-03", "component": "LXC", "what it was": "starts containers",
        "where it can be read": "",
    }  # fmt: skip


def test_the_time_line_is_of_lessons_that_race_generations_and_of_no_other() -> None:
    (history,) = run(load("runtime-history"))
    assert {label: release.id for label, release in generations(history).items()} == {
        "lxc": "docker-0-9", "libcontainer": "docker-0-9", "seccomp": "docker-1-10", "containerd": "docker-1-11",
        "today": "docker-28",
    }  # fmt: skip
    (taxonomy,) = run(load("taxonomy"))
    assert generations(taxonomy) == {}


def test_the_comparison_says_which_claims_are_half_true_and_opens_lessons() -> None:
    for language in ("en", "ja"):
        html = comparison_grid(Style(language=language), lambda lesson: f"scenarios?scenario={lesson}")
        assert html.count('<td class="half"') == halves()[0]
        assert html.count("<td ") == halves()[1] == 2 * len(comparison())
        for topic in comparison():
            for claim in topic.claims.values():
                assert f'href="scenarios?scenario={claim.lesson}"' in html
                assert claim.why.read(language).replace("'", "&#x27;") in html
    assert len(comparison_rows()) == 12
    compact = comparison_grid(Style(), str, compact=True)
    assert len(re.sub('title="[^"]*"', "", compact)) < len(re.sub('title="[^"]*"', "", comparison_grid(Style(), str)))
