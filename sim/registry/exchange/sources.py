"""Where an engine met a layer before, and which repository it asks the registry to mount the layer from.

Sources: moby 26.1, distribution/push_v2.go and distribution/metadata/v2_metadata_service.go. containerd 1.7,
remotes/docker/handler.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sim.registry.exchange.names import RemoteName, host_of

SMALL_LAYER = 100 * 2**10
"""Bytes up to which dockerd tries one mount."""

MIDDLE_LAYER = 10 * 2**20
"""Bytes up to which it tries three. For a larger one it tries four."""

REMEMBERED_REPOSITORIES = 50
"""Repositories that dockerd remembers of a layer. The oldest is forgotten."""


def mount_attempts(size: int) -> int:
    """How many repositories dockerd tries for a layer, by its bytes on disk."""
    if size <= SMALL_LAYER:
        return 1
    return 3 if size <= MIDDLE_LAYER else 4


def remembered(seen: Sequence[str], repository: str) -> list[str]:
    """What dockerd remembers of a layer after it met it again, oldest first."""
    return [*(other for other in seen if other != repository), repository][-REMEMBERED_REPOSITORIES:]


def mount_candidates(seen: Sequence[str], target: RemoteName, size: int) -> list[str]:
    """The repositories that dockerd tries, in order: of the same registry, the most alike by name first, then newest.

    >>> mount_candidates(["r:1/team/a", "r:1/other/b", "r:1/team/c"], RemoteName("r:1", "team/new", "1"), 2**20)
    ['r:1/team/c', 'r:1/team/a', 'r:1/other/b']
    """
    ours = [other for other in seen if other.partition("/")[0] == target.domain and other != target.repository]
    ours.reverse()  # Of those that are as much alike the newest stays first.
    ours.sort(key=lambda other: -_shared(other, target.repository))
    return ours[: mount_attempts(size)]


def containerd_candidate(paths: Iterable[str], target: RemoteName) -> str | None:
    """The one repository that containerd tries: the most alike by name, and of these the last by name.

    >>> containerd_candidate({"team/a", "zoo", "team/b"}, RemoteName("r:1", "team/new", "1"))
    'team/b'
    """
    others = [path for path in paths if path != target.path]
    return max(others, key=lambda path: (_shared(path, target.path), path), default=None)


class SourceLabels:
    """What containerd writes to a blob: the repositories it met it in, by the registry's host. Ports are left out.

    So two registries at two ports of one address are one to it.
    """

    def __init__(self) -> None:
        self._paths: dict[str, dict[str, set[str]]] = {}

    def add(self, blob: str, domain: str, path: str) -> None:
        """It met the blob there."""
        self._paths.setdefault(blob, {}).setdefault(host_of(domain), set()).add(path)

    def of(self, blob: str, manifest: str, host: str) -> set[str]:
        """Where it met the blob. Where that is nowhere, where it met the manifest that names it."""
        return self._paths.get(blob, {}).get(host) or self._paths.get(manifest, {}).get(host) or set()


def _shared(name: str, other: str) -> int:
    """How many parts two names begin with alike."""
    count = 0
    for left, right in zip(name.split("/"), other.split("/"), strict=False):
        if left != right:
            break
        count += 1
    return count
