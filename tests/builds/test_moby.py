"""What BuildKit's own tests hold of builds (moby/buildkit, frontend/dockerfile; shared fact sheet, section 1.6)."""

from sim.builds.context import tree as trees


def test_copy_wildcard_cache(bench):
    """A file copied later does not touch the RUN between; one behind the wildcard does."""
    made = bench(files={"foo1": "1", "foo2": "2", "bar": "b"})
    text = (
        "FROM base:1 AS base\nCOPY foo* files/\nRUN date > unique\nCOPY bar files/\n"
        "FROM scratch\nCOPY --from=base unique /\n"
    )
    made.build(text)
    made.edit({"bar": "b2"})
    assert made.build() == "ccRc"
    made.edit({"foo2": "22"})
    assert made.build() == "RRRR"


def test_wildcard_rename_cache(bench):
    made = bench(files={"file1": "x"})
    made.build("FROM base:1\nCOPY file* dest/\n")
    made.edit(lambda tree: trees.rename(tree, "file1", "file2"))
    assert made.build() == "R"


def test_builtin_args(bench):
    made = bench()
    text = "FROM base:1 AS build\nARG FOO\nARG BAR\nARG BAZ=bazcontent\n"
    text += 'RUN echo -n "$HTTP_PROXY::$NO_PROXY::$FOO" > /out\n'
    made.build(text, "--build-arg FOO=1 --build-arg HTTP_PROXY=a --build-arg NO_PROXY=b")
    assert made.build(args="--build-arg FOO=1 --build-arg HTTP_PROXY=other") == "c"
    assert made.build(args="--build-arg FOO=2 --build-arg HTTP_PROXY=other") == "R"


def test_mount_rw_cache(bench):
    """A writable mount without output counts by what it shows; the builder's other files do not."""
    made = bench(files={"bust": "0"}, left={"RUN make out": {"/o/foo": "foo"}})
    text = (
        "FROM base:1 AS builder\nCOPY bust /\nRUN make out\n"
        "FROM base:1\nRUN --mount=from=builder,src=/o,target=/o,rw cat /dev/urandom > /unique\n"
    )
    made.build(text)
    made.edit({"bust": "1"})
    assert made.build() == "RRc"


def test_no_cache(bench):
    """No cache at all makes everything new; for one stage only that stage, and what takes its files."""
    text = (
        "FROM base:1 AS s0\nRUN random0 > unique\nFROM base:1 AS s1\nRUN random1 > unique2\n"
        "FROM scratch\nCOPY --from=s0 unique /\nCOPY --from=s1 unique2 /\n"
    )
    made = bench()
    made.build(text)
    assert made.build(args="--no-cache") == "RRRR"
    assert made.build(args="--no-cache-filter s1") == "cRcR"
    assert made.build() == "cccc"


def test_the_legacy_builder_goes_on_from_the_newest_of_equal_images(bench):
    """moby/moby, image/cache: getLocalCachedImage. The older has the child that would have hit."""
    made = bench("legacy")
    made.build("FROM base:1\nRUN a\nRUN b\n")
    assert made.build("FROM base:1\nRUN a\n", "--no-cache") == "R"
    assert made.build("FROM base:1\nRUN a\nRUN b\n") == "cR"


def test_no_cache_of_a_stage_with_equal_output_stops_at_the_copy(bench):
    made = bench(left={"RUN make": {"/o/f": "1"}})
    text = "FROM base:1 AS build\nRUN make\nFROM base:1\nCOPY --from=build /o /o\nRUN ls /o\n"
    made.build(text)
    assert made.build(args="--no-cache-filter build") == "Rcc"


def test_cache_mount_default_id(bench):
    made = bench()
    made.build("FROM base:1\nRUN --mount=type=cache,target=/c a\n")
    assert made.build("FROM base:1\nRUN --mount=type=cache,target=/c,id=/c a\n") == "c"
    assert made.build("FROM base:1\nRUN --mount=type=cache,target=/c,id=other a\n") == "R"


def test_add_git_checksum_cache(bench):
    made = bench()
    made.build("FROM scratch\nADD https://host/r.git#v1 /d\n")
    assert made.build(f"FROM scratch\nADD --checksum={'a' * 40} https://host/r.git#v1 /d\n") == "c"


def test_default_env_with_args(bench):
    """A default may use a variable set before it, with the shell's forms."""
    made = bench()
    text = (
        "FROM base:1\nARG my_arg\nENV my_arg=${my_arg:-def_val}\n"
        "ENV my_trimmed_arg=${my_arg%%e*}\nRUN echo $my_trimmed_arg\n"
    )
    made.build(text)
    assert made.fates()[0][0] == "[2/2] RUN echo d"
    made.build(text, "--build-arg my_arg=mydef_val")
    assert made.fates()[0][0] == "[2/2] RUN echo myd"
    assert made.build(text, "--build-arg my_arg=def_val") == "c"


def test_arg_default_expansion(bench):
    """Arguments expand in order: an earlier one, a global one, a given one."""
    made = bench()
    text = "ARG a=1\nARG b=$a-2\nFROM base:1\nARG b\nARG c=${b}-3\nARG d=${e:-none}\nRUN echo $b $c $d\n"
    made.build(text)
    assert made.fates()[0][0] == "[2/2] RUN echo 1-2 1-2-3 none"
    made.build(text, "--build-arg a=9")
    assert made.fates()[0][0] == "[2/2] RUN echo 9-2 9-2-3 none"


def test_global_arg_names_the_base(bench):
    made = bench()
    made.build("ARG tag=nosuch\nFROM base:${tag}\nRUN a\n", "--build-arg tag=1")
    assert made.build("FROM base:1\nRUN a\n") == "c"


def test_multi_stage_case_insensitive(bench):
    made = bench(files={"foo": "1"})
    text = (
        "FROM scratch AS STAge0\nCOPY foo bar\nFROM scratch AS staGE1\nCOPY --from=staGE0 bar baz\n"
        "FROM scratch\nCOPY --from=stage1 baz bax\n"
    )
    assert made.build(text) == "RRR"
    assert made.build() == "ccc"


def test_an_implicit_image_is_a_source(bench):
    made = bench()
    assert made.build("FROM scratch\nCOPY --from=base:1 /etc/passwd /p\n") == "R"
    assert made.fates()[0][0] == "[stage-0 1/1] COPY --from=base:1 /etc/passwd /p"
    assert made.build("FROM scratch\nCOPY --from=base:alias /etc/passwd /p\n") == "c"


def test_copy_through_a_symbolic_link_takes_what_it_points_to(bench):
    made = bench(files={"d/f": "1", "e/f": "1"})
    made.edit(lambda tree: trees.link(tree, "l", "d/f"))
    made.build("FROM base:1\nCOPY l /x\n")
    made.edit(lambda tree: trees.link(tree, "l", "e/f"))
    assert made.build() == "c"
    made.edit({"e/f": "2"})
    assert made.build() == "R"


def test_a_directory_that_becomes_a_file_counts(bench):
    made = bench(files={"foo/bar": "1"})
    made.build("FROM scratch\nCOPY foo /\n")
    made.edit({"foo": "1"})
    assert made.build() == "R"


def test_on_build_triggers_of_a_stage_may_bring_new_sources_and_run_once(bench):
    made = bench(files={"x": "1"})
    text = (
        "FROM base:1 AS src\nCOPY x /x\nFROM base:1 AS base\nONBUILD COPY --from=src /x /y\n"
        "FROM base AS mid\nRUN m\nFROM mid\nRUN z\n"
    )
    assert made.build(text) == "RRRR"
    names = [name for name, _ in made.fates()]
    assert sum("COPY --from=src" in name for name in names) == 1


def test_copy_parents_and_exclude_choose_files(bench):
    made = bench(files={"a/b/c.txt": "1", "a/b/d.md": "1", "a/e.txt": "1"})
    text = "FROM scratch\nCOPY --parents a/b/c.txt /out/\nCOPY --exclude=**/*.md a /all/\n"
    made.build(text)
    made.edit({"a/b/d.md": "2"})
    assert made.build() == "cc"
    made.edit({"a/b/c.txt": "2"})
    assert made.build() == "RR"
    made.edit({"a/b/c.txt": "1", "a/e.txt": "2"})
    assert made.build() == "cR"


def test_identical_steps_of_two_stages_run_once(bench):
    made = bench()
    made.build(
        "FROM base:1 AS a\nRUN date > /t\nFROM base:1 AS b\nRUN date > /t\n"
        "FROM scratch\nCOPY --from=a /t /ta\nCOPY --from=b /t /tb\n"
    )
    assert [name for name, _ in made.fates() if "RUN" in name] == ["[b 2/2] RUN date > /t"]


def test_numbers_are_padded_from_ten_steps_on(bench):
    made = bench()
    made.build("FROM base:1\n" + "".join(f"RUN {n}\n" for n in range(9)))
    assert made.fates()[0][0] == "[ 2/10] RUN 0"
    assert made.fates()[-1][0] == "[10/10] RUN 8"


def test_a_wide_graph_runs_only_the_changed_branch(bench):
    made = bench(files={"f1": "1", "f2": "1", "f3": "1"})
    text = "FROM base:1 AS base\n"
    text += "".join(f"FROM base AS s{n}\nCOPY f{n} /f\nRUN cat /f > /o{n}\n" for n in (1, 2, 3))
    text += "FROM scratch\n" + "".join(f"COPY --from=s{n} /o{n} /\n" for n in (1, 2, 3))
    made.build(text)
    made.edit({"f2": "2"})
    assert made.build() == "ccRRcc" + "cRR"
    made.edit({"f3": "2"})
    assert made.build() == "ccccRR" + "ccR"


def test_a_very_long_stage_is_walked_without_recursion(bench):
    made = bench(files={"x": "1", "y": "1"})
    text = (
        "FROM base:1 AS long\n"
        + "".join(f"COPY x /d/x{n}\n" for n in range(600))
        + "FROM scratch\nCOPY --from=long /d /d\n"
    )
    made.build(text)
    made.edit({"y": "2"})
    assert set(made.build()) == {"c"}
    made.edit({"x": "2"})
    assert set(made.build()) == {"R"}
