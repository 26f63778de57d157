"""Deployments: one ReplicaSet a template, grown and shrunk step by step. One look takes one step.

Source: Kubernetes 1.32, pkg/controller/deployment/deployment_controller.go, sync.go, rolling.go, recreate.go.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import Any

from simpy.events import Event

from sim.kubernetes.api import AlreadyExistsError
from sim.kubernetes.controllers import progress, rolling
from sim.kubernetes.controllers.base import ApiClient, Controller, Sync
from sim.kubernetes.controllers.owning import candidates, claim, owner_key, owner_keys
from sim.kubernetes.controllers.revisions import (
    REVISION,
    annotated,
    new_among,
    replica_set_for,
    resized,
    revision_of,
)
from sim.kubernetes.objects import (
    KubernetesObject,
    ObjectKey,
    annotations_of,
    changed,
    condition_of,
    controller_of,
    is_deleting,
    key_of,
    key_of_either,
    labels_of,
    replicas_of,
    spec_of,
    status_of,
    uid_of,
)
from sim.kubernetes.pods import is_terminal

Sets = list[KubernetesObject]
_HISTORY = 10
"""Old ReplicaSets that are kept: pkg/apis/apps/v1/defaults.go."""


class Rollout:
    """A Deployment and its ReplicaSets during one look. Only the new ReplicaSet and the Deployment are read again."""

    def __init__(self, deployment: KubernetesObject, sets: Sequence[KubernetesObject]) -> None:
        self.deployment = deployment
        self.new = new_among(deployment, sets)
        new_uid = uid_of(self.new) if self.new is not None else None
        self.old = [one for one in sets if uid_of(one) != new_uid]

    @property
    def sets(self) -> Sets:
        """All of them, the new one last."""
        return self.old if self.new is None else [*self.old, self.new]


class DeploymentController(Controller):
    """Rolls a Deployment out, scales it, and tells how it gets on."""

    def __init__(self, client: ApiClient) -> None:
        super().__init__(client)
        self.api.watch("Deployment", lambda old, new: self.enqueue(key_of_either(old, new)))
        self.api.watch("ReplicaSet", self._set_changed)
        self.api.watch_pods_of("ReplicaSet", self._pod_changed)

    def _set_changed(self, old: KubernetesObject | None, new: KubernetesObject | None) -> None:
        for key in owner_keys(old, new, "Deployment"):
            self.enqueue(key)
        if new is not None and controller_of(new) is None and (old is None or labels_of(old) != labels_of(new)):
            for key in candidates(self.api, "Deployment", new):
                self.enqueue(key)

    def _pod_changed(self, old: KubernetesObject | None, new: KubernetesObject | None) -> None:
        """The last pod that goes lets a Recreate go on."""
        set_key = owner_key(old, "ReplicaSet") if new is None else None
        replica_set = self.api.get("ReplicaSet", set_key) if set_key is not None else None
        key = owner_key(replica_set, "Deployment")
        deployment = self.api.get("Deployment", key) if key is not None else None
        if key is None or deployment is None or rolling.is_rolling(deployment):
            return
        if not any(self.api.owned(uid_of(one), "Pod") for one in self.api.owned(uid_of(deployment), "ReplicaSet")):
            self.enqueue(key)

    def sync(self, key: ObjectKey) -> Sync:
        """Take the next step of what the Deployment asks for."""
        deployment = self.api.get("Deployment", key)
        if deployment is None:
            return
        sets = yield from claim(self.client, deployment, "ReplicaSet")
        if is_deleting(deployment):
            yield from self._write_status(Rollout(deployment, sets))
            return
        noted = yield from self._note_pause(deployment)
        if noted is None:
            return
        rollout = Rollout(noted, sets)
        yield from self._take_over(rollout)
        if spec_of(noted).get("paused") or _was_scaled(rollout):
            yield from self._scale(rollout)
        elif rolling.is_rolling(noted):
            yield from self._roll(rollout)
        else:
            yield from self._recreate(rollout)

    # Which ReplicaSets there are

    def _note_pause(self, deployment: KubernetesObject) -> Generator[Event, Any, KubernetesObject | None]:
        """Time that a rollout is paused does not count against its deadline."""
        if progress.deadline_of(deployment) is None:
            return deployment
        last = condition_of(deployment, "Progressing")
        reason = last["reason"] if last is not None else None
        paused = bool(spec_of(deployment).get("paused"))
        if reason == progress.TIMED_OUT or paused == (reason == progress.PAUSED):
            return deployment
        status = dict(status_of(deployment))
        new = progress.PAUSED if paused else progress.RESUMED
        progress.set_condition(status, progress.condition("Progressing", "Unknown", new, self.api.stamp()))
        return (yield from self._put_status(deployment, status))

    def _take_over(self, rollout: Rollout) -> Sync:
        """Let the new ReplicaSet, where there is one, have the Deployment's annotations and the next revision."""
        if rollout.new is None:
            return
        revision = max((revision_of(one) for one in rollout.old), default=0) + 1
        deployment = rollout.deployment
        if annotated(deployment, rollout.new, revision) is not rollout.new:
            key = key_of(rollout.new)
            rollout.new = yield from self.client.modify(
                "ReplicaSet", key, lambda now: annotated(deployment, now, revision)
            )
            return
        yield from self._note_revision(rollout, str(revision_of(rollout.new)), progress.FOUND)

    def _note_revision(self, rollout: Rollout, revision: str, reason: str) -> Sync:
        """Write the revision on the Deployment; and that a ReplicaSet was made, or found without a word about it."""
        deployment = rollout.deployment
        status = dict(status_of(deployment))
        if progress.deadline_of(deployment) is not None and (
            reason == progress.CREATED or condition_of(deployment, "Progressing") is None
        ):
            progress.set_condition(status, progress.condition("Progressing", "True", reason, self.api.stamp()))
        if annotations_of(deployment).get(REVISION) == revision and status == status_of(deployment):
            return

        def noted(now: KubernetesObject) -> KubernetesObject:
            return changed(changed(now, revision, "metadata", "annotations", REVISION), status, "status")

        written = yield from self.client.modify("Deployment", key_of(deployment), noted)
        if written is not None:
            rollout.deployment = _with_spec_of(deployment, written)

    def _make_new(self, rollout: Rollout) -> Sync:
        if rollout.new is not None:
            return
        revision = max((revision_of(one) for one in rollout.old), default=0) + 1
        made = replica_set_for(rollout.deployment, rollout.old, revision)
        try:
            rollout.new = yield from self.client.request(lambda: self.api.create(made))
        except AlreadyExistsError:
            yield from self._count_collision(rollout.deployment)
            raise
        yield from self._note_revision(rollout, str(revision), progress.CREATED)

    def _count_collision(self, deployment: KubernetesObject) -> Sync:
        """Note that the name is another's; the next look makes another name."""
        count = status_of(deployment).get("collisionCount", 0) + 1
        status = {**status_of(deployment), "collisionCount": count}
        yield from self._put_status(deployment, status)

    # A rolling update

    def _roll(self, rollout: Rollout) -> Sync:
        yield from self._make_new(rollout)
        if rollout.new is None:
            return
        if not (yield from self._resize_new(rollout)) and not (yield from self._shrink_old(rollout)):
            yield from self._clean_up_when_complete(rollout)
        yield from self._write_status(rollout, estimate=True)

    def _resize_new(self, rollout: Rollout) -> Generator[Event, Any, bool]:
        new, wanted = rollout.new, replicas_of(rollout.deployment)
        assert new is not None
        if replicas_of(new) == wanted:
            return False
        size = wanted if replicas_of(new) > wanted else rolling.new_size(rollout.deployment, rollout.sets, new)
        return (yield from self._resize(rollout, new, size))

    def _shrink_old(self, rollout: Rollout) -> Generator[Event, Any, bool]:
        """Old pods that are not available go first, then as many as there are too many available ones."""
        deployment, new = rollout.deployment, rollout.new
        old = rolling.by_age(rolling.active(rollout.old))
        assert new is not None
        if not old:
            return False
        most = rolling.removable(deployment, rollout.sets, new)
        if most <= 0:
            return False
        cleaned = rolling.without_unhealthy(old, most)
        if cleaned is None:
            return False
        yield from self._resize_all(rollout, old, cleaned)
        up = rolling.available([*old, new])
        surplus = rolling.without_surplus(deployment, old, up)
        yield from self._resize_all(rollout, old, surplus)
        return bool(cleaned or surplus)

    def _resize_all(self, rollout: Rollout, old: Sets, sizes: Mapping[int, int]) -> Sync:
        for place, size in sizes.items():
            yield from self._resize(rollout, old[place], size)
            old[place] = changed(old[place], size, "spec", "replicas")

    def _resize(self, rollout: Rollout, one: KubernetesObject, size: int) -> Generator[Event, Any, bool]:
        """Scale a ReplicaSet; whether its size changed."""
        if replicas_of(one) == size:
            return False
        deployment = rollout.deployment
        yield from self.client.modify("ReplicaSet", key_of(one), lambda now: resized(deployment, now, size))
        return True

    # Recreate

    def _recreate(self, rollout: Rollout) -> Sync:
        """All old pods have to be gone before the first new one is made."""
        old = rolling.active(rollout.old)
        for one in old:
            yield from self._resize(rollout, one, 0)
        if not old and not self._runs_old(rollout):
            yield from self._make_new(rollout)
            assert rollout.new is not None
            yield from self._resize(rollout, rollout.new, replicas_of(rollout.deployment))
            yield from self._clean_up_when_complete(rollout)
        yield from self._write_status(rollout, estimate=True)

    def _runs_old(self, rollout: Rollout) -> bool:
        if sum(status_of(one).get("replicas", 0) for one in rollout.old):
            return True
        pods = (pod for one in rollout.old for pod in self.api.owned(uid_of(one), "Pod"))
        return any(not is_terminal(pod) for pod in pods)

    # Scaling

    def _scale(self, rollout: Rollout) -> Sync:
        """Scale without rolling on: while paused, and in the look after somebody scaled the Deployment."""
        deployment, wanted = rollout.deployment, replicas_of(rollout.deployment)
        only = _active_or_latest(rollout)
        if only is not None:
            yield from self._record_size(rollout, only, wanted)
        elif rolling.is_saturated(deployment, rollout.new):
            for one in rolling.active(rollout.old):
                yield from self._record_size(rollout, one, 0)
        elif rolling.is_rolling(deployment):
            for one, size in rolling.proportional(deployment, rolling.active(rollout.sets)):
                yield from self._write_size(rollout, one, size)
        if spec_of(deployment).get("paused"):
            yield from self._clean_up(rollout)
        yield from self._write_status(rollout)

    def _record_size(self, rollout: Rollout, one: KubernetesObject, size: int) -> Sync:
        if replicas_of(one) != size:
            yield from self._write_size(rollout, one, size)

    def _write_size(self, rollout: Rollout, one: KubernetesObject, size: int) -> Sync:
        deployment = rollout.deployment
        if resized(deployment, one, size) != one:
            yield from self.client.modify("ReplicaSet", key_of(one), lambda now: resized(deployment, now, size))

    # What is told of it

    def _clean_up_when_complete(self, rollout: Rollout) -> Sync:
        if progress.is_complete(rollout.deployment, status_of(rollout.deployment)):
            yield from self._clean_up(rollout)

    def _clean_up(self, rollout: Rollout) -> Sync:
        """Delete the oldest revisions beyond those that are kept, where nothing of them is left."""
        limit = spec_of(rollout.deployment).get("revisionHistoryLimit")
        limit = _HISTORY if limit is None else limit
        cleanable = sorted((one for one in rollout.old if not is_deleting(one)), key=revision_of)
        for one in cleanable[: max(0, len(cleanable) - limit)]:
            status = status_of(one)
            seen = status.get("observedGeneration", 0) >= one["metadata"]["generation"]
            if seen and not status.get("replicas") and not replicas_of(one):
                key = key_of(one)
                yield from self.client.together([lambda key=key: self.api.delete("ReplicaSet", key)])  # type: ignore[misc]

    def _write_status(self, rollout: Rollout, *, estimate: bool = False) -> Sync:
        """Write the counts and conditions; with `estimate`, also whether the rollout gets on."""
        deployment = rollout.deployment
        status = progress.counted(deployment, rollout.sets, rollout.new, self.api.stamp())
        if estimate:
            progress.note_progress(deployment, status, self.api.stamp(), self.env.now)
        if status != status_of(deployment):
            yield from self._put_status(deployment, status)
        elif estimate:
            wait = progress.next_check(deployment, status, self.env.now)
            if wait is not None:
                self.enqueue_in(key_of(deployment), wait)

    def _put_status(
        self, deployment: KubernetesObject, status: Mapping[str, Any]
    ) -> Generator[Event, Any, KubernetesObject | None]:
        key = key_of(deployment)
        written = yield from self.client.modify("Deployment", key, lambda now: changed(now, dict(status), "status"))
        return None if written is None else _with_spec_of(deployment, written)


def _with_spec_of(seen: KubernetesObject, written: KubernetesObject) -> KubernetesObject:
    """What was written, with the spec that this look goes by: a newer one is for the next look."""
    generation = seen["metadata"]["generation"]
    return changed({**written, "spec": seen["spec"]}, generation, "metadata", "generation")


def _was_scaled(rollout: Rollout) -> bool:
    """Whether a ReplicaSet with pods was last scaled for another size of the Deployment."""
    wanted = str(replicas_of(rollout.deployment))
    return any(annotations_of(one).get(rolling.DESIRED, wanted) != wanted for one in rolling.active(rollout.sets))


def _active_or_latest(rollout: Rollout) -> KubernetesObject | None:
    """The only ReplicaSet with pods; without any, the new one or else the newest. None where several have pods."""
    with_pods = rolling.active(rollout.sets)
    if len(with_pods) > 1:
        return None
    if with_pods:
        return with_pods[0]
    if rollout.new is not None:
        return rollout.new
    return rolling.by_age(rollout.old)[-1] if rollout.old else None
