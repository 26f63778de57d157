"""The nodes that pull: their client, what a pull takes each of them, and the lines between them, by the catalog."""

from __future__ import annotations

import math
from dataclasses import replace

from sim.catalog import load
from sim.catalog.number import Number
from sim.catalog.tables.registries import DistributionNumbers, registry
from sim.errors import InputError, Problem
from sim.outcome import Bound
from sim.registry.client import Client, client_of
from sim.registry.content import PullPolicy, default_policy
from sim.registry.fleet import Fleet, FleetRates
from sim.registry.work import Chore, Chores, LazyReading, Unpacking, Work, lazily, work_of
from sim.studies.distribution.images import AskedImages
from sim.studies.distribution.parameters import Distribution


def client_for(params: Distribution, numbers: DistributionNumbers) -> Client:
    """What pulls on each node."""
    client = client_of(
        params.client,
        numbers.clients,
        hashing=numbers.unpack["hash"].value * load.host(params.host).cpu_speed.value,
        unpacks=params.unpacks,
        parts=params.connections,
        resume=params.resume,
    )
    return client if params.downloads is None else replace(client, downloads=params.downloads)


def work_for(params: Distribution, asked: AskedImages, numbers: DistributionNumbers, bound: Bound) -> Work:
    """What a pull of the images asks of one node. Raises `InputError` where the policy forbids what is missing."""
    unpacking, lookups = _unpacking(params, numbers, bound), _lookups(params, asked)
    work = work_of(asked.images, asked.store, unpacking, lookups, _chores(params, numbers, bound))
    if params.policy == "Never" and work.blobs:
        missing = ", ".join(dict.fromkeys(blob.image for blob in work.blobs))
        raise InputError(Problem(f"Never pulls nothing, but {missing} is not present", path="policy"))
    return work if params.lazy == "none" else lazily(work, _reading(params, numbers, bound))


def _unpacking(params: Distribution, numbers: DistributionNumbers, bound: Bound) -> Unpacking:
    rates, number = numbers.unpack, decompressing(params, numbers)
    return Unpacking(
        number.at(bound) if number else math.inf,
        rates["hash"].at(bound),
        rates["extract"].at(bound),
        load.host(params.host).capacity(bound),
        inflates=params.compression == "gzip" and params.decompressor == "go",
        extracts=params.client != "dockerd",
    )


def _chores(params: Distribution, numbers: DistributionNumbers, bound: Bound) -> Chores:
    engine = numbers.engines["dockerd" if params.client == "dockerd" else "containerd"]
    return Chores(
        image=Chore(engine.image_cpu.at(bound), round(engine.image_flushes.at(bound))),
        blob=Chore(engine.blob_cpu.at(bound), round(engine.blob_flushes.at(bound))),
        layer=Chore(engine.layer_cpu.at(bound), round(engine.layer_flushes.at(bound))),
    )


def _lookups(params: Distribution, asked: AskedImages) -> list[bool]:
    """Whether the registry is asked for the tag of each image."""
    there = {image.id for image in asked.store.images.values()}
    lookups = []
    for image in asked.images:
        policy = params.policy
        if policy == "by-tag":
            policy = "Always" if params.version else _policy(image.name)
        lookups.append(policy == "Always" or (policy == "IfNotPresent" and image.id not in there))
    return lookups


def _policy(name: str) -> PullPolicy:
    try:
        return default_policy(name)
    except InputError:
        return "Always"


def _reading(params: Distribution, numbers: DistributionNumbers, bound: Bound) -> LazyReading:
    lazy_format = numbers.lazy.formats[params.lazy]
    latency, flow, _ = way(params, numbers)
    request = lazy_format.request.at(bound)
    read = numbers.lazy.read.at(bound) if params.read is None else params.read
    rate = request / (latency.at(bound) + request / flow.at(bound))
    return LazyReading(
        lazy_format.index.at(bound), lazy_format.mount.at(bound), read, lazy_format.amplification.at(bound), rate
    )


def decompressing(params: Distribution, numbers: DistributionNumbers) -> Number | None:
    """The rate of what decompresses a layer, None where nothing does."""
    if params.compression == "none":
        return None
    return numbers.unpack["zstd" if params.compression == "zstd" else params.decompressor]


def way(params: Distribution, numbers: DistributionNumbers) -> tuple[Number, Number, list[Number]]:
    """Latency of a lazy request, rate of its connection, and the numbers a pull's look-up adds up from."""
    source = registry(params.registry)
    if params.through == "mirror":
        mirror = numbers.mirror
        return numbers.lazy.mirror_latency, mirror["flow"], [mirror["round_trips"], mirror["revalidate"]]
    more = [numbers.peer["round_trips"]] if params.through == "peer" else []
    return numbers.lazy.latency, source.flow, [source.round_trips, *more]


def rates_for(params: Distribution, numbers: DistributionNumbers, bound: Bound) -> FleetRates:
    """The rates of the registry, of what stands between, and of the nodes."""
    source, host = registry(params.registry), load.host(params.host)
    _, _, lookup = way(params, numbers)
    before = math.fsum(number.at(bound) for number in lookup)
    first_byte = before * numbers.clients["blob_share"].at(bound)
    return FleetRates(
        lookup=before - first_byte,
        first_byte=first_byte,
        disk=host.disk_write.at(bound),
        flush=host.disk_flush.at(bound),
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


def fleet_for(params: Distribution, rates: FleetRates, told: int) -> Fleet:
    """The nodes, and whom they pull from. So many of them are told of."""
    return Fleet(
        nodes=params.nodes,
        through=params.through,
        rates=rates,
        fan_out=params.fan_out,
        warm=params.mirror == "warm",
        joins=params.mirror != "cold",
        within=params.within,
        failure=params.failure_rate,
        told=told,
    )
