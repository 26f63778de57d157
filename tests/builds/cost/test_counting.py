"""What a command installs is counted in its words and in the files it reads; where it cannot be, nothing is said."""

import json
import posixpath
from itertools import pairwise

import pytest

from sim.builds.advice.suggest import suggestions
from sim.builds.context.edits import Change, Edit
from sim.builds.cost.counting import TOOLS, count, entered, names_packages
from sim.builds.cost.rates import book
from sim.builds.plan import plan_builds
from sim.limits import MANIFEST

NPM = {"": {}, "node_modules/a": {}, "node_modules/b": {"dev": True}, "node_modules/c": {"link": True}}
FILES = {
    "requirements.txt": "# web\nflask>=2\nrequests==2.1 ; python_version > '3'\n\n-r more.txt\n--index-url x\n",
    "more.txt": "gunicorn\n-r requirements.txt\n",
    "pinned.txt": "\n".join(f"p{n}==1.{n}" for n in range(40)),
    "hashed.txt": "a==1 \\\n    --hash=sha256:0\nb==2 \\\n    --hash=sha256:1\n",
    "sub/package.json": json.dumps({"dependencies": {"a": "1"}, "devDependencies": {"b": "1", "c": "1"}}),
    "package-lock.json": json.dumps({"lockfileVersion": 3, "packages": NPM}),
    "v1/package-lock.json": json.dumps({"dependencies": {"a": {"dependencies": {"b": {}}}, "c": {"dev": True}}}),
    "yarn.lock": '# yarn\n\n"@a/b@^1":\n  version "1"\n\nc@1, c@2:\n  dependencies:\n    "@a/b" "1"\n',
    "pnpm-lock.yaml": "v: 9\npackages:\n\n  a@1:\n    resolution: {}\n  'b@2':\n    x: y\nsnapshots:\n  a@1: {}\n",
    "go.mod": "module x\n\nrequire a.b/c v1\nrequire (\n\td.e/f v1 // indirect\n\t// no\n\n\tg v2\n)\nreplace a => b\n",
    "Cargo.lock": '[[package]]\nname = "a"\n\n[[package]]\nname = "b"\n',
    "Gemfile.lock": "GEM\n  remote: x\n  specs:\n    rails (7)\n      rack (~> 2)\n    rack (2)\n\nPLATFORMS\n  ruby\n",
    "composer.lock": json.dumps({"packages": [{}, {}], "packages-dev": [{}]}),
    "poetry.lock": '[[package]]\nname = "a"\n',
    "uv.lock": '[[package]]\nname = "a"\n[[package]]\nname = "b"\n',
    "pyproject.toml": '[project]\nname = "x"\ndependencies = ["a", "b>1", "c"]\n',
    "Pipfile.lock": json.dumps({"default": {"a": {}, "b": {}}, "develop": {"c": {}}}),
    "pom.xml": "<dependencies><dependency>a</dependency><dependency>b</dependency></dependencies>",
}
ENV = {"EXTRA": "a b", "DIR": "x"}

COUNTED = [
    ("apt", "apt-get install -y --no-install-recommends curl git", (2, 0)),
    ("apt", "DEBIAN_FRONTEND=noninteractive apt-get -qq install -y -t sid curl=7.* >/dev/null 2>&1", (1, 0)),
    ("apt", "apt-get install -y \\\n curl \\\n git", (2, 0)),
    ("apt", "apt-get install -y $EXTRA ${EXTRA} c", (5, 0)),
    ("apt", "apt-get install -y $UNKNOWN c", None),
    ("apt", "apt-get install -y $(cat list)", None),
    ("apt", "apt-get install -y", None),
    ("apk", "apk add --no-cache --virtual .deps gcc musl-dev", (2, 0)),
    ("apk", "apk --update add -X http://a/b curl~=7", (1, 0)),
    ("dnf", "dnf -y install --setopt=a=b --enablerepo crb 'gcc' make", (2, 0)),
    ("pip", "pip install flask", (1, 0)),
    ("pip", "python -m pip install --no-cache-dir --upgrade -i http://x 'flask[async]>=2' redis", (2, 0)),
    ("pip", "pip install -r requirements.txt", (3, 0)),
    ("pip", "pip install -r/requirements.txt gunicorn", (4, 0)),
    ("pip", "pip install --requirement=pinned.txt", (0, 40)),
    ("pip", "pip install --require-hashes -r hashed.txt", (0, 2)),
    ("pip", "pip install -c pinned.txt flask", (1, 0)),
    ("pip", "pip install -e .[dev]", (3, 0)),
    ("pip", "pip install -r none.txt flask", None),
    ("pip", "poetry install --no-root", (0, 1)),
    ("pip", "uv sync --frozen", (0, 2)),
    ("pip", "pipenv install --system --deploy", (0, 2)),
    ("npm", "npm ci", (0, 2)),
    ("npm", "npm ci --omit=dev", (0, 1)),
    ("npm", "npm install --omit dev", (0, 1)),
    ("npm", "npm install -g nodemon", (1, 0)),
    ("npm", "npm --prefix sub install", (3, 0)),
    ("npm", "npm install --prefix=sub --production", (1, 0)),
    ("npm", "npm ci --prefix v1", (0, 3)),
    ("npm", "npm ci --prefix v1 --omit=dev", (0, 2)),
    ("npm", "npm ci --prefix none", None),
    ("npm", "yarn install --frozen-lockfile", (0, 2)),
    ("npm", "yarn global add phantomjs-prebuilt", (1, 0)),
    ("npm", "pnpm install --frozen-lockfile", (0, 2)),
    ("go", "go mod download", (0, 3)),
    ("go", "go build -o /x ./cmd/x", (0, 3)),
    ("go", "go install a.b/c@latest", (1, 0)),
    ("cargo", "cargo build --release", (0, 2)),
    ("gem", "bundle install --jobs 4", (0, 2)),
    ("gem", "gem install rails -v 7", (1, 0)),
    ("gem", "composer install --no-dev", (0, 2)),
    ("gem", "composer install", (0, 3)),
    ("maven", "mvn -B package", (2, 0)),
]  # fmt: skip


def read(path):
    return FILES.get(posixpath.normpath(path).strip("/"))


@pytest.mark.parametrize(("tool", "command", "packages"), COUNTED, ids=[command for _, command, _ in COUNTED])
def test_packages_are_counted_in_the_command_or_in_what_it_reads(tool, command, packages):
    found = count(tool, command, "/", ENV, read)
    assert (None if found is None else (found.named, found.locked)) == packages


def test_every_tool_of_the_catalog_is_counted_by_one_of_these_cases():
    assert (
        {rule.counted.tool for rule in book().rules if rule.counted} == set(TOOLS) == {tool for tool, _, _ in COUNTED}
    )
    for tool, command, _ in COUNTED:
        rule = book().rule(command.replace("\\\n", " ").replace("npm --prefix sub", "npm"))
        assert rule.counted is not None
        assert rule.counted.tool == tool


@pytest.mark.parametrize("text", ["{", "[" * 100_000, "[]", '{"packages": 3}', '{"packages": {"a": 3}}', "\x00"])
def test_a_broken_lock_file_is_as_good_as_none(text):
    for tool, command in (
        ("npm", "npm ci"),
        ("gem", "composer install"),
        ("pip", "pipenv install"),
        ("pip", "pip install ."),
    ):
        found = count(tool, command, "/", {}, lambda path: text)
        assert found is None or found.locked + found.named >= 1


def seconds(text, files=FILES, line=2, builder="buildkit-containerd"):
    (step,) = [r for r in plan_builds(text, files, builder=builder).records if r.line == line]
    return step.seconds, step.bytes, step.source, step.estimate


def test_more_packages_cost_more_and_the_source_says_how_many():
    two, thirty = (
        seconds(f"FROM debian\nRUN apt-get install -y {' '.join(f'p{n}' for n in range(number))}\n")
        for number in (2, 30)
    )
    assert two[0] < thirty[0]
    assert two[1] * 15 == thirty[1]
    assert two[2].startswith("estimate: 2 packages that the command names, ")
    assert thirty[2].startswith("estimate: 30 packages that the command names, ")
    assert two[3]
    one = seconds("FROM node\nRUN npm install -g nodemon\n")
    lock = json.dumps({"packages": {f"node_modules/{n}": {} for n in range(1200)}})
    project = seconds("FROM node\nCOPY package-lock.json .\nRUN npm ci\n", {"package-lock.json": lock}, 3)
    assert one[0] * 5 < project[0]
    assert project[2].startswith("estimate: 1200 packages in package-lock.json, ")


@pytest.mark.parametrize("builder", ["buildkit-containerd", "legacy"])
@pytest.mark.parametrize(
    "text",
    [
        "FROM p\nWORKDIR /app\nCOPY pinned.txt requirements.txt\nRUN pip install -r requirements.txt\n",
        "FROM p\nWORKDIR /app\nCOPY . .\nRUN cd / && pip install -r app/pinned.txt\n",
        "FROM p\nCOPY . /x\nWORKDIR /x\nRUN true && (cd sub && pip install -r ../pinned.txt)\n",
        "FROM p AS a\nCOPY pinned.txt /l\nFROM a\nRUN pip install -r /l\n",
    ],
)
def test_a_list_is_read_where_the_step_sees_it(text, builder):
    (step,) = [r for r in plan_builds(text, FILES, builder=builder).records if "pip install" in r.text]
    assert step.source.startswith("estimate: 40 packages in ")


def test_a_list_that_is_mounted_is_read_too():
    for mount in ("source=pinned.txt,target=r.txt", "target=/app,source=.", "target=/app"):
        file = "r.txt" if "r.txt" in mount else "pinned.txt"
        text = f"FROM p\nWORKDIR /app\nRUN --mount=type=bind,{mount} pip install -r {file}\n"
        assert seconds(text, line=3)[2].startswith("estimate: 40 packages in ")


def test_what_is_not_there_or_too_large_leaves_the_catalogs_figure():
    rule = book().rule("pip install x")
    for files in ({}, {"r.txt": "a==1\n" * (MANIFEST // 5 + 1)}):
        text = "FROM p\nCOPY . .\nRUN pip install -r r.txt\n"
        found = seconds(text, {"Dockerfile": "", "x": "", **files}, 3)
        assert found[1] == rule.bytes.value
        assert rule.seconds.estimate in found[2]


def test_a_new_line_in_the_list_costs_what_one_package_costs():
    counted = book().rule("pip install x").counted
    text = "FROM p\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n"
    sizes = [seconds(text, {"requirements.txt": "a\n" * number}, 3)[1] for number in (1, 2, 3)]
    assert {after - before for before, after in pairwise(sizes)} == {counted.named[1].value}


def test_a_command_that_names_its_packages_reads_no_list_of_the_projects():
    for command in ("npm install -g nodemon", "pip install flask", "yarn global add x", "uv pip install ruff"):
        assert names_packages(command)
    for command in ("npm ci", "pip install -r r.txt", "pip install .", "yarn", "uv sync", "make", "apt-get install x"):
        assert not names_packages(command)
    files = {"Dockerfile": "FROM node\nCOPY . .\nRUN npm install -g nodemon\n", "package.json": "{}", "i.js": "1"}
    found = suggestions(files, [Change(edits=(Edit(path="i.js", content="2"),))], limit=9)
    assert "build.suggest_split_copy" not in {one.message.id for one in found}


def test_a_name_with_make_in_it_is_no_make():
    assert book().rule("python make-data.py") is book().other
    assert book().rule("cd x && ./configure").id == book().rule("make -j4").id == "make"


def test_a_binary_that_is_copied_is_smaller_than_what_its_compiler_leaves():
    def copied(path):
        built = "FROM golang AS b\nWORKDIR /src\nCOPY go.mod .\nRUN go build -o /out/app\n"
        return seconds(f"{built}FROM a\nCOPY --from=b {path} /x\n", FILES, 6)[1]

    rule = book().rule("go build")
    assert copied("/out/app") == rule.result.value
    left = seconds("FROM golang\nCOPY go.mod .\nRUN go build\n", FILES, 3)[1]
    assert copied("/src") == copied("/") == left + len(FILES["go.mod"]), "the file that was copied is there beside it"


def test_the_crates_of_a_project_without_a_lock_file_are_those_it_names():
    files = {"Cargo.toml": '[package]\nname = "x"\n[dependencies]\nserde = "1"\ntokio = { version = "1" }\n'}
    found = count("cargo", "cargo build --release", "/", {}, lambda path: files.get(path.strip("/")))
    assert (found.named, found.locked) == (2, 0)


def test_hostile_commands_are_counted_in_bounded_memory_and_paths():
    assert count("apt", "apt-get install " + "$A " * 5000, "/", {"A": "x " * 100_000}, read) is None
    cwd = "/"
    for _ in range(5000):
        cwd = entered("cd aaaaaaaaaa", cwd)
    assert len(cwd) < 5000
    assert entered("(cd /x", "/y") == "/x"
    assert entered("cd $HOME", "/y") == "/y"
