"""`build` as a table and as JSON, with what its re-runs take."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from sim.builds.context.edits import Change, Edit
from sim.builds.graph.options import Builder
from sim.builds.plan import plan_builds
from sim.outcome import Metric, Outcome
from sim.records.images import StepRecord
from sim.records.instances import Message
from sim.report.building.document import as_json
from sim.report.building.rebuilds import BothWays, both_ways
from sim.report.building.report import BuildReport
from sim.report.building.table import as_table


def step(build: str, name: str, status: Any, **more: Any) -> StepRecord:
    defaults: dict[str, Any] = {
        "of": "build", "build": build, "step": name, "name": name, "stage": "", "instruction": "RUN", "text": name,
        "line": 2, "inputs": (("base", "parent"),), "cause": False, "reason": Message("no.such.text", (("path", "x"),)),
        "old_key": "", "new_key": "", "seconds": 3.0, "bytes": None, "source": "s",
    }  # fmt: skip
    return StepRecord(status=status, **(defaults | more))


class TestBuilding:
    made = Outcome(
        "build", "build", 1, 1, ("build",),
        (Metric("rebuild_time", "value", "build", "", 3.0, "s"), Metric("new_bytes", "value", "build", "", 2e6, "B")),
        (
            step("1", "RUN a", "miss", cause=True, reason=Message("build.first")), step("1", "RUN b", "miss"),
            step("2", "RUN a", "hit"),
            step(
                "2", "RUN b", "miss", cause=True, line=3, bytes=2_000_000, compressed=700_000, estimate=True,
                start=0.0, end=3.0, on_critical_path=True,
            ),
        ),
    )  # fmt: skip

    def test_each_build_has_its_steps_and_the_last_ones_causes(self) -> None:
        assert as_table(BuildReport(self.made, "legacy")).splitlines() == [
            "Build 1 with legacy: 0 hit, 2 run",
            "line        step      time  layer",
            "----  ----  -----  -------  -----",
            "   2  MISS  RUN a  3.0 s",
            "   2  MISS  RUN b  3.0 s",
            "",
            "Build 2 with legacy: 1 hit, 1 run",
            "line           step       time   layer",
            "----  -------  -----  --------  ------",
            "   2  hit      RUN a",
            "   3  MISS <-  RUN b  ~3.0 s *  2.0 MB",
            "  first cause, line 3: no.such.text path=x",
            "",
            "* the end of the build waits for it",
            "",
            "runs again: 3.0 s",
            "new layers: 2.0 MB",
            "",
            "Estimated from",
            "  line 3: s",
            "",
            "~ an estimate went into it",
        ]

    def test_a_build_that_hits_throughout_says_what_would_break_each_step(self) -> None:
        said = Message("no.such.break", (("paths", "x"),))
        made = Outcome("build", "build", 1, 1, ("build",), (), (step("1", "RUN a", "hit", breaks=said),))
        assert as_table(BuildReport(made, "legacy")).splitlines() == [
            "Build 1 with legacy: 1 hit, 0 run",
            "line       step   time  layer",
            "----  ---  -----  ----  -----",
            "   2  hit  RUN a",
            "",
            "What would break the hits",
            "  line 2: no.such.break paths=x",
            "",
        ]

    def test_where_all_hits_many_still_say_what_would_break_them(self) -> None:
        hits = [step("1", f"RUN {n}", "hit", line=n, breaks=Message("no.such.break")) for n in range(1, 14)]
        lines = as_table(BuildReport(self.made_of(*hits), "legacy")).splitlines()
        assert lines[0] == "Build 1 with legacy: 13 hit, 0 run"
        assert sum(" hit  RUN " in line for line in lines) == 13
        where = lines.index("What would break the hits")
        assert lines[where + 1] == "  lines 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13: no.such.break"

    @staticmethod
    def made_of(*steps: StepRecord) -> Outcome:
        return Outcome("build", "build", 1, 1, ("build",), (), tuple(steps))

    def test_beside_a_miss_each_hit_still_says_what_would_break_it_equal_ones_together(self) -> None:
        same, other = Message("no.such.break", (("paths", "x"),)), Message("no.other.break")
        made = self.made_of(
            step("1", "RUN a", "hit", line=2, breaks=same),
            step("1", "RUN b", "hit", line=3, breaks=other),
            step("1", "RUN c", "hit", line=4, breaks=same),
            step("1", "RUN d", "miss", line=5),
        )
        lines = as_table(BuildReport(made, "legacy")).splitlines()
        where = lines.index("What would break the hits")
        assert lines[where + 1 : where + 4] == ["  lines 2, 4: no.such.break paths=x", "  line 3: no.other.break", ""]
        assert "break" not in as_table(BuildReport(made, "legacy"), breaks=False)

    def test_of_many_hits_it_says_so_only_when_asked_and_json_always_does(self) -> None:
        hits = [step("1", f"RUN {n}", "hit", line=n, breaks=Message("no.such.break")) for n in range(1, 14)]
        made = self.made_of(*hits, step("1", "RUN d", "miss", line=20))
        assert "no.such.break" not in as_table(BuildReport(made, "legacy"))
        assert "--breaks says what would break the 13 hits" in as_table(BuildReport(made, "legacy")).splitlines()
        assert "  lines 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13: no.such.break" in as_table(
            BuildReport(made, "legacy"), breaks=True
        )
        (build,) = json.loads(as_json(BuildReport(made, "legacy")))["builds"]
        assert [one["breaks"]["id"] for one in build["steps"] if one["breaks"]] == ["no.such.break"] * 13

    def test_a_build_that_hangs_on_an_output_has_its_time_either_way(self) -> None:
        """5 s, 3 s that depend and 1 s that runs anyway, beside 7 s: 9 s in all, and 7 s without the 3 s."""
        run = (("line", 2), ("step", "RUN z"), ("if_same", "hit"), ("if_changed", "miss"))
        hangs = Message("build.depends_on_output", run)
        spans: list[dict[str, Any]] = [
            {"step": "z", "status": "miss", "start": 0.0, "end": 5.0, "inputs": ()},
            {"step": "b", "status": "depends", "start": 5.0, "end": 8.0, "inputs": (("z", "copy"),), "reason": hangs},
            {"step": "c", "status": "hit", "inputs": (("b", "copy"),)},
            {"step": "d", "status": "miss", "start": 8.0, "end": 9.0, "inputs": (("c", "parent"), ("b", "parent"))},
            {"step": "a", "status": "miss", "start": 0.0, "end": 7.0, "inputs": ()},
        ]
        steps = [dataclasses.replace(step("1", "RUN", "hit"), **span) for span in spans]
        ways = both_ways(steps, "buildkit-containerd")
        assert ways == BothWays(same=7.0, changed=9.0, estimate=False)
        made = self.made_of(*steps)
        assert "  if it leaves the same: 7.0 s, if not: 9.0 s" in as_table(BuildReport(made, "x")).splitlines()
        (build,) = json.loads(as_json(BuildReport(made, "buildkit-containerd")))["builds"]
        assert (build["if_same"], build["if_changed"]) == (7, 9)

    @pytest.mark.parametrize("builder", ["buildkit-containerd", "legacy"])
    def test_both_ways_agree_with_plans_in_which_the_output_is_the_same_and_another(self, builder: Builder) -> None:
        """The same: only the first stage runs, 5 s. Another: the 3 s behind its COPY too, as the plan has it."""
        text = (
            "FROM alpine AS a\nCOPY s /s\n# sim: 5 s\nRUN cc /s\nFROM alpine\nCOPY --from=a /o /o\n# sim: 3 s\nRUN o\n"
        )
        edit = Change(edits=(Edit(path="s", content="2"),))
        last = plan_builds(text, {"s": "1"}, [edit], builder).last
        ways = both_ways(last.records, builder)
        assert ways is not None
        assert ways.changed == pytest.approx(last.rebuild_seconds, rel=1e-12)
        assert ways.same == pytest.approx(5.06, abs=0.03)
        assert ways.changed - ways.same == pytest.approx(3.05, abs=0.05)

    def test_nothing_that_depends_has_no_two_ways(self) -> None:
        assert both_ways([step("1", "RUN a", "miss")], "legacy") is None
        (build, _) = json.loads(as_json(BuildReport(self.made, "legacy")))["builds"]
        assert (build["if_same"], build["if_changed"]) == (None, None)

    def test_suggestions_and_edits_that_were_tried_stand_at_the_end(self) -> None:
        from sim.builds.advice.suggest import Suggestion
        from sim.studies.build import WhatIf

        suggestion = Suggestion(Message("no.such.advice", (("line", 3),)), 12.0, {"Dockerfile": "FROM b\n"})
        tried = WhatIf("src/app.py", 3, 2, 5, 90.0, estimate=True)
        lines = as_table(BuildReport(self.made, "legacy", (suggestion,), (tried,))).splitlines()
        assert lines[lines.index("If a file changes") :] == [
            "If a file changes",
            "file        line     run   time",
            "----------  ----  ------  -----",
            "src/app.py     3  2 of 5  ~90 s",
            "",
            "Try, when src/app.py changes",
            "  - saves ~12 s: no.such.advice line=3",
            "",
            "~ an estimate went into it",
        ]
        found = json.loads(as_json(BuildReport(self.made, "legacy", (suggestion,), (tried,))))
        assert found["suggestions"] == [
            {
                "id": "no.such.advice", "arguments": {"line": 3}, "text": "no.such.advice line=3",
                "together": [], "saved_seconds": 12.0, "files": {"Dockerfile": "FROM b\n"},
            }
        ]  # fmt: skip
        assert found["what_if"] == [
            {"path": "src/app.py", "line": 3, "misses": 2, "steps": 5, "seconds": 90.0, "estimate": True}
        ]

    def test_json_has_every_step_with_its_reason(self) -> None:
        found = json.loads(as_json(BuildReport(self.made, "legacy")))
        assert found["builder"] == "legacy"
        assert [(build["build"], build["hits"], build["misses"]) for build in found["builds"]] == [
            ("1", 0, 2),
            ("2", 1, 1),
        ]
        last = found["builds"][1]["steps"][1]
        assert (last["name"], last["status"], last["cause"], last["line"]) == ("RUN b", "miss", True, 3)
        assert last["inputs"] == [{"step": "base", "kind": "parent"}]
        assert last["reason"] == {"id": "no.such.text", "arguments": {"path": "x"}, "text": "no.such.text path=x"}
        assert (last["start"], last["end"], last["on_critical_path"], last["compressed"]) == (0, 3, True, 700_000)
        assert found["metrics"]["new_bytes"] == {"value": 2e6, "unit": "B", "estimate": False}
