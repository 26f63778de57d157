"""docker compose's commands on the engine's model. Each expectation is read from the source of v2.26.1, where named."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from sim.compose.commands.client import ComposeClient, UpOptions
from sim.compose.commands.converging import CreateOptions, ProjectHost
from sim.compose.reading.files import GivenFiles
from sim.compose.reading.model import ComposeProject
from sim.lifecycle.engine import Engine
from sim.lifecycle.process import ProbePiece, ProcessSpec, job, server
from tests.compose.conftest import opened

START = 0.2
"""Seconds that the model's engine takes for a start."""


class Bench:
    """A project on an engine, and commands for it."""

    def __init__(self, text: str, processes: Mapping[str, ProcessSpec] | None = None) -> None:
        self.engine = Engine()
        self.text = text
        processes = processes or {}
        self.host = ProjectHost(
            self.engine,
            lambda name: processes.get(name, server()),
            lambda image: image == "x",
            GivenFiles({"there.txt": ""}, "/shop"),
            networks=lambda _: False,
        )
        self.client = ComposeClient(self.host)

    @property
    def project(self) -> ComposeProject:
        return opened(self.text)

    def do(self, command: Callable, *signals: tuple[float, str]) -> tuple[int, str | None]:
        process = self.client.perform(command, signals)
        self.engine.env.run(process)
        self.seconds = process.value.seconds
        return process.value.code, process.value.error

    def up(self, *services: str, signals: tuple[tuple[float, str], ...] = (), **options: Any):
        create = CreateOptions(services=services, **{
            name: options.pop(name) for name in list(options) if name in CreateOptions.__dataclass_fields__
        })  # fmt: skip
        options.setdefault("detached", True)
        return self.do(self.client.up(self.project, UpOptions(create=create, **options)), *signals)

    def states(self) -> dict[str, str]:
        return {one.container.name.removeprefix("shop-"): one.state for one in self.host.members.there(one_offs=True)}

    def events(self, *kinds: str) -> list[str]:
        return [
            f"{event.container.removeprefix('shop-')} {event.kind}"
            for event in self.engine.events
            if event.kind in kinds
        ]


def services(**given: str) -> str:
    return "services:\n" + "".join(f"  {name}: {{image: x, {rest}}}\n" for name, rest in given.items())


CHAIN = services(web="depends_on: [api]", api="depends_on: [db]", db="")


def test_it_starts_in_the_order_of_dependencies_and_goes_down_in_reverse():
    bench = Bench(CHAIN)
    assert bench.up() == (0, None)
    assert bench.events("start") == ["db-1 start", "api-1 start", "web-1 start"]
    assert bench.seconds == pytest.approx(3 * START)
    assert bench.do(bench.client.down(bench.project)) == (0, None)
    assert bench.events("die", "destroy") == [
        "web-1 die", "web-1 destroy", "api-1 die", "api-1 destroy", "db-1 die", "db-1 destroy",
    ]  # fmt: skip
    assert bench.states() == {}


def test_what_does_not_depend_on_each_other_starts_at_once():
    bench = Bench(services(a="", b="", c="scale: 3"))
    bench.up()
    assert bench.seconds == pytest.approx(3 * START)  # a service's containers start in turn
    starts = sorted(event.at for event in bench.engine.events if event.kind == "start")
    assert starts == pytest.approx([0.2, 0.2, 0.2, 0.4, 0.6])


HEALTHY = services(db="healthcheck: {test: t, interval: 1s}", web="depends_on: {db: {condition: service_healthy}}")


def probed(*pieces: ProbePiece) -> ProcessSpec:
    return ProcessSpec(probe=pieces)


def test_it_looks_every_half_second_whether_a_dependency_is_healthy():
    """db starts at 0.2 and is probed at 1.2, which takes 0.05; looks are at 0.7, 1.2 and 1.7, and web starts at 1.9."""
    bench = Bench(HEALTHY, {"db": probed(ProbePiece())})
    assert bench.up() == (0, None)
    assert bench.seconds == pytest.approx(1.9)


@pytest.mark.parametrize(
    ("spec", "error"),
    [
        (probed(ProbePiece(ok=False)), "unhealthy"),
        (ProcessSpec(runs=0.4, exit=0, probe=(ProbePiece(ok=False),)), "exited"),
    ],
)
def test_a_dependency_that_does_not_become_healthy_ends_the_command_and_its_dependent_stays_created(spec, error):
    bench = Bench(HEALTHY, {"db": spec})
    assert bench.up() == (1, error)
    assert bench.states()["web-1"] == "created"


def test_a_condition_without_a_health_check_is_an_error_and_an_optional_one_is_passed_over():
    text = services(db="", web="depends_on: {db: {condition: service_healthy, required: true}}")
    assert Bench(text).up() == (1, "no health check")
    bench = Bench(text.replace("true", "false"))
    assert bench.up() == (0, None)
    assert bench.states() == {"db-1": "running", "web-1": "running"}


def test_all_dependencies_are_waited_for_to_the_end_although_one_has_failed():
    """convergence.go, waitDependencies: its group's context is not the one that the loops look at."""
    text = services(
        bad="healthcheck: {test: t, interval: 1s, retries: 1}",
        slow="healthcheck: {test: t, interval: 5s}",
        web="depends_on: {bad: {condition: service_healthy}, slow: {condition: service_healthy}}",
    )
    bench = Bench(text, {"bad": probed(ProbePiece(ok=False)), "slow": probed(ProbePiece())})
    assert bench.up() == (1, "unhealthy")
    assert bench.seconds == pytest.approx(5.7)  # slow is healthy at 5.25, seen at 5.7


def test_a_job_is_waited_for_and_runs_again_with_each_up():
    bench = Bench(
        services(init="", web="depends_on: {init: {condition: service_completed_successfully}}"), {"init": job(2)}
    )
    assert bench.up() == (0, None)
    assert bench.up() == (0, None)
    assert bench.events("start") == ["init-1 start", "web-1 start", "init-1 start"]


def test_the_first_replica_that_ends_decides_over_a_job():
    text = services(init="scale: 2", web="depends_on: {init: {condition: service_completed_successfully}}")
    runs = iter((job(1), job(5, 3)))
    bench = Bench(text)
    bench.host.spec = lambda name: next(runs) if name == "init" else server()
    assert bench.up() == (0, None)
    assert bench.states() == {"init-1": "exited", "init-2": "running", "web-1": "running"}


def test_a_failed_job_ends_the_command():
    bench = Bench(
        services(init="", web="depends_on: {init: {condition: service_completed_successfully}}"), {"init": job(1, 4)}
    )
    assert bench.up() == (1, "job failed")


def test_a_change_makes_containers_anew_and_those_that_depend_on_them_too():
    """convergence.go, setDependentLifecycle: whatever their condition, `restart: true` or not."""
    bench = Bench(services(db="labels: [a]", web="depends_on: [db]", other=""))
    bench.up()
    bench.text = bench.text.replace("[a]", "[b]")
    assert bench.up() == (0, None)
    assert sorted(bench.events("destroy")) == ["db-1 destroy", "web-1 destroy"]
    assert bench.states() == {"db-1": "running", "web-1": "running", "other-1": "running"}
    assert bench.up() == (0, None)
    assert len(bench.events("create")) == 5


@pytest.mark.parametrize(("recreate", "made"), [("force", 4), ("never", 2), ("diverged", 3)])
def test_containers_are_made_anew_where_it_is_asked_for(recreate, made):
    bench = Bench(services(a="labels: [a]", b=""))
    bench.up()
    bench.text = bench.text.replace("[a]", "[b]")
    bench.up(recreate=recreate)
    assert len(bench.events("create")) == made


def test_volumes_without_a_name_go_on_in_a_new_container_unless_they_are_renewed():
    write = ProcessSpec(files=(("append", "/v/n"), ("count", "/v/n")))
    bench = Bench(services(a="labels: [a], volumes: [/v]"), {"a": write})
    printed = []
    for label, inherit in (("a", True), ("b", True), ("c", False)):
        bench.text = services(a=f"labels: [{label}], volumes: [/v]")
        bench.up(timeout=0, inherit=inherit)
        printed.append(bench.host.members.there()[0].container.printed)
    assert printed == ["1", "2", "1"]


def test_scale_goes_up_and_down_and_the_highest_numbers_go():
    bench = Bench(services(w=""))
    bench.up(scale={"w": 3})
    assert sorted(bench.states()) == ["w-1", "w-2", "w-3"]
    bench.up()
    assert bench.states() == {"w-1": "running"}
    assert bench.do(bench.client.scale(bench.project, {"w": 2})) == (0, None)
    assert sorted(bench.states()) == ["w-1", "w-2"]
    assert bench.up(scale={"no": 1}) == (1, "no such service")


def test_orphans_stay_but_where_they_are_to_go():
    bench = Bench(services(a="", b=""))
    bench.up()
    bench.text = services(a="")
    bench.up()
    bench.do(bench.client.down(bench.project))
    assert bench.states() == {"b-1": "running"}
    bench.up(remove_orphans=True)
    assert bench.states() == {"a-1": "running"}
    bench.text = services(c="")
    assert bench.do(bench.client.down(bench.project, remove_orphans=True)) == (0, None)
    assert bench.states() == {}


def test_restart_takes_along_those_that_ask_for_it_and_waits_for_nothing():
    text = services(
        db="healthcheck: {test: t, interval: 1s}",
        web="depends_on: {db: {condition: service_healthy, restart: true}}",
        far="depends_on: {web: {condition: service_started, restart: true}}",
        other="depends_on: [db]",
    )
    bench = Bench(text, {"db": probed(ProbePiece())})
    bench.up()
    before = len(bench.engine.events)
    assert bench.do(bench.client.restart(bench.project, ("db",), timeout=0)) == (0, None)
    starts = [event.container for event in bench.engine.events[before:] if event.kind == "start"]
    assert starts == ["shop-db-1", "shop-web-1", "shop-far-1"]
    assert bench.seconds == pytest.approx(3 * START)
    assert bench.do(bench.client.restart(bench.project, ("no",))) == (1, "no such service")


def test_stop_leaves_dependents_alone_and_rm_takes_what_does_not_run():
    bench = Bench(services(db="", web="depends_on: [db]"))
    bench.up()
    bench.do(bench.client.stop(bench.project, ("db",)))
    assert bench.states() == {"db-1": "exited", "web-1": "running"}
    bench.do(bench.client.remove(bench.project))
    assert bench.states() == {"web-1": "running"}
    assert bench.do(bench.client.start(bench.project)) == (0, None)


def test_stop_and_grace_are_those_of_the_service():
    stubborn = server(stops=False)
    bench = Bench(services(a="stop_grace_period: 2s", b="stop_grace_period: 1m", c=""), dict.fromkeys("abc", stubborn))
    bench.up()
    bench.do(bench.client.stop(bench.project, ("a",)))
    assert bench.seconds == pytest.approx(2)
    bench.do(bench.client.stop(bench.project, ("c",)))
    assert bench.seconds == pytest.approx(10)
    bench.do(bench.client.stop(bench.project, ("b",), timeout=3))
    assert bench.seconds == pytest.approx(3)


def test_a_named_service_comes_with_what_it_depends_on_or_without():
    bench = Bench(services(db="", api="depends_on: [db]", other=""))
    bench.up("api")
    assert sorted(bench.states()) == ["api-1", "db-1"]
    alone = Bench(services(db="", api="depends_on: [db]"))
    assert alone.up("api", no_deps=True) == (0, None)
    assert sorted(alone.states()) == ["api-1"]
    assert alone.up("no") == (1, "no such service")


def test_naming_a_service_turns_its_profiles_on():
    bench = Bench(services(web="", tool="profiles: [t], depends_on: [web]", more="profiles: [t]"))
    bench.up()
    assert sorted(bench.states()) == ["web-1"]
    bench.up("tool")
    assert sorted(bench.states()) == ["tool-1", "web-1"]


class TestAttached:
    def test_it_ends_with_the_last_container_and_tells_no_exit_code(self):
        bench = Bench(services(a="", b=""), {"a": job(1, 3), "b": job(4, 5)})
        assert bench.up(detached=False) == (0, None)
        assert bench.seconds == pytest.approx(4 + START)

    def test_it_aborts_with_the_code_of_the_first_that_ends(self):
        bench = Bench(services(a="", b=""), {"a": job(1, 3)})
        assert bench.up(detached=False, abort_on_exit=True)[0] == 3
        assert bench.states() == {"a-1": "exited", "b-1": "exited"}

    def test_it_aborts_with_the_code_of_the_service_that_counts(self):
        bench = Bench(services(a="", b=""), {"a": job(1, 3)})
        assert bench.up(detached=False, exit_code_from="b")[0] == 0
        assert bench.up(detached=False, exit_code_from="no") == (1, "no such service")

    @pytest.mark.parametrize("signal", ["INT", "TERM"])
    def test_interrupted_it_stops_all_in_reverse_order(self, signal):
        bench = Bench(services(a="", b="depends_on: [a]"))
        assert bench.up(detached=False, signals=((3.0, signal),)) == (130, "interrupted")
        assert bench.events("die") == ["b-1 die", "a-1 die"]

    def test_killed_it_leaves_its_containers(self):
        bench = Bench(services(a=""))
        assert bench.up(detached=False, signals=((3.0, "KILL"),))[0] == 137
        assert bench.states() == {"a-1": "running"}

    def test_interrupted_while_it_waits_it_starts_nothing_more(self):
        text = services(init="", web="depends_on: {init: {condition: service_completed_successfully}}")
        bench = Bench(text)
        assert bench.up(signals=((5.0, "INT"),)) == (130, "interrupted")
        assert bench.states() == {"init-1": "running", "web-1": "created"}

    def test_a_failed_start_ends_it_and_leaves_the_rest(self):
        bench = Bench(HEALTHY, {"db": probed(ProbePiece(ok=False))})
        assert bench.up(detached=False) == (1, "unhealthy")
        assert bench.states() == {"db-1": "running", "web-1": "created"}


class TestWait:
    def test_it_waits_until_all_are_healthy_or_run(self):
        bench = Bench(services(a="healthcheck: {test: t, interval: 2s}", b=""), {"a": probed(ProbePiece())})
        assert bench.up(wait=True) == (0, None)
        assert bench.seconds == pytest.approx(2.7)

    def test_a_job_that_nobody_waits_for_fails_it_and_one_that_is_awaited_does_not(self):
        assert Bench(services(a=""), {"a": job(0)}).up(wait=True) == (1, "exited")
        text = services(a="", b="depends_on: {a: {condition: service_completed_successfully}}")
        assert Bench(text, {"a": job(0)}).up(wait=True) == (0, None)

    def test_it_waits_no_longer_than_it_may(self):
        bench = Bench(services(a="healthcheck: {test: t, interval: 9s}"), {"a": probed(ProbePiece())})
        assert bench.up(wait=True, wait_timeout=4) == (1, "wait timeout")


class TestOneOff:
    def test_it_brings_up_what_it_depends_on_and_ends_with_its_code(self):
        bench = Bench(services(db="", job="depends_on: [db], restart: always"), {"job": job(0, 5)})
        assert bench.do(bench.client.run(bench.project, "job")) == (5, None)
        assert bench.do(bench.client.run(bench.project, "job", spec=job(0, 6), auto_remove=True)) == (6, None)
        assert sorted(state for name, state in bench.states().items() if name != "db-1") == ["exited"]
        assert bench.do(bench.client.run(bench.project, "job", no_deps=True, spec=job(0))) == (0, None)

    def test_it_waits_for_conditions_too(self):
        bench = Bench(HEALTHY, {"db": probed(ProbePiece(ok=False)), "web": job(0)})
        assert bench.do(bench.client.run(bench.project, "web")) == (1, "unhealthy")

    def test_a_command_in_a_container_that_runs(self):
        bench = Bench(services(a=""))
        bench.up()
        assert bench.do(bench.client.execute(bench.project, "a", job(0, 9))) == (9, None)
        assert bench.do(bench.client.execute(bench.project, "a", ProcessSpec(start_error="not found")))[0] == 126
        bench.do(bench.client.stop(bench.project))
        assert bench.do(bench.client.execute(bench.project, "a", job(0))) == (1, "not running")

    def test_a_signal_to_it_goes_to_its_container(self):
        bench = Bench(services(a=""), {"a": server()})
        code, _ = bench.do(bench.client.run(bench.project, "a"), (2.0, "TERM"))
        assert (code, bench.events("die")[0].endswith("die")) == (0, True)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (services(a="depends_on: [no]"), (15, "undefined service")),
        (services(a="env_file: no.env"), (14, "env file missing")),
        ("x-a: 1\n", (1, "no service selected")),
        ("services: {a: {image: nosuch}}\n", (18, "image missing")),
        ("services: {a: {image: nosuch, pull_policy: never}}\n", (1, "image missing")),
        ("services: {a: {image: x, pull_policy: always}}\n", (18, "image missing")),
        ("services: {a: {image: 'x:'}}\n", (1, "bad image name")),
        (services(a="volumes: ['s:/s']"), (1, "mount path not absolute")),
        (services(a="volumes: [{type: bind, source: ./no, target: /d}]"), (1, "bind source missing")),
        (services(a="volumes: ['./no:/d']"), (0, None)),
        (services(a="secrets: [s]") + "secrets: {s: {file: ./no}}\n", (1, "bind source missing")),
        (services(a="secrets: [s]") + "secrets: {s: {file: ./there.txt}}\n", (0, None)),
        (services(a="volumes: ['vv:/v']") + "volumes: {vv: {external: true}}\n", (1, "no such volume")),
        (services(a="secrets: [s]") + "secrets: {s: {environment: NO}}\n", (1, "variable missing")),
        (services(a="secrets: [s]") + "secrets: {s: {external: true}}\n", (1, "external secret")),
        (services(a="networks: [n]") + "networks: {n: {external: true}}\n", (1, "no such network")),
        ("services: {a: {build: ./no}}\n", (17, "build context missing")),
        (services(a="container_name: nn", b="container_name: nn"), (1, "name in use")),
        (services(a="container_name: nn, scale: 2"), (15, "name in use")),
        (services(a="restart: sometimes"), (1, "bad restart policy")),
        (services(a="ports: ['80:80']", b="ports: ['80:80'], depends_on: [a]"), (1, "port in use")),
    ],
)
def test_what_ends_up_and_with_which_code(text, answer):
    assert Bench(text).up() == answer


def test_volumes_that_the_file_declares_go_with_down_v():
    bench = Bench(services(a="volumes: ['data:/v', /anonymous]") + "volumes: {data: {}, unused: {}}\n")
    bench.up()
    assert set(bench.engine.storage.volumes) >= {"shop_data"}
    assert "shop_unused" not in bench.engine.storage.volumes
    bench.do(bench.client.down(bench.project))
    assert "shop_data" in bench.engine.storage.volumes
    bench.up()
    bench.do(bench.client.down(bench.project, volumes=True))
    assert "shop_data" not in bench.engine.storage.volumes


def test_pause_kill_and_create():
    bench = Bench(services(a="", b="depends_on: [a]"))
    assert bench.do(bench.client.create(bench.project, UpOptions())) == (0, None)
    assert set(bench.states().values()) == {"created"}
    bench.up()
    assert bench.do(bench.client.pause(bench.project)) == (0, None)
    assert set(bench.states().values()) == {"paused"}
    assert bench.up() == (1, "paused")  # it starts what is neither running, created, restarting nor ended
    assert bench.do(bench.client.unpause(bench.project)) == (0, None)
    assert bench.do(bench.client.kill(bench.project, ("a",))) == (0, None)
    assert bench.states() == {"a-1": "exited", "b-1": "running"}
