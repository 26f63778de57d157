"""The study of distribution on the catalog's images: bytes to the byte, times worked out from the catalog's rates."""

import hashlib
import io
import json
import statistics
import tarfile
from dataclasses import replace
from typing import Any

import pytest

from sim.catalog import disks, load
from sim.catalog.number import Number
from sim.catalog.tables import registries
from sim.engine.seeds import SeedTree
from sim.errors import InputError
from sim.records.images import PullRecord
from sim.studies.base import Context
from sim.studies.distribution import STUDY, run
from sim.studies.distribution.parameters import Distribution

SLIM = "python:3.12-slim"
BYTES = load.images()[SLIM].compressed_size
BASE, PYTHON, APP, LAST = (layer.size for layer in load.images()[SLIM].layers)
HUB = registries.registry("hub")
A_BYTE = {name: 1 / number.value for name, number in registries.distribution().unpack.items()} | {"none": 0.0}
"""Core-seconds that each stage of unpacking takes a byte that comes out, on the reference host."""
BLOB_SHARE = registries.distribution().clients["blob_share"].value
"""Of a pull's round trips: those of one blob. No blob waits for the others."""


def samples(bound="value", seed=1, **fields):
    fields.setdefault("images", (SLIM,) if "layers" not in fields else ())
    return dict(run(Distribution(**fields), Context("a", SeedTree(seed), bound)).samples)


def noted(store, what):
    """Seconds that an engine on the server takes for its notes of an image, a blob or a layer, by the catalog."""
    engine, server = registries.distribution().engines[store], load.host("server")
    cpu, flushes = (getattr(engine, f"{what}_{kind}").value for kind in ("cpu", "flushes"))
    return cpu / server.cpu_speed.value + flushes * server.disk_flush.value


def value(name, **fields):
    return statistics.median(samples(**fields)[name])


def test_a_first_pull_moves_the_manifests_bytes_and_a_second_none():
    assert value("bytes_moved") == value("registry_bytes") == BYTES
    again = samples(present=(SLIM,))
    assert again["bytes_moved"] == again["pull_time"] == [0]
    assert again["shared_bytes"] == [BYTES]
    assert again["registry_requests"] == [0]


def test_always_asks_for_the_tag_and_still_moves_nothing_where_the_digest_matches():
    asked = samples(present=(SLIM,), policy="Always")
    assert asked["pull_time"] == pytest.approx([HUB.round_trips.value * (1 - BLOB_SHARE)])  # no blob is asked for
    assert (asked["bytes_moved"], asked["registry_requests"]) == ([0], [1])


def test_never_refuses_what_is_not_there():
    assert value("pull_time", present=(SLIM,), policy="Never") == 0
    with pytest.raises(InputError, match=r"Never pulls nothing, but python:3\.12-slim is not present"):
        samples(present=("nginx:latest",), policy="Never")


@pytest.mark.parametrize(("first_new", "moved"), [(4, LAST), (3, APP + LAST), (2, PYTHON + APP + LAST), (1, BYTES)])
def test_a_next_version_moves_the_first_new_layer_and_all_above_it(first_new, moved):
    found = samples(version=first_new)
    assert found["bytes_moved"] == found["push_bytes"] == [moved]
    assert found["shared_bytes"] == [BYTES - moved]
    assert found["stored_bytes"] == [BYTES + moved]


def test_images_on_the_same_base_share_it_and_images_on_the_same_tag_need_not():
    assert value("shared_bytes", present=("debian:trixie-slim",)) == BASE
    assert value("shared_bytes", images=("nginx:latest",), present=("debian:trixie-slim",)) == 0


def test_a_pull_takes_what_its_layers_take_by_the_catalogs_rates():
    """Three slots hold all large layers, so the base is there last; then a chain on one core of the server.

    dockerd's thread decompresses and hashes what comes out, while another extracts.
    """
    a_byte = max(A_BYTE["go"] + A_BYTE["hash"], A_BYTE["extract"])
    ratio, speed = load.gzip_ratio().value, load.host("server").cpu_speed.value / a_byte
    here = HUB.round_trips.value + noted("dockerd", "image") + BASE / HUB.flow.value
    found = samples()
    assert found["download_time"] == pytest.approx([here])
    assert found["pull_time"] == pytest.approx([here + ratio * BYTES / speed + 4 * noted("dockerd", "layer")], rel=1e-4)


def test_zstd_and_no_compression_are_bound_by_their_slowest_thread_and_containerds_extracts_and_hashes():
    size = BYTES * load.gzip_ratio().value / load.host("server").cpu_speed.value
    for compression in ("zstd", "none"):
        slowest = max(A_BYTE[compression], A_BYTE["hash"], A_BYTE["extract"])
        there = size * slowest + 4 * noted("dockerd", "layer")
        assert value("unpack_time", compression=compression) == pytest.approx(there, rel=1e-3)
        slowest = max(A_BYTE[compression], A_BYTE["hash"] + A_BYTE["extract"])
        found = value("unpack_time", compression=compression, client="containerd")
        assert found == pytest.approx(size * slowest + 4 * noted("containerd", "layer"), rel=1e-3)


def test_a_program_that_decompresses_leaves_hashing_and_extraction_to_containerd():
    """A program is a thread of its own, and the slowest counts. Go takes its turn with the others in one thread."""
    size = BYTES * load.gzip_ratio().value / load.host("server").cpu_speed.value
    rest = A_BYTE["hash"] + A_BYTE["extract"]
    seconds = {"go": A_BYTE["go"] + rest} | {name: max(A_BYTE[name], rest) for name in ("unpigz", "igzip")}
    for decompressor, byte in seconds.items():
        found = value("unpack_time", client="containerd", decompressor=decompressor)
        assert found == pytest.approx(size * byte + 4 * noted("containerd", "layer"), rel=1e-3)


def test_a_thousand_nodes_over_a_line_take_its_rate():
    """Three layers at once: three times the line waits for the first bytes of the next three."""
    trips, line = HUB.round_trips.value, 125e6
    found = samples(nodes=1000, uplink=line, layers=(10**7,) * 10)
    assert found["registry_bytes"] == pytest.approx([10**11])
    waits = trips + noted("dockerd", "image") + 3 * BLOB_SHARE * trips
    assert max(found["download_time"]) == pytest.approx(waits + 10**11 / line, rel=1e-6)


def test_each_small_layer_takes_containerd_its_notes_one_after_another():
    """64 layers of no bytes to speak of: on a hard disk 19 flushes of 10 ms each for every layer, after the image's 28.

    Of a layer three are its blob's and 16 its unpacking's. All are one writer's.
    """
    slow = replace(load.host("server"), disk_flush=disks.disk("hard-disk").flush)
    found = samples(layers=(1,) * 64, client="containerd", host=slow, registry="self-hosted", compression="none")
    flushing = (28 + 64 * (3 + 16)) * 0.010
    assert found["pull_time"][0] == pytest.approx(flushing, rel=0.01)
    assert found["pull_time"][0] > flushing


def test_a_thousand_nodes_meet_docker_hubs_limit_and_a_cache_or_a_plan_does_not():
    """100 in 6 h from one address, 200 from one free account (docs.docker.com, 2026): ten windows, five windows."""

    def of(**fields):
        found = samples(**{"nodes": 1000, "layers": (1,), "account": "anonymous"} | fields)
        return [found[name][0] for name in ("pulls", "pulls_refused", "limit_time")]

    assert of() == [1000, 900, 9 * 21600]
    assert of(account="personal") == [1000, 800, 4 * 21600]
    assert of(account="unlimited") == of(registry="ecr") == [1000, 0, 0]
    assert of(nodes=100) == [100, 0, 0]
    assert of(through="mirror") == [1, 0, 0]
    assert of(through="mirror", mirror="cold") == [1000, 900, 9 * 21600]
    assert of(through="mirror", mirror="warm") == [0, 0, 0]
    assert of(through="tree", fan_out=8) == [8, 0, 0]
    assert of(through="peer") == [1, 0, 0]
    assert of(within=21600.0, failure_rate=0.0)[1] == 800


def test_looking_a_tag_up_is_no_pull_and_each_image_is_one():
    fields = {"account": "anonymous", "nodes": 60}
    there = samples(images=(SLIM, "debian:trixie-slim"), present=("debian:trixie-slim",), policy="Always", **fields)
    both = samples(images=(SLIM, "debian:trixie-slim"), **fields)
    assert [each["pulls"][0] for each in (there, both)] == [60, 120]
    assert both["pulls_refused"] == [20]


def test_the_first_start_is_the_pull_and_a_start_with_the_image_present():
    there, pulled = samples(present=(SLIM,)), samples()
    assert pulled["first_start_time"][0] == pytest.approx(pulled["pull_time"][0] + there["first_start_time"][0])
    assert there["pull_share"] == [0]
    assert pulled["pull_share"] == pytest.approx([pulled["pull_time"][0] / pulled["first_start_time"][0]])


def test_a_lazy_start_reads_a_little_and_is_soon_mounted():
    lazy, whole = (samples(images=("python:3.12",), client="containerd", lazy=name) for name in ("estargz", "none"))
    assert lazy["pull_time"][0] < 0.1 * whole["pull_time"][0]
    assert lazy["bytes_moved"][0] < 0.15 * whole["bytes_moved"][0]
    assert lazy["first_start_time"][0] > lazy["pull_time"][0] + 1.0


def test_reading_lazily_through_a_mirror_waits_less_for_each_request():
    far, near = (
        value("first_start_time", images=("python:3.12",), client="containerd", lazy="estargz", through=through)
        for through in ("registry", "mirror")
    )
    assert near < 0.5 * far


def test_slow_ends_of_the_ranges_are_slower_and_fast_ones_faster():
    low, middle, high = (samples(bound)["pull_time"][0] for bound in ("low", "value", "high"))
    assert low < middle < high


def test_an_image_is_given_by_its_layers_sizes_or_by_a_name_that_there_is():
    assert value("bytes_moved", layers=(10**6, 2 * 10**6)) == 3 * 10**6
    with pytest.raises(InputError, match=r"present: no image 'nginx:latst'.* did you mean 'nginx:latest'\?"):
        samples(present=("nginx:latst",))


def test_an_archives_image_is_pulled_and_its_plain_layers_are_taken_as_gzip(tmp_path):
    """`docker save` writes layers that are not compressed; a registry would keep them by gzip."""
    with tarfile.open(tmp_path / "a.tar", "w") as archive:

        def put(name, data):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))

        layer = io.BytesIO()
        with tarfile.open(fileobj=layer, mode="w") as inner:
            info = tarfile.TarInfo("data")
            info.size = 300_000
            inner.addfile(info, io.BytesIO(bytes(info.size)))
        plain = layer.getvalue()
        diff_id = "sha256:" + hashlib.sha256(plain).hexdigest()
        put("layer.tar", plain)
        put("config.json", json.dumps({"rootfs": {"type": "layers", "diff_ids": [diff_id]}}).encode())
        put(
            "manifest.json",
            json.dumps([{"Config": "config.json", "RepoTags": ["a:1"], "Layers": ["layer.tar"]}]).encode(),
        )
    found = run(Distribution(images=("a.tar",)), Context("a", SeedTree(1), folder=str(tmp_path))).samples
    assert found["bytes_moved"] == [round(len(plain) / load.gzip_ratio().value)]


def test_records_tell_what_each_told_node_did_and_from_where_the_numbers_are():
    found = run(Distribution(images=(SLIM,), nodes=100), Context("a", SeedTree(1))).records
    kinds = [record.kind for record in found if isinstance(record, PullRecord)]
    assert (kinds.count("download"), kinds.count("unpack")) == (4, 4)
    (base,) = (record for record in found if record.kind == "download" and record.bytes == BASE)
    assert (base.of, base.node, base.nodes, base.source, base.image) == ("a", 0, 100, HUB.flow.source, SLIM)
    sources = {record.source for record in found if record.kind == "unpack"}
    assert sources == {registries.distribution().unpack["go"].source}
    assert run(Distribution(images=(SLIM,)), Context("a", SeedTree(1), records=False)).records == ()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "expected one of two: names here, or sizes in layers"),
        ({"images": (SLIM,), "layers": (1,)}, "expected one of two: names here, or sizes in layers"),
        ({"layers": (1,) * 501}, "501 layers are too many"),
        ({"images": (SLIM,), "decompressor": "igzip"}, "igzip needs containerd"),
        ({"images": (SLIM,), "decompressor": "unpigz", "compression": "zstd"}, "it goes with gzip"),
        ({"images": (SLIM,), "connections": 2}, "2 needs containerd; dockerd's graph drivers take 1"),
        ({"images": (SLIM,), "unpacks": 2}, "2 needs containerd"),
        ({"images": (SLIM,), "lazy": "soci"}, "soci needs containerd"),
        ({"images": (SLIM,), "read": 0.5}, "0.5 is not used; it goes with lazy"),
        ({"images": (SLIM,), "policy": "Never"}, "needs images in present"),
    ],
)
def test_parameters_that_do_not_go_together_are_refused(fields, said):
    with pytest.raises(InputError, match=said):
        Distribution(**fields)


def test_every_sample_is_of_a_registered_metric_and_every_metric_has_samples():
    assert samples().keys() == {metric.name for metric in STUDY.metrics}


def test_what_is_pushed_again_is_stored_again_only_where_each_repository_has_a_store_of_its_own():
    def of(**fields):
        found = samples(pushed=("debian:trixie-slim",), **fields)
        return found["push_bytes"][0], found["stored_bytes"][0]

    mounted, again = of(), of(registry="self-hosted", mounts="never")
    assert again[0] > mounted[0]
    assert again[1] == mounted[1]
    assert of(registry="ecr") == (again[0], again[1] + again[0] - mounted[0])
    assert of(registry="ecr", mounts="always") == mounted


def test_every_rate_of_the_catalog_is_sourced_or_an_estimate_with_a_range():
    found = registries.distribution()
    groups = (found.mirror, found.peer, found.unpack, found.clients)
    numbers = [number for group in groups for number in group.values()]
    numbers += [number for one in found.registries.values() for number in (one.round_trips, one.flow, one.uplink)]
    assert len(numbers) > 30
    assert all(isinstance(number, Number) and (number.estimate or number.sources) for number in numbers)
    assert all(number.ranged for number in numbers if number.estimate)


def test_bytes_are_estimates_only_where_the_registry_does_not_say_them():
    cases: list[tuple[dict[str, Any], bool]] = [
        ({}, False),
        ({"compression": "zstd"}, True),
        ({"compression": "none"}, True),
    ]
    for fields, estimate in cases:
        found = run(Distribution(images=(SLIM,), **fields), Context("a", SeedTree(1))).estimates
        assert ("bytes_moved" in found, "pull_time" in found) == (estimate, True)


def test_an_unknown_registry_is_refused_with_those_there_are():
    with pytest.raises(InputError, match="no registry 'quay'; there are hub, "):
        registries.registry("quay")
