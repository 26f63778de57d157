"""Records of images: the steps of a build, and what a node does to get an image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sim.records.instances import Message

StepStatus = Literal["hit", "miss", "base", "context", "depends", "metadata", "unused"]


@dataclass(frozen=True, slots=True)
class StepRecord:
    """One vertex of a build's graph, as planned against the cache.

    Attributes:
        of: The label.
        build: Which build of the sequence: "1", "2", and so on.
        step: Its id in the graph.
        name: As the builder prints it, "[2/4] COPY x /x".
        stage: The stage it belongs to.
        instruction: "RUN", "COPY" and so on.
        text: The instruction as written.
        line: Its line in the Dockerfile. 0 where there is none.
        inputs: Pairs of a step's id and a kind: "parent", "copy", "mount" or "context".
        status: Whether it hit the cache, missed, or is no step at all.
        cause: Whether it is a first cause: it missed although all of its inputs hit.
        reason: Why it hit or missed.
        old_key: Its cache key in the build before, cut short.
        new_key: Its cache key now, cut short.
        seconds: What it takes to run. None where that is not known.
        bytes: The size of its layer. None where that is not known.
        source: Where seconds and bytes are from.
        estimate: Whether they are estimates.
        compressed: Bytes of its layer as pushed and pulled. By gzip's ratio, unless the image is known.
        start: Seconds since the build began. None where it did not run.
        end: Seconds since the build began. None where it did not run.
        on_critical_path: Whether the build would have ended sooner without it.
        breaks: For a hit, what would make it miss.
        also: For a miss, what else would have made it run if `reason` were not there.
    """

    of: str
    build: str
    step: str
    name: str
    stage: str
    instruction: str
    text: str
    line: int
    inputs: tuple[tuple[str, str], ...]
    status: StepStatus
    cause: bool
    reason: Message
    old_key: str
    new_key: str
    seconds: float | None
    bytes: int | None
    source: str
    estimate: bool = False
    compressed: int | None = None
    start: float | None = None
    end: float | None = None
    on_critical_path: bool = False
    breaks: Message | None = None
    also: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class PullRecord:
    """One thing that a node did to get an image. Times are in seconds since the replication began.

    Attributes:
        of: The label.
        node: Its number. Of nodes that did the same at the same time, the first one's.
        layer: The blob's digest, or "reads" for what a start reads on demand.
        kind: "download", "verify", "commit" (it is written to the disk), "unpack" or "mount".
        start: When it began.
        end: When it ended.
        queued: Seconds it waited for its turn before `start`, for a slot or for its parent layer.
        bytes: The compressed size for a download, a verify or a commit. Else the size of what came out.
        source: Fact ids, or "estimate: reasoning".
        estimate: Whether it is an estimate.
        image: The image.
        nodes: How many nodes did the same at the same time.
    """

    of: str
    node: int
    layer: str
    kind: Literal["download", "verify", "commit", "unpack", "mount"]
    start: float
    end: float
    queued: float
    bytes: int
    source: str
    estimate: bool = False
    image: str = ""
    nodes: int = 1
