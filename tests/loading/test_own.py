"""A scenario's own catalog, sizes written in place, and objects from Python take one door."""

import json
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import jsonschema
import pytest

import sim
from sim import limits
from sim.catalog import load
from sim.catalog.files import FOLDER
from sim.errors import InputError
from sim.loading import controls, from_document, from_page, load_text, override
from sim.loading.document import read
from sim.loading.schema import schema
from sim.records.instances import InstanceRecord, PhaseRecord
from sim.report import bibliography, words

DOCS = Path(__file__).parents[2] / "docs"

HEAD = "id: own\nconcept: density\ntitle: T\nsummary: S\n"
SIZES = "study: density\ntechnology: docker\nhost: {memory: 64 GiB, cores: 8}\napplication: {memory: 300 MiB}\n"
TEXTS = 'name = { en = "Mine", ja = "Mine" }\nkind = { en = "container", ja = "c" }\n'
RUNC = f'id = "mine"\nlike = "runc"\n{TEXTS}'


def block(page: str, name: str) -> str:
    """The indented block of a page that begins with a comment of that file name."""
    (found,) = re.findall(
        rf"^    # {re.escape(name)}\n((?:    .*\n|\n)+)", (DOCS / page).read_text(encoding="utf-8"), re.M
    )
    return "".join(line[4:] or "\n" for line in found.splitlines(keepends=True)).split("\n# ")[0].rstrip() + "\n"


@pytest.fixture
def own(tmp_path: Path):
    def write(**files: str) -> Path:
        for name, text in files.items():
            kind, _, stem = name.partition("__")
            path = tmp_path / "mine" / kind / f"{stem}.toml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path

    return write


def one(text, folder="."):
    (variant,) = load_text(HEAD + text, "s.yaml", folder).parts[0].variants.values()
    return variant


def startup(rest: str, catalog: str = "./mine") -> str:
    return f"catalog: {catalog}\nstudy: startup\n{rest}"


def refused(text, folder="."):
    with pytest.raises(InputError) as caught:
        load_text(HEAD + text, "s.yaml", folder)
    return [str(problem).split("\n")[0] for problem in caught.value.problems]


def test_a_size_written_in_place_changes_those_numbers_and_no_others():
    found, server, web = one(SIZES), load.host("server"), load.application("web")
    assert (found.host.cores, found.host.memory.value) == (8, 64 * 2**30)
    assert found.host.memory.source == "definition: given by the scenario"
    assert (
        replace(
            found.host,
            id="server",
            name=server.name,
            cores=server.cores,
            memory=server.memory,
            provenance=server.provenance,
        )
        == server
    )
    private = [part for part in found.application.memory if part.share == "instance"]
    assert [part.amount.value for part in private] == [300 * 2**20]
    assert [part for part in found.application.memory if part not in private] == [
        part for part in web.memory if part.share != "instance"
    ]


def test_more_memory_in_place_holds_as_many_more_instances():
    def instances(memory: str) -> float:
        (outcome,) = sim.run(load_text(HEAD + SIZES.replace("64 GiB", memory)))
        return outcome.metric("density", "limit_memory_touched").value

    host = load.host("server")
    spare = (64 * 2**30 - host.own_memory.value) / (32 * 2**30 - host.own_memory.value)
    assert instances("64 GiB") / instances("32 GiB") == pytest.approx(spare, rel=0.02)


def test_what_is_given_is_told_among_the_sources():
    (outcome,) = sim.run(load_text(HEAD + SIZES))
    assert "server (cores 8, memory 64 GiB), web (memory 300 MiB): given by the scenario" in {
        str(entry) for entry in bibliography.of_outcomes([outcome])
    }
    touched = next(record for record in outcome.records if record.constraint == "memory_touched")
    assert "definition: given by the scenario" in touched.source


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("cores: 8", "cors: 8", "s.yaml:7:24: host.cors: unknown key 'cors', did you mean 'cores'?"),
        ("cores: 8", "cores: 0", "s.yaml:7:31: host.cores: 0 is out of range; expected at least 1"),
        ("64 GiB", "64", "s.yaml:7:16: host.memory: 64 has no unit"),
        ("64 GiB", "1 B", "s.yaml:7:16: host.memory: is no more than the"),
        ("{memory: 64 GiB, cores: 8}", "{like: sever, cores: 8}", "s.yaml:7:14: host.like: no host 'sever'"),
        ("{memory: 300 MiB}", "{like: web}", "s.yaml:8:14: application: says no number"),
        ("docker", "{like: docker}", "s.yaml:6:13: technology: "),
    ],
)
def test_what_is_wrong_with_a_size_is_told_with_its_place(old, new, says):
    (problem,) = refused(SIZES.replace(old, new))
    assert problem.startswith(says)


def test_an_own_docker_of_before_1_9_starts_everyone_with_and_without_a_network(own):
    """What ends under the network's lock since 1.9 is not there yet. Without a network nothing is left under it."""
    old = f'like = "docker"\nversion = "1.8"\n{TEXTS}'
    folder = own(
        technologies__old=f'id = "old"\n{old}',
        technologies__free=f'id = "free"\n{old}without = {{ phases = ["network-lock"] }}\n',
    )
    common = "instances: 5\nhost: reference\napplication: hello\n"
    variants = "compare: {old: {technology: old}, free: {technology: free}, net: {technology: old, network: bridge}}\n"
    (outcome,) = sim.run(load_text(HEAD + startup(common + variants), "", folder))
    ready = {
        name: [one.ready for one in outcome.records if isinstance(one, InstanceRecord) and one.of == name]
        for name in ("old", "free", "net")
    }
    assert ready["old"] == ready["free"]
    assert [len(times) for times in ready.values()] == [5, 5, 5]
    steps = {
        (one.instance, one.phase): one for one in outcome.records if isinstance(one, PhaseRecord) and one.of == "net"
    }
    had = sorted((steps[one, "network-lock"].end, steps[one, "network-allocator"].end) for one in range(5))
    assert all(given_back <= got for (_, given_back), (got, _) in pairwise(had))


def test_an_own_technology_may_be_like_what_ships_and_start_an_own_guest(own):
    guest = (FOLDER / "guests" / "alpine.toml").read_text(encoding="utf-8").replace('"alpine"', '"small"', 1)
    folder = own(
        technologies__mine=f'id = "mine"\nlike = "lxc"\nguests = ["small", "debian-cloud"]\n{TEXTS}',
        guests__small=guest,
    )
    scenario = load_text(
        HEAD + startup("compare: {a: {technology: mine}, b: {technology: mine, guest: small}}\n"), "", folder
    )
    (outcome,) = sim.run(scenario)
    assert outcome.metric("a", "startup_time", "p50").value == outcome.metric("b", "startup_time", "p50").value
    assert words.label_names(outcome)["a"].name == "Mine"
    shipped = {phase.id for phase in load.guest("alpine").phases} | {
        phase.id for phase in load.technology("lxc").phases
    }
    assert shipped <= words.phase_names(outcome, "a").keys()


def test_own_parts_and_hosts_are_found_before_those_that_ship(own):
    cgroups = (FOLDER / "parts" / "cgroups.toml").read_text(encoding="utf-8")
    laptop = (FOLDER / "hosts" / "laptop.toml").read_text(encoding="utf-8")
    folder = own(parts__cgroups=cgroups + '\n[[phases]]\nid = "more"\nowner = "engine"\nleads_to = "init"\n'
                 'wait = { value = "3 s", definition = "slow" }\ntext = { en = "m", ja = "m" }\n',
                 technologies__mine=RUNC, hosts__laptop=laptop)  # fmt: skip
    found = one(startup("technology: mine\nhost: laptop\n"), folder)
    assert "more" in [phase.id for phase in found.technology.phases]
    assert "more" not in [phase.id for phase in load.technology("runc").phases]
    assert found.host == load.host("laptop")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (RUNC + "cpu = 1\n", r"mine/technologies/mine\.toml:5: cpu: unknown key"),
        (RUNC + "[[phases]]\nid = 'new'\nwait = 3\n", r"mine\.toml:7: phases\.\d+\.wait: 3 is a bare number"),
        (RUNC.replace("runc", "runk"), r"mine\.toml:2: like: 'runk' is none of the technologies, did you mean 'runc'"),
        (RUNC.replace('"mine"', '"yours"'), r"mine\.toml:1: id: 'yours' is not the file's name 'mine'"),
        (RUNC + "guests = ['nobody']\n", r"mine\.toml:5: guests: no guest 'nobody'"),
        (RUNC + 'cpu_efficiency = { value = 0, definition = "none" }\n', r"mine\.toml:5: cpu_efficiency: is not above"),
        (RUNC + 'idle_cpu = { value = 1e300, definition = "all" }\n', r"idle_cpu\.value: 1e\+300 is over 1000000000"),
        (RUNC + "x = [\n", r"mine/technologies/mine\.toml:5: is not TOML"),
        ("a = " + "[" * 5000, r"mine\.toml.*: is not TOML"),
    ],
)
def test_what_is_wrong_with_an_own_file_is_told_with_file_line_and_path(own, text, says):
    problems = refused(startup("technology: mine\n"), own(technologies__mine=text))
    assert any(re.search(says, problem) for problem in problems), problems


def test_files_that_no_parameter_names_are_not_read(own):
    assert one(startup("technology: runc\n"), own(technologies__mine="no toml [")).technology == "runc"


def test_technologies_that_are_like_each_other_are_refused(own):
    folder = own(technologies__a='id = "a"\nlike = "b"\n', technologies__b='id = "b"\nlike = "a"\n')
    assert any("is like itself" in problem for problem in refused(startup("technology: a\n"), folder))


def test_a_long_chain_of_likenesses_is_refused_with_the_limit(own):
    chain = {f"technologies__t{n}": f'id = "t{n}"\nlike = "t{n + 1}"\n{TEXTS}' for n in range(900)}
    says = refused(startup("technology: t0\n"), own(**chain))
    assert any(f"like more than {limits.CATALOG_LIKE} others" in problem for problem in says)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("parts = [" + '"veth", ' * 51 + "]", "parts: has 51 entries; expected at most 50"),
        ("# " + "x" * limits.CATALOG_FILE, f"larger than {limits.CATALOG_FILE} bytes"),
    ],
)
def test_an_own_file_is_bounded(own, text, says):
    assert any(
        says in problem for problem in refused(startup("technology: mine\n"), own(technologies__mine=RUNC + text))
    )


def test_a_folder_that_cannot_be_used_is_told_where_it_is_named(own, monkeypatch):
    folder = own(technologies__mine=RUNC, technologies__other=RUNC)
    says = refused(startup("technology: runc\n", "./nowhere"), folder)
    assert says[0].startswith("s.yaml:5:10: catalog: no folder")
    (folder / "empty").mkdir()
    assert "has no file" in refused(startup("technology: runc\n", "./empty"), folder)[0]
    monkeypatch.setattr(limits, "CATALOG_FILES", 1)
    assert "more than 1 files" in refused(startup("technology: runc\n"), folder)[0]


def test_python_gives_objects_where_a_file_gives_ids(own):
    docker = load.technology("docker")
    bare = replace(docker, id="bare", phases=docker.phases[2:])
    document = {"id": "py", "concept": "taxonomy", "title": "T", "summary": "S", "study": "startup"}
    by_id = from_document({**document, "technology": "docker"})
    by_object = from_document({**document, "technology": docker})
    (first,), (second,) = sim.run(by_id), sim.run(by_object)
    assert first.metrics == second.metrics
    (changed,) = sim.run(override(by_id, {"technology": bare}))
    assert (
        changed.metric("startup", "startup_time", "p50").value != first.metric("startup", "startup_time", "p50").value
    )
    with pytest.raises(InputError, match="'laptop' is a Host; expected a Technology"):
        from_document({**document, "technology": load.host("laptop")})


def test_worker_processes_get_the_same(own):
    folder = own(technologies__mine=RUNC)
    text = HEAD + startup("technology: mine\nhost: {like: server, cores: 2}\ninstances: 5\nreplications: 4\n")
    (here,), (there,) = (sim.run(load_text(text, "", folder), jobs=jobs) for jobs in (1, 2))
    assert here.metrics == there.metrics


def test_a_page_names_no_folder_and_writes_no_size(own):
    folder = own(technologies__mine=RUNC)
    text = startup("technology: mine\nhost: {cores: 2}\ncontrols: [technology, host]\n")
    scenario = load_text(HEAD + text, "", folder)
    technology, host = controls(scenario)
    assert (technology.written, host.written) == ("mine", "laptop (cores 2)")
    assert technology.written in technology.choices
    assert host.written in host.choices
    for changes in ({}, {"technology": "mine"}, {"host": "laptop (cores 2)"}):
        assert from_page(scenario, changes).parts == scenario.parts
    assert from_page(scenario, {"technology": "docker"}).parts[0].variants["startup"].technology == "docker"
    for path, value in (("catalog", "/etc"), ("host", "{cores: 64}"), ("technology", "../mine"), ("host", "x.toml")):
        with pytest.raises(InputError):
            from_page(scenario, {path: value})


def test_the_schema_takes_each_form_and_refuses_an_unknown_word_in_a_size():
    validator = jsonschema.Draft202012Validator(schema())
    document = read(HEAD + "catalog: ./mine\n" + SIZES.replace("docker", "mine"), "").value
    assert validator.is_valid(document)
    assert not validator.is_valid({**document, "host": {"cors": 8}})
    assert not validator.is_valid({**document, "application": {"like": {"memory": "1 MiB"}}})
    assert not validator.is_valid({**document, "technology": {"like": "docker"}})


def test_the_documents_examples_run(tmp_path):
    file = tmp_path / "mine" / "technologies" / "nspawn.toml"
    file.parent.mkdir(parents=True)
    file.write_text(block("catalog.md", "mine/technologies/nspawn.toml"), encoding="utf-8")
    (mine,) = sim.run(load_text(block("catalog.md", "nspawn.yaml"), "", tmp_path))
    assert mine.labels == ("mine", "docker")
    host = tmp_path / "mine" / "hosts" / "desk.toml"
    host.parent.mkdir()
    host.write_text(block("catalog.md", "mine/hosts/desk.toml"), encoding="utf-8")
    here = load_text(block("catalog.md", "nspawn.yaml") + "host: desk\n", "", tmp_path)
    assert next(iter(sim.run(here))).parameters["docker"]["host"] == "desk"
    (sizes,) = sim.run(load_text(block("scenarios.md", "own-size.yaml")))
    assert sizes.metric("density", "instances").value > 1
    (code,) = re.findall(
        r"^    from dataclasses.*?(?=^$\n\S)", (DOCS / "scenarios.md").read_text(encoding="utf-8"), re.M | re.S
    )
    names: dict[str, object] = {}
    exec(re.sub(r"^    ", "", code, flags=re.M), names)
    assert json.dumps(names["outcome"].parameters).count('"bare"') > 0  # type: ignore[attr-defined]
