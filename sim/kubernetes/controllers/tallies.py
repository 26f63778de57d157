"""How many active and ready pods each owner has, counted as they change: no look has to go through all of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from sim.kubernetes.api import ApiServer
from sim.kubernetes.objects import KubernetesObject, labels_of
from sim.kubernetes.pods import counts_as_before, is_active, is_ready


@dataclass(slots=True)
class PodTally:
    """The active pods of one owner.

    Attributes:
        active: How many there are.
        ready: How many of them are ready.
        labels: How many have which labels, by the identity of the mapping: pods of a template share it.
    """

    active: int = 0
    ready: int = 0
    labels: Counter[int] = field(default_factory=Counter)

    def all_have(self, labels: Mapping[str, str]) -> bool:
        """Whether all of them have these very labels, so that nothing has to be compared."""
        return self.labels[id(labels)] == self.active


class PodTallies:
    """Tallies by the owner's UID."""

    def __init__(self, api: ApiServer) -> None:
        self._by_owner: defaultdict[str, PodTally] = defaultdict(PodTally)
        api.watch("Pod", self._pod_changed)

    def of(self, owner_uid: str) -> PodTally:
        """The tally of an owner."""
        return self._by_owner.get(owner_uid) or PodTally()

    def forget(self, owner_uid: str) -> None:
        """The owner has gone."""
        self._by_owner.pop(owner_uid, None)

    def _pod_changed(self, old: KubernetesObject | None, new: KubernetesObject | None) -> None:
        if old is not None and new is not None and counts_as_before(old, new):
            return
        for pod, sign in ((old, -1), (new, 1)):
            if pod is not None and is_active(pod):
                self._count(pod, sign)

    def _count(self, pod: KubernetesObject, sign: int) -> None:
        for reference in pod["metadata"].get("ownerReferences") or ():
            tally = self._by_owner[reference["uid"]]
            tally.active += sign
            tally.ready += sign * is_ready(pod)
            identity = id(labels_of(pod))
            tally.labels[identity] += sign
            if not tally.labels[identity]:
                del tally.labels[identity]
