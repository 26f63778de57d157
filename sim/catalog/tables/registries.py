"""What registries, mirrors, peers and clients take beside the bytes: rates, round trips and daemon defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from sim.catalog.number import COSTS, HELPS, Number, Sensed, costs_but
from sim.catalog.read import Table, positive, read_whole
from sim.errors import InputError
from sim.scenario import Text

HUB = "hub"
"""The registry that is meant where none is named."""

LAZY_FORMATS = ("estargz", "nydus", "overlaybd", "soci")

ENGINES = ("containerd", "dockerd")

_COUNTS = ("downloads", "uploads", "dockerd_attempts", "containerd_attempts", "kubelet_qps", "kubelet_burst", "piece")
"""Of what there is at least one."""

_MORE_HELPS = ("downloads", "uploads", "dockerd_attempts", "containerd_attempts", "kubelet_qps", "kubelet_burst")
"""Of a client's defaults."""

_STAGES = ("gzip", "go", "unpigz", "igzip", "zstd", "hash", "extract")
"""Of unpacking a layer."""

FILE = Path(__file__).parents[1] / "registries" / "registries.toml"


Account = Literal["anonymous", "personal", "unlimited"]
"""As whom clients pull: without an account from one address, with one free account, or with a plan without a limit."""


@dataclass(frozen=True, slots=True)
class PullLimit(Sensed):
    """How many pulls a registry lets through in a window of so many seconds, by account."""

    anonymous: Number = field(metadata=HELPS)
    personal: Number = field(metadata=HELPS)
    window: Number = field(metadata=COSTS)

    def pulls(self, account: Account) -> int | None:
        """Pulls in one window. None where there is no limit."""
        return None if account == "unlimited" else int(getattr(self, account).value)


@dataclass(frozen=True, slots=True)
class Registry(Sensed):
    """A registry as its clients see it.

    Attributes:
        round_trips: Seconds before the first blob.
        flow: Bytes a second of one connection.
        near_flow: The same for a blob that somebody has got from there before. `flow` where nothing is known of it.
        uplink: Of all together.
        mounts: Whether a push mounts a blob from another repository instead of sending it again.
        shared_store: Whether it stores a blob once for all repositories.
        pull_limit: None where it has none.
    """

    id: str
    name: Text
    round_trips: Number = field(metadata=COSTS)
    flow: Number = field(metadata=HELPS)
    near_flow: Number = field(metadata=HELPS)
    uplink: Number = field(metadata=HELPS)
    mounts: bool = True
    shared_store: bool = False
    pull_limit: PullLimit | None = None


@dataclass(frozen=True, slots=True)
class LazyFormat(Sensed):
    """A format that is read while it is mounted.

    Attributes:
        index: Share of the compressed layers.
        mount: Seconds a layer.
        request: Bytes a request brings.
        amplification: Bytes fetched for each byte read.
    """

    index: Number = field(metadata=COSTS)
    mount: Number = field(metadata=COSTS)
    request: Number = field(metadata=HELPS)
    amplification: Number = field(metadata=COSTS)


@dataclass(frozen=True, slots=True)
class Lazy(Sensed):
    """Reading lazily.

    Attributes:
        read: Share of an image that a start reads.
        latency: Seconds before a request's first byte.
    """

    read: Number = field(metadata=COSTS)
    latency: Number = field(metadata=COSTS)
    mirror_latency: Number = field(metadata=COSTS)
    formats: Mapping[str, LazyFormat]


@dataclass(frozen=True, slots=True)
class EngineChores(Sensed):
    """What an engine does beside an image's bytes: seconds of a core, and flushes of the disk.

    Attributes:
        image_cpu, image_flushes: For an image.
        blob_cpu, blob_flushes: For a blob, once it has come.
        layer_cpu, layer_flushes: For a layer, when it is unpacked.
    """

    image_cpu: Number = field(metadata=COSTS)
    image_flushes: Number = field(metadata=COSTS)
    blob_cpu: Number = field(metadata=COSTS)
    blob_flushes: Number = field(metadata=COSTS)
    layer_cpu: Number = field(metadata=COSTS)
    layer_flushes: Number = field(metadata=COSTS)


@dataclass(frozen=True, slots=True)
class DistributionNumbers(Sensed):
    """All of it.

    Attributes:
        unpack: One core's rates by stage.
        clients: Daemon defaults by name.
        mirror, peer: By name.
        engines: By the store that keeps the image.
    """

    registries: Mapping[str, Registry]
    mirror: Mapping[str, Number] = field(metadata=costs_but("flow", "uplink"))
    peer: Mapping[str, Number] = field(metadata=COSTS)
    unpack: Mapping[str, Number] = field(metadata=HELPS)
    clients: Mapping[str, Number] = field(metadata=costs_but(*_MORE_HELPS))
    lazy: Lazy
    engines: Mapping[str, EngineChores]


def _group(table: Table, key: str, **dimensions: str) -> Mapping[str, Number]:
    inner = table.table(key)
    if inner is None:
        return {}
    numbers = {name: inner.number(name, dimension) for name, dimension in dimensions.items()}
    positive(
        inner, **{name: number for name, number in numbers.items() if dimensions[name] == "B/s" or name in _COUNTS}
    )
    inner.done()
    return MappingProxyType(numbers)


def _pull_limit(table: Table | None) -> PullLimit | None:
    if table is None:
        return None
    limit = PullLimit(table.number("anonymous", "1"), table.number("personal", "1"), table.number("window", "s"))
    positive(table, anonymous=limit.anonymous, personal=limit.personal, window=limit.window)
    table.done()
    return limit


def _registry(name: str, table: Table) -> Registry:
    flow = table.number("flow", "B/s")
    known = Registry(
        id=name,
        name=table.text("name"),
        round_trips=table.number("round_trips", "s"),
        flow=flow,
        near_flow=table.number("near_flow", "B/s", flow),
        uplink=table.number("uplink", "B/s"),
        mounts=table.flag("mounts"),
        shared_store=table.flag("shared_store"),
        pull_limit=_pull_limit(table.table("pull_limit", needed=False)),
    )
    positive(table, flow=known.flow, near_flow=known.near_flow, uplink=known.uplink)
    table.done()
    return known


def _format(table: Table) -> LazyFormat:
    lazy_format = LazyFormat(
        index=table.number("index", "1"),
        mount=table.number("mount", "s"),
        request=table.number("request", "B"),
        amplification=table.number("amplification", "1"),
    )
    positive(table, request=lazy_format.request, amplification=lazy_format.amplification)
    table.done()
    return lazy_format


def _engine(table: Table) -> EngineChores:
    none = {"s": Number(0.0, "s"), "1": Number(0.0, "1")}

    def number(name: str, dimension: str) -> Number:
        return table.number(name, dimension, none[dimension])

    chores = EngineChores(
        image_cpu=number("image_cpu", "s"),
        image_flushes=number("image_flushes", "1"),
        blob_cpu=number("blob_cpu", "s"),
        blob_flushes=number("blob_flushes", "1"),
        layer_cpu=number("layer_cpu", "s"),
        layer_flushes=number("layer_flushes", "1"),
    )
    table.done()
    return chores


def _engines(table: Table | None) -> Mapping[str, EngineChores]:
    engines = {name: _engine(inner) for name, inner in _tables(table).items()}
    missing = [name for name in ENGINES if name not in engines]
    if table is not None and missing:
        table.problem(f"has no {', '.join(missing)}")
    return MappingProxyType(engines)


def _tables(table: Table | None) -> dict[str, Table]:
    """The inner tables of a table, by name."""
    if table is None:
        return {}
    return {name: inner for name in table.names() if (inner := table.table(name)) is not None}


def _lazy(table: Table | None) -> Lazy:
    if table is None:
        nothing = Number(0.0, "1")
        return Lazy(nothing, nothing, nothing, {})
    formats = {name: _format(inner) for name, inner in _tables(table.table("formats")).items()}
    missing = [name for name in LAZY_FORMATS if name not in formats]
    if missing:
        table.problem(f"has no {', '.join(missing)}", "formats")
    lazy = Lazy(
        read=table.number("read", "1"),
        latency=table.number("latency", "s"),
        mirror_latency=table.number("mirror_latency", "s"),
        formats=MappingProxyType(formats),
    )
    table.done()
    return lazy


def read(path: Path = FILE) -> DistributionNumbers:
    """The catalog file of registries. Raises `CatalogError` with the dotted path of every rule it breaks."""
    return read_whole(path, "registries", _distribution)


def _distribution(table: Table) -> DistributionNumbers:
    numbers = DistributionNumbers(
        registries=MappingProxyType(
            {name: _registry(name, inner) for name, inner in _tables(table.table("registries")).items()}
        ),
        mirror=_group(table, "mirror", round_trips="s", revalidate="s", flow="B/s", uplink="B/s"),
        peer=_group(table, "peer", piece="B", round_trips="s"),
        unpack=_group(table, "unpack", **dict.fromkeys(_STAGES, "B/s"), zstd_gain="1"),
        clients=_group(
            table,
            "clients",
            blob_share="1",
            downloads="1",
            uploads="1",
            dockerd_attempts="1",
            dockerd_wait="s",
            containerd_attempts="1",
            kubelet_backoff="s",
            kubelet_backoff_most="s",
            kubelet_qps="1",
            kubelet_burst="1",
        ),
        lazy=_lazy(table.table("lazy")),
        engines=_engines(table.table("engines")),
    )
    if HUB not in numbers.registries:
        table.problem(f"has no {HUB}, which is the default", "registries")
    return numbers


@cache
def distribution() -> DistributionNumbers:
    """The catalog's registries, mirrors, peers and clients, read once."""
    return read()


def registry(name: str) -> Registry:
    """The registry of that id. Raises `InputError` naming those there are."""
    known = distribution().registries.get(name)
    if known is None:
        raise InputError(f"no registry {name!r}; there are {', '.join(distribution().registries)}")
    return known
