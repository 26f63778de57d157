"""The effect of each instruction on the next build, as measured with real builders: shared fact sheet, section 1.3.

Each row: a Dockerfile, what changes, and the fates of the steps of the next build by line, in BuildKit and in the
legacy builder, where every instruction is a step. "R" runs, "c" is cached. None: that builder has no such feature.
"""

# ruff: noqa: E501  (a row of the table is a line)

import pytest

from sim.builds.context import tree as trees
from sim.errors import InputError

HEAD = "FROM base:1\n"
TAIL = "RUN echo a\nCOPY x /x\nWORKDIR /w\nRUN echo b\n"
FILES = {
    "x": "1",
    "other": "o",
    "d/a": "1",
    "d/b": "2",
    "d/s/f": "3",
    ".dockerignore": "Dockerfile\n.dockerignore\nignored\n",
}


def mode(path, value):
    return lambda tree: trees.change(tree, path, mode=value)


def link(path, target):
    return lambda tree: trees.link(tree, path, target)


FILE_ROWS = [
    ("touch a file", "COPY x /x\nRUN b\n", lambda t: trees.change(t, "x", mtime=1e9), "cc", "cc"),
    ("chown a file on the host", "COPY x /x\nRUN b\n", lambda t: trees.change(t, "x", uid=1234, gid=1234), "cc", "cc"),
    ("write the same content again", "COPY x /x\nRUN b\n", {"x": "1"}, "cc", "cc"),
    ("chmod a file", "COPY x /x\nRUN b\n", mode("x", 0o755), "RR", "RR"),
    ("add an empty directory", "COPY d /d\n", lambda t: trees.make_directory(t, "d/new"), "R", "R"),
    ("retarget a symbolic link", "COPY d /d\n", link("d/l", "b"), "R", "R"),
    ("rename inside the copied directory", "COPY d /d\n", lambda t: trees.rename(t, "d/a", "d/c"), "R", "R"),
    ("chmod the copied directory itself", "COPY d /d\n", mode("d", 0o700), "c", "R"),
    # derived from fsutil's diskwriter.go, which treats every directory that is there already alike
    ("chmod a directory below the copied one", "COPY d /d\n", mode("d/s", 0o700), "c", "R"),
    ("chmod a directory, behind a wildcard", "COPY d* /t/\n", mode("d/s", 0o700), "c", "R"),
    ("chmod a directory, in a mount", "RUN --mount=type=bind,source=d,target=/d b\n", mode("d/s", 0o700), "c", None),
    ("chmod a file below a directory", "COPY d /d\n", mode("d/s/f", 0o700), "R", "R"),
    ("a file in place of a directory", "COPY d /d\n", lambda t: trees.write(t, "d/s", "1"), "R", "R"),
    ("an unrelated file", "COPY x /x\n", {"other": "2"}, "c", "c"),
    ("an ignored file", "COPY . /s\n", {"ignored": "2"}, "c", "c"),
    ("a comment in the ignore file", "COPY . /s\n", {".dockerignore": "# c\n" + FILES[".dockerignore"]}, "c", "c"),
    ("a neutral ignore rule", "COPY . /s\n", {".dockerignore": FILES[".dockerignore"] + "nothing\n"}, "c", "c"),
    ("a rule that hides a copied file", "COPY . /s\n", {".dockerignore": FILES[".dockerignore"] + "x\n"}, "R", "R"),
    ("a file behind a wildcard", "COPY d/* /d/\n", {"d/a": "9"}, "R", "R"),
    ("rename the only match of a wildcard", "COPY x* /d/\n", lambda t: trees.rename(t, "x", "x2"), "R", "R"),
    # contenthash, checksum.go: Checksum follows the links that a pattern chose, and none inside a plain directory
    ("the target of a link behind a wildcard", "COPY d/l* /d/\n", {"d/a": "9"}, "R", "R"),
    ("the target of a link in a copied directory", "COPY k /k\n", {"d/a": "9"}, "c", "R"),
    ("the target of a copied link", "COPY k/l /l\n", {"d/a": "9"}, "R", "R"),
    ("a file outside a wildcard", "COPY d/a* /d/\n", {"d/b": "9"}, "c", "c"),
]


@pytest.mark.parametrize("builder", ["buildkit-containerd", "buildkit-overlay2", "legacy"])
@pytest.mark.parametrize(
    ("rows", "change", "buildkit", "legacy"), [r[1:] for r in FILE_ROWS], ids=[r[0] for r in FILE_ROWS]
)
def test_a_change_of_files(bench, builder, rows, change, buildkit, legacy):
    expected = legacy if builder == "legacy" else buildkit
    if expected is None:
        return
    made = bench(builder, FILES)
    made.edit(link("d/l", "a"))
    made.edit(link("k/l", "../d/a"))
    assert set(made.build(HEAD + rows)) == {"R"}
    made.edit(change)
    assert made.build() == expected


def test_a_copied_dockerfile_counts_with_its_comments(bench):
    for builder in ("buildkit-containerd", "legacy"):
        made = bench(builder, {"x": "1"})
        made.build(HEAD + "COPY . /s\n")
        assert made.build("# hi\n" + HEAD + "COPY . /s\n") == "R"


METADATA = [
    ("LABEL v=1", "LABEL v=2"), ('CMD ["a"]', 'CMD ["b"]'), ("ENTRYPOINT a", "ENTRYPOINT b"), ("EXPOSE 80", "EXPOSE 81"),
    ("VOLUME /v1", "VOLUME /v2"), ("HEALTHCHECK CMD true", "HEALTHCHECK CMD false"),
    ("STOPSIGNAL SIGTERM", "STOPSIGNAL SIGKILL"), ("MAINTAINER a", "MAINTAINER b"),
    ("ONBUILD RUN a", "ONBUILD RUN b"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new"), METADATA, ids=[old.split()[0] for old, _ in METADATA])
def test_an_edited_setting_costs_buildkit_nothing_and_the_legacy_builder_everything_behind_it(bench, old, new):
    made = bench(files=FILES)
    assert made.build(f"{HEAD}{old}\n{TAIL}") == "RRRR"
    assert made.build(f"{HEAD}{new}\n{TAIL}") == "cccc"
    made = bench("legacy", FILES)
    assert made.build(f"{HEAD}{old}\n{TAIL}") == "RRRRR"
    assert made.build(f"{HEAD}{new}\n{TAIL}") == "RRRRR"


# name, Dockerfile before, Dockerfile after, arguments before and after, BuildKit, legacy
ROWS = [
    ("ENV changed", f"ENV A=1\n{TAIL}", f"ENV A=2\n{TAIL}", "", "", "RRRR", "RRRRR"),
    ("ENV changed, file steps only", "ENV A=1\nCOPY x /x\nWORKDIR /w\n", "ENV A=2\nCOPY x /x\nWORKDIR /w\n", "", "", "cc", "RRR"),
    ("ENV changed, then COPY, then RUN", "ENV A=1\nCOPY x /x\nRUN b\n", "ENV A=2\nCOPY x /x\nRUN b\n", "", "", "cR", "RRR"),
    ("ENV reordered", "ENV A=1 B=2\nRUN b\n", "ENV B=2 A=1\nRUN b\n", "", "", "R", "RR"),
    ("ENV split into two lines", "ENV A=1 B=2\nRUN b\n", "ENV A=1\nENV B=2\nRUN b\n", "", "", "c", "RRR"),
    ("ENV overwritten to the same list", "ENV A=1\nRUN b\n", "ENV A=0\nENV A=1\nRUN b\n", "", "", "c", "RRR"),
    ("ARG changed, unused", "ARG V\nRUN a\nCOPY x /x\n", None, "--build-arg V=1", "--build-arg V=2", "RR", "cRR"),
    ("ARG changed, file steps only", "ARG V\nCOPY x /x\n", None, "--build-arg V=1", "--build-arg V=2", "c", "cc"),
    ("ARG changed behind a RUN", "RUN a\nARG V=d\nRUN b\n", None, "--build-arg V=1", "--build-arg V=2", "cR", "ccR"),
    ("ARG left out", "ARG V\nRUN a\n", None, "--build-arg V=1", "", "R", "cR"),
    ("ARG default edited, overridden alike", "ARG V=1\nRUN a\n", "ARG V=2\nRUN a\n", "--build-arg V=9", "--build-arg V=9", "c", "RR"),
    ("ARG default given explicitly", "ARG V=1\nRUN a\n", None, "", "--build-arg V=1", "c", "cc"),
    # moby/buildkit 0.13, instructions/commands.go: ArgCommand.Expand; moby, dispatchArg
    ("ARGs of one line see what was before it", "ARG A=1 B=$A\nRUN a\n", "ARG A=1 B=1\nRUN a\n", "", "", "R", "RR"),
    ("ARGs of one line, the same without", "ARG A=1 B=$A\nRUN a\n", "ARG A=1 B=\nRUN a\n", "", "", "c", "cc"),
    ("ARGs of two lines", "ARG A=1\nARG B=$A\nRUN a\n", "ARG A=1\nARG B=1\nRUN a\n", "", "", "c", "ccc"),
    ("ARG left out, behind its use", "RUN a\nARG V\nRUN b\n", None, "--build-arg V=1", "", "cR", "ccR"),
    ("ARG set to nothing and left out", "ARG V\nRUN a\n", None, "--build-arg V=", "", "R", "cR"),
    ("declared proxy left out", "ARG HTTP_PROXY\nRUN a\n", None, "--build-arg HTTP_PROXY=a", "", "R", "cR"),
    ("ARG default edited", "ARG V=1\nRUN a\n", "ARG V=2\nRUN a\n", "", "", "R", "RR"),
    ("undeclared argument", "RUN a\n", None, "", "--build-arg NOPE=1", "c", "c"),
    ("proxy changed, undeclared", "RUN a\n", None, "--build-arg HTTP_PROXY=a", "--build-arg HTTP_PROXY=b", "c", "c"),
    ("proxy dropped, undeclared", "RUN a\n", None, "--build-arg HTTP_PROXY=a", "", "c", "R"),
    ("proxy changed, declared", "ARG HTTP_PROXY\nRUN a\n", None, "--build-arg HTTP_PROXY=a", "--build-arg HTTP_PROXY=b", "R", "cR"),
    ("ARG hidden by ENV", "ARG V\nENV V=hello\nRUN echo $V\n", None, "--build-arg V=1", "--build-arg V=2", "c", "ccc"),
    ("ARG before the first LABEL that uses it", "RUN a\nARG S\nLABEL s=$S\n", None, "--build-arg S=1", "--build-arg S=2", "c", "ccR"),
    ("USER changed", f"USER root\n{TAIL}", f"USER 0\n{TAIL}", "", "", "RRRR", "RRRRR"),
    ("USER changed, COPY then RUN", "USER root\nCOPY x /x\nRUN b\n", "USER 1000\nCOPY x /x\nRUN b\n", "", "", "cR", "RRR"),
    ("USER changed, WORKDIR", "USER root\nWORKDIR /w\n", "USER 1000\nWORKDIR /w\n", "", "", "R", "RR"),
    ("WORKDIR changed", f"WORKDIR /w1\n{TAIL}", f"WORKDIR /w2\n{TAIL}", "", "", "RRRRR", "RRRRR"),
    ("WORKDIR with a trailing slash", "WORKDIR /a\nRUN b\n", "WORKDIR /a/\nRUN b\n", "", "", "cR", "cc"),
    ("WORKDIR / is no vertex", "WORKDIR /\nRUN b\n", "WORKDIR /\nRUN b\n", "", "", "c", "cc"),
    ("SHELL changed, shell form", 'SHELL ["/bin/sh","-c"]\nRUN b\n', 'SHELL ["/bin/sh","-ec"]\nRUN b\n', "", "", "R", "RR"),
    ("SHELL changed, exec form", 'SHELL ["/bin/sh","-c"]\nRUN ["b"]\n', 'SHELL ["/bin/sh","-ec"]\nRUN ["b"]\n', "", "", "c", "RR"),
    ("comments and blank lines", "RUN a\nRUN b \\\n c\n", "\n# c\n\nRUN a\n# d\nRUN b \\\n# inner\n c\n", "", "", "cc", "cc"),
    ("instruction in lower case", "RUN a\n", "run a\n", "", "", "c", "c"),
    ("trailing spaces", "RUN a\n", "RUN a   \n", "", "", "c", "c"),
    ("more space behind the instruction", "RUN a\n", "RUN    a\n", "", "", "c", "c"),
    ("more space inside", "RUN a b\n", "RUN a  b\n", "", "", "R", "R"),
    ("a joined continuation", "RUN a \\\n  b\n", "RUN a b\n", "", "", "R", "R"),
    ("shell form and exec form of one argv", "RUN a\n", 'RUN ["/bin/sh","-c","a"]\n', "", "", "c", "c"),
    ("COPY and ADD", "COPY x /x\n", "ADD x /x\n", "", "", "R", "R"),
    ("COPY in JSON form", "COPY x /x\n", 'COPY ["x","/x"]\n', "", "", "c", "c"),
    ("destination d/ and d/name", "COPY x /d/\n", "COPY x /d/x\n", "", "", "R", "R"),
    ("order of sources", "COPY x other /d/\n", "COPY other x /d/\n", "", "", "R", "R"),
    ("--chown changed", "COPY --chown=1:1 x /x\n", "COPY --chown=2:1 x /x\n", "", "", "R", "R"),
    ("--chmod 755 and 0755", "COPY --chmod=755 x /x\n", "COPY --chmod=0755 x /x\n", "", "", "c", None),
    ("--chmod changed", "COPY --chmod=755 x /x\n", "COPY --chmod=700 x /x\n", "", "", "R", None),
    ("a variable that comes out the same", "ENV D=/d\nCOPY x $D/\n", "ENV E=/d\nCOPY x $E/\n", "", "", "c", "RR"),
    ("TARGETARCH declared", "ARG TARGETARCH\nRUN a\n", "RUN a\n", "", "", "R", "R"),
    ("RUN heredoc, delimiter", "RUN <<A\na\nA\n", "RUN <<B\na\nB\n", "", "", "c", None),
    ("RUN heredoc, body", "RUN <<A\na\nA\n", "RUN <<A\nb\nA\n", "", "", "R", None),
    ("RUN heredoc and the line alone", "RUN <<A\na\nA\n", "RUN a\n", "", "", "R", None),
    ("COPY heredoc, delimiter", "COPY <<A /f\na\nA\n", "COPY <<B /f\na\nB\n", "", "", "R", None),
    ("COPY heredoc, body", "COPY <<A /f\na\nA\n", "COPY <<A /f\nb\nA\n", "", "", "R", None),
    ("COPY heredoc, variable", "ARG V=1\nCOPY <<A /f\n$V\nA\n", None, "", "--build-arg V=2", "R", None),
    ("COPY heredoc, quoted", "ARG V=1\nCOPY <<'A' /f\n$V\nA\n", None, "", "--build-arg V=2", "c", None),
    ("cache mount, id", "RUN --mount=type=cache,target=/c,id=a b\n", "RUN --mount=type=cache,target=/c,id=z b\n", "", "", "c", None),
    ("cache mount, sharing of an own id", "RUN --mount=type=cache,target=/c,id=a b\n", "RUN --mount=type=cache,target=/c,id=a,sharing=locked b\n", "", "", "c", None),
    ("cache mount, sharing of the default id", "RUN --mount=type=cache,target=/c b\n", "RUN --mount=type=cache,target=/c,sharing=locked b\n", "", "", "R", None),
    ("cache mount, the default id spelt out", "RUN --mount=type=cache,target=/c b\n", "RUN --mount=type=cache,target=/c,id=/c b\n", "", "", "c", None),
    ("cache mount, target", "RUN --mount=type=cache,target=/c,id=a b\n", "RUN --mount=type=cache,target=/d,id=a b\n", "", "", "R", None),
    ("cache mount dropped", "RUN --mount=type=cache,target=/c b\n", "RUN b\n", "", "", "R", None),
    ("tmpfs mount, size", "RUN --mount=type=tmpfs,target=/c b\n", "RUN --mount=type=tmpfs,target=/c,size=1m b\n", "", "", "R", None),
    ("secret, value", "RUN --mount=type=secret,id=s b\n", None, "--secret id=s,src=CTX/x", "--secret id=s,src=CTX/other", "c", None),
    ("secret, id", "RUN --mount=type=secret,id=s b\n", "RUN --mount=type=secret,id=t b\n", "", "", "R", None),
    ("network", "RUN --network=none b\n", "RUN b\n", "", "", "R", None),
    # dockerfile2llb, convert_runnetwork.go and convert_runsecurity.go: the default is left unset
    ("network, the default spelt out", "RUN b\n", "RUN --network=default b\n", "", "", "c", None),
    ("network of the command line, the default", "RUN b\n", None, "", "--network default", "c", "c"),
    ("network of the command line", "RUN b\n", None, "", "--network=host", "R", "c"),
    ("network of the RUN wins", "RUN --network=none b\n", None, "", "--network=host", "c", None),
    ("security, the default spelt out", "RUN b\n", "RUN --security=sandbox b\n", "", "", "c", None),
    # client/llb/exec.go: Ulimit, CgroupParent and /dev/shm are in the definition; moby: hostConfigFromOptions is not
    ("ulimit", "RUN b\n", None, "", "--ulimit nofile=9", "R", "c"),
    ("ulimit, the hard bound spelt out", "RUN b\n", None, "--ulimit nofile=9", "--ulimit nofile=9:9", "c", "c"),
    ("size of /dev/shm", "RUN b\n", None, "--shm-size 1m", "--shm-size=1048576", "c", "c"),
    ("memory of the command line", "RUN b\n", None, "", "--memory 1g", "c", "c"),
    # moby, builder.go: buildLabelOptions, one LABEL a key; BuildKit: metadata
    ("a label of the command line", "RUN b\n", None, "", "--label a=1", "c", "cR"),
    ("another label of the command line", "RUN b\n", None, "--label a=1", "--label a=2", "c", "cR"),
    ("labels of the command line, by key", "RUN b\n", None, "--label b=1 --label a=1", "--label a=1 --label b=1", "c", "ccc"),
    ("a label moved into the Dockerfile", "RUN b\n", "RUN b\nLABEL a=1\n", "--label a=1", "", "c", "cc"),
    # instructions/commands_runmount.go: numbers are parsed; convert_secrets.go, convert_ssh.go: defaults
    ("tmpfs size, another spelling", "RUN --mount=type=tmpfs,target=/c,size=1m b\n", "RUN --mount=type=tmpfs,target=/c,size=1048576 b\n", "", "", "c", None),
    ("tmpfs size, no limit", "RUN --mount=type=tmpfs,target=/c b\n", "RUN --mount=type=tmpfs,target=/c,size=0 b\n", "", "", "c", None),
    ("secret mode, the default", "RUN --mount=type=secret,id=s b\n", "RUN --mount=type=secret,id=s,mode=0400 b\n", "", "", "c", None),
    ("secret mode, another spelling", "RUN --mount=type=secret,id=s,mode=440 b\n", "RUN --mount=type=secret,id=s,mode=0440 b\n", "", "", "c", None),
    ("secret mode", "RUN --mount=type=secret,id=s b\n", "RUN --mount=type=secret,id=s,mode=0440 b\n", "", "", "R", None),
    ("secret owner, the default", "RUN --mount=type=secret,id=s b\n", "RUN --mount=type=secret,id=s,uid=0,gid=00 b\n", "", "", "c", None),
    ("secret, required", "RUN --mount=type=secret,id=s b\n", "RUN --mount=type=secret,id=s,required b\n", "", "", "R", None),
    ("secret target, the default", "RUN --mount=type=secret,id=s b\n", "RUN --mount=type=secret,id=s,target=/run/secrets/s b\n", "", "", "c", None),
    ("secrets in another order", "RUN --mount=type=secret,id=s --mount=type=secret,id=t b\n", "RUN --mount=type=secret,id=t --mount=type=secret,id=s b\n", "", "", "R", None),
    ("tmpfs mounts in another order", "RUN --mount=type=tmpfs,target=/s --mount=type=tmpfs,target=/t b\n", "RUN --mount=type=tmpfs,target=/t --mount=type=tmpfs,target=/s b\n", "", "", "c", None),
    ("agent's socket mode, the default", "RUN --mount=type=ssh b\n", "RUN --mount=type=ssh,mode=600 b\n", "", "", "c", None),
    ("cache owner, the rest spelt out", "RUN --mount=type=cache,target=/c,uid=5 b\n", "RUN --mount=type=cache,target=/c,uid=5,gid=0,mode=0755 b\n", "", "", "c", None),
    ("cache owner", "RUN --mount=type=cache,target=/c,uid=5 b\n", "RUN --mount=type=cache,target=/c,uid=6 b\n", "", "", "R", None),
    ("bind mount, the default spelt out", "RUN --mount=source=x,target=/x b\n", "RUN --mount=type=bind,src=x,dst=/x,ro b\n", "", "", "c", None),
    ("bind mount, writable", "RUN --mount=source=x,target=/x b\n", "RUN --mount=source=x,target=/x,rw b\n", "", "", "R", None),
    ("mount target relative to WORKDIR", "WORKDIR /w\nRUN --mount=source=x,target=x b\n", "WORKDIR /w\nRUN --mount=source=x,target=/w/x b\n", "", "", "cc", None),
    # moby, copy.go and internals.go: the comment holds the destination as it is written
    ("destination by way of .", "COPY x d/\n", "COPY x ./d/\n", "", "", "c", "R"),
    ("destination relative to WORKDIR", "WORKDIR /w\nCOPY x f\n", "WORKDIR /w\nCOPY x /w/f\n", "", "", "cc", "cR"),
    ("source by way of .", "COPY x /f\n", "COPY ./x /f\n", "", "", "c", "c"),
    ("source with a slash in front", "COPY x /f\n", "COPY /x /f\n", "", "", "c", "c"),
    ("WORKDIR relative to the one before", "WORKDIR /a\nWORKDIR b\nRUN b\n", "WORKDIR /a\nWORKDIR /a/b\nRUN b\n", "", "", "ccc", "ccc"),
    ("ENV in the old form", "ENV A=1\nRUN b\n", "ENV A 1\nRUN b\n", "", "", "c", "cc"),
    ("ENV in quotes", "ENV A=1\nRUN b\n", 'ENV A="1"\nRUN b\n', "", "", "c", "cc"),
    ("LABEL in quotes", "LABEL a=1\nRUN b\n", 'LABEL "a"="1"\nRUN b\n', "", "", "c", "cc"),
    ("EXPOSE in another order", "EXPOSE 80 81\nRUN b\n", "EXPOSE 81 80\nRUN b\n", "", "", "c", "cc"),
    ("VOLUME in JSON form", "VOLUME /a /b\nRUN b\n", 'VOLUME ["/a","/b"]\nRUN b\n', "", "", "c", "cc"),
    ("CMD in exec form, the same argv", "CMD a\nRUN b\n", 'CMD ["/bin/sh","-c","a"]\nRUN b\n', "", "", "c", "cc"),
    ("--chown given as no more than the default", "COPY x /x\n", "COPY --chown=0:0 x /x\n", "", "", "R", "R"),
    ("a new line of metadata in front", "RUN b\n", "LABEL a=1\nRUN b\n", "", "", "c", "RR"),
    ("the platform of the builder spelt out", "RUN b\n", None, "", "--platform linux/amd64", "c", "c"),
    ("--no-cache", "RUN a\nCOPY x /x\nWORKDIR /w\nRUN b\n", None, "", "--no-cache", "RRRR", "RRRR"),
    ("an added host's address", "RUN a\n", None, "--add-host a:1.1.1.1", "--add-host a:2.2.2.2", "c", "c"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "args", "later", "buildkit", "legacy"), [r[1:] for r in ROWS], ids=[r[0] for r in ROWS]
)
def test_a_change_of_the_dockerfile_or_its_arguments(bench, before, after, args, later, buildkit, legacy):
    for builder, expected in (("buildkit-containerd", buildkit), ("buildkit-overlay2", buildkit), ("legacy", legacy)):
        if expected is None:
            continue
        made = bench(builder, FILES)
        assert set(made.build(HEAD + before, args)) == {"R"}
        assert made.build(None if after is None else HEAD + after, later) == expected, builder


@pytest.mark.parametrize("row", [r for r in ROWS if "--no-cache" not in r[4]], ids=lambda row: row[0])
def test_going_back_and_forth_finds_both_in_the_store(bench, row):
    """The cache is a store and not the last build; measured for content, ARG and removal (1.1 of the fact sheet)."""
    _, before, after, args, later, buildkit, legacy = row
    for builder in ("buildkit-containerd", "buildkit-overlay2", "legacy"):
        if (legacy if builder == "legacy" else buildkit) is None:
            continue
        made = bench(builder, FILES)
        made.build(HEAD + before, args)
        made.build(None if after is None else HEAD + after, later)
        assert set(made.build(HEAD + before, args)) == {"c"}, builder
        assert set(made.build(None if after is None else HEAD + after, later)) == {"c"}, builder


def test_labels_of_the_command_line_are_steps_of_the_legacy_builder_behind_all_others(bench):
    made = bench("legacy")
    assert made.build("FROM base:1\nRUN a\n", "--label b=$X --label a=1") == "RRR"
    assert [name for name, _ in made.fates()] == ["2/4 RUN a", "3/4 LABEL a=1", "4/4 LABEL b=$X"]
    made = bench("legacy")
    made.build("FROM base:1 AS one\nRUN a\nFROM base:1\nRUN b\n", "--target one --label a=1")
    assert [name for name, _ in made.fates()] == ["2/3 RUN a", "3/3 LABEL a=1"]
    made = bench()
    made.build("FROM base:1\nRUN a\n", "--label a=1")
    assert [name for name, _ in made.fates()] == ["[2/2] RUN a"]


def test_a_directory_that_was_not_sent_in_between_comes_back_with_its_new_mode(bench):
    """Only the paths a build asks for are sent, and the rest is removed (dockerfile2llb: filterPaths; fsutil)."""
    made = bench(files={"d/a": "1", "x": "1"})
    made.build("FROM base:1\nCOPY d /d\n")
    made.edit(mode("d", 0o700))
    assert made.build("FROM base:1\nCOPY x /x\n") == "R"
    assert made.build("FROM base:1\nCOPY d /d\n") == "R"
    made.edit(mode("d", 0o755))
    assert made.build("FROM base:1\nRUN a\n") == "R"
    assert made.build("FROM base:1\nCOPY d /d\n") == "c"


def test_the_legacy_builder_passes_over_link(bench):
    """moby, dispatchers.go: dispatchCopy asks for BuildKit where --chmod is given, and reads no --link."""
    made = bench("legacy", {"x": "1"})
    assert made.build("FROM base:1\nCOPY x /x\nRUN a\n") == "RR"
    assert made.build("FROM base:1\nCOPY --link x /x\nRUN a\n") == "cc"
    assert made.build("FROM base:1\nCOPY --chmod=700 x /x\nRUN a\n") == "E"


def test_a_made_directory_counts_with_its_owner(bench):
    text = "FROM base:1 AS a\nUSER {}\nWORKDIR /w\nFROM base:1\nCOPY --from=a /w /w\n"
    made = bench()
    assert made.build(text.format("1")) == "RR"
    assert made.build(text.format("2")) == "RR"
    assert made.build(text.format("1")) == "cc"


def test_a_flag_that_needs_buildkit_is_refused_even_where_the_command_alone_would_hit(bench):
    """moby, dispatchers.go: dispatchRun looks at the flags before it looks at the cache."""
    made = bench("legacy")
    made.build("FROM base:1\nRUN a\n")
    assert made.build("FROM base:1\nRUN --network=none a\n") == "E"


def test_the_legacy_builder_takes_a_stage_by_its_name_in_capitals_and_no_name_twice(bench):
    made = bench("legacy")
    assert made.build("FROM base:1 AS Web\nRUN a\nFROM WEB\nRUN b\n") == "RR"
    assert [step.vertex.definition.get("from") for step in made.steps.values()][2] == "web"
    with pytest.raises(InputError, match=r"Dockerfile:3: web stage name already used"):
        made.build("FROM base:1 AS web\nRUN a\nFROM base:1 AS WEB\nRUN b\n")
    assert bench().build("FROM base:1 AS web\nRUN a\nFROM base:1 AS WEB\nRUN b\n") == "R"


def test_an_argument_before_the_first_from_reaches_no_step_until_it_is_declared_again(bench):
    made = bench()
    made.build("ARG V=1\nFROM base:1\nRUN a\n")
    assert made.build(args="--build-arg V=2") == "c"
    assert made.build("ARG V=1\nFROM base:1\nARG V\nRUN a\n") == "R"
    assert made.build(args="--build-arg V=2") == "R"
    assert made.build("ARG V=2\nFROM base:1\nARG V\nRUN a\n") == "c"


def test_an_argument_reaches_the_stages_built_from_its_own_and_no_others(bench):
    text = "FROM base:1 AS a\nARG V\nRUN a\nFROM a\nRUN b\n"
    made = bench()
    made.build(text, "--build-arg V=1")
    assert made.build(args="--build-arg V=2") == "RR"
    text = "FROM base:1 AS a\nARG V\nCOPY x /x\nFROM base:1\nCOPY --from=a /x /x\nRUN b\n"
    made = bench(files={"x": "1"})
    made.build(text, "--build-arg V=1")
    assert made.build(args="--build-arg V=2") == "ccc"


BASE_ROWS = [
    ("another tag of the same image", "base:alias", "c", "c"),
    ("built again with a label only", "base:labelled", "c", "R"),
    ("with one more variable", "base:env", "R", "R"),
    ("with one more layer", "base:2", "R", "R"),
]


@pytest.mark.parametrize(("base", "buildkit", "legacy"), [r[1:] for r in BASE_ROWS], ids=[r[0] for r in BASE_ROWS])
def test_a_change_of_the_base_image(bench, base, buildkit, legacy):
    for builder, expected in (("buildkit-containerd", buildkit), ("legacy", legacy)):
        made = bench(builder)
        made.build("FROM base:1\nRUN a\n")
        assert made.build(f"FROM {base}\nRUN a\n") == expected


def test_a_source_in_another_directory_hits_in_buildkit_by_its_content(bench):
    for builder, expected in (("buildkit-containerd", "c"), ("legacy", "R")):
        made = bench(builder, {"d1/f": "1", "d2/f": "1", "d1/g": "1"})
        made.build(HEAD + "COPY d1/f /x\n")
        assert made.build(HEAD + "COPY d2/f /x\n") == expected
        assert made.build(HEAD + "COPY d1/g /x\n") == "R"


def test_a_bind_mount_counts_by_what_it_shows_and_not_by_its_time(bench):
    made = bench(files={"a": "1", "b": "1"})
    made.build(HEAD + "RUN --mount=type=bind,source=a,target=/in cat /in\n")
    made.edit({"b": "2"})
    assert made.build() == "c"
    made.edit(lambda tree: trees.change(tree, "a", mtime=1e9))
    assert made.build() == "c"
    made.edit({"a": "2"})
    assert made.build() == "R"


def test_a_mount_from_a_stage_that_ran_again_with_equal_content_is_cached(bench):
    text = "FROM base:1 AS b\nCOPY bust /\nRUN make out\nFROM base:1\nRUN --mount=from=b,src=/o,target=/o cat /o/foo\n"
    made = bench(files={"bust": "0"}, left={"RUN make out": {"/o/foo": "foo"}})
    made.build(text)
    made.edit({"bust": "1"})
    assert made.build() == "RRc"


def test_a_link_copy_survives_a_changed_parent_only_where_layers_can_be_merged(bench):
    text = "FROM base:1\nRUN a\nCOPY --link x /x\nRUN b\n"
    made = bench("buildkit-containerd", {"x": "1"})
    assert made.build(text) == "RRRR"
    assert made.build(text.replace("RUN a", "RUN a2")) == "RcRR"
    assert [name for name, _ in made.fates()][1:3] == ["[3/4] COPY --link x /x", "[3/4] LINK COPY --link x /x"]
    assert made.build(text.replace("RUN a", "RUN a2").replace("base:1", "base:2")) == "RcRR"
    made = bench("buildkit-overlay2", {"x": "1"})
    assert made.build(text) == "RRR"
    assert made.build(text.replace("RUN a", "RUN a2")) == "RRR"
    made = bench("buildkit-containerd", {"x": "1"})
    chmod = text.replace("--link", "--link --chmod=700")
    assert made.build(chmod) == "RRR"


def test_a_failed_step_is_not_cached_and_those_before_it_are(bench):
    for builder, name in (("buildkit-containerd", "[3/3] RUN false"), ("legacy", "3/3 RUN false")):
        made = bench(builder)
        assert made.build("FROM base:1\nRUN a\nRUN false\n", failing=[name])[:2] == "RE"
        assert made.build(failing=[name])[:2] == "cE"


def test_an_unused_stage_is_left_out_by_buildkit_and_built_by_the_legacy_builder(bench):
    text = "FROM base:1 AS unused\nRUN u\nFROM base:1\nRUN f\n"
    assert bench().build(text) == "R"
    assert bench("legacy").build(text) == "RR"


def test_a_renamed_stage_or_one_named_by_number_changes_nothing(bench):
    made = bench(files={"x": "1"})
    made.build("FROM base:1 AS a\nCOPY x /x\nFROM scratch\nCOPY --from=a /x /x\n")
    assert made.build("FROM base:1 AS z\nCOPY x /x\nFROM scratch\nCOPY --from=z /x /x\n") == "cc"
    assert made.build("FROM base:1\nCOPY x /x\nFROM scratch\nCOPY --from=0 /x /x\n") == "cc"


def test_an_archive_counts_by_its_own_bytes(bench):
    for builder in ("buildkit-containerd", "legacy"):
        made = bench(builder, {"a.tar": "one"})
        made.build("FROM base:1\nADD a.tar /d/\nRUN ls /d\n")
        made.edit(lambda tree: trees.change(tree, "a.tar", mtime=1e9))
        assert made.build() == "cc"
        made.edit({"a.tar": "two"})
        assert made.build() == "RR"


def test_a_url_counts_by_its_file_name_and_not_by_its_query(bench):
    for builder in ("buildkit-containerd", "legacy"):
        made = bench(builder)
        assert made.build("FROM base:1\nADD http://host/f /f\nRUN a\n") == "RR"
        assert made.build("FROM base:1\nADD http://host/f?x=1 /f\nRUN a\n") == "cc"
        assert made.build("FROM base:1\nADD http://host/other /f\nRUN a\n") == "RR"


def test_a_checksum_on_a_url_changes_nothing(bench):
    made = bench()
    made.build("FROM base:1\nADD http://host/f /f\n")
    assert made.build(f"FROM base:1\nADD --checksum=sha256:{'0' * 64} http://host/f /f\n") == "c"


def test_the_ignore_file_beside_a_dockerfile_wins_in_buildkit_only(bench):
    files = {"a": "1", "b": "2", "Dockerfile.dockerignore": "b\nDockerfile*\n.dockerignore\n", ".dockerignore": "a\n"}
    for builder, hidden, seen in (("buildkit-containerd", "b", "a"), ("legacy", "a", "b")):
        made = bench(builder, files)
        made.build("FROM base:1\nCOPY . /s\n")
        made.edit({hidden: "3"})
        assert made.build() == "c"
        made.edit({seen: "3"})
        assert made.build() == "R"


def test_triggers_of_a_base_image_run_first_and_are_steps_in_buildkit_only(bench):
    made = bench(files={"x": "1"})
    assert made.build("FROM base:onbuild\nRUN z\n") == "RRR"
    assert [name for name, _ in made.fates()] == ["[2/2] COPY x /x", "[3/2] RUN cat /x", "[4/2] RUN z"]
    made.edit({"x": "2"})
    assert made.build() == "RRR"
    made = bench("legacy", {"x": "1"})
    assert made.build("FROM base:onbuild\nRUN z\n") == "R"
    assert made.build() == "c"
    made.edit({"x": "2"})
    assert made.build() == "R"


def test_the_cache_is_a_store_and_not_the_last_build(bench):
    for builder in ("buildkit-containerd", "legacy"):
        made = bench(builder, {"x": "1"})
        made.build("FROM base:1\nCOPY x /x\nRUN b\n")
        made.edit({"x": "2"})
        assert made.build() == "RR"
        made.edit({"x": "1"})
        assert made.build() == "cc"


def test_a_stale_file_of_the_same_size_and_time_is_missed_by_buildkit_alone(bench):
    for builder, expected in (("buildkit-containerd", "c"), ("legacy", "R")):
        made = bench(builder, {"x": "1"})
        made.edit(lambda tree: trees.change(tree, "x", mtime=1e9))
        made.build("FROM base:1\nCOPY x /x\n")
        made.edit({"x": "2"})
        made.edit(lambda tree: trees.change(tree, "x", mtime=1e9))
        assert made.build() == expected
