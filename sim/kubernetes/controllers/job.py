"""Jobs: pods that end, made again when they fail, until enough have succeeded or too many have failed.

Source: Kubernetes 1.32, pkg/controller/job/job_controller.go.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sim.kubernetes.controllers.base import ApiClient, Controller, Sync
from sim.kubernetes.controllers.job_indexes import BackoffRecord
from sim.kubernetes.controllers.job_look import FINALIZER, JobLook, is_finished
from sim.kubernetes.controllers.owning import owner_key
from sim.kubernetes.objects import (
    KubernetesObject,
    ObjectKey,
    changed,
    finalizers_of,
    key_of,
    key_of_either,
    status_of,
    uid_of,
)

BATCH = 1.0
"""Seconds during which what pods do is gathered before a Job is looked at."""
BURST = 500
"""Pods that one look creates or deletes at most."""


class JobController(Controller):
    """Runs Jobs to their end."""

    def __init__(self, client: ApiClient) -> None:
        super().__init__(client)
        self._backoff: dict[ObjectKey, BackoffRecord] = {}
        self.api.watch("Job", self._job_changed)
        self.api.watch_pods_of("Job", self._pod_changed)

    def _job_changed(self, old: KubernetesObject | None, new: KubernetesObject | None) -> None:
        key = key_of_either(old, new)
        if old is None or new is None:
            self._backoff.pop(key, None)
            self.enqueue(key)
        elif is_finished(new):
            return
        elif old["metadata"]["generation"] == new["metadata"]["generation"]:
            self.enqueue_in(key, BATCH)
        else:
            self.enqueue(key)

    def _pod_changed(self, old: KubernetesObject | None, new: KubernetesObject | None) -> None:
        key = owner_key(new if new is not None else old, "Job")
        if key is None:
            return
        job = self.api.get("Job", key)
        if job is not None and not is_finished(job):
            self.enqueue_in(key, BATCH)
        elif new is not None and FINALIZER in finalizers_of(new):
            self.env.process(self._release([new]))

    def sync(self, key: ObjectKey) -> Sync:
        """Count what has ended, decide whether the Job has, and make or delete pods."""
        job = self.api.get("Job", key)
        if job is None or is_finished(job):
            self._backoff.pop(key, None)
            return
        pods = self.api.owned(uid_of(job), "Pod")
        look = JobLook(job, pods, self._backoff.get(key, BackoffRecord()), self.env.now, self.api.stamp())
        look.decide()
        if look.deadline is not None:
            self.enqueue_in(key, look.deadline)
        if look.outcome is not None:
            yield from self._delete(look.active)
            look.note_deleted(look.active)
        else:
            yield from self._manage(key, look)
            look.decide_completion()
        yield from self._track(key, look)

    # Pods

    def _manage(self, key: ObjectKey, look: JobLook) -> Sync:
        """Delete what is too much, or else make what is missing, once the back-off after failures is over."""
        delete = look.surplus()[:BURST]
        if delete:
            yield from self._release(delete)
            yield from self._delete(delete)
            look.note_deleted(delete)
            return
        create, wait = look.missing()
        if wait > 0:
            self.enqueue_in(key, max(wait, BATCH))
            look.note_waiting()
            return
        calls: Sequence[Callable[[], object]] = [functools.partial(self.api.create, pod) for pod in create[:BURST]]
        yield from self.client.slow_start(calls)
        look.note_created(len(calls))

    def _delete(self, pods: Sequence[KubernetesObject]) -> Sync:
        yield from self.client.together([functools.partial(self.api.delete, "Pod", key_of(pod)) for pod in pods])

    def _release(self, pods: Sequence[KubernetesObject]) -> Sync:
        """Take the finalizer away by which a Job keeps pods until they are counted."""

        def released(pod: KubernetesObject) -> KubernetesObject:
            kept = [one for one in finalizers_of(pod) if one != FINALIZER]
            return changed(pod, kept or None, "metadata", "finalizers")

        calls = [functools.partial(self.api.modify, "Pod", key_of(pod), released) for pod in pods]
        yield from self.client.together(calls)

    # Status

    def _track(self, key: ObjectKey, look: JobLook) -> Sync:
        """Write what is to be counted, let the pods go, then count them; and end the Job when nothing is left."""
        counted = look.to_count()
        interim = look.interim_status()
        if interim != status_of(look.job):
            self._backoff[key] = look.backoff
            yield from self._write(key, interim)
        yield from self._release(counted)
        status = look.final_status()
        if status != interim:
            yield from self._write(key, status)

    def _write(self, key: ObjectKey, status: Mapping[str, Any]) -> Sync:
        yield from self.client.modify("Job", key, lambda now: changed(now, dict(status), "status"))
