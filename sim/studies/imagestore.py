"""What do Docker's two image stores fetch, send and keep, where they differ? One engine beside one registry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le, doc

from sim.catalog import load
from sim.catalog.names import CatalogName
from sim.outcome import Bound, MetricSpec
from sim.quantity import BytesPerSecond, Seconds
from sim.registry.exchange.containerd import ContainerdGiven
from sim.registry.exchange.exchange import Exchange, Exchanged, GivenCommand, Verb
from sim.registry.exchange.goods import Goods, ImageShape, LayerSize, config_of
from sim.registry.exchange.graphdriver import DOWNLOADS, GraphdriverGiven
from sim.registry.exchange.line import Cut
from sim.registry.exchange.names import RemoteName
from sim.registry.exchange.server import RegistryServer, ServedRepository
from sim.studies.base import Context, Study, StudyRun, Subject

FIRST, NEXT = "first", "next"
"""The image, and its next version."""

_REPOSITORY = "registry:5000", "team/app"
_NAMES = {FIRST: RemoteName(*_REPOSITORY, "1"), NEXT: RemoteName(*_REPOSITORY, "2")}

LATER = 86_400.0
"""Seconds until the second command: a day, so that the first has long ended, one way or another."""


@dataclass(frozen=True, kw_only=True)
class StoreComparison:
    """An engine with one of the stores, and an image in a registry."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - pydantic reads this name from the class

    store: Annotated[
        Literal["overlay2", "containerd"],
        Subject(),
        doc("Where the engine keeps images: dockerd's own store on overlay2, or containerd's."),
    ] = "overlay2"
    image: Annotated[str, CatalogName("images"), doc("The official image whose layers are moved.")] = "python:3.12"
    changed_layer: Annotated[
        int,
        Ge(1),
        Le(100),
        doc(
            "The one layer of the next version that has other bytes, counted from the base; the highest where there "
            "are fewer. Those above keep theirs, as COPY --link makes them."
        ),
    ] = 2
    downloads: Annotated[
        int, Ge(1), Le(100), doc("max-concurrent-downloads. containerd's store does not heed it in Docker 26.1.")
    ] = DOWNLOADS
    connection: Annotated[BytesPerSecond, Gt(0), doc("What one connection brings.")] = 25e6
    stopped_after: Annotated[Seconds, Le(3_600), doc("When the first of two pulls is interrupted.")] = 6.0


def goods_of(params: StoreComparison, bound: Bound = "value") -> Goods:
    """The image and its next version. Configurations and manifests are small, and count as nothing."""
    ratio = load.gzip_ratio().at(bound)
    sizes = [layer.size for layer in load.images()[params.image].layers]
    layers = {f"layer {n}": LayerSize(round(size * ratio), size) for n, size in enumerate(sizes, 1)}
    changed = f"layer {min(params.changed_layer, len(sizes))}"
    layers[f"{changed} anew"] = layers[changed]
    first = tuple(f"layer {n}" for n in range(1, len(sizes) + 1))
    anew = tuple(f"{changed} anew" if layer == changed else layer for layer in first)
    return Goods({FIRST: ImageShape(first, 0, 0), NEXT: ImageShape(anew, 0, 0)}, layers)


def run(params: StoreComparison, context: Context) -> StudyRun:
    """Play each situation on an engine of its own. Nothing is random."""
    goods = goods_of(params, context.bound)
    largest = max(goods.images[FIRST].layers, key=goods.size)
    first = _play(params, goods, [("pull", FIRST, None)])
    following = _play(params, goods, [("pull", FIRST, None), ("pull", NEXT, None)])
    stopped = _play(params, goods, [("pull", FIRST, params.stopped_after)])
    again = _play(params, goods, [("pull", FIRST, params.stopped_after), ("pull", FIRST, None)])
    broken = _play(params, goods, [("pull", FIRST, None)], Cut("download", largest, goods.size(largest) // 2, 1))
    loaded = _play(params, goods, [("push", FIRST, None)], images={_NAMES[FIRST]: FIRST})
    return StudyRun(
        samples={
            "next_bytes": [_fetched(following) - _fetched(first)],
            "next_layers": [_layers(following) - _layers(first)],
            "again_bytes": [_fetched(again) - _fetched(stopped)],
            "loaded_bytes": [loaded.traffic.layer_bytes["upload"]],
            "pull_failed": [float(bool(broken.commands[0].error))],
            "layers_at_once": [first.traffic.most_at_once],
            "first_bytes": [_fetched(first)],
            "disk_bytes": [_on_disk(params, goods, first)],
        },
        estimates=frozenset({"again_bytes", "disk_bytes"}),
        ranged=True,
    )


def _play(
    params: StoreComparison,
    goods: Goods,
    commands: list[tuple[Verb, str, float | None]],
    cut: Cut | None = None,
    images: Mapping[RemoteName, str] | None = None,
) -> Exchanged:
    """Give commands to an engine that has nothing, or images that were loaded. The registry has both versions."""
    given: GraphdriverGiven | ContainerdGiven = (
        GraphdriverGiven(images=images or {}, downloads=params.downloads)
        if params.store == "overlay2"
        else ContainerdGiven(images=images or {})
    )
    links = {*goods.layers, *map(config_of, goods.images)}
    served = ServedRepository(links, {name.tag: image for image, name in _NAMES.items()})
    domain, path = _REPOSITORY
    servers = {domain: RegistryServer(goods, {path: served})}
    exchange = Exchange(goods, given, servers, rate=params.connection, cut=cut)
    return exchange.play(
        [
            GivenCommand(number * LATER, verb, (_NAMES[image],), stop)
            for number, (verb, image, stop) in enumerate(commands)
        ]
    )


def _fetched(done: Exchanged) -> int:
    return done.traffic.layer_bytes["download"]


def _layers(done: Exchanged) -> int:
    return done.traffic.requests["get_layer"] + done.traffic.requests["get_layer_rest"]


def _on_disk(params: StoreComparison, goods: Goods, done: Exchanged) -> int:
    """Unpacked layers, and beside them in containerd's store the blobs."""
    if params.store == "overlay2":
        return done.kept["bytes"]
    return done.kept["bytes"] + sum(goods.layers[layer].size for layer in goods.images[FIRST].layers)


METRICS = (
    MetricSpec(
        "next_bytes",
        "B",
        "the next version's pull",
        "Bytes fetched for a version in which one layer is another",
        transfer=True,
        headline=True,
    ),
    MetricSpec("next_layers", "1", "the next version's pull", "Layers fetched for it"),
    MetricSpec("again_bytes", "B", "the second pull", "Bytes fetched after an interrupted pull", transfer=True),
    MetricSpec("loaded_bytes", "B", "the push", "Bytes sent of a loaded image that is there already", transfer=True),
    MetricSpec("pull_failed", "1", "one connection breaks", "Whether one broken connection fails a pull"),
    MetricSpec("layers_at_once", "1", "the first pull", "The most layers on their way at once"),
    MetricSpec("first_bytes", "B", "the first pull", "Bytes fetched by the first pull", transfer=True),
    MetricSpec(
        "disk_bytes", "B", "after the first pull", "Bytes that the image takes on the engine's disk", transfer=True
    ),
)

STUDY = Study(
    name="imagestore", parameters=StoreComparison, metrics=METRICS, run=run, random=False, named_by_technology=False
)
