"""The boot race: bars stand where the phases were, and say what the metrics say."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import replace

import pytest

from sim.records.instances import OWNERS, InstanceRecord, PhaseRecord
from sim.records.record import Record
from sim.report.figures.parts import place
from sim.report.figures.starts.race import lens_cut, marks, order, owners, race, race_alt, race_sources, race_table
from sim.report.numbers import written
from sim.report.shown import startup
from sim.report.shown.drawing import DrawingRequest
from sim.report.style import Style
from sim.report.texts import tr

NB = "\u202f"


def bars(marks_of, spec):
    """The phases' bars: those that have an owner."""
    return [row for row in marks_of(spec, "bar") if "owner" in row]


def test_bars_start_and_end_where_the_phases_did(race_outcome, names, marks_of):
    drawn_bars = [row for row in bars(marks_of, race(race_outcome, Style(), names)) if row["lane"] == "virtualbox"]
    places = [(row["owner"], round(row["start"], 9), round(row["end"], 9)) for row in drawn_bars]
    assert places == [
        ("machine", 0.0, 1.5),
        ("kernel", 1.5, 4.5),
        ("userland", 4.5, 13.1),
        ("application", 13.1, 13.7),
    ]


def test_the_bars_of_a_lane_add_up_to_its_time_whatever_is_merged(race_outcome, names, marks_of):
    for lens in (False, True):
        rows = bars(marks_of, race(race_outcome, Style(), names, lens=lens))
        for label, total in (("firecracker", 0.27), ("docker", 0.32), ("lxc", 0.92)):
            assert math.fsum(row["end"] - row["start"] for row in rows if row["lane"] == label) == pytest.approx(total)


def test_short_neighbours_of_one_owner_are_one_piece_and_long_ones_are_not(race_outcome, names, marks_of):
    engine = [
        r for r in bars(marks_of, race(race_outcome, Style(), names)) if (r["lane"], r["owner"]) == ("docker", "engine")
    ]
    assert [round(row["end"], 9) for row in engine] == [0.19]
    lens = bars(marks_of, race(race_outcome, Style(), names, lens=True))
    engine = [row for row in lens if (row["lane"], row["owner"]) == ("docker", "engine")]
    assert [round(row["end"], 9) for row in engine] == [0.03, 0.19]


def test_lanes_are_in_the_scenarios_order_before_and_by_finish_after(race_outcome, names):
    hidden = race(race_outcome, Style(), names, hidden=True)
    assert hidden["encoding"]["y"]["sort"] == ["virtualbox", "kvm", "firecracker", "lxc", "docker"]
    shown = race(race_outcome, Style(), names)
    assert shown["encoding"]["y"]["sort"] == ["firecracker", "docker", "lxc", "kvm", "virtualbox"]
    assert order(race_outcome, "runtime")[:2] == ["lxc", "docker"]


def test_before_the_run_nothing_of_the_result_is_in_the_figure(race_outcome, names, marks_of):
    spec = race(race_outcome, Style(), names, hidden=True, predicted=["docker", "kvm"])
    said = {row["lane"]: row["text"] for row in marks_of(spec, "text") if "text" in row}
    assert said == {"virtualbox": "?", "kvm": "you: 2nd", "firecracker": "?", "lxc": "?", "docker": "you: 1st"}
    assert bars(marks_of, spec) == []
    assert "start_time" not in str(spec)


def test_each_lane_says_its_median_and_how_the_prediction_fared(race_outcome, names, marks_of):
    spec = race(race_outcome, Style(), names, predicted=["docker", "firecracker", "lxc", "kvm", "virtualbox"])
    lanes = {row["lane"]: row for row in marks_of(spec, "text", fontWeight=700)}
    assert lanes["docker"]["label"] == f"0.32{NB}s"
    assert lanes["virtualbox"]["label"] == f"≈{NB}14{NB}s est."
    assert lanes["docker"]["rank"] == "2nd · you: 1st ✗"
    assert lanes["kvm"]["rank"] == "4th · you: 4th ✓"


def test_lanes_that_end_at_one_time_are_level_and_a_prediction_of_either_order_is_right(race_outcome, names, marks_of):
    level = [
        replace(one, value=0.3) if one.metric == "startup_time" and one.of in ("docker", "lxc") else one
        for one in race_outcome.metrics
    ]
    outcome = replace(race_outcome, metrics=tuple(level))
    spec = race(outcome, Style(), names, predicted=["firecracker", "lxc", "docker", "virtualbox", "kvm"])
    said = {row["lane"]: row["rank"] for row in marks_of(spec, "text", fontWeight=700)}
    assert said == {
        "firecracker": "1st · you: 1st ✓",
        "docker": "2nd, level · you: 3rd ✓",
        "lxc": "2nd, level · you: 2nd ✓",
        "kvm": "4th · you: 5th ✗",
        "virtualbox": "5th · you: 4th ✗",
    }


def test_an_estimate_is_pale_and_dashed_and_nothing_else_is(race_outcome, names, marks_of):
    spec = race(race_outcome, Style(), names)
    dashed = marks_of(spec, "bar", strokeDash=[5, 3])
    assert {row["lane"] for row in dashed} == {"virtualbox"}
    assert all(row["lane"] != "virtualbox" for row in marks_of(spec, "bar", strokeDash=None) if "owner" in row)
    assert dashed[0]["source"] == "estimate: scaled from KVM"


def test_whiskers_are_the_interval_and_the_strip_the_sources_range(race_outcome, names, marks_of):
    spec = race(race_outcome, Style(), names)
    whiskers = {row["lane"]: (row["low"], row["high"]) for row in marks_of(spec, "tick")}
    assert whiskers["docker"] == (0.29, 0.37)
    strip = marks_of(spec, "rule", opacity=0.32)
    assert [(row["lane"], row["range_low"], row["range_high"]) for row in strip] == [("virtualbox", 10.0, 20.0)]


def test_the_lens_enlarges_the_first_second_and_the_race_shades_it(race_outcome, names, marks_of):
    assert lens_cut(race_outcome) == 1.0
    shade = next(layer for layer in race(race_outcome, Style(), names)["layer"] if layer["mark"]["type"] == "rect")
    assert shade["encoding"]["x2"] == {"datum": 1.0}
    lens = race(race_outcome, Style(), names, lens=True)
    assert max(row["until"] for row in bars(marks_of, lens)) == 1.0
    longer = [row for row in marks_of(lens, "text") if row.get("label") == "→"]
    assert {row["lane"] for row in longer} == {"kvm", "virtualbox"}


def test_lanes_that_are_near_need_no_lens(race_outcome):
    near = replace(
        race_outcome,
        labels=("firecracker", "docker"),
        metrics=tuple(m for m in race_outcome.metrics if m.of in ("firecracker", "docker")),
        records=tuple(r for r in race_outcome.records if r.of in ("firecracker", "docker")),
    )
    assert lens_cut(near) is None


def test_the_clock_may_stop_at_an_earlier_finish(race_outcome, names, marks_of):
    spec = race(race_outcome, Style(), names, finish="init")
    rows = [row for row in bars(marks_of, spec) if row["lane"] == "kvm"]
    assert rows[-1]["end"] == pytest.approx(0.28 + 0.2 + 1.25 + 5.4)
    assert "application" not in {row["owner"] for row in rows}


def test_the_median_instance_stands_for_its_label(race_outcome, names, marks_of):
    extra: list[Record] = []
    for instance, seconds in ((1, 9.0), (2, 0.4)):
        extra.append(PhaseRecord("lxc", instance, "lxc", "engine", "cpu", "", 0.5, 0.5 + seconds, 0.0, "f"))
        extra.append(InstanceRecord("lxc", instance, 0.5, 0.5, 0.5, 0.5 + seconds))
    crowd = replace(race_outcome, records=race_outcome.records + tuple(extra))
    rows = [row for row in bars(marks_of, race(crowd, Style(), names)) if row["lane"] == "lxc"]
    assert max(row["end"] for row in rows) == pytest.approx(0.92)


def test_estimated_neighbours_of_one_owner_are_one_piece_without_dashes_between(race_outcome, names, marks_of):
    """VirtualBox, all estimated: its 3.0 s of kernel and 8.6 s of services would be two pieces of two owners."""
    records = tuple(
        replace(r, owner="userland") if isinstance(r, PhaseRecord) and r.owner == "kernel" else r
        for r in race_outcome.records
    )
    spec = race(replace(race_outcome, records=records), Style(), names)
    pieces = [row for row in bars(marks_of, spec) if row["lane"] == "virtualbox"]
    assert [row["owner"] for row in pieces] == ["machine", "userland", "application"]
    assert pieces[1]["end"] - pieces[1]["start"] == pytest.approx(3.0 + 8.6)
    assert pieces[1]["what"].count(",") == 1, "both phases are told"
    assert pieces[1]["took"] == f"≈{NB}12{NB}s"
    measured = [row for row in bars(marks_of, spec) if row["lane"] == "kvm" and row["owner"] == "userland"]
    assert len(measured) == 2
    assert measured[0]["took"] == f"1.2{NB}s"


def test_the_legend_has_only_what_the_figure_shows(race_outcome):
    assert owners(race_outcome) == list(OWNERS)
    assert owners(race_outcome, "runtime") == ["machine", "engine"]
    assert marks(race_outcome) == ["estimate", "interval", "range"]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_it_can_be_drawn_without_a_browser(race_outcome, names, drawn, theme, language):
    style = Style(theme, language, 1.25)
    for spec in (
        race(race_outcome, style, names, predicted=["docker"]),
        race(race_outcome, style, names, lens=True),
        race(race_outcome, style, names, hidden=True),
    ):
        svg = drawn(spec, style)
        assert "Firecracker" in svg
        assert "NaN" not in svg


def test_many_lanes_are_lower_so_that_the_race_is_seen_at_once(race_outcome, names):
    few = race(race_outcome, Style(), names)["height"]["step"]
    labels = tuple(f"l{i}" for i in range(12))
    metrics = tuple(replace(m, of=label) for label in labels for m in race_outcome.metrics if m.of == "docker")
    many = race(replace(race_outcome, labels=labels, metrics=metrics), Style(), dict.fromkeys(labels, names["docker"]))
    assert (few, many["height"]["step"]) == (50, 42)
    assert race(race_outcome, Style(size=1.25), names)["height"]["step"] == 62


def test_a_range_far_beyond_the_bars_runs_off_and_says_how_far(race_outcome, names, marks_of):
    wide = tuple(
        replace(m, range=(0.1, 400.0)) if (m.of, m.metric) == ("docker", "startup_time") else m
        for m in race_outcome.metrics
    )
    spec = race(replace(race_outcome, metrics=wide), Style(), names)
    strip = {row["lane"]: row for row in marks_of(spec, "rule", opacity=0.32)}
    ends = [strip[label]["range_end"] for label in ("docker", "virtualbox")]
    assert ends == pytest.approx([1.36 * 14.4] * 2), "the bars have the axis, a range what is left"
    assert strip["virtualbox"]["range_told"] == f"→ 20{NB}s"
    assert strip["docker"]["range_told"] == f"→ 6.7{NB}min"


def far_and_near(outcome):
    """VirtualBox's range goes far beyond the axis, and LXC ends just where the lens does."""
    changes = {"virtualbox": {"range": (5.0, 900.0)}, "kvm": {"range": (5.0, 900.0)}}
    metrics = (replace(m, **changes.get(m.of, {})) if m.metric == "startup_time" else m for m in outcome.metrics)
    return replace(outcome, metrics=tuple(metrics))


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("width", [250, 390, 700])
@pytest.mark.parametrize("lens", [False, True])
def test_no_words_behind_a_bar_meet_and_none_is_cut(race_outcome, names, texts_of, language, width, lens):
    style, said = Style(language=language), ["virtualbox", "kvm", "docker", "lxc", "firecracker"]
    shown = far_and_near(race_outcome)
    texts, picture = texts_of(race(shown, style, names, predicted=said, lens=lens), style, width)
    ends = sum(text.words.startswith("→") for text in texts)
    assert lens or ends == (0 if width == 250 else 2), (
        "the axis leaves room to say how far, as long as bars keep theirs"
    )
    told = [text for text in texts if not re.fullmatch(rf"[\d.]+{NB}(s|秒)", text.words)]
    met = [(a.words, b.words) for a, b in itertools.combinations(told, 2) if a.meets(b)]
    assert met == []
    assert [text.words for text in texts if text.right > picture] == []


def test_the_table_has_every_owners_seconds(race_outcome):
    table = race_table(race_outcome)
    assert [row["total"] for row in table][:2] == [f"0.27{NB}s", f"0.32{NB}s"]
    assert table[1]["engine"] == f"0.19{NB}s"
    assert table[1]["machine"] == "–"
    assert table[4]["sources' range"] == f"10–20{NB}s"


def test_the_sources_name_every_phase(race_outcome):
    rows = race_sources(race_outcome)
    assert len(rows) == 22
    assert {row["source"] for row in rows} >= {"fact.docker", "estimate: scaled from KVM"}


def test_the_sentence_is_by_finish_and_ends_once(race_outcome):
    said = race_alt(race_outcome)
    assert said.index("0.27") < said.index("0.32") < said.index("0.92") < said.index("7.6")
    assert said.endswith("est.")
    assert not said.endswith("..")


@pytest.mark.parametrize(
    ("rank", "said"),
    [
        *((1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (13, "13th")),
        *((21, "21st"), (22, "22nd"), (23, "23rd"), (30, "30th"), (101, "101st"), (111, "111th")),
    ],
)
def test_ranks_have_their_english_endings(rank, said):
    assert place(rank, Style()) == said
    assert place(rank, Style(language="ja")) == f"{rank}位"


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_parts_are_those_of_one_start_and_the_note_says_so(crowd_outcome, language):
    (row,) = race_table(crowd_outcome, language)
    median = 0.1 + 0.03 * 4 + 0.05  # The fourth of eight that wait for one lock.
    assert row[tr("owner.kernel.short", language)] == written(0.12 * 0.285 / median, "s", language)
    request = DrawingRequest(scenario=None, outcome=crowd_outcome, style=Style(language=language), names={})
    assert {"en": "those of one start", "ja": "1回の起動のもの"}[language] in startup.note(request)
