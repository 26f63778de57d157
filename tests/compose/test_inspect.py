"""`sim inspect compose.yaml`: what it answers, and what it refuses."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from sim.cli import answer
from sim.compose.reading.schema import schema
from sim.inspection import ComposeChoice, inspect

FILE = """\
version: "3"
x-more: {a: 1}
services:
  web:
    build: {context: ., target: app}
    labels: [a=b]
    deploy: {replicas: 2, resources: {limits: {cpus: "1"}}}
    ports: ["80-81:80-81"]
    depends_on:
      db: {condition: service_healthy}
      job: {condition: service_completed_successfully, required: false}
    networks: {default: {aliases: [w]}}
    develop: {watch: []}
  db:
    image: db:${TAG}
    healthcheck: {test: "true", interval: 1m30s}
    volumes: [{type: bind, source: ., target: /d, bind: {propagation: shared}}]
  job: {image: job, profiles: [setup]}
networks: {default: {driver: bridge}}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "compose.yaml").write_text(FILE)
    return tmp_path / "compose.yaml"


@pytest.mark.parametrize("name", ["docker-compose_all.yaml", "container-compose.yml", "compose.prod.yaml"])
def test_a_file_that_only_includes_others_is_known_by_its_name(tmp_path, name):
    (tmp_path / "other.yaml").write_text("services: {a: {image: x}}\n")
    (tmp_path / name).write_text("include: [other.yaml]\n")
    assert inspect(tmp_path / name)["start_order"] == [["a"]]


def test_it_has_the_services_the_waves_and_every_field_that_is_left_out(path):
    found = inspect(path)
    assert found["kind"] == "compose"
    assert found["start_order"] == [["db"], ["web"]]
    assert found["ignored"] == [
        "version",
        "x-more",
        "services.web.build.context",
        "services.web.build.target",
        "services.web.labels",
        "services.web.deploy.resources",
        "services.web.networks.default.aliases",
        "services.web.develop",
        "services.db.volumes.0.bind.propagation",
        "networks.default.driver",
    ]
    assert found["services"]["web"]["ignored"] == [
        "build.context", "build.target", "labels", "deploy.resources", "networks.default.aliases", "develop",
    ]  # fmt: skip
    assert found["services"]["web"]["depends_on"]["db"] == {
        "condition": "service_healthy", "restart": False, "required": True, "order_only": False,
    }  # fmt: skip
    assert found["services"]["web"]["replicas"] == 2
    assert found["services"]["db"]["healthcheck"]["interval"] == 90
    assert [name for name, service in found["services"].items() if not service["enabled"]] == ["job"]
    assert [(one["line"], one["path"]) for one in found["warnings"]] == [(15, "services.db.image")]
    assert found["problems"] == [
        {
            "file": str(path), "line": 8, "path": "services.web.ports",
            "message": "2 containers cannot all have port 80-81 of the host",
        }
    ]  # fmt: skip


def test_profiles_overlays_and_variables_are_those_that_are_chosen(path):
    path.with_name("more.yaml").write_text("services: {web: {ports: !reset [], scale: !reset null}}\n")
    overlay = str(path.with_name("more.yaml"))
    found = inspect(path, compose=ComposeChoice((overlay,), ("setup",), {"TAG": "1"}))
    assert (found["problems"], found["warnings"]) == ([], [])
    assert found["start_order"] == [["db", "job"], ["web"]]
    assert found["services"]["db"]["image"] == "db:1"
    assert found["files"] == [str(path), overlay]


def test_a_folder_is_read_as_docker_compose_does(path):
    path.with_name("compose.override.yaml").write_text("services: {db: {image: mine}}\n")
    assert inspect(path.parent)["services"]["db"]["image"] == "mine"


def test_the_table_and_the_exit_code(path, capsys):
    assert answer(["inspect", str(path)]) == 2
    out, err = capsys.readouterr()
    assert "   2  web      (built)           2  db (healthy), job (completed, optional)" in out
    assert "off, by their profiles: job" in out
    assert "  services.web.develop" in out
    assert f"{path}:8: services.web.ports: 2 containers" in err
    path.write_text("services: {a: {image: x}}\n")
    assert answer(["inspect", str(path), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["start_order"] == [["a"]]


def test_a_project_that_docker_compose_refuses_has_no_waves(path, capsys):
    """compose-go's checkConsistency refuses a dependency on a service of a profile that is not active."""
    path.write_text("services: {web: {image: x, depends_on: [db]}, db: {image: y, profiles: [data]}}\n")
    assert answer(["inspect", str(path)]) == 2
    out, err = capsys.readouterr()
    assert out == f"compose project {path.parent.name}: 2 services; docker compose refuses it and starts nothing\n"
    assert "services.web.depends_on.db: depends on 'db', which is in profiles data" in err
    assert answer(["inspect", str(path), "--profile", "data"]) == 0
    assert "   2  web      x               1  db" in capsys.readouterr().out
    assert [inspect(path)["refused"], inspect(path, compose=ComposeChoice((), ("data",)))["refused"]] == [True, False]


@pytest.mark.parametrize(
    "text",
    [
        "services:\n\t a: x\n",
        "services: {a: {image: x}\n",
        "services: [*a]\n",
        "services: {a: {image: ${X}}}\n",
        "services: " + "[" * 200 + "]" * 200,
        "services: {a: {image: x}, 5: {image: y}}\n---\n- 1\n",
        "services: 5\n",
        "services: {a: null, b: 5, c: [x], d: {build: 5, ports: [null, {}], volumes: [5, {}], env_file: 5}}\n",
        "services: {a: {extends: 5}, b: {extends: {file: 5, service: c}}, d: {extends: {}}}\n",
        "include: 5\nservices: {a: {depends_on: {b: 5}}}\n",
        "include: [5, {path: 5}, {}, null, {path: []}]\nservices: {}\n",
        "services: {a: {healthcheck: {test: 5, retries: x, interval: 3}, deploy: 5, environment: 5, links: {a: b}}}\n",
        "services: {a: {image: x, networks: {n: 5}, secrets: [{}], configs: {a: b}, scale: -1}}\nvolumes: 5\n",
        "services: {a: {image: x, volumes: [{type: bind}], logging: 5, build: [x], ulimits: 5}}\nsecrets: {s: 5}\n",
        "services: {a: &a {image: x, deploy: {restart_policy: 5, replicas: x}, profiles: 5}, b: {<<: *a}}\nname: 5\n",
    ],
)
def test_bad_input_is_problems_with_lines_and_never_a_traceback(tmp_path, capsys, text):
    (tmp_path / "compose.yaml").write_text(text)
    assert answer(["inspect", str(tmp_path / "compose.yaml")]) == 2
    err = capsys.readouterr().err
    assert "Traceback" not in err
    assert f"{tmp_path}/compose.yaml:" in err


def test_every_service_key_of_the_schema_is_read_or_named(tmp_path):
    """Whatever key a service has, it changes the model's answer or stands among what is ignored."""
    from sim.compose.reading.ignored import ignored

    used = {
        "build", "cgroup", "command", "configs", "container_name", "depends_on", "deploy", "entrypoint", "env_file",
        "environment", "extends", "healthcheck", "image", "init", "ipc", "links", "network_mode", "networks", "pid",
        "ports", "profiles", "pull_policy", "restart", "scale", "secrets", "stop_grace_period", "stop_signal", "uts",
        "volumes", "volumes_from",
    }  # fmt: skip
    keys = set(schema()["$defs"]["service"]["properties"])
    named = {path.split(".")[2] for path in ignored({"services": {"a": dict.fromkeys(keys, "x")}})}
    assert (named, named | used) == (keys - used, keys)


def test_the_schema_is_the_published_one_unchanged():
    text = Path(__file__).parents[2].joinpath("sim/compose/reading/compose-spec.json").read_bytes()
    assert hashlib.sha256(text).hexdigest() == SCHEMA


SCHEMA = "73ca5878c77570ba222a558016c7b3c6770ba5f3377786593e32180666512f8f"
"""schema/compose-spec.json of github.com/compose-spec/compose-go at e70e961."""


@pytest.mark.parametrize(
    ("service", "said"),
    [
        ("image: '${NO_SUCH:?need}'", ["required variable NO_SUCH is missing a value: need"]),
        ("build: '${NO_SUCH:?need}'", ["required variable NO_SUCH is missing a value: need"]),
        ("image: [x]", ['["x"] does not fit; expected a text']),
        ("image: ''", ["has neither an image nor a build"]),
        ("command: x", ["has neither an image nor a build"]),
    ],
)
def test_a_service_whose_image_is_wrong_is_told_once(tmp_path, service, said):
    (tmp_path / "compose.yaml").write_text(f"services:\n  a:\n    {service}\n")
    assert [one["message"] for one in inspect(tmp_path / "compose.yaml")["problems"]] == said


def test_one_wrong_image_does_not_hide_that_another_is_missing(tmp_path):
    (tmp_path / "compose.yaml").write_text("services:\n  a:\n    image: ${NO_SUCH:?need}\n  b:\n    command: x\n")
    assert [(one["path"], one["message"]) for one in inspect(tmp_path / "compose.yaml")["problems"]] == [
        ("services.a.image", "required variable NO_SUCH is missing a value: need"),
        ("services.b", "has neither an image nor a build"),
    ]


def test_an_unknown_key_is_a_problem_and_not_ignored_too(tmp_path):
    (tmp_path / "compose.yaml").write_text("services:\n  a:\n    image: x\n    prots: ['80:80']\n    labels: [a=b]\n")
    found = inspect(tmp_path / "compose.yaml")
    assert [one["path"] for one in found["problems"]] == ["services.a.prots"]
    assert (found["ignored"], found["services"]["a"]["ignored"]) == (["services.a.labels"], ["labels"])
