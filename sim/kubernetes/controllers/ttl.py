"""Jobs that are deleted some time after their end. Source: Kubernetes 1.32, pkg/controller/ttlafterfinished."""

from __future__ import annotations

from sim.kubernetes.controllers.base import ApiClient, Controller, Sync
from sim.kubernetes.controllers.job_look import is_finished
from sim.kubernetes.objects import KubernetesObject, ObjectKey, is_deleting, key_of, spec_of, status_of


class FinishedJobController(Controller):
    """Deletes Jobs with `ttlSecondsAfterFinished`, and their pods before them."""

    def __init__(self, client: ApiClient) -> None:
        super().__init__(client)
        self.api.watch("Job", self._job_changed)

    def _job_changed(self, _: KubernetesObject | None, new: KubernetesObject | None) -> None:
        if new is not None and not is_deleting(new) and _expires(new) is not None:
            self.enqueue(key_of(new))

    def sync(self, key: ObjectKey) -> Sync:
        """Delete a Job whose time is over."""
        job = self.api.get("Job", key)
        expires = _expires(job) if job is not None and not is_deleting(job) else None
        if expires is None:
            return
        if expires > self.env.now:
            self.enqueue_in(key, expires - self.env.now)
            return
        yield from self.client.request(lambda: self.api.delete("Job", key, propagation="Foreground"))


def _expires(job: KubernetesObject) -> float | None:
    """When a Job is to be deleted, in seconds; None where it has not ended or is to stay."""
    seconds = spec_of(job).get("ttlSecondsAfterFinished")
    if seconds is None or not is_finished(job):
        return None
    ends = [
        one["lastTransitionTime"]
        for one in status_of(job).get("conditions") or ()
        if one["type"] in {"Complete", "Failed"}
    ]
    return float(ends[0] + seconds)
