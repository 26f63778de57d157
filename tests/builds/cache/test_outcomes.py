"""What a RUN leaves: what plain commands show, and what a COPY put there that no command takes away."""

import pytest

from sim.builds.context.edits import Change, Edit
from sim.builds.plan import plan_builds
from sim.report.texts import told

BUILDERS = ["buildkit-containerd", "buildkit-overlay2", "legacy"]


def fate(run, taken, edit, builder="buildkit-containerd", before="WORKDIR /src\nCOPY . .\n"):
    """The fate and reason of a COPY --from=s of what a RUN left, after an edit of a file of the context."""
    text = f"FROM base AS s\n{before}{run}\nFROM base\nCOPY --from=s {taken} /out\n"
    files = {"main.c": "1", "d/k": "1", ".dockerignore": "Dockerfile\n.dockerignore\n"}
    change = Change(edits=(Edit(path=edit, content="2"),))
    records = plan_builds(text, files, [change], builder).last.records
    (record,) = [r for r in records if r.text.startswith("COPY --from=s")]
    return record.status, record.reason.id, dict(record.reason.arguments).get("path")


REMAINS = "miss", "build.stage_output_changed"
HANGS = "depends", "build.depends_on_output"

# RUN, what is taken of it, and whether it is sure to differ after an edit of main.c
SURE = [
    ("RUN make", "/src", True),
    ("RUN make", "/src/main.c", True),
    ("RUN make", "/src/*.c", True),
    ("RUN make && chmod 755 main.c && touch main.c", "/src", True),
    ("RUN make", "/src/dist", False),
    ("RUN make", "/usr/bin/app", False),
    ("RUN make && rm main.c", "/src", False),
    ("RUN make && rm -rf /src/*.c", "/src", False),
    ('RUN make && rm -rf "$HOME"', "/src", False),
    ("RUN make && rm -rf d", "/src", True),
    ("RUN make && rm -rf main.c.bak", "/src", True),
    ("RUN make && rm -rf /tmp/*", "/src", True),
    ("RUN make && cd /tmp && rm main.c", "/src", True),
    ("RUN make && cd .. && rm -r src", "/src", False),
    ("RUN make && cd $D && rm main.c", "/src", False),
    ("RUN make && mv main.c /elsewhere", "/src", False),
    ("RUN make && git clean -xdf", "/src", False),
    ("RUN git clone https://x/y /y && make", "/src", True),
    ("RUN find . -name main.c", "/src", True),
    ("RUN make; find . -name main.c -delete", "/src", False),
    ("RUN ls | xargs rm", "/src", False),
    ("RUN ls | xargs cat", "/src", True),
    ("RUN date > main.c", "/src", False),
    ("RUN date >> main.c", "/src", True),
    ("RUN cp /etc/x main.c", "/src", False),
    ("RUN cp /etc/main.c .", "/src", False),
    ("RUN cp /etc/x .", "/src", True),
    ("RUN if true; then rm main.c; fi", "/src", False),
    ("RUN for f in a; do rm $f; done", "/src", False),
    ("RUN X=`rm main.c` make", "/src", False),
    ("RUN make 'unterminated", "/src", False),
    ('RUN ["rm", "/src/main.c"]', "/src", False),
    ("RUN <<E\nrm main.c\nE", "/src", False),
    ("RUN make " + "x" * 30_000, "/src", False),
    ("RUN sed -i s/.*/b/ main.c", "/src/main.c", False),
    ("RUN sed -i.bak -e s/.*/b/ main.c", "/src", False),
    ("RUN sed s/.*/b/ main.c", "/src", True),
    ("RUN sed -i 's/a$/b/' d/k", "/src", True),
    ("RUN perl -pi -e s/a/b/ main.c", "/src", False),
    ("RUN curl -o main.c https://h/x", "/src", False),
    ("RUN curl -fsSLo main.c https://h/x", "/src", False),
    ("RUN curl --output=main.c https://h/x", "/src", False),
    ("RUN curl -LO https://h/main.c?a=1", "/src", False),
    ("RUN curl -fsSL https://h/main.c | cat", "/src", True),
    ("RUN wget -O main.c https://h/x", "/src", False),
    ("RUN wget -qOmain.c https://h/x", "/src", False),
    ("RUN wget -P /src https://h/main.c", "/src", False),
    ("RUN wget -qO- https://h/main.c | cat", "/src", True),
    ("RUN tar -xzf /a.tgz", "/src", False),
    ("RUN tar xf /a.tar -C /opt", "/src", True),
    ("RUN tar xf /a.tar -C /src", "/src", False),
    ("RUN tar czf main.c d", "/src", False),
    ("RUN tar czf /out.tgz .", "/src", True),
    ("RUN unzip /a.zip", "/src", False),
    ("RUN unzip -q /a.zip -d /opt", "/src", True),
    ("RUN dd if=/dev/zero of=main.c count=1", "/src", False),
    ("RUN dd if=main.c of=/x", "/src", True),
    ("RUN patch -p1 < /fix.diff", "/src", False),
    ("RUN patch d/k /fix.diff", "/src", True),
    ("RUN git apply /fix.diff", "/src", False),
    ("RUN sort -o main.c main.c", "/src", False),
    ("RUN sort -u -omain.c d/k", "/src", False),
    ("RUN sort main.c", "/src", True),
    ("RUN gcc -o app main.c", "/src", True),
    ("RUN npm ci", "/src", True),
    ("RUN npx prettier --write .", "/src", False),
    ("RUN eslint --fix main.c", "/src", False),
    ("RUN date | tee main.c /x", "/src", False),
    ("RUN cp -t /src /etc/main.c", "/src", False),
    ("RUN rsync -a /etc/ ./", "/src", False),
    ("RUN gzip main.c", "/src", False),
    ("RUN ls | xargs sed -i s/a/b/", "/src", False),
]


@pytest.mark.parametrize("builder", BUILDERS)
@pytest.mark.parametrize(("run", "taken", "sure"), SURE, ids=[f"{run[:40]} {taken}" for run, taken, _ in SURE])
def test_what_a_copy_put_there_is_known_to_differ_unless_a_command_may_take_it_away(builder, run, taken, sure):
    if builder == "legacy" and "<<" in run:
        return
    expected = REMAINS if sure else HANGS
    assert fate(run, taken, "main.c", builder)[:2] == expected


@pytest.mark.parametrize("builder", BUILDERS)
@pytest.mark.parametrize(
    ("run", "changed", "status"),
    [
        ("RUN npm ci", "node_modules/a", "depends"),
        ("RUN npm ci", "package.json", "miss"),
        ("RUN npm install", "package.json", "depends"),
        ("RUN npm run build", "package.json", "miss"),
        ("RUN yarn", "yarn.lock", "depends"),
    ],
)
def test_package_managers_write_what_is_theirs(builder, run, changed, status):
    text = f"FROM base AS s\nWORKDIR /src\nCOPY . .\n{run}\nFROM base\nCOPY --from=s /src /out\n"
    files = {"node_modules/a": "1", "package.json": "1", "yarn.lock": "1"}
    records = plan_builds(text, files, [Change(edits=(Edit(path=changed, content="2"),))], builder).last.records
    assert [r.status for r in records if r.text.startswith("COPY --from=s")] == [status]


@pytest.mark.parametrize("builder", BUILDERS)
@pytest.mark.parametrize(
    ("rest", "unless"), [("RUN make", 4), ("RUN make\nRUN strip", 5), ("RUN make\nCOPY . .", 0), ("RUN true", 0)]
)
def test_a_step_that_runs_again_says_when_not(builder, rest, unless):
    text = f"FROM base AS s\nWORKDIR /src\nCOPY . .\n{rest}\nFROM base\nCOPY --from=s /src/main.c /out\n"
    change = Change(edits=(Edit(path="main.c", content="2"),))
    records = plan_builds(text, {"main.c": "1"}, [change], builder).last.records
    (record,) = [r for r in records if r.text.startswith("COPY --from=s")]
    assert (record.status, dict(record.reason.arguments)["run"]) == ("miss", unless)
    english, japanese = told(record.reason), told(record.reason, "ja")
    assert english.startswith("Re-runs because src/main.c from stage s")
    assert english.endswith(f"unless the RUN of line {unless} removes it or writes it anew.") == bool(unless)
    assert (f"{unless}行目のRUNがそれを消すか書き直す場合は別です。" in japanese) == bool(unless)


def test_the_file_that_differs_is_named():
    assert fate("RUN make", "/src", "main.c") == (*REMAINS, "src/main.c")
    assert fate("RUN make", "/src", "d/k") == (*REMAINS, "src/d/k")


@pytest.mark.parametrize(("taken", "status"), [("/app/main.c", "miss"), ("/app", "miss"), ("/app/dist", "depends")])
def test_a_stage_further_on_knows_too_and_only_of_the_paths_that_it_takes(taken, status):
    text = (
        "FROM base AS s\nCOPY . /src\nRUN make\nFROM base AS t\nCOPY --from=s /src /app\nRUN strip\n"
        f"FROM base\nCOPY --from=t {taken} /m\n"
    )
    files = {"main.c": "1", ".dockerignore": "Dockerfile\n.dockerignore\n"}
    records = plan_builds(text, files, [Change(edits=(Edit(path="main.c", content="2"),))]).last.records
    assert [r.status for r in records if r.line in (5, 8)] == ["miss", status]


# what a RUN of plain commands leaves does not hang on the run: recorded in recorded_builds_neighbours.json
KNOWN = [
    ("RUN echo a > /o", "/o", "hit"),
    ("RUN echo a > /o", "/other", "hit"),
    ("RUN echo a > o && mkdir -p /q && true", "/src/o", "hit"),
    ("RUN echo a > /o && rm main.c", "/src", "hit"),
    ("RUN rm -rf /src && mkdir /src", "/src", "hit"),
    ("RUN cat d/k > /o", "/o", "hit"),
    ("RUN cat main.c > /o", "/o", "miss"),
    ("RUN cp main.c /o", "/o", "miss"),
    ("RUN cp d/k /o", "/o", "hit"),
    ("RUN touch main.c", "/src/main.c", "miss"),
    ("RUN touch new", "/src/new", "depends"),
    ("RUN echo $RANDOM > /o", "/o", "depends"),
    ("RUN echo -n a > /o", "/o", "depends"),
    ("RUN echo 'a\\nb' > /o", "/o", "depends"),
    ("RUN echo a | tee /o", "/o", "depends"),
    ("RUN echo a > /o; date > /p", "/p", "depends"),
    ("RUN cat /etc/x > /o", "/o", "depends"),
]


@pytest.mark.parametrize("builder", BUILDERS)
@pytest.mark.parametrize(("run", "taken", "status"), KNOWN, ids=[f"{run} {taken}" for run, taken, _ in KNOWN])
def test_plain_commands_leave_what_is_known(builder, run, taken, status):
    assert fate(run, taken, "main.c", builder)[0] == status


def test_a_variable_that_the_step_sets_is_known_and_another_user_is_not():
    assert fate("ENV V=1\nRUN echo $V > /o", "/o", "main.c")[0] == "hit"
    assert fate("USER app\nRUN echo 1 > /o", "/o", "main.c")[0] == "depends"
    assert fate("RUN --mount=type=cache,target=/o echo 1 > /o/x", "/o", "main.c")[0] == "depends"
    assert fate('SHELL ["/bin/bash", "-c"]\nRUN echo 1 > /o', "/o", "main.c")[0] == "depends"
