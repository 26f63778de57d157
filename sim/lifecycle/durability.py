"""What a database lacks when it comes back after an accident: by where its files are, and who else has them.

Of the container's part, `sim.lifecycle.storage` has the same rules as what the engine does, step by step. Left out:
files that an interrupted write damages, disks that say a flush is done when it is not, and mistakes that a replica
follows, such as a dropped table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DataPlace = Literal["layer", "anonymous", "named", "network"]
"""The container's own layer, a volume without a name, one with a name, or a disk that is reached by the network."""

DataReplica = Literal["none", "async", "sync"]
"""Whether a second server has the data: a little later, or before a commit is answered."""

Accident = Literal["process_killed", "container_replaced", "volumes_removed", "power_lost", "node_lost"]
"""What happens.

The process is killed and started again in its container. The container is removed, and another made of the next image.
The stack is taken down with its volumes (docker compose down -v). The host loses power and comes back. The host never
comes back.
"""

ACCIDENTS: tuple[Accident, ...] = (
    "process_killed", "container_replaced", "volumes_removed", "power_lost", "node_lost",
)  # fmt: skip

DataState = Literal["all", "window", "stranded", "replica", "backup"]
"""What the database that comes back has.

It has all; all but the last seconds, which were not flushed; nothing, but a volume without a name still has it; what
the replica has; or what the last backup has.
"""

DIRTY_SECONDS = 35.0
"""How old what is not flushed may get in Linux's page cache: vm.dirty_expire_centisecs of 30 s, and the next round of
vm.dirty_writeback_centisecs, 5 s (Documentation/admin-guide/sysctl/vm.rst, Linux 6)."""

SOURCES: dict[Accident, str] = {
    "process_killed": "https://www.postgresql.org/docs/17/runtime-config-wal.html",
    "container_replaced": "https://docs.docker.com/engine/storage/",
    "volumes_removed": "https://docs.docker.com/reference/cli/docker/compose/down/",
    "power_lost": "https://docs.kernel.org/admin-guide/sysctl/vm.html",
    "node_lost": "https://www.postgresql.org/docs/17/high-availability.html",
}
"""Where the rules can be read: PostgreSQL 17, Docker 28, Linux 6."""


@dataclass(frozen=True, slots=True)
class DataKeeping:
    """How a database's data is kept.

    Attributes:
        place: Where its files are.
        replica: Who else has them.
        flush: Whether a commit is answered only when it is flushed to the disk.
        backup: Seconds between two backups.
        lag: Seconds that a replica is behind which is not waited for.
    """

    place: DataPlace = "named"
    replica: DataReplica = "none"
    flush: bool = True
    backup: float = 86_400.0
    lag: float = 1.0


def after(keeping: DataKeeping, accident: Accident) -> tuple[DataState, float]:
    """What the database that comes back has, and of how many seconds it may lack the work, at worst.

    Of what is left of its own and what the replica has, the better is taken; without either, the backup.

    >>> after(DataKeeping("anonymous"), "container_replaced")
    ('stranded', 86400.0)
    """
    own = _own(keeping, accident)
    lacks: dict[DataState, float] = {"all": 0.0, "window": DIRTY_SECONDS, "replica": keeping.lag}
    if keeping.replica == "sync" and own != "all":
        return "replica", 0.0
    if keeping.replica == "async" and lacks.get(own, keeping.backup) > keeping.lag:
        own = "replica"
    return own, lacks.get(own, keeping.backup)


def _own(keeping: DataKeeping, accident: Accident) -> DataState:
    """What is left of its own."""
    place = keeping.place
    flushed: DataState = "all" if keeping.flush else "window"
    if accident == "process_killed":
        return "all"  # what was written is in the host's page cache
    if accident == "power_lost":
        return flushed
    if accident == "container_replaced":
        kept: dict[DataPlace, DataState] = {"layer": "backup", "anonymous": "stranded"}
        return kept.get(place, "all")
    if accident == "volumes_removed":
        return "all" if place == "network" else "backup"  # a disk of the cloud is none that the stack made
    return flushed if place == "network" else "backup"
