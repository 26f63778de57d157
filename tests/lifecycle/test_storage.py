"""What outlives a container: volumes of every kind under every removal, its own layer, folders, memory, images."""

import pytest

from sim.lifecycle.engine import Engine
from sim.lifecycle.process import ProcessSpec, server
from sim.lifecycle.storage import ContainerMount
from sim.lifecycle.tags import TaggedImages
from tests.lifecycle.lives import live

KINDS = {
    "anonymous": ContainerMount("anonymous", "/v"),
    "image VOLUME": ContainerMount("image VOLUME", "/v"),
    "unnamed by --mount": ContainerMount("unnamed by --mount", "/v"),
    "named": ContainerMount("named", "/v", "nv"),
    "bind": ContainerMount("bind", "/v", source="./bd"),
    "tmpfs": ContainerMount("tmpfs", "/v"),
}

WRITES = ProcessSpec(runs=0, files=(("write", "/v/f", "data"),))


def files(*actions):
    return ProcessSpec(runs=0, files=actions)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "removal", ["rm", "rm -v", "rm -f", "rm -f -v", "--rm", "prune", "volume prune", "volume prune -a"]
)
def test_a_volume_without_a_name_goes_with_v_and_with_auto_removal(kind, removal):
    force, volumes = "-f" in removal, removal.endswith("-v")
    actions = [(5, lambda e: e.rm("c", force=force, volumes=volumes))] if removal != "--rm" else []
    spec = server() if force else WRITES
    _, engine, _ = live(spec, *actions, mounts=(KINDS[kind],), auto_remove=removal == "--rm")
    assert engine.containers == {}
    if removal.startswith("volume prune"):
        engine.storage.prune([], everything=removal.endswith("-a"))
    unnamed = kind in ("anonymous", "image VOLUME", "unnamed by --mount")
    gone = volumes or removal == "--rm" or removal.endswith("-a")
    gone = gone or (removal == "volume prune" and kind != "unnamed by --mount")
    assert len(engine.storage.volumes) == (kind == "named" and not removal.endswith("-a")) + (unnamed and not gone)


def test_prune_leaves_what_a_container_uses_even_one_that_ended():
    container, engine, _ = live(WRITES, mounts=(KINDS["anonymous"],))
    engine.storage.prune([container.files], everything=True)
    assert len(engine.storage.volumes) == 1
    assert engine.storage.remove(next(iter(engine.storage.volumes)), [container.files]) == "volume in use"
    assert engine.storage.remove("other", []) == "no such volume"


def test_a_volume_goes_with_the_last_container_that_uses_it():
    engine = Engine()
    run(engine, "a", WRITES, KINDS["anonymous"])
    taken = ContainerMount("from container", name="a")
    assert run(engine, "b", files(("read", "/v/f")), taken).prints == "data"
    do(engine, engine.rm("a", volumes=True))
    assert len(engine.storage.volumes) == 1
    do(engine, engine.rm("b", volumes=True))
    assert engine.storage.volumes == {}
    assert run(engine, "d", WRITES, ContainerMount("from container", name="gone")).error == "no such container"


def run(engine, name, spec, *mounts, **options):
    from sim.lifecycle.container import ContainerOptions

    return do(engine, engine.run(ContainerOptions(name, mounts=mounts, **options), spec, attached=True))


def do(engine, command):
    process = engine.perform(command)
    engine.env.run()
    return process.value


def test_the_own_layer_survives_restarts_and_memory_does_not():
    grows = files(("append", "/f"), ("append", "/t/f"), ("count", "/f"), ("count", "/t/f"))
    engine = Engine()
    assert run(engine, "c", grows, ContainerMount("tmpfs", "/t")).prints == "1\n1"
    assert do(engine, engine.start("c", attached=True)).prints == "2\n1"
    assert engine.containers["c"].files.log == ["1", "1", "2", "1"]
    do(engine, engine.rm("c"))
    assert run(engine, "c", files(("read", "/f"))).error == "no such file"


def test_a_container_that_counts_its_own_starts_can_succeed_at_the_third():
    container, _, _ = live(ProcessSpec(runs=0, exit=1, files=(("append", "/n"),)), until=0.9, restart="always")
    assert container.files.layer["/n"].count("x") == len(container.starts) == 3


@pytest.mark.parametrize(
    ("mount", "path"), [(None, "/f"), (ContainerMount("named", "/v", "nv", read_only=True), "/v/f")]
)
def test_what_is_read_only_fails_a_write_with_exit_1(mount, path):
    done = run(Engine(), "c", files(("write", path, "x")), *([mount] if mount else []), read_only=mount is None)
    assert (done.code, done.error) == (1, "read-only")


def test_a_read_only_root_lets_volumes_be_written():
    assert run(Engine(), "c", WRITES, KINDS["named"], read_only=True).code == 0


def test_an_empty_volume_is_filled_from_the_image_once_and_a_folder_hides_it():
    engine = Engine(images={"i": {"/etc/passwd": "", "/etc/group": "", "/etc/d/x": ""}})
    named, bind = ContainerMount("named", "/etc", "nv"), ContainerMount("bind", "/etc", source="/h")
    first = run(engine, "a", files(("list", "/etc")), named, image="i").prints
    assert first == "d\ngroup\nhostname\nhosts\nmtab\npasswd\nresolv.conf"
    run(engine, "b", files(("remove", "/etc/passwd")), named, image="i")
    assert "passwd" not in run(engine, "d", files(("list", "/etc")), named, image="i").prints
    assert run(engine, "e", files(("list", "/etc")), bind, image="i").prints == "hostname\nhosts\nresolv.conf"


@pytest.mark.parametrize(
    ("mount", "error"),
    [
        (ContainerMount("named", "v", "nv"), "mount path not absolute"),
        (ContainerMount("bind", "/v", source="bad/name"), "bad volume name"),
        (ContainerMount("named", "/v", "n/v"), "bad volume name"),
        (ContainerMount("named", "/v", "n"), "bad volume name"),
    ],
)
def test_mounts_that_are_refused(mount, error):
    done = run(Engine(), "c", WRITES, mount)
    assert (done.code, done.error) == (125, error)


@pytest.mark.parametrize("source", ["/abs", "./here", "../up", "~/home", ".", ".."])
def test_a_path_is_a_folder_and_no_volume(source):
    assert ContainerMount("bind", "/v", source=source).refusal() is None


def test_the_innermost_mount_holds_a_path():
    engine = Engine()
    outer, inner = ContainerMount("named", "/v", "outer"), ContainerMount("named", "/v/in", "inner")
    run(engine, "c", files(("write", "/v/in/f", "x"), ("write", "/v/f", "y")), outer, inner)
    assert {name: volume.files for name, volume in engine.storage.volumes.items()} == {
        "outer": {"/f": "y\n"},
        "inner": {"/f": "x\n"},
    }


def test_an_image_goes_with_its_last_tag_unless_a_running_container_uses_it():
    images = TaggedImages()
    images.tag("a:1", "one")
    images.tag("a:2", "one")
    assert images.remove("a:2", running={"one"}, stopped=set(), force=False) is None
    assert images.remove("a:1", running=set(), stopped={"one"}, force=False) == "image in use"
    assert images.remove("a:1", running={"one"}, stopped=set(), force=True) is None
    assert (images.ids, images.names("one")) == (["one"], ["<none>"])
    assert images.remove("a:1", running=set(), stopped=set(), force=True) == "no such image"


def test_a_tag_that_moves_leaves_a_dangling_image_which_prune_takes_unless_it_is_used():
    images = TaggedImages()
    images.tag("a:1", "old")
    images.tag("a:1", "new")
    images.prune({"old"})
    assert images.ids == ["old", "new"]
    images.prune(set())
    assert images.ids == ["new"]
    images.prune(set(), everything=True)
    assert (images.ids, images.tags) == ([], {})
