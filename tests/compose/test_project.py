"""Projects of several files, merged, extended and checked as docker compose does."""

from __future__ import annotations

import pytest

from sim import limits
from sim.compose.reading.findings import TooMuchError
from sim.compose.reading.model import ServiceDependency
from sim.compose.reading.order import start_order
from tests.compose.conftest import opened, told

BASE = """
services:
  web:
    image: base
    command: one
    environment: {A: 1, B: 2}
    ports: ["80:80"]
    volumes: [./data:/data, "named:/named"]
    labels: [a=1]
    depends_on: [db]
    dns: 1.1.1.1
  db: {image: db}
volumes: {named: }
"""


def test_a_later_file_adds_to_lists_and_mappings_and_replaces_what_has_one_value():
    """https://github.com/compose-spec/compose-spec/blob/main/13-merge.md"""
    over = """
services:
  web:
    image: over
    command: [two]
    environment: ["B=3", "C=4"]
    ports: ["81:81", "80:80"]
    volumes: ["./other:/data"]
    labels: {a: 2, b: 3}
    depends_on: {db: {condition: service_healthy}, mq: {condition: service_started}}
    dns: [2.2.2.2]
  mq: {image: mq}
"""
    project = opened({"compose.yaml": BASE, "over.yaml": over}, paths=("compose.yaml", "over.yaml"))
    web = project.services["web"]
    assert told(project) == []
    assert (web.image, web.config["command"]) == ("over", ["two"])
    assert web.environment == {"A": "1", "B": "3", "C": "4"}
    assert [str(port) for port in web.ports] == ["80:80/tcp", "81:81/tcp"]
    assert [(mount.source, mount.target) for mount in web.mounts] == [("/shop/other", "/data"), ("named", "/named")]
    assert web.config["labels"] == ["a=2", "b=3"]
    assert web.config["dns"] == ["1.1.1.1", "2.2.2.2"]
    assert web.depends_on == {"db": ServiceDependency("service_healthy"), "mq": ServiceDependency()}
    assert start_order(project.services) == [["db", "mq"], ["web"]]


def test_reset_takes_away_and_override_replaces():
    over = (
        "services:\n  web:\n    ports: !override ['90:90']\n    command: !reset null\n    environment: {A: !reset }\n"
    )
    web = opened({"compose.yaml": BASE, "o.yaml": over}, paths=("compose.yaml", "o.yaml")).services["web"]
    assert [str(port) for port in web.ports] == ["90:90/tcp"]
    assert "command" not in web.config
    assert web.environment == {"B": "2"}


def test_several_documents_in_a_file_are_merged_in_turn():
    assert (
        opened("services: {a: {image: x}}\n---\nservices: {a: {image: y}, b: {image: z}}\n").services["a"].image == "y"
    )


def test_a_service_extends_another_of_the_same_file_and_of_another():
    texts = {
        "compose.yaml": """
services:
  web: {extends: {file: sub/base.yaml, service: app}, environment: {B: mine}}
  worker: {extends: web, command: work}
""",
        "sub/base.yaml": """
services:
  app: {extends: root, image: app, env_file: app.env, volumes: ["./x:/x"]}
  root: {image: root, restart: always, environment: {A: "${V}", B: theirs}}
""",
        "sub/app.env": "A=from file\nC=3\n",
    }
    project = opened(texts, env={"V": "given"})
    worker = project.services["worker"]
    assert told(project) == []
    assert (worker.image, worker.restart, worker.config["command"]) == ("app", "always", "work")
    assert worker.environment == {"A": "given", "B": "mine", "C": "3"}
    assert worker.mounts[0].source == "/shop/sub/x"
    assert set(project.services) == {"web", "worker"}


@pytest.mark.parametrize(
    ("services", "kind"),
    [
        ("a: {extends: b}\n  b: {extends: a}", "extends cycle"),
        ("a: {extends: a}", "extends cycle"),
        ("a: {extends: no}", "undefined service"),
        ("a: {extends: {file: no.yaml, service: b}}", "file missing"),
    ],
)
def test_what_cannot_be_extended(services, kind):
    found = opened(f"services:\n  {services}\n").findings.wrong[0]
    assert (found.kind, found.code) == (kind, 14 if kind == "file missing" else 15)


def test_included_files_have_their_own_folder_and_variables():
    texts = {
        "compose.yaml": "include:\n  - sub/other.yaml\n  - {path: [more.yaml, over.yaml], env_file: more.env}\n"
        "services: {web: {image: 'w:${TAG}', depends_on: [db, mq]}}\n",
        ".env": "TAG=main\n",
        "sub/other.yaml": "services: {db: {image: 'db:${TAG}:${SUB}', environment: [SUB], volumes: ['./d:/d']}}\n",
        "sub/.env": "TAG=sub\nSUB=yes\n",
        "more.yaml": "services: {mq: {image: 'mq:${M}'}}\n",
        "over.yaml": "services: {mq: {restart: always}}\n",
        "more.env": "M=5\n",
    }
    project = opened(texts)
    services = project.services
    assert told(project) == []
    assert [services[name].image for name in ("web", "db", "mq")] == ["w:main", "db:main:yes", "mq:5"]
    assert services["db"].environment == {"SUB": "yes"}
    assert services["db"].mounts[0].source == "/shop/sub/d"
    assert services["mq"].restart == "always"
    assert start_order(services) == [["db", "mq"], ["web"]]


def test_what_is_included_may_say_the_same_but_nothing_else():
    texts = {
        "compose.yaml": "include: [o.yaml]\nservices:\n  same: {image: a}\n  other: {image: b}\n",
        "o.yaml": "services: {same: {image: a}, other: {image: c}}\n",
    }
    assert told(opened(texts)) == [("compose.yaml", 4, "services.other", "include conflict")]


@pytest.mark.parametrize(
    ("texts", "where"),
    [
        ({"compose.yaml": "include: [b.yaml]\n", "b.yaml": "include: [compose.yaml]\n"}, ("b.yaml", 1, "include.0")),
        ({"compose.yaml": "include: [compose.yaml]\n"}, ("compose.yaml", 1, "include.0")),
    ],
)
def test_files_that_include_each_other(texts, where):
    assert told(opened(texts)) == [(*where, "include cycle")]


def test_files_that_are_not_there_end_with_14():
    texts = {
        "compose.yaml": "include: [no.yaml]\nservices:\n  a:\n    image: x\n    env_file:\n      - no.env\n"
        "      - {path: perhaps.env, required: false}\n"
    }
    project = opened(texts)
    assert told(project) == [
        ("compose.yaml", 1, "include.0", "file missing"),
        ("compose.yaml", 6, "services.a.env_file.0", "env file missing"),
    ]
    assert {found.code for found in project.findings.wrong} == {14}


def test_a_raw_file_of_variables_is_taken_as_it_stands():
    texts = {
        "compose.yaml": "services: {a: {image: x, env_file: [{path: a.env, format: raw}]}}\n",
        "a.env": "A='$B'\n",
    }
    assert opened(texts).services["a"].environment == {"A": "'$B'"}


def test_profiles_turn_services_on():
    text = """
services:
  web: {image: x, depends_on: {dbg: {condition: service_started, required: false}}}
  dbg: {image: x, profiles: [debug]}
  tool: {image: x, profiles: [tools, debug], depends_on: [web]}
"""
    assert set(opened(text).services) == {"web"}
    assert start_order(opened(text, profiles=("debug",)).services) == [["dbg"], ["web"], ["tool"]]
    assert set(opened(text, env={"COMPOSE_PROFILES": "tools"}).services) == {"web", "tool"}
    assert set(opened(text, profiles=("*",)).services) == {"web", "dbg", "tool"}


def test_links_and_shared_namespaces_are_dependencies():
    """compose-go v2.4.8, loader/normalize.go."""
    text = """
services:
  a: {image: x}
  b: {image: x, links: ["a:alias"]}
  c: {image: x, network_mode: "service:b"}
  d: {image: x, volumes_from: ["c:ro"], pid: "service:a"}
"""
    project = opened(text)
    assert start_order(project.services) == [["a"], ["b"], ["c"], ["d"]]
    assert project.services["b"].depends_on == {"a": ServiceDependency(restart=True)}
    assert project.services["d"].depends_on == {
        "a": ServiceDependency(restart=True, order_only=True), "c": ServiceDependency(order_only=True),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "where", "kind"),
    [
        ("services:\n  a: {image: x, depends_on: [b]}\n", (2, "services.a.depends_on.b"), "undefined service"),
        ("services:\n  a: {image: x, networks: [n]}\n", (2, "services.a.networks.n"), "undefined network"),
        ("services:\n  a: {image: x, volumes: ['vv:/v']}\n", (2, "services.a.volumes.0"), "undefined volume"),
        ("services:\n  a: {image: x, secrets: [s]}\n", (2, "services.a.secrets.0"), "undefined secret"),
        ("services:\n  a: {image: x, configs: [s]}\n", (2, "services.a.configs.0"), "undefined config"),
        ("services:\n  a: {command: x}\n", (2, "services.a"), "no image"),
        ("services:\n  a:\n    image: x\n    nope: 1\n", (4, "services.a.nope"), "unknown key"),
        ("services:\n  a:\n    image: x\n    ports: abc\n", (4, "services.a.ports"), "wrong type"),
        ("services:\n  a: {image: x, scale: many}\n", (2, "services.a.scale"), "wrong type"),
        ("services:\n  a: {image: x, network_mode: host, networks: [default]}\n",
         (2, "services.a.network_mode"), "conflict"),
        ("services:\n  a: {image: x, scale: 2, deploy: {replicas: 3}}\n", (2, "services.a.scale"), "conflict"),
        ("services:\n  a: {image: x, scale: 2, container_name: n}\n", (2, "services.a.container_name"), "name in use"),
        ("services:\n  a: {image: x, container_name: nn}\n  b: {image: x, container_name: nn}\n",
         (3, "services.b.container_name"), "name in use"),
        ("services:\n  a: {image: x, ports: ['80:1']}\n  b: {image: x, ports: ['127.0.0.1:80:2']}\n",
         (3, "services.b.ports"), "port clash"),
        ("services:\n  a: {image: x, ports: ['80:1'], scale: 2}\n", (2, "services.a.ports"), "port clash"),
        ("services:\n  a: {image: x}\nsecrets: {s: {}}\n", (3, "secrets.s"), "incomplete"),
        ("services:\n  a: {image: x}\nvolumes: {v: {external: true, driver: d}}\n", (3, "volumes.v"), "conflict"),
        ("services:\n  a: {image: 'x:${T:?}'}\n", (2, "services.a.image"), "variable missing"),
        ("services:\n  a: {image: x, healthcheck: {test: [ls]}}\n", (2, "services.a.healthcheck.test"), "wrong type"),
        ("services:\n  a: {image: x, stop_grace_period: 5 years}\n", (2, "services.a.stop_grace_period"), "wrong type"),
        ("services:\n  a: {image: x, mem_limit: much}\n", (2, "services.a.mem_limit"), "wrong type"),
        ("services:\n  a: {image: x, ports: ['99999:1']}\n", (2, "services.a.ports.0"), "bad port"),
        ("services:\n  a:\n   - x\n", (3, "services.a"), "wrong type"),
        ("- x\n", (1, ""), "wrong type"),
    ],
)  # fmt: skip
def test_each_mistake_has_its_line_and_path(text, where, kind):
    assert (*where, kind) in [(line, path, found) for _, line, path, found in told(opened(text))]


def test_ports_of_other_addresses_protocols_and_free_choice_do_not_clash():
    text = """
services:
  a: {image: x, ports: ["127.0.0.1:80:1", "53:53/udp", "8000-8005:80"]}
  b: {image: x, ports: ["127.0.0.2:80:1", "53:53/tcp", "9000:80"]}
  c: {image: x, ports: ["53:53/tcp"], scale: 0}
  d: {image: x, ports: ["8000-8005:80"], scale: 3}
"""
    assert told(opened(text)) == []


@pytest.mark.parametrize(
    ("edges", "circle"),
    [
        ({"a": "b", "b": "c", "c": "a"}, "a -> b -> c -> a"),
        ({"z": "y", "y": "y"}, "y -> y"),
    ],
)
def test_a_circle_is_named_and_what_waits_for_it_never_starts(edges, circle):
    text = "services:\n  free: {image: x}\n" + "".join(
        f"  {name}: {{image: x, depends_on: [{other}]}}\n" for name, other in edges.items()
    )
    project = opened(text)
    assert [found.problem.message for found in project.findings.wrong] == [f"services wait for each other: {circle}"]
    assert start_order(project.services) == [["free"]]


def test_a_problem_in_an_included_or_extended_file_is_told_there():
    texts = {
        "compose.yaml": "include: [o.yaml]\nservices:\n  a: {extends: {file: p.yaml, service: p}}\n",
        "o.yaml": "services:\n  b:\n    image: x\n    nope: 1\n",
        "p.yaml": "services:\n  p:\n    image: x\n    ports: 5\n",
    }
    assert told(opened(texts)) == [
        ("o.yaml", 4, "services.b.nope", "unknown key"),
        ("p.yaml", 4, "services.a.ports", "wrong type"),
    ]


def test_a_change_of_scale_is_no_change_of_the_service_and_one_of_a_variable_is():
    """docker/compose v2.26.1, pkg/compose/hash.go."""
    text = "services: {{a: {{image: x, scale: {scale}, environment: {{V: '${{V:-1}}'}}}}}}\n"
    one, more = (opened(text.format(scale=scale)).services["a"] for scale in (1, 4))
    changed = opened(text.format(scale=1), env={"V": "2"}).services["a"]
    assert one.hash == more.hash != changed.hash


def test_the_name_of_a_project():
    assert opened("services: {a: {image: x}}\n").name == "shop"
    assert opened("name: My_Shop\nservices: {a: {image: x}}\n").name == "my_shop"
    assert opened("name: x\nservices: {a: {image: x}}\n", env={"COMPOSE_PROJECT_NAME": "given"}).name == "given"


def test_a_project_name_is_known_where_the_files_are_read():
    """docker compose 2.26.1 config: loader/loader.go of compose-go sets the variable before it reads."""
    texts = {
        "compose.yaml": "name: ${NAME}-x\ninclude: [o.yaml]\nservices:\n  a:\n    image: i:${COMPOSE_PROJECT_NAME}\n"
        "    environment: [COMPOSE_PROJECT_NAME]\n",
        "o.yaml": "services:\n  b:\n    image: j:${COMPOSE_PROJECT_NAME}\n",
    }
    project = opened(texts, env={"NAME": "Shop"})
    assert (project.name, project.services["a"].image, project.services["b"].image) == (
        "shop-x",
        "i:shop-x",
        "j:shop-x",
    )
    assert dict(project.services["a"].environment) == {"COMPOSE_PROJECT_NAME": "shop-x"}
    assert told(project) == []
    assert project.findings.warnings == []
    folder = opened("services: {a: {image: '${COMPOSE_PROJECT_NAME}'}}\n").services["a"].image
    over = {"compose.yaml": "name: one\nservices: {a: {image: x}}\n", "b.yaml": "name: two\n"}
    assert (folder, opened(over, paths=("compose.yaml", "b.yaml")).name) == ("shop", "two")


def test_a_container_name_of_an_unset_variable_is_none():
    project = opened("services:\n  a: {image: x, container_name: '${UNSET}'}\n  b: {image: x, container_name: ''}\n")
    assert told(project) == []
    assert {service.container_name for service in project.services.values()} == {""}


@pytest.mark.parametrize(
    ("platform", "built", "wrong"),
    [
        ("linux/arm64", "[linux/amd64]", ["services.a.platform"]),
        ("linux/amd64", "[linux/amd64, linux/arm64]", []),
        ("linux/arm64", "[]", []),
    ],
)
def test_a_service_runs_on_a_platform_that_its_image_is_built_for(platform, built, wrong):
    text = f"services:\n  a:\n    platform: {platform}\n    build: {{context: ., platforms: {built}}}\n"
    assert [path for _, _, path, _ in told(opened(text))] == wrong


def test_chains_of_services_files_and_values_are_refused_with_the_number():
    chain = "services:\n  a0: {image: x}\n" + "".join(f"  a{i}: {{extends: a{i - 1}}}\n" for i in range(200, 0, -1))
    with pytest.raises(TooMuchError, match=str(limits.COMPOSE_CHAIN)):
        opened(chain)
    twice = {f"d{i}.yaml": f"include: [d{i + 1}.yaml, d{i + 1}.yaml]\n" for i in range(30)}
    with pytest.raises(TooMuchError, match=str(limits.COMPOSE_FILES)):
        opened({"compose.yaml": "include: [d0.yaml]\n", **twice, "d30.yaml": "services: {}\n"})
    labels = ", ".join(f"l{i}" for i in range(2000))
    wide = f"services:\n  a: {{image: x, labels: [{labels}]}}\n"
    with pytest.raises(TooMuchError, match=str(limits.COMPOSE_VALUES)):
        opened(wide + "".join(f"  b{i}: {{extends: a}}\n" for i in range(200)))
