"""The shipped catalog loads whole, and finds what is asked for by its id."""

import re

import pytest

from sim.catalog import load
from sim.catalog.model import Guest, MemoryPart, Phase, Technology
from sim.catalog.number import Number
from sim.errors import InputError
from sim.records.instances import OWNERS

LABELS = [
    "cloud-hypervisor",
    "crun",
    "docker",
    "firecracker",
    "gvisor",
    "kata",
    "lxc",
    "podman",
    "process",
    "qemu-kvm",
    "runc",
    "unikernel",
    "virtualbox",
    "xen",
]
JAPANESE = re.compile(r"[぀-ヿ一-鿿]")


def test_the_technologies_have_the_ids_that_scenarios_use():
    assert set(LABELS) <= load.technologies().keys()


def test_every_guest_of_a_technology_is_there():
    for technology in load.technologies().values():
        assert all(guest in load.guests() for guest in technology.guests)
        assert bool(technology.guests) == (technology.runs != "process")


def test_the_hosts_of_the_lessons_and_of_the_papers_are_there():
    assert {"laptop", "server", "reference", "m5d-metal", "haswell", "nehalem", "lightvm"} <= load.hosts().keys()
    server = load.host("server")
    assert (server.cores, server.memory.value) == (32, 64 * 2**30)
    assert load.host("nehalem").capacity() == 4 * 1.25


def test_an_application_names_an_official_image():
    assert load.application("web").image in load.images()
    assert load.application("tiny").image == ""


@pytest.mark.parametrize(
    ("find", "name", "says"),
    [
        (load.technology, "dokcer", "no technology 'dokcer', did you mean 'docker'?"),
        (load.guest, "debian", "no guest 'debian', did you mean"),
        (load.application, "zzz", "no application 'zzz'; there are big, hello, nginx, node, prefork, ruby, tiny, web"),
        (load.host, "server2", "did you mean 'server'?"),
    ],
)
def test_an_unknown_id_says_what_there_is(find, name, says):
    with pytest.raises(InputError, match=re.escape(says)):
        find(name)


@pytest.mark.parametrize("name", LABELS)
def test_every_phase_and_part_is_told_in_both_languages(name):
    technology = load.technology(name)
    guests = [load.guest(guest) for guest in technology.guests]
    entries: list[Technology | Guest] = [technology, *guests]
    parts: list[Phase | MemoryPart] = []
    for entry in entries:
        parts += entry.phases
        parts += entry.memory
    for part in parts:
        assert part.owner in OWNERS
        assert part.text.en
        assert part.text.ja
    assert JAPANESE.search(load.guests()["minimal"].phases[0].text.ja)


def test_a_number_without_a_range_is_its_value_at_both_ends():
    number = Number(3.0, "s", low=1.0)
    assert [number.at(bound) for bound in ("low", "value", "high")] == [1.0, 3.0, 3.0]
    assert number.ranged
    assert not Number(3.0, "s").ranged


def test_a_layer_of_a_registry_is_smaller_than_on_disk():
    ratio = load.gzip_ratio()
    assert ratio.value == 3.0
    assert ratio.estimate
    assert ratio.low <= 2.6 < 167 / 47 <= ratio.high + 0.01


def test_an_official_image_has_its_real_layers():
    """nginx:alpine is 26310566 bytes in eight layers over Alpine, as its registry serves them."""
    image = load.images()["nginx:alpine"]
    assert (len(image.layers), image.compressed_size, image.base) == (8, 26310566, "alpine:3.24")
    assert image.layers[1].instruction == "RUN apk: nginx core"
    assert image.layers[0].digest == load.images()["alpine:latest"].layers[0].digest
    assert any(layer.empty for layer in load.images()["redis:latest"].layers)
    assert load.images().keys() >= {"python:3.12-slim", "eclipse-temurin:21-jre", "php:8.4-apache"}


def test_no_two_phases_or_parts_of_one_start_have_the_same_id():
    """Streams of chance, records and figures tell them apart by it."""
    for technology in load.technologies().values():
        for guest in [load.guest(name) for name in technology.guests] or [None]:
            for application in load.applications().values():
                together = [entry for entry in (technology, guest, application) if entry]
                for kind in ("phases", "memory"):
                    ids = [part.id for entry in together for part in getattr(entry, kind)]
                    assert len(ids) == len(set(ids)), (technology.id, application.id)
    assert not load.technologies().keys() & load.guests().keys()
