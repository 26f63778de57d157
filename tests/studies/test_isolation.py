"""What steps take away of the host: each rule by the document that states it, and the figure that shows it."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from sim.batch.run import run as run_scenario
from sim.catalog.facts import facts, values
from sim.catalog.locks import operations
from sim.catalog.tables.isolation import aspects, isolation_documents, isolation_steps, step_sets
from sim.engine.seeds import SeedTree
from sim.loading import load
from sim.outcome import Bound
from sim.records.hosts import ViewRecord
from sim.report.figures.words.isolation import rows, stairs_html, stairs_table, views
from sim.report.style import Style
from sim.studies.base import Context, StudyRun
from sim.studies.isolation import Isolation, StepId, StepSetId, run, scope


def ran(bound: Bound = "value", **fields: Any) -> StudyRun:
    return run(Isolation(**fields), Context("it", SeedTree(1), bound))


def seen(*steps: str) -> dict[str, str]:
    return {name: scope(aspect, steps) for name, aspect in aspects().items()}


def named(**fields: Any) -> list[str]:
    return [step.id for step in Isolation(**fields).taken()]


def test_the_ids_are_those_of_the_catalog() -> None:
    assert get_args(StepSetId) == tuple(step_sets())
    assert set(get_args(StepId)) == set(isolation_steps())
    used = {each.source for catalog in (isolation_steps(), aspects(), step_sets()) for each in catalog.values()}
    assert used == set(isolation_documents())


@pytest.mark.parametrize(
    ("steps", "aspect", "whose"),
    [
        # pid_namespaces(7): ps reads /proc, which must be mounted again to show the new namespace.
        (["pid"], "processes", "host"),
        (["mount", "pid"], "processes", "own"),
        (["pid"], "reboot", "own"),
        # time_namespaces(7) and namespaces(7).
        (["time"], "uptime", "own"),
        (["uts"], "hostname", "own"),
        # user_namespaces(7): rights over what no namespace covers need capabilities in the first user namespace.
        (["user"], "module", "none"),
        (["user"], "set-time", "none"),
        (["user"], "mount-call", "none"),
        (["user", "mount"], "mount-call", "own"),
        (["user", "network"], "raw", "own"),
        # moby, caps/defaults.go: CAP_NET_RAW and CAP_MKNOD stay, CAP_SYS_ADMIN, CAP_SYS_TIME, CAP_SYS_MODULE go.
        (["capabilities"], "raw", "host"),
        (["capabilities", "mount"], "devices", "host"),
        (["capabilities"], "mount-call", "none"),
        (["capabilities"], "set-time", "none"),
        (["capabilities"], "module", "none"),
        # Files below /proc/sys/kernel are written by their owner, root, whatever its capabilities.
        (["mount", "pid", "capabilities", "seccomp"], "sysctl", "host"),
        (["mount", "masked"], "sysctl", "none"),
        (["lsm"], "sysctl", "none"),
        # moby, seccomp/default.json: keyctl is in no list; unshare, mount and init_module follow the capabilities.
        (["seccomp"], "keyring", "none"),
        (["seccomp"], "new-user", "host"),
        (["seccomp"], "module", "host"),
        (["seccomp", "capabilities"], "new-user", "none"),
        # It allows ptrace, within the PID namespace.
        (["mount", "pid", "seccomp"], "ptrace", "own"),
        # Kubernetes' restricted standard: allowPrivilegeEscalation is false.
        (["no-new-privileges"], "setuid", "none"),
    ],
)
def test_a_step_takes_an_aspect_away(steps: list[str], aspect: str, whose: str) -> None:
    assert seen(*steps)[aspect] == whose


def test_no_step_gives_a_kernel_or_a_memory_size_of_its_own() -> None:
    left = {name for name, whose in seen(*isolation_steps()).items() if whose == "host"}
    assert left == {"kernel", "free"}


def test_docker_takes_the_namespaces_of_its_specification() -> None:
    """moby, oci/defaults.go lists five; daemon_unix.go adds the cgroup namespace under cgroup v2 alone."""
    spaces = {"mount", "network", "uts", "pid", "ipc"}
    all_eight = spaces | {"cgroup-ns", "user", "time"}
    assert set(named()) & all_eight == spaces | {"cgroup-ns"}
    assert set(named(cgroup="v1")) & all_eight == spaces
    privileged = set(named(steps="privileged"))
    assert privileged & all_eight == spaces | {"cgroup-ns"}
    assert not privileged & {"masked", "devices", "capabilities", "seccomp", "lsm"}


def test_docker_leaves_root_and_all_of_the_resources() -> None:
    left = {name for name, whose in seen(*named()).items() if whose == "host"}
    assert left == {"uptime", "free", "root", "kernel", "setuid", "memory", "cpu", "pids", "io"}
    assert ran().samples["host_root"] == [1]
    assert ran(also=("user",)).samples["host_root"] == ran(steps="restricted").samples["host_root"] == [0]


def test_a_limit_needs_a_cgroup_and_in_rootless_mode_version_2() -> None:
    limits = ("memory", "cpu", "pids", "io")
    assert ran(also=limits).samples["unlimited"] == [0]
    assert ran(also=limits, steps="rootless").samples["unlimited"] == [0]
    assert ran(also=limits, steps="rootless", cgroup="v1").samples["unlimited"] == [4]
    assert ran(also=limits, without=("cgroup",)).samples["unlimited"] == [4]
    assert ran(also=limits, steps="bare").samples["unlimited"] == [4]


def test_what_one_step_alone_holds_comes_back_without_it() -> None:
    """By hand: capabilities hold modules, clock; the filter devices; the namespace raw sockets; seccomp keyrings.

    Capabilities and seccomp must both be there to refuse new user namespaces.
    """
    assert ran().samples["held_once"] == [6]
    assert ran(without=("capabilities",)).samples["still_allowed"] == [1 + 3]
    assert ran(without=("lsm",)).samples["still_allowed"] == [1]


def test_the_namespaces_cost_together_what_was_measured_together() -> None:
    """Eight calls of unshare(2) against one with all eight flags (R0071), each less an empty call (R0062)."""
    spaces = ("mount", "pid", "network", "uts", "ipc", "cgroup-ns", "user", "time")
    (cost,) = ran(steps="bare", also=spaces).samples["cost"]
    (together,), (empty,) = (values(facts()[name], "s") for name in ("R0071", "R0062"))
    assert cost == pytest.approx(together - empty, rel=0.05)


@pytest.mark.parametrize(("version", "cost"), [("v1", "cost_v1"), ("v2", "cost")])
def test_a_cgroup_costs_what_a_start_under_the_same_version_takes(version: str, cost: str) -> None:
    made, attached = (
        operations()[f"{name}-{version}"].on("6.18").amount.value
        for name in ("cgroup_mutex.create", "cgroup_attach.attach")
    )
    assert getattr(isolation_steps()["cgroup"], cost).value == pytest.approx(made + attached)


def test_costs_are_the_catalogs_and_have_its_range() -> None:
    assert ran(steps="bare").samples["cost"] == [0]
    (cost,) = ran(steps="bare", also=("mount", "uts")).samples["cost"]
    assert cost == pytest.approx(37.5e-6 + 4.3e-6)
    low, middle, high = (ran(bound).samples["cost"][0] for bound in ("low", "value", "high"))
    assert low < middle < high
    assert ran().samples["dearest_step"] == [pytest.approx(0.0158)]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"also": ("user", "user")}, "user is named twice"),
        ({"without": ("lsm", "lsm")}, "lsm is named twice"),
        ({"also": ("time",), "without": ("time",)}, "time is in 'also' too"),
    ],
)
def test_steps_that_contradict_are_refused(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(Exception, match=words):
        Isolation(**fields)


def test_records_say_at_which_step_the_hosts_is_taken() -> None:
    records = [record for record in ran().records if isinstance(record, ViewRecord)]
    taken = {(record.step, record.aspect, record.scope) for record in records if record.taken}
    assert ("uts", "hostname", "own") in taken
    assert {("mount", "mount-call", "own"), ("capabilities", "mount-call", "none")} <= taken
    assert len(records) == len(aspects()) * (1 + len(named()))
    assert all(record.scope == "host" for record in records if record.number == 0)


def test_the_table_of_the_figure_is_a_staircase_of_the_records() -> None:
    (outcome,) = run_scenario(load("isolation"))
    shown, hidden = stairs_html(outcome, Style()), stairs_html(outcome, Style(), hidden=True)
    first, *others = outcome.labels
    cells = [*views(outcome, first), *(r for label in others for r in views(outcome, label)[-len(aspects()) :])]
    steps, listed = shown.split('<table class="viewlist"')
    assert steps.count('<td class="host') == sum(record.scope == "host" for record in cells)
    last = [record for label in outcome.labels for record in views(outcome, label)[-len(aspects()) :]]
    assert listed.count('<td class="host') == sum(record.scope == "host" for record in last)
    steps, listed = hidden.split('<table class="viewlist"')
    assert steps.count('<td class="host') == len(aspects())
    assert listed.count('<td class="unknown">?</td>') == len(aspects()) * len(outcome.labels)
    assert "○" not in hidden
    order = rows(views(outcome, first))
    assert order[:3] == ["mounts", "processes", "interfaces"]
    assert order[-4:] == ["memory", "cpu", "pids", "io"]
    table = stairs_table(outcome)
    assert ("Docker", "UTS namespace", "Host name") in {tuple(row.values())[:3] for row in table}
    assert ("Docker", "", "The kernel") in {tuple(row.values())[:3] for row in table}
    assert all("https://" in row["where it can be read"] for row in table)
