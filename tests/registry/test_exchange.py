"""What an engine asks of registries, by the rules of moby 26.1, containerd 1.7 and distribution 2.8.3.

The recorded cases are in tests/evidence. Here is what they do not hold: other values, and two rules at once.
"""

import pytest

from sim.archives.store import image_of_blobs
from sim.registry.content import RegistryContent
from sim.registry.exchange.containerd import ContainerdGiven
from sim.registry.exchange.exchange import ENGINE_LOST, Exchange, GivenCommand
from sim.registry.exchange.goods import Goods, ImageShape, LayerSize, TooManyStepsError
from sim.registry.exchange.graphdriver import GraphdriverGiven
from sim.registry.exchange.line import Cut
from sim.registry.exchange.names import RemoteName, remote_name
from sim.registry.exchange.server import RegistryServer, ServedRepository
from sim.registry.exchange.sources import containerd_candidate, mount_attempts, mount_candidates, remembered

MB = 10**6
SIZES = {"base": 40 * MB, "libs": 20 * MB, "libs2": 20 * MB, "app": 4 * MB, "note": 9_000}
IMAGES = {"one": ("base", "libs", "app"), "two": ("base", "libs2", "app"), "twice": ("app", "base", "app")}


def goods_of(most_steps=None):
    images = {name: ImageShape(layers, 1_000, 500) for name, layers in IMAGES.items()}
    return Goods(images, {name: LayerSize(size, size) for name, size in SIZES.items()}, most_steps)


ONE, TWO = RemoteName("r:5000", "team/one", "1"), RemoteName("r:5000", "team/one", "2")
BY_STORE = {"overlay2": GraphdriverGiven, "containerd": ContainerdGiven}


def repository(*images, **tags):
    blobs = {blob for image in (*images, *tags.values()) for blob in (*IMAGES[image], f"config:{image}")}
    return ServedRepository(blobs, dict(tags), set(images))


def at(second, verb, *names, stop=None, force=False):
    return GivenCommand(second, verb, names, stop, force)


def play(store, commands, repositories=None, given=None, **more):
    goods = goods_of()
    servers = {"r:5000": RegistryServer(goods, repositories or {})}
    return Exchange(goods, given or BY_STORE[store](), servers, **more).play(commands)


def holder(store, name, image, **more):
    """An engine that has an image which it pulled from where its name says."""
    blobs = (*IMAGES[image], f"config:{image}") if store == "containerd" else IMAGES[image]
    seen = {blob: [name.repository] for blob in blobs}
    pulled = {"pulled": [image], "manifests": [image]} if store == "overlay2" else {}
    return BY_STORE[store](images={name: image}, seen=seen, **pulled, **more)


SERVED = {"team/one": ("one", "two")}


def served():
    return {"team/one": repository(**{"1": "one", "2": "two"})}


@pytest.mark.parametrize(("store", "layers", "count"), [("overlay2", 24 * MB, 2), ("containerd", 20 * MB, 1)])
def test_a_layer_above_a_changed_one_is_fetched_again_by_one_store_alone(store, layers, count):
    done = play(store, [at(0, "pull", TWO)], served(), holder(store, ONE, "one"))
    assert done.traffic.layer_bytes["download"] == layers
    assert done.traffic.requests["get_layer"] == count
    assert done.commands[0].layers["app"] == ("Pull complete" if store == "overlay2" else "Already exists")


@pytest.mark.parametrize(("store", "second"), [("overlay2", 64 * MB), ("containerd", 40 * MB - 28 * 2**20)])
def test_an_interrupted_pull_is_taken_up_by_one_store_alone(store, second):
    """At 10 MB a second for 3.1 s less 0.1: 30 MB of the base came, which are 28 whole buffers of 1 MiB."""
    commands = [at(0, "pull", ONE, stop=3.1), at(10, "pull", ONE)]
    done = play(store, commands, served(), rate=10e6)
    assert done.commands[0].interrupted
    first = 30 * MB + 20 * MB + 4 * MB
    assert done.traffic.layer_bytes["download"] == first + second
    assert done.traffic.requests["get_layer_rest"] == (store == "containerd")
    assert done.commands[1].status == "downloaded"


@pytest.mark.parametrize(
    ("times", "rests", "error"), [(1, 1, ""), (4, 4, ""), (5, 4, "connection"), (99, 4, "connection")]
)
def test_dockerd_tries_five_times_and_goes_on_where_it_was(times, rests, error):
    done = play("overlay2", [at(0, "pull", ONE)], served(), cut=Cut("download", "base", 5 * MB, times))
    assert done.traffic.requests["get_layer_rest"] == rests
    assert done.commands[0].error == error
    assert done.kept["layers"] == (0 if error else 3)


def test_the_waits_between_attempts_are_5_10_15_20_seconds():
    """What comes after the last attempt at a time is told by a command that asks then."""
    cut = Cut("download", "base", 0, 4)
    for second, there in ((50.1, 0), (50.7, 1)):
        done = play("overlay2", [at(0, "pull", ONE), at(second, "list")], served(), cut=cut)
        assert len(done.commands[1].images) == there
        cut.times = 4


def test_containerd_gives_up_at_the_first_break_and_keeps_nothing():
    done = play("containerd", [at(0, "pull", ONE)], served(), cut=Cut("download", "base", 5 * MB, 1))
    assert done.commands[0].error == "connection"
    assert done.kept == {"content_blobs": 0, "bytes": 0, "ingests": 0}


def test_what_an_image_names_outlives_a_broken_pull():
    given = holder("containerd", ONE, "one")
    done = play("containerd", [at(0, "pull", TWO)], served(), given, cut=Cut("download", "libs2", 5 * MB, 1))
    assert done.kept == {"content_blobs": 5, "bytes": 64 * MB + 1_500, "ingests": 0}


@pytest.mark.parametrize(
    ("store", "limit", "most"), [("overlay2", 1, 1), ("overlay2", 2, 2), ("overlay2", 9, 3), ("containerd", None, 3)]
)
def test_downloads_at_once(store, limit, most):
    given = GraphdriverGiven(downloads=limit) if limit else ContainerdGiven()
    assert play(store, [at(0, "pull", ONE)], served(), given).traffic.most_at_once == most


@pytest.mark.parametrize(("store", "got"), [("overlay2", 2), ("containerd", 2)])
def test_a_layer_that_an_image_has_twice_is_fetched_once(store, got):
    done = play(store, [at(0, "pull", RemoteName("r:5000", "t", "1"))], {"t": repository(**{"1": "twice"})})
    assert done.traffic.requests["get_layer"] == got
    assert done.kept.get("layers", 3) == 3


@pytest.mark.parametrize(("store", "sent"), [("overlay2", 64 * MB), ("containerd", 0)])
def test_what_was_loaded_is_sent_where_it_already_is_by_one_store_alone(store, sent):
    """containerd asks for every blob. dockerd asks for what it met somewhere, which is nothing."""
    given = BY_STORE[store](images={ONE: "one"})
    done = play(store, [at(0, "push", ONE)], served(), given)
    assert done.traffic.layer_bytes["upload"] == sent
    assert done.growth == (0, 0, 0)


def test_a_push_that_breaks_is_tried_again_by_one_store_alone():
    for store, error, finished in (("overlay2", "", 4), ("containerd", "connection", 3)):
        given = BY_STORE[store](images={ONE: "one"})
        done = play(store, [at(0, "push", ONE)], {}, given, cut=Cut("upload", "base", 25 * MB, 1))
        assert done.commands[0].error == error
        assert done.traffic.requests["upload_broken"] == 1
        assert done.traffic.requests["upload_finished"] == finished


def test_uploads_of_an_interrupted_client_go_on_and_its_manifest_is_not_put():
    for store, blobs in (("overlay2", 3), ("containerd", 4)):
        done = play(store, [at(0, "push", ONE, stop=1)], {}, BY_STORE[store](images={ONE: "one"}), rate=10e6)
        assert done.commands[0].interrupted
        assert done.growth.blobs == blobs
        assert done.traffic.requests["put_manifest"] == 0


def test_all_tags_are_pushed_in_their_order_and_a_layer_is_asked_for_once_by_dockerd():
    for store, found in (("overlay2", 0 + 4 + 2), ("containerd", 2)):
        given = BY_STORE[store](images={TWO: "two", ONE: "one"})
        done = play(store, [at(0, "push_all", ONE._replace(tag=""))], {}, given)
        assert done.traffic.requests["head_blob_found"] == found
        assert done.commands[0].layers == {
            "base": "Layer already exists", "app": "Layer already exists", "libs": "Pushed", "libs2": "Pushed"
        }  # fmt: skip


def test_a_killed_engine_says_so():
    for store in BY_STORE:
        done = play(store, [at(0, "pull", ONE)], served(), rate=10e6, killed_after=2.2)
        assert done.commands[0].error == ENGINE_LOST
        assert done.kept.get("layers", 0) == 0
        assert done.kept.get("content_blobs", 4) == 4  # manifest, configuration, the layers of 20 and 4 MB
        assert done.kept.get("ingests", 1) == 1


def test_two_pulls_at_once_share_their_downloads():
    for store in BY_STORE:
        done = play(store, [at(0, "pull", ONE), at(0.1, "pull", ONE)], served(), rate=10e6)
        assert done.traffic.layer_bytes["download"] == 64 * MB
        assert [command.error for command in done.commands] == ["", ""]


def test_the_last_name_takes_the_image_with_it():
    for store in BY_STORE:
        done = play(store, [at(0, "remove", ONE), at(1, "pull", ONE)], served(), holder(store, ONE, "one"))
        assert done.traffic.layer_bytes["download"] == 64 * MB
        assert done.traffic.requests["get_manifest"] == 1


def test_a_container_keeps_its_layers_and_in_one_store_its_image():
    commands = [at(0, "create", ONE), at(1, "remove", ONE), at(2, "remove", ONE, force=True), at(3, "pull", ONE)]
    for store, configs in (("overlay2", 1), ("containerd", 0)):
        done = play(store, commands, served(), holder(store, ONE, "one"))
        assert [command.error for command in done.commands] == ["", "in use", "", ""]
        assert done.traffic.layer_bytes["download"] == 0
        assert done.traffic.requests["get_config"] == configs


def test_what_is_missing():
    gone = RemoteName("r:5000", "no/such", "1")
    for store, asked in (
        ("overlay2", {"head_manifest_missing": 1, "get_manifest_missing": 2, "list_tags_missing": 1}),
        ("containerd", {"head_manifest_missing": 2, "head_blob_missing": 1, "list_tags_missing": 1}),
    ):
        by_digest = gone._replace(tag="", digest="one")
        commands = [at(0, "pull", gone), at(1, "pull", by_digest), at(2, "pull_all", gone), at(3, "push_all", gone)]
        done = play(store, commands)
        assert [command.error for command in done.commands] == ["not found"] * 3 + ["no such image"]
        assert done.traffic.requests == asked


def test_an_address_where_no_registry_is():
    for store in BY_STORE:
        done = play(store, [at(0, "pull", RemoteName("elsewhere:1", "a", "1"))])
        assert done.commands[0].error == "connection"


def test_registries_on_two_ports_are_one_to_containerd():
    """Its label says the host without a port (remotes/docker/handler.go), so it asks the second for a mount in vain."""
    second = RemoteName("r:5001", "else/where", "1")
    for store, refused in (("overlay2", 0), ("containerd", 4)):
        goods = goods_of()
        servers = {domain: RegistryServer(goods, {}) for domain in ("r:5000", "r:5001")}
        given = holder(store, ONE, "one")
        given.images[second] = "one"
        done = Exchange(goods, given, servers).play([at(0, "push", second)])
        assert done.traffic.requests["mount_refused"] == refused
        assert done.traffic.layer_bytes["upload"] == 64 * MB


@pytest.mark.parametrize(
    ("size", "attempts"),
    [(0, 1), (102_400, 1), (102_401, 3), (10 * 2**20, 3), (10 * 2**20 + 1, 4)],
)
def test_a_larger_layer_is_worth_more_attempts(size, attempts):
    assert mount_attempts(size) == attempts


def test_candidates_are_by_likeness_then_by_age_and_of_the_same_port():
    seen = ["r:1/a/x", "r:2/a/b", "r:1/z", "r:1/a/y", "r:1/a/b"]
    assert mount_candidates(seen, RemoteName("r:1", "a/b", "t"), 10**6) == ["r:1/a/y", "r:1/a/x", "r:1/z"]
    assert containerd_candidate({"a/x", "z", "a/b"}, RemoteName("r:1", "a/b", "t")) == "a/x"
    assert containerd_candidate({"a/b"}, RemoteName("r:1", "a/b", "t")) is None


def test_dockerd_remembers_fifty_repositories_of_a_layer():
    seen = [f"r/{number}" for number in range(50)]
    assert remembered(seen, "r/new") == [*seen[1:], "r/new"]
    assert remembered(seen, "r/0") == [*seen[1:], "r/0"]


def test_steps_are_bounded():
    with pytest.raises(TooManyStepsError):
        goods_of(most_steps=2).chain("one")


@pytest.mark.parametrize("store", BY_STORE)
@pytest.mark.parametrize("targets", [("a/one", "b/one"), ("a/one", "a/one", "c"), ("x", "y/x", "y/z", "x")])
def test_the_study_s_registry_says_the_same_of_an_engine_that_pushed_before(store, targets):
    """`RegistryContent.push` is the push of an engine that pushed all that the registry has."""
    blobs = [(layer, SIZES[layer], SIZES[layer]) for layer in IMAGES["one"]]
    image = image_of_blobs("one", blobs)
    content = RegistryContent(shared_store=True)
    names = [remote_name(f"r:5000/{path}:1") for path in targets]
    engine = BY_STORE[store](images=dict.fromkeys(names, "one"))
    done = play(store, [at(10 * number, "push", name) for number, name in enumerate(names)], {}, engine)
    for path, command in zip(targets, done.commands, strict=True):
        push = content.push(image, f"{path}:1")
        content = push.registry
        words = [word.split()[0] for word in command.layers.values()]
        assert words.count("Pushed") == len(push.sent)
        assert words.count("Mounted") == len(push.mounted)
        assert words.count("Layer") == len(push.present)
    assert done.traffic.layer_bytes["upload"] == content.stored_bytes
