"""How does an image reach its nodes? Bytes and seconds of a push, a first pull, the next version, a whole fleet."""

from __future__ import annotations

import difflib
import math
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from annotated_types import Ge, Le, doc

from sim.archives.layers import Image
from sim.archives.store import LayerStore, image_of_blobs
from sim.catalog import load
from sim.catalog.model import Application, Host, Technology
from sim.catalog.names import CatalogName
from sim.catalog.number import Number
from sim.catalog.tables.registries import Account, DistributionNumbers, distribution, registry
from sim.errors import InputError, Problem
from sim.inputfile import exists
from sim.outcome import Bound, MetricSpec
from sim.platforms.single import start_alone
from sim.quantity import Bytes, BytesPerSecond, Seconds, Unit
from sim.reasons import Reason
from sim.records.images import PullRecord
from sim.records.record import Record
from sim.registry.client import Client, ClientName, client_of
from sim.registry.content import PullPolicy, RegistryContent, default_policy, upload_seconds
from sim.registry.fleet import Distributed, Fleet, FleetRates, Through, distribute
from sim.registry.work import LazyReading, Unpacking, Work, compressed, lazily, next_version, work_of
from sim.studies.base import Context, Repeated, Study, StudyRun, Subject

TOLD = 24
"""Nodes whose records are kept, as many as a figure shows. Of more only the first are."""

RegistryName = Literal["hub", "hub-desktop", "ghcr", "ecr", "self-hosted"]
Fraction = Annotated[float, Unit("1"), Ge(0), Le(1)]
LazyName = Literal["none", "estargz", "soci", "nydus", "overlaybd"]

_OWN = "image"
"""What an image is called that is given by its layers' sizes."""


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """Which images go to which nodes, and how."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - pydantic reads this name from the class

    images: Annotated[
        tuple[str, ...],
        Subject(),
        doc("Images to pull: official ones by name and tag, or the paths of image archives."),
    ] = ()
    layers: Annotated[
        tuple[Bytes, ...], doc("An image of your own, by the compressed size of each layer, the base first.")
    ] = ()
    present: Annotated[tuple[str, ...], doc("Images that every node has already; as for images.")] = ()
    version: Annotated[
        int,
        Ge(0),
        Le(500),
        doc(
            "The nodes and the registry have the images, and their next version comes, with new bytes from this layer "
            "on, counted from the base; 0 for the images themselves."
        ),
    ] = 0
    nodes: Annotated[int, Ge(1), Le(10_000), Repeated(), doc("How many nodes pull.")] = 1
    host: Annotated[str | Host, CatalogName("hosts"), doc("What each node is.")] = "server"
    within: Annotated[Seconds, Le(86_400), doc("Nodes ask at random within this time; 0 s for all at once.")] = 0.0
    registry: Annotated[RegistryName, doc("The registry the images are in.")] = "hub"
    account: Annotated[
        Account,
        doc(
            "As whom the nodes pull where the registry limits pulls: anonymously from one address, with one free "
            "account, or without a limit. The times are those of a fleet that is let through."
        ),
    ] = "unlimited"
    uplink: Annotated[
        BytesPerSecond | None, doc("What the registry sends in all; if left out, as the catalog has it.")
    ] = None
    through: Annotated[
        Through, doc("Nodes pull from the registry, a pull-through cache, down a tree, or from one another.")
    ] = "registry"
    mirror: Annotated[
        Literal["cold", "joining", "warm"],
        doc(
            "The pull-through cache is empty and sends simultaneous requests upstream, as Distribution's does; empty, "
            "but lets them wait for the first; or has every blob."
        ),
    ] = "joining"
    fan_out: Annotated[int, Ge(1), Le(1_000), doc("How many nodes each node of a tree hands on to.")] = 8
    client: Annotated[ClientName, doc("What pulls on a node.")] = "dockerd"
    downloads: Annotated[
        int | None, Ge(1), Le(100), doc("Layers downloaded at once; if left out, the client's default.")
    ] = None
    connections: Annotated[
        int, Ge(1), Le(64), doc("Connections for each layer; containerd can fetch a layer in parts.")
    ] = 1
    unpacks: Annotated[
        int, Ge(1), Le(64), doc("Layers of an image unpacked at once; needs containerd and a snapshotter that can.")
    ] = 1
    compression: Annotated[Literal["gzip", "zstd", "none"], doc("How layers are compressed.")] = "gzip"
    decompressor: Annotated[
        Literal["go", "unpigz", "igzip"],
        doc(
            "What decompresses gzip: the client's own Go library, or a program that it starts where it is installed. "
            "igzip needs containerd."
        ),
    ] = "go"
    policy: Annotated[
        Literal["by-tag", PullPolicy], doc("When a tag is asked for: by-tag is Always for latest, else IfNotPresent.")
    ] = "by-tag"
    lazy: Annotated[LazyName, doc("A format that is mounted and read on demand, or none: layers are unpacked.")] = (
        "none"
    )
    read: Annotated[Fraction | None, doc("Share of the image that a start reads; if left out, as published.")] = None
    failure_rate: Annotated[float, Unit("1"), Ge(0), Le(0.9), doc("The chance that a download breaks off.")] = 0.0
    resume: Annotated[bool, doc("Whether a download goes on where it broke off, by Range.")] = True
    pushed: Annotated[
        tuple[str, ...], doc("Images that the registry has already, each in a repository of its own.")
    ] = ()
    mounts: Annotated[
        Literal["by-registry", "always", "never"], doc("Whether a push mounts layers from other repositories.")
    ] = "by-registry"
    technology: Annotated[
        str | Technology, Subject(), CatalogName("technologies"), doc("What starts the application.")
    ] = "docker"
    application: Annotated[
        str | Application, Subject(), CatalogName("applications"), doc("What the first start runs.")
    ] = "web"

    def __post_init__(self) -> None:
        """Raise `InputError` for parameters that do not go together."""
        problems = list(_problems(self))
        if problems:
            raise InputError(problems)


def _problems(params: Distribution) -> Iterator[Problem]:
    if bool(params.images) == bool(params.layers):
        yield Problem(
            Reason("images_or_layers", "expected either names here or sizes in layers, and not both"), path="images"
        )
    if len(params.layers) > 500:
        yield Problem(f"{len(params.layers)} layers are too many; expected at most 500", path="layers")
    for name in ("connections", "unpacks"):
        if getattr(params, name) > 1 and params.client == "dockerd":
            yield Problem(
                Reason(
                    "containerd.one",
                    "{value} needs containerd; dockerd's graph drivers take 1",
                    value=getattr(params, name),
                ),
                path=name,
            )
    if params.decompressor == "igzip" and params.client == "dockerd":
        yield Problem(
            Reason("containerd.igzip", "igzip needs containerd 2.0; dockerd starts unpigz"), path="decompressor"
        )
    if params.decompressor != "go" and params.compression != "gzip":
        yield Problem(
            Reason("goes_with.gzip", "{value} is not used; it goes with gzip", value=params.decompressor),
            path="decompressor",
        )
    if params.lazy != "none" and params.client == "dockerd":
        yield Problem(
            Reason("containerd.lazy", "{value} needs containerd; dockerd's graph drivers unpack", value=params.lazy),
            path="lazy",
        )
    if params.lazy != "none" and params.compression == "zstd":
        yield Problem(Reason("lazy_zstd", "zstd is not read lazily here; expected gzip or none"), path="compression")
    if params.read is not None and params.lazy == "none":
        yield Problem(
            Reason("goes_with.lazy", "{value} is not used; it goes with lazy", value=params.read), path="read"
        )
    if params.policy == "Never" and not params.present:
        yield Problem(Reason("never", "Never pulls nothing; it needs images in present"), path="policy")


def named_images(name: str, folder: str, ratio: float, key: str = "images") -> tuple[Image, ...]:
    """The official image of that name, or those of an archive or layout at that path.

    Args:
        ratio: An official layer's size over its compressed size.
        key: The parameter that names it.

    Raises `InputError` naming the official images.
    """
    official = load.images().get(name)
    if official is not None:
        blobs = [(layer.digest, layer.size, round(layer.size * ratio)) for layer in official.layers]
        return (image_of_blobs(name, blobs),)
    path = Path(folder) / name
    if exists(path):
        from sim.archives.archive import read_images

        return read_images(path)
    near = difflib.get_close_matches(name, load.images(), 1)
    hint = f"did you mean {near[0]!r}?" if near else f"the official ones are {', '.join(load.images())}"
    raise InputError(Problem(f"no image {name!r}: no such file or official image; {hint}", path=key))


def _images(params: Distribution, key: str, folder: str, bound: Bound) -> list[Image]:
    """The images that one of the parameters names, as the registry keeps them."""
    names: tuple[str, ...] = getattr(params, key)
    numbers = distribution()
    ratio = load.gzip_ratio().at(bound)
    pulled = [image for name in names for image in named_images(name, folder, ratio, key)]
    gain = numbers.unpack["zstd_gain"].at(bound)
    return [compressed(image, params.compression, ratio, gain) for image in pulled]


def _own(params: Distribution, bound: Bound) -> list[Image]:
    """The image of `layers`. A compressed size is the one that is given, whatever the compression."""
    ratio = 1.0 if params.compression == "none" else load.gzip_ratio().at(bound)
    if not params.layers:
        return []
    return [
        image_of_blobs(_OWN, [(f"{_OWN} {n}", size, round(size * ratio)) for n, size in enumerate(params.layers, 1)])
    ]


@dataclass(frozen=True)
class _Asked:
    """The images, the nodes' store, the registry before the push."""

    images: list[Image]
    store: LayerStore
    content: RegistryContent


def _asked(params: Distribution, client: Client, context: Context) -> _Asked:
    first = _images(params, "images", context.folder, context.bound) + _own(params, context.bound)
    mounts = registry(params.registry).mounts if params.mounts == "by-registry" else params.mounts == "always"
    content = RegistryContent(mounts=mounts, shared_store=registry(params.registry).shared_store)
    for image in _images(params, "pushed", context.folder, context.bound):
        content = content.push(image, f"pushed/{_repository(image.name)}").registry
    store = LayerStore(client.backend)
    for image in _images(params, "present", context.folder, context.bound):
        store = store.add(image)
    if not params.version:
        return _Asked(first, store, content)
    for image in first:
        store = store.add(image)
        content = content.push(image, _repository(image.name)).registry
    return _Asked([next_version(image, params.version) for image in first], store, content)


def _repository(name: str) -> str:
    """A name that any image can be pushed under: an archive's may be a digest or have none."""
    return name.replace("@", "/") or "unnamed"


def _client(params: Distribution, numbers: DistributionNumbers) -> Client:
    from dataclasses import replace

    client = client_of(
        params.client,
        numbers.clients,
        hashing=numbers.unpack["hash"].value * load.host(params.host).cpu_speed.value,
        unpacks=params.unpacks,
        parts=params.connections,
        resume=params.resume,
    )
    return client if params.downloads is None else replace(client, downloads=params.downloads)


def _work(params: Distribution, asked: _Asked, numbers: DistributionNumbers, bound: Bound) -> Work:
    rates = numbers.unpack
    number = _decompress(params, numbers)
    unpacking = Unpacking(
        number.at(bound) if number else math.inf,
        rates["hash"].at(bound),
        rates["extract"].at(bound),
        load.host(params.host).capacity(bound),
        inflates=params.compression == "gzip" and params.decompressor == "go",
        extracts=params.client != "dockerd",
    )
    there = {layer for image in asked.store.images.values() for layer in [image.id]}
    lookups = []
    for image in asked.images:
        policy = params.policy
        if policy == "by-tag":
            policy = "Always" if params.version else _policy(image.name)
        lookups.append(policy == "Always" or (policy == "IfNotPresent" and image.id not in there))
    work = work_of(asked.images, asked.store, unpacking, lookups)
    if params.policy == "Never" and work.blobs:
        missing = ", ".join(dict.fromkeys(blob.image for blob in work.blobs))
        raise InputError(Problem(f"Never pulls nothing, but {missing} is not present", path="policy"))
    if params.lazy == "none":
        return work
    lazy_format = numbers.lazy.formats[params.lazy]
    latency, flow, _ = _path(params, numbers)
    request = lazy_format.request.at(bound)
    read = numbers.lazy.read.at(bound) if params.read is None else params.read
    rate = request / (latency.at(bound) + request / flow.at(bound))
    reading = LazyReading(
        lazy_format.index.at(bound), lazy_format.mount.at(bound), read, lazy_format.amplification.at(bound), rate
    )
    return lazily(work, reading)


def _decompress(params: Distribution, numbers: DistributionNumbers) -> Number | None:
    """The rate of what decompresses a layer, None where nothing does."""
    if params.compression == "none":
        return None
    return numbers.unpack["zstd" if params.compression == "zstd" else params.decompressor]


def _policy(name: str) -> PullPolicy:
    try:
        return default_policy(name)
    except InputError:
        return "Always"


def _path(params: Distribution, numbers: DistributionNumbers) -> tuple[Number, Number, list[Number]]:
    """Latency of a lazy request, rate of its connection, and the numbers a pull's look-up adds up from."""
    source = registry(params.registry)
    if params.through == "mirror":
        mirror = numbers.mirror
        return numbers.lazy.mirror_latency, mirror["flow"], [mirror["round_trips"], mirror["revalidate"]]
    more = [numbers.peer["round_trips"]] if params.through == "peer" else []
    return numbers.lazy.latency, source.flow, [source.round_trips, *more]


def _rates(params: Distribution, numbers: DistributionNumbers, bound: Bound) -> FleetRates:
    source, host = registry(params.registry), load.host(params.host)
    _, _, lookup = _path(params, numbers)
    before = math.fsum(number.at(bound) for number in lookup)
    first_byte = before * numbers.clients["blob_share"].at(bound)
    return FleetRates(
        lookup=before - first_byte,
        first_byte=first_byte,
        disk=host.disk_write.at(bound),
        flow=source.flow.at(bound),
        near_flow=source.near_flow.at(bound),
        uplink=source.uplink.at(bound) if params.uplink is None else params.uplink,
        card=host.network.at(bound),
        cores=host.capacity(bound),
        speed=host.cpu_speed.at(bound),
        local_flow=numbers.mirror["flow"].at(bound),
        mirror_uplink=numbers.mirror["uplink"].at(bound),
        piece=numbers.peer["piece"].at(bound),
    )


def run(params: Distribution, context: Context) -> StudyRun:
    """Push the images once, let every node pull them, and start the application on each."""
    numbers = distribution()
    client = _client(params, numbers)
    asked = _asked(params, client, context)
    work = _work(params, asked, numbers, context.bound)
    rates = _rates(params, numbers, context.bound)
    fleet = Fleet(
        nodes=params.nodes,
        through=params.through,
        rates=rates,
        fan_out=params.fan_out,
        warm=params.mirror == "warm",
        joins=params.mirror != "cold",
        within=params.within,
        failure=params.failure_rate,
        told=TOLD if context.records else 0,
    )
    done = distribute(work, client, fleet, context.seeds, context.tick)
    sent_bytes, sent_seconds, stored = _push(asked, numbers, rates)
    start = start_alone(
        load.technology(params.technology),
        load.application(params.application),
        load.host(params.host),
        context.seeds,
        context.bound,
    )
    have = {image.id for image in asked.store.images.values()}
    pulls = _pulls(params, sum(image.id not in have for image in asked.images))
    refused, last = _refused(params, pulls)
    shared = 0 if params.lazy != "none" else work.asked_bytes - work.moved_bytes
    return StudyRun(
        samples={
            "pull_time": done.pull,
            "download_time": done.download,
            "first_start_time": [seconds + start for seconds in done.read],
            "pull_share": [statistics.fmean(seconds / (seconds + start) for seconds in done.read)],
            "unpack_time": done.unpack,
            "bytes_moved": [statistics.fmean(done.moved)],
            "shared_bytes": [shared],
            "registry_bytes": [done.registry_bytes],
            "registry_requests": [done.registry_requests],
            "pulls": [pulls],
            "pulls_refused": [refused],
            "limit_time": [last],
            "retries": [done.retries / params.nodes],
            "push_bytes": [sent_bytes],
            "push_time": [sent_seconds],
            "stored_bytes": [stored],
        },
        records=tuple(_records(params, context, numbers, done)),
        estimates=_TIMES if params.compression == "gzip" and params.lazy == "none" else _TIMES | _BYTES,
        ranged=True,
    )


def _pulls(params: Distribution, images: int) -> int:
    """Pulls that the registry counts: a GET of a manifest for each image, by each client that gets there."""
    clients = {
        "registry": params.nodes,
        "mirror": {"cold": params.nodes, "joining": 1, "warm": 0}[params.mirror],
        "tree": min(params.nodes, params.fan_out),
        "peer": 1,
    }[params.through]
    return clients * images


def _refused(params: Distribution, pulls: int) -> tuple[int, float]:
    """Pulls beyond the registry's limit, and seconds until windows enough have passed to let all through."""
    limit = registry(params.registry).pull_limit
    most = limit.pulls(params.account) if limit else None
    if limit is None or most is None or not pulls:
        return 0, 0.0
    window = limit.window.value
    windows = 1 + int(params.within / window)
    last = (math.ceil(pulls / most) - 1) * window
    return max(pulls - most * windows, 0), last


def _push(asked: _Asked, numbers: DistributionNumbers, rates: FleetRates) -> tuple[int, float, int]:
    """Bytes and seconds of pushing the images, and what the registry keeps afterwards."""
    content = asked.content
    sent_bytes, seconds = 0, 0.0
    for image in asked.images:
        push = content.push(image, _repository(image.name))
        content = push.registry
        sent_bytes += push.sent_bytes
        at_once = int(numbers.clients["uploads"].value)
        seconds += (
            rates.lookup
            + rates.first_byte
            + upload_seconds(push.sent, at_once=at_once, flow=rates.flow, link=rates.card)
        )
    return sent_bytes, seconds, content.stored_bytes


def _records(
    params: Distribution, context: Context, numbers: DistributionNumbers, done: Distributed
) -> Iterator[Record]:
    """What the told nodes did. A node's records say how many nodes did the same."""
    source = registry(params.registry)
    _, flow, _ = _path(params, numbers)
    decompress = _decompress(params, numbers) or numbers.unpack["extract"]
    mount = numbers.lazy.formats[params.lazy].mount if params.lazy != "none" else None
    by_kind = {
        "download": flow if params.through in ("registry", "mirror") else source.flow,
        "verify": numbers.unpack["hash"],
        "commit": load.host(params.host).disk_write,
        "unpack": decompress,
        "mount": mount or decompress,
    }
    for told in done.told:
        for entry in told.log:
            number = by_kind[entry.kind]
            yield PullRecord(
                of=context.label,
                node=told.node,
                layer=entry.digest,
                kind=entry.kind,
                start=entry.start,
                end=entry.end,
                queued=entry.queued,
                bytes=entry.bytes,
                source=number.source,
                estimate=bool(number.estimate),
                image=entry.image,
                nodes=told.nodes,
            )


_TIMES = frozenset({"pull_time", "download_time", "first_start_time", "pull_share", "unpack_time", "push_time"})
"""Rates of registries are estimates, and so are official layers' sizes before compression."""

_BYTES = frozenset({"bytes_moved", "shared_bytes", "registry_bytes", "push_bytes", "stored_bytes"})
"""As published for gzip. What another compression or a lazy format makes of them is an estimate."""

_SPREAD = ("p50", "p95", "max", "min", "mean")
_A_NODE = "one node, in the mean"

STUDY = Study(
    name="distribution",
    parameters=Distribution,
    metrics=(
        MetricSpec(
            "pull_time", "s", "request to image unpacked or mounted", "Time to pull the images", _SPREAD, headline=True
        ),
        MetricSpec("download_time", "s", "request to last byte", "Time until all bytes are on the node", _SPREAD),
        MetricSpec(
            "first_start_time",
            "s",
            "request to application ready",
            "Time to pull and start for the first time",
            _SPREAD,
        ),
        MetricSpec("pull_share", "1", _A_NODE, "Share of the first start spent on getting the image"),
        MetricSpec("unpack_time", "s", "unpacking, per node", "Time spent unpacking layers", ("p50", "max")),
        MetricSpec("bytes_moved", "B", _A_NODE, "Bytes that a node fetches", transfer=True),
        MetricSpec(
            "shared_bytes", "B", _A_NODE, "Bytes not fetched because the node has them or gets them once", transfer=True
        ),
        MetricSpec("registry_bytes", "B", "all nodes", "Bytes that leave the registry", transfer=True),
        MetricSpec("registry_requests", "1", "all nodes", "Requests for tags and blobs that reach the registry"),
        MetricSpec("pulls", "1", "all nodes", "Pulls that the registry counts: manifests fetched, not looked up"),
        MetricSpec("pulls_refused", "1", "all nodes", "Pulls beyond the registry's limit, which it refuses"),
        MetricSpec("limit_time", "s", "first pull to last let by", "Time until the limit lets the last pull by"),
        MetricSpec("retries", "1", _A_NODE, "Downloads that broke off and were taken up again"),
        MetricSpec("push_bytes", "B", "the push before", "Bytes that pushing the images sends", transfer=True),
        MetricSpec("push_time", "s", "the push before", "Time to push the images"),
        MetricSpec("stored_bytes", "B", "after the push", "Bytes that the registry keeps", transfer=True),
    ),
    run=run,
    named_by_technology=False,
)
