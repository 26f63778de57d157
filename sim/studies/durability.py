"""What does a database lack after an accident, and what does each way of keeping its data take for a commit?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Gt, Le, doc

from sim.catalog import load
from sim.catalog.number import moved_alone
from sim.catalog.tables.workloads import workload
from sim.errors import InputError, Problem
from sim.lifecycle.durability import ACCIDENTS, SOURCES, DataKeeping, DataPlace, DataReplica, after
from sim.outcome import Bound, MetricSpec
from sim.quantity import Seconds
from sim.reasons import Reason
from sim.records.containers import AccidentRecord
from sim.studies.base import Context, Study, StudyRun, Subject

LOCAL, NETWORK = "commit", "commit-network"
"""The workloads of a commit on a drive of the host, and on a network disk."""


@dataclass(frozen=True, kw_only=True)
class Durability:
    """How a database in a container keeps its data."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - pydantic reads this name from the class

    data_place: Annotated[
        DataPlace,
        Subject(),
        doc(
            "Where its files are: in the container's own layer, in a volume without a name, in one with a name, or on "
            "a disk that is reached by the network, and that the stack did not make."
        ),
    ] = "named"
    data_replica: Annotated[
        DataReplica, doc("Whether a second server has the data: no, a little later, or before a commit is answered.")
    ] = "none"
    flush: Annotated[bool, doc("Whether a commit is answered only once it is flushed to the disk (fsync).")] = True
    backup: Annotated[Seconds, Gt(0), Le(31_536_000), doc("Between two backups that lie elsewhere.")] = 86_400.0
    lag: Annotated[Seconds, Le(3_600), doc("How far a replica is behind that is not waited for.")] = 1.0

    def __post_init__(self) -> None:
        """Raise `InputError` for parameters that do not go together."""
        if self.data_replica == "sync" and not self.flush:
            message = Reason("not_flushed", "a commit that is not flushed here is not waited for elsewhere either")
            raise InputError(Problem(message, path="data_replica"))


def run(params: Durability, context: Context) -> StudyRun:
    """Let every accident happen once; nothing is random."""
    keeping = DataKeeping(params.data_place, params.data_replica, params.flush, params.backup, params.lag)
    found = {accident: after(keeping, accident) for accident in ACCIDENTS}
    samples: dict[str, list[float]] = {f"lacks_{accident}": [lacks] for accident, (_, lacks) in found.items()}
    return StudyRun(
        samples=samples
        | {
            "commit_time": [commit_time(params, context.bound)],
            "lacks_worst": [max(lacks for _, lacks in found.values())],
        },
        records=tuple(
            AccidentRecord(context.label, accident, state, lacks, SOURCES[accident])
            for accident, (state, lacks) in found.items()
        ),
        estimates=frozenset({"commit_time"}),
        ranged=True,
    )


def commit_time(params: Durability, bound: Bound = "value") -> float:
    """Seconds that a commit takes by itself: its own work, and the later of the flush here and the replica's word.

    A replica writes its log to a drive of its own, after a way there and back, while the server writes here.
    """
    local, own = workload(LOCAL), workload(NETWORK if params.data_place == "network" else LOCAL)
    here = own.disk_time.at(bound) if params.flush else 0.0
    there = local.wire.at(bound) + local.disk_time.at(bound) if params.data_replica == "sync" else 0.0
    return local.cpu.at(bound) / moved_alone(load.host(local.host).cpu_speed, bound) + max(here, there)


_AFTER = {
    "process_killed": "the process was killed",
    "container_replaced": "the container was replaced",
    "volumes_removed": "the stack's volumes were removed",
    "power_lost": "the host lost power",
    "node_lost": "the host was lost",
}

METRICS = (
    MetricSpec("lacks_worst", "s", "after the worst accident", "Work that may be lacking at worst", headline=True),
    *(
        MetricSpec(f"lacks_{accident}", "s", "after the accident", f"Work that may be lacking once {_AFTER[accident]}")
        for accident in ACCIDENTS
    ),
    MetricSpec("commit_time", "s", "request to answer", "What one commit takes alone"),
)

STUDY = Study(
    name="durability", parameters=Durability, metrics=METRICS, run=run, random=False, named_by_technology=False
)
