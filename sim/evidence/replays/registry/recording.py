"""A file of recorded registry traffic, read and checked: what there is to move, and what each case begins with."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any, Literal, TypeVar

from sim import limits
from sim.errors import InputError
from sim.evidence.replays.fields import RecordedFields, shown
from sim.evidence.replays.registry.commands import given_command
from sim.evidence.replays.registry.names import DOMAINS, given_name, given_repository
from sim.registry.exchange.containerd import ContainerdGiven
from sim.registry.exchange.exchange import Exchange, GivenCommand
from sim.registry.exchange.goods import Goods, ImageShape, LayerSize, TooManyStepsError
from sim.registry.exchange.graphdriver import DOWNLOADS, UPLOADS, GraphdriverGiven
from sim.registry.exchange.line import LOCAL_RATE, Cut, Way
from sim.registry.exchange.names import RemoteName
from sim.registry.exchange.server import RegistryServer, ServedRepository

T = TypeVar("T")

StoreName = Literal["overlay2", "containerd"]

STORES: tuple[StoreName, ...] = ("overlay2", "containerd")

UNLIMITED = 10**6
"""LayerTransfers at once where a setting says 0."""


@dataclass(frozen=True)
class RegistryCase:
    """A case.

    Attributes:
        store: The engine's image store.
        commands: What is given to the engine, in the recording's order.
        expect: What the engine came to.
        left_out: Fields that are not counted.
    """

    name: str
    store: StoreName
    commands: tuple[GivenCommand, ...]
    expect: RecordedFields
    left_out: tuple[str, ...]
    exchange: Exchange


class RegistryRecording:
    """A recording. What it does not say about images and layers is taken from the one that comes with the package."""

    def __init__(self, fields: RecordedFields) -> None:
        self._fields = fields
        self._goods: dict[StoreName, Goods] = {store: self._read_goods(store) for store in STORES}

    def cases(self) -> list[RegistryCase]:
        """Every case. Raises `InputError` naming what is wrong with one."""
        try:
            return [self._case(case) for case in self._fields.objects("cases", limits.REGISTRY_CASES)]
        except TooManyStepsError:
            self._fields.refuse("cases", f"they name more than {limits.REGISTRY_STEPS:,} layers")

    def _read_goods(self, store: StoreName) -> Goods:
        sizes = {
            name: LayerSize(layer.whole("bytes"), layer.whole("compressed_blob"))
            for name, layer in _members(self._table("layers"))
        }
        table = self._table("images")
        configs, manifests = (self._table(key).object(store, default={}) for key in ("config_size", "manifest_size"))
        images = {
            name: ImageShape(
                tuple(_known(table, name, layers, sizes)), configs.whole(name, 0), manifests.whole(name, 0)
            )
            for name in table.values
            for layers in [table.texts(name)]
        }
        return Goods(images, sizes, limits.REGISTRY_STEPS)

    def _table(self, key: str) -> RecordedFields:
        fields = self._fields if key in self._fields else _packaged(self._fields)
        return fields.object(key)

    def _case(self, case: RecordedFields) -> RegistryCase:
        store: StoreName = "overlay2" if case.one_of("store", STORES) == "overlay2" else "containerd"
        given, goods = case.object("given"), self._goods[store]
        commands = case.objects("commands", limits.REGISTRY_COMMANDS)
        return RegistryCase(
            case.text("id"),
            store,
            tuple(given_command(command) for command in commands),
            case.object("expect"),
            tuple(case.object("not_counted", default={}).values),
            self._exchange(given, goods, store),
        )

    def _exchange(self, given: RecordedFields, goods: Goods, store: StoreName) -> Exchange:
        engine = given.object("engine")
        killed = given.maybe("engine_killed_after", lambda key: given.number(key, least=0))
        return Exchange(
            goods,
            _graphdriver(engine, goods) if store == "overlay2" else _containerd(engine, goods),
            {domain: _server(given, key, goods) for key, domain in DOMAINS.items() if key in given},
            rate=given.number("rate", LOCAL_RATE, least=1),
            cut=given.maybe("cut", lambda key: _cut(given.object(key), goods)),
            killed_after=killed,
        )


def _packaged(fields: RecordedFields) -> RecordedFields:
    text = resources.files("sim.evidence").joinpath("data/recorded_registry.json").read_text("utf-8")
    return RecordedFields(json.loads(text), fields.file, "", fields.effort)


def _members(fields: RecordedFields) -> list[tuple[str, RecordedFields]]:
    fields.spend(len(fields.values))
    return [(name, fields.object(name)) for name in fields.values]


def _known(fields: RecordedFields, key: str, names: Sequence[str], known: Mapping[str, Any]) -> Sequence[str]:
    """Names that are all there. Refuses the first that is not."""
    fields.spend(len(names))
    for name in names:
        if name not in known:
            fields.refuse(key, f"there is no {shown(name)} in the recording")
    if known and isinstance(next(iter(known.values())), LayerSize) and not 0 < len(names) <= limits.REGISTRY_LAYERS:
        fields.refuse(key, f"expected 1 to {limits.REGISTRY_LAYERS} layers, not {len(names)}")
    return names


def _image(fields: RecordedFields, key: str, goods: Goods) -> str:
    return _known(fields, key, [fields.text(key)], goods.images)[0]


def _blobs(fields: RecordedFields, key: str, goods: Goods) -> list[str]:
    """Layers, configurations and manifests. Refuses one of an image or a layer that there is not."""
    blobs = fields.texts(key)
    fields.spend(len(blobs))
    for blob in blobs:
        _check_blob(fields, key, blob, goods)
    return blobs


def _check_blob(fields: RecordedFields, key: str, blob: str, goods: Goods) -> None:
    kind, _, image = blob.partition(":")
    if not (blob in goods.layers or (kind in ("config", "manifest") and image in goods.images)):
        fields.refuse(key, f"there is no {shown(blob)} in the recording")


def _read(fields: RecordedFields, key: str, text: str, read: Callable[[str], T]) -> T:
    try:
        return read(text)
    except InputError as error:
        fields.refuse(key, error.problems[0].message)


def _names(engine: RecordedFields, goods: Goods) -> dict[RemoteName, str]:
    images = engine.object("images", default={})
    images.spend(len(images.values))
    names = {}
    for key in images.values:
        name = _read(images, key, key, given_name)
        if name.digest:
            _known(images, key, [name.digest], goods.images)
        names[name] = _image(images, key, goods)
    return names


def _seen(engine: RecordedFields, goods: Goods) -> dict[str, list[str]]:
    seen = engine.object("seen_in", default={})
    seen.spend(len(seen.values))
    for blob in seen.values:
        _check_blob(seen, blob, blob, goods)
    return {blob: [_read(seen, blob, text, given_repository) for text in seen.texts(blob)] for blob in seen.values}


def _graphdriver(engine: RecordedFields, goods: Goods) -> GraphdriverGiven:
    origin, settings = engine.object("origin", default={}), engine.object("settings", default={})
    manifests = engine.texts("manifests")
    return GraphdriverGiven(
        images=_names(engine, goods),
        pulled=[image for image in origin.values if origin.text(image) == "pulled"],
        seen=_seen(engine, goods),
        manifests=_known(engine, "manifests", manifests, goods.images),
        downloads=settings.whole("max_concurrent_downloads", DOWNLOADS) or UNLIMITED,
        uploads=settings.whole("max_concurrent_uploads", UPLOADS) or UNLIMITED,
    )


def _containerd(engine: RecordedFields, goods: Goods) -> ContainerdGiven:
    kept = engine.object("kept", default={})
    partial = kept.object("partial", default={})
    for blob in partial.values:
        _check_blob(partial, blob, blob, goods)
    return ContainerdGiven(
        images=_names(engine, goods),
        seen=_seen(engine, goods),
        kept=_blobs(kept, "blobs", goods),
        begun={blob: partial.whole(blob, most=goods.size(blob)) for blob in partial.values},
    )


def _server(given: RecordedFields, key: str, goods: Goods) -> RegistryServer:
    registry = given.object(key)
    repositories = {}
    for path, repository in _members(registry.object("repositories", default={})):
        tags = repository.object("tags", default={})
        tags.spend(len(tags.values))
        named = {tag: _image(tags, tag, goods) for tag in tags.values}
        repositories[path] = ServedRepository(set(_blobs(repository, "blobs", goods)), named)
    return RegistryServer(goods, repositories, _blobs(registry, "unlinked_blobs", goods))


def _cut(cut: RecordedFields, goods: Goods) -> Cut:
    what = cut.text("what")
    word, of, blob = what.partition(" of ")
    ways: dict[str, Way] = {"download": "download", "upload": "upload"}
    if not of or word not in ways:
        cut.refuse("what", f"expected 'download of' or 'upload of' a layer, not {shown(what)}")
    _check_blob(cut, "what", blob, goods)
    times = cut.whole("times", 1, most=limits.REGISTRY_REQUESTS)
    return Cut(ways[word], blob, cut.whole("after_bytes"), times)
