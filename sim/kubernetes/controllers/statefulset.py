"""StatefulSets: pods with names, made, updated and removed in the order of their numbers.

Source: Kubernetes 1.32, pkg/controller/statefulset/stateful_set_control.go.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Generator, Iterable, Sequence
from typing import Any

from simpy.events import Event

from sim.kubernetes.api import AlreadyExistsError
from sim.kubernetes.controllers.base import ApiClient, Controller, Sync
from sim.kubernetes.controllers.history import REVISION_HASH, name_of, revision_for, revision_named, template_of
from sim.kubernetes.controllers.owning import claim, watch_own_pods
from sim.kubernetes.controllers.podmaking import pod_from
from sim.kubernetes.controllers.rolling import scaled
from sim.kubernetes.objects import (
    KubernetesObject,
    ObjectKey,
    changed,
    is_deleting,
    key_of,
    key_of_either,
    labels_of,
    replicas_of,
    spec_of,
    status_of,
    uid_of,
)
from sim.kubernetes.pods import is_available, is_ready, is_terminal, phase_of

MAX_UNAVAILABLE = "MaxUnavailableStatefulSet"
"""The feature gate that lets a rolling update take several pods at once; off in Kubernetes 1.32."""
_NAME = re.compile(r"(.*)-([0-9]{1,9})")
_POD_NAME, _POD_INDEX = "statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index"

Pod = KubernetesObject | None
"""A pod of the set; None where it has to be made."""


class StatefulSetController(Controller):
    """Keeps a StatefulSet's pods.

    Args:
        client: its way to the API server.
        features: the feature gates that are on.
    """

    def __init__(self, client: ApiClient, features: Iterable[str] = ()) -> None:
        super().__init__(client)
        self._features = frozenset(features)
        self.api.watch("StatefulSet", lambda old, new: self.enqueue(key_of_either(old, new)))
        watch_own_pods(self, "StatefulSet")

    def sync(self, key: ObjectKey) -> Sync:
        """Take the next step for the set, then write what its pods are."""
        owner = self.api.get("StatefulSet", key)
        if owner is None:
            return
        pods = yield from claim(self.client, owner, "Pod", lambda pod: ordinal_of(pod, owner) is not None)
        update = yield from revision_for(self.client, owner)
        current = revision_named(self.client, owner, str(status_of(owner).get("currentRevision"))) or update
        look = SetLook(self, owner, pods, current, update)
        refused: AlreadyExistsError | None = None
        if not is_deleting(owner):
            try:
                yield from look.take_step()
            except AlreadyExistsError as error:
                refused = error
        status = look.status()
        if status != status_of(owner):
            yield from self.client.modify("StatefulSet", key, lambda now: changed(now, status, "status"))
        if refused is not None:
            raise refused
        min_ready = spec_of(owner).get("minReadySeconds") or 0
        if min_ready and status["availableReplicas"] != replicas_of(owner):
            self.enqueue_in(key, min_ready)

    def takes_several(self) -> bool:
        """Whether an update may take as many pods at once as `maxUnavailable` says."""
        return MAX_UNAVAILABLE in self._features


class SetLook:
    """One look at a StatefulSet and its pods."""

    def __init__(
        self,
        controller: StatefulSetController,
        owner: KubernetesObject,
        pods: Sequence[KubernetesObject],
        current: KubernetesObject,
        update: KubernetesObject,
    ) -> None:
        self._controller = controller
        self._owner = owner
        self._current = current
        self._update = update
        self._all = list(pods)
        self._start = int((spec_of(owner).get("ordinals") or {}).get("start") or 0)
        numbers = range(self._start, self._start + replicas_of(owner))
        by_number = {ordinal_of(pod, owner): pod for pod in pods}
        self._replicas: list[Pod] = [by_number.get(number) for number in numbers]
        self._condemned = sorted(
            (pod for pod in pods if ordinal_of(pod, owner) not in numbers),
            key=lambda pod: ordinal_of(pod, owner) or 0,
            reverse=True,
        )
        self._min_ready = spec_of(owner).get("minReadySeconds") or 0
        self._in_order = spec_of(owner).get("podManagementPolicy") != "Parallel"
        self._strategy = spec_of(owner).get("updateStrategy") or {}

    # Steps

    def take_step(self) -> Sync:
        """Make pods, then remove those beyond the size, then update: each only when nothing before it waits."""
        if (yield from self._for_all(len(self._replicas), self._process_replica)):
            return
        unhealthy = self._first_unhealthy()
        remove = functools.partial(self._process_condemned, unhealthy=unhealthy)
        if (yield from self._for_all(len(self._condemned), remove)):
            return
        if self._strategy.get("type") == "OnDelete":
            return
        if self._controller.takes_several():
            yield from self._update_several()
        else:
            yield from self._update_one()

    def _for_all(
        self, count: int, step: Callable[[int], tuple[bool, Callable[[], object] | None]]
    ) -> Generator[Event, Any, bool]:
        """Take a step for each place; whether something is to be waited for. Without an order, all at once."""
        client = self._controller.client
        if not self._in_order:
            calls = [call for _, call in map(step, range(count)) if call is not None]
            yield from client.slow_start(calls)
            return False
        for place in range(count):
            waits, call = step(place)
            if call is not None:
                yield from client.request(call)
            if waits:
                return True
        return False

    def _process_replica(self, place: int) -> tuple[bool, Callable[[], object] | None]:
        """Whether to wait at this pod, and what is to be done to it."""
        pod = self._replicas[place]
        if pod is None:
            return True, functools.partial(self._create, place)
        if is_terminal(pod):
            return True, None if is_deleting(pod) else self._delete(pod)
        waits = is_deleting(pod) or not is_available(pod, self._min_ready, self._controller.env.now)
        return waits or phase_of(pod) != "Running", None

    def _process_condemned(self, place: int, unhealthy: Pod) -> tuple[bool, Callable[[], object] | None]:
        """A pod beyond the size goes once all others are well; one that is not well goes if it is the first such."""
        pod = self._condemned[place]
        if is_deleting(pod):
            return True, None
        well = phase_of(pod) == "Running" and is_available(pod, self._min_ready, self._controller.env.now)
        first = unhealthy is not None and uid_of(unhealthy) == uid_of(pod)
        if self._in_order and not well and not first:
            return True, None
        return True, self._delete(pod)

    def _first_unhealthy(self) -> Pod:
        for pod in self._replicas:
            if pod is None or not is_healthy(pod):
                return pod
        return next((pod for pod in reversed(self._condemned) if not is_healthy(pod)), None)

    def _update_one(self) -> Sync:
        """The pod with the highest number that is of another revision goes, when those above it are well."""
        for pod in reversed(self._replicas[self._partition :]):
            if pod is None:
                return
            if not self._is_updated(pod) and not is_deleting(pod):
                yield from self._controller.client.request(self._delete(pod))
                return
            if not is_healthy(pod):
                return

    def _update_several(self) -> Sync:
        """As `_update_one`, but as many as may be unavailable at a time."""
        limit = (self._strategy.get("rollingUpdate") or {}).get("maxUnavailable")
        most = 1 if limit is None else max(1, scaled(limit, replicas_of(self._owner), up=False))
        room = most - sum(pod is None or not is_healthy(pod) for pod in self._replicas)
        for pod in reversed(self._replicas[self._partition :]):
            if room > 0 and pod is not None and not self._is_updated(pod) and not is_deleting(pod):
                yield from self._controller.client.request(self._delete(pod))
                room -= 1

    @property
    def _rolls(self) -> bool:
        return bool(self._strategy.get("type", "RollingUpdate") == "RollingUpdate")

    @property
    def _partition(self) -> int:
        return int((self._strategy.get("rollingUpdate") or {}).get("partition") or 0)

    def _is_updated(self, pod: KubernetesObject) -> bool:
        return labels_of(pod).get(REVISION_HASH) == name_of(self._update)

    def _delete(self, pod: KubernetesObject) -> Callable[[], object]:
        return functools.partial(self._controller.api.delete, "Pod", key_of(pod))

    def _create(self, place: int) -> None:
        number = self._start + place
        revision = self._current if self._keeps_current(place) else self._update
        name = f"{self._owner['metadata']['name']}-{number}"
        pod = pod_from(template_of(revision), self._owner)
        labels = {
            **pod["metadata"]["labels"],
            _POD_NAME: name,
            _POD_INDEX: str(number),
            REVISION_HASH: name_of(revision),
        }
        metadata = {**pod["metadata"], "name": name, "labels": labels}
        made = self._controller.api.create({**pod, "metadata": metadata})
        self._replicas[place] = made
        self._all.append(made)

    def _keeps_current(self, place: int) -> bool:
        """Whether a new pod is still of the current revision: below the partition of a rolling update."""
        if self._strategy.get("rollingUpdate") is not None:
            return place < self._partition
        return self._rolls and place < int(status_of(self._owner).get("currentReplicas", 0))

    # Status

    def status(self) -> dict[str, Any]:
        """The set's status. Once all pods are of the new revision and ready, it is the current one."""
        pods, now = self._all, self._controller.env.now
        running = [pod for pod in pods if phase_of(pod) == "Running" and is_ready(pod)]
        counting = [pod for pod in pods if not is_deleting(pod)]
        status = {
            **status_of(self._owner),
            "observedGeneration": self._owner["metadata"]["generation"],
            "replicas": len(pods),
            "readyReplicas": len(running),
            "availableReplicas": sum(is_available(pod, self._min_ready, now) for pod in running),
            "currentReplicas": _of_revision(counting, self._current),
            "updatedReplicas": _of_revision(counting, self._update),
            "currentRevision": name_of(self._current),
            "updateRevision": name_of(self._update),
        }
        counts = (status[name] for name in ("updatedReplicas", "replicas", "readyReplicas"))
        if self._rolls and all(count == replicas_of(self._owner) for count in counts):
            status |= {"currentReplicas": status["updatedReplicas"], "currentRevision": status["updateRevision"]}
        return status


def ordinal_of(pod: KubernetesObject, owner: KubernetesObject) -> int | None:
    """The pod's number in the set; None where its name is not the set's."""
    found = _NAME.fullmatch(pod["metadata"]["name"])
    return int(found[2]) if found and found[1] == owner["metadata"]["name"] else None


def is_healthy(pod: KubernetesObject) -> bool:
    """Whether it runs, is ready, and is to stay."""
    return phase_of(pod) == "Running" and is_ready(pod) and not is_deleting(pod)


def _of_revision(pods: Iterable[KubernetesObject], revision: KubernetesObject) -> int:
    return sum(labels_of(pod).get(REVISION_HASH) == name_of(revision) for pod in pods)
