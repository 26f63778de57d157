"""A small study whose numbers can be worked out by hand, registered beside the real ones for a test's time."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, Literal

import pytest
from annotated_types import Ge, Le, doc
from hypothesis import settings

from sim import studies
from sim.errors import InputError
from sim.loading.shipped import lessons
from sim.outcome import MetricSpec
from sim.quantity import Bytes, PerSecond, Seconds
from sim.records.instances import InstanceRecord
from sim.studies.base import Context, Study, StudyRun

# An example of a property may take as long as a busy machine makes it. A plain run draws the same examples each time,
# so that a change is blamed for what it broke; HYPOTHESIS_PROFILE=explore draws new ones.
settings.register_profile("same-examples", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same-examples"))

# Started in the background of a shell, this process ignores interrupts, and so would every command that a test starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of one shipped lesson of no other group go to one process, where its runs are kept (shipped.py)."""
    there = lessons()
    for item in items:
        about: Any = getattr(item, "callspec", None)
        named = [value.stem if isinstance(value, Path) else value for value in about.params.values()] if about else []
        lesson = next((name for name in there if name in named), "")
        if lesson and not any(map(item.get_closest_marker, ("browser", "xdist_group"))):
            item.add_marker(pytest.mark.xdist_group(lesson))


def pytest_collection_finish() -> None:
    """Set all tests and modules apart from what a test makes: a collection of garbage walks through thousands less."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def runs_once(request: pytest.FixtureRequest) -> Iterator[None]:
    """For tests of what becomes of a lesson's runs: what one of them ran, the others take (tests/shipped.py)."""
    from tests import shipped

    group = request.node.get_closest_marker("xdist_group")
    with shipped.runs_once(group.args[0]) if group else nullcontext():
        yield


@dataclass(frozen=True, kw_only=True)
class Spot:
    """A structure inside the parameters."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 -- pydantic reads it from the class
    at: Annotated[Seconds, doc("When.")]
    mark: str = "x"


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """What the queue at a counter looks like."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 -- pydantic reads it from the class
    service: Annotated[Seconds, doc("How long serving one takes.")]
    count: Annotated[int, Ge(1), Le(100), doc("How many are served, one after the other.")] = 1
    arrival: Annotated[PerSecond, doc("How many come a second.")] = 2.0
    memory: Annotated[Bytes | None, doc("What each takes.")] = None
    order: Annotated[Literal["first", "last"], doc("Who is served next.")] = "first"
    noisy: Annotated[bool, doc("Whether serving takes longer at random.")] = False
    note: Annotated[str, doc("Anything.")] = ""
    factor: Annotated[float, Ge(0), Le(10), doc("A plain number.")] = 1.0
    spots: Annotated[tuple[Spot, ...], doc("Structures.")] = ()
    fail: Annotated[str, doc("How to fail.")] = ""


def run(parameters: Parameters, context: Context) -> StudyRun:
    """Finish times are multiples of the service time; noise adds the same uniform number to all labels."""
    if parameters.fail == "bug":
        raise ZeroDivisionError("no counter is open")
    if parameters.fail == "input":
        raise InputError("no counter is open")
    if parameters.fail == "closed" and not Path("open").exists():
        raise InputError("the counter is closed")
    if parameters.fail == "interrupt":
        raise KeyboardInterrupt
    noise = context.seeds.stream("noise").random() if parameters.noisy else 0.0
    scale = {"low": 0.5, "value": 1.0, "high": 2.0}[context.bound]
    times = [(n + 1) * parameters.service * scale + noise for n in range(parameters.count)]
    context.tick(0.5)
    records = tuple(InstanceRecord(context.label, n, 0.0, 0.0, 0.0, time) for n, time in enumerate(times))
    total = float((parameters.memory or 0) * parameters.count)
    return StudyRun(
        {"time": times, "total": [total]},
        records,
        frozenset({"total"}) if parameters.memory else frozenset(),
        ranged=not parameters.noisy and parameters.note == "ranged",
    )


STUDY = Study(
    "counter",
    Parameters,
    (
        MetricSpec("time", "s", "first in line to served", "When one is served.", ("p50", "max"), headline=True),
        MetricSpec("total", "B", "", "What all take together."),
    ),
    run,
)
FIXED = Study("fixed", Parameters, STUDY.metrics, run, random=False)

SCENARIO = """\
id: two-counters
concept: queueing
title: {en: Two counters, ja: 二つの窓口}
summary: {en: Who waits longer?, ja: どちらが長く待つか}
study: counter
service: 2 s
compare:
  slow:
  fast: {service: 500 ms}
controls: [count, fast.service]
seed: 7
replications: 3
expect:
  - slow.time.p50 == 4 * fast.time.p50
"""


@pytest.fixture
def counter(monkeypatch: pytest.MonkeyPatch) -> str:
    """Register the studies "counter" and "fixed"; a valid scenario's text."""
    for study in (STUDY, FIXED):
        module: Any = ModuleType(f"sim.studies.{study.name}")
        module.STUDY = study
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setattr(studies, study.name, module, raising=False)
    monkeypatch.setattr(studies, "NAMES", (*studies.NAMES, "counter", "fixed"))
    return SCENARIO
