"""How does an image reach its nodes? Bytes and seconds of a push, a first pull, the next version, a whole fleet."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator

from sim.catalog import load
from sim.catalog.tables.registries import DistributionNumbers, distribution, registry
from sim.outcome import MetricSpec
from sim.platforms.single import start_alone
from sim.records.images import PullRecord
from sim.records.record import Record
from sim.registry.content import upload_seconds
from sim.registry.fleet import Distributed, FleetRates, distribute
from sim.studies.base import Context, Study, StudyRun
from sim.studies.distribution.fleet import client_for, decompressing, fleet_for, rates_for, way, work_for
from sim.studies.distribution.images import AskedImages, asked_for, repository
from sim.studies.distribution.parameters import Distribution

TOLD = 24
"""Nodes whose records are kept, as many as a figure shows. Of more only the first are."""


def run(params: Distribution, context: Context) -> StudyRun:
    """Push the images once, let every node pull them, and start the application on each."""
    numbers = distribution()
    client = client_for(params, numbers)
    asked = asked_for(params, client, context)
    work = work_for(params, asked, numbers, context.bound)
    rates = rates_for(params, numbers, context.bound)
    fleet = fleet_for(params, rates, TOLD if context.records else 0)
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


def _push(asked: AskedImages, numbers: DistributionNumbers, rates: FleetRates) -> tuple[int, float, int]:
    """Bytes and seconds of pushing the images, and what the registry keeps afterwards."""
    content = asked.content
    sent_bytes, seconds = 0, 0.0
    for image in asked.images:
        push = content.push(image, repository(image.name))
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
    _, flow, _ = way(params, numbers)
    decompress = decompressing(params, numbers) or numbers.unpack["extract"]
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
