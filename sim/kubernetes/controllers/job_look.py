"""One look at a Job and its pods: what has ended, whether the Job has, and which pods are too many or missing.

Source: Kubernetes 1.32, pkg/controller/job/job_controller.go, syncJob and what it calls.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sim.kubernetes.controllers.job_indexes import (
    FAILURES,
    IGNORED,
    INDEX,
    BackoffRecord,
    failure_of,
    failures_after,
    failures_of,
    finished_at,
    index_of,
    is_failed,
    meets_success_policy,
    parsed,
    replaces_failed_only,
    wait_after,
    written,
)
from sim.kubernetes.controllers.podmaking import pod_from
from sim.kubernetes.controllers.ranking import in_order_of_deletion
from sim.kubernetes.objects import (
    KubernetesObject,
    condition_among,
    condition_of,
    finalizers_of,
    is_deleting,
    spec_of,
    status_of,
    uid_of,
    without_condition,
)
from sim.kubernetes.pods import is_active, is_ready, is_terminal, phase_of, restarts_of

FINALIZER = "batch.kubernetes.io/job-tracking"
"""By this a Job keeps a pod until it has counted it."""
_LIMIT = 6
"""Failures after which a Job gives up, where nothing else is said."""


def is_finished(job: KubernetesObject) -> bool:
    """Whether the Job is complete or has failed, for good."""
    conditions = status_of(job).get("conditions") or ()
    return any(one["type"] in {"Complete", "Failed"} and one["status"] == "True" for one in conditions)


class JobLook:
    """A Job, its pods, and what follows.

    Attributes:
        job: As it was.
        active: Its pods that neither have ended nor are being deleted.
        backoff: Failures since the last success, with those that are new.
        outcome: The condition that ends the Job, once one is met: ("FailureTarget" or "SuccessCriteriaMet", reason).
        deadline: Seconds until the Job's time is over, where it has one.
    """

    def __init__(
        self, job: KubernetesObject, pods: Sequence[KubernetesObject], backoff: BackoffRecord, now: float, stamp: float
    ) -> None:
        self.job = job
        self._spec = spec_of(job)
        self._pods = pods
        self._now = now
        self._stamp = stamp
        self.active = [pod for pod in pods if is_active(pod)]
        self.outcome: tuple[str, str] | None = None
        self.deadline: float | None = None
        self._indexed = self._spec.get("completionMode") == "Indexed"
        self._per_index = self._spec.get("backoffLimitPerIndex")
        self._suspended = bool(self._spec.get("suspend"))
        status = status_of(job)
        fresh = [pod for pod in pods if FINALIZER in finalizers_of(pod) and self._is_valid(pod)]
        new_succeeded = [pod for pod in fresh if phase_of(pod) == "Succeeded"]
        new_failed = [pod for pod in fresh if is_failed(job, pod)]
        self.backoff = backoff.after(new_succeeded, new_failed)
        self._succeeded = status.get("succeeded", 0) + len(new_succeeded)
        self._failed = status.get("failed", 0) + sum(failure_of(job, pod).counts for pod in new_failed)
        self._active_count = len(self.active)
        self._ready_count = sum(is_ready(pod) for pod in self.active)
        self._terminating = sum(is_deleting(pod) and not is_terminal(pod) for pod in pods)
        self._done: set[int] = set()
        self._lost: set[int] = set()
        self._delayed: dict[int, KubernetesObject] = {}
        if self._indexed:
            self._sort_indexes(fresh)
        self._start = status.get("startTime")
        if self._start is None and not self._suspended:
            self._start = stamp

    def _is_valid(self, pod: KubernetesObject) -> bool:
        index = index_of(pod) if self._indexed else 0
        return index is not None and (not self._indexed or index < self._spec["completions"])

    def _sort_indexes(self, fresh: Sequence[KubernetesObject]) -> None:
        """The indexes that are done, those that are lost, and failed pods that are kept until they are replaced."""
        completions, status = self._spec["completions"], status_of(self.job)
        self._done = parsed(status.get("completedIndexes", ""), completions)
        self._done |= {_index(pod) for pod in fresh if phase_of(pod) == "Succeeded"}
        self._succeeded = len(self._done)
        if self._per_index is None:
            return
        self._lost = parsed(status.get("failedIndexes") or "", completions)
        self._lost |= {_index(pod) for pod in fresh if self._loses_index(pod)}
        running = {_index(pod) for pod in self.active if index_of(pod) is not None}
        for pod in fresh:
            index = _index(pod)
            if is_failed(self.job, pod) and index not in self._done | self._lost | running:
                last = self._delayed.get(index)
                if last is None or _is_later(last, pod):
                    self._delayed[index] = pod

    def _loses_index(self, pod: KubernetesObject) -> bool:
        if not is_failed(self.job, pod):
            return False
        match = failure_of(self.job, pod)
        if match.action == "FailIndex":
            return True
        return match.counts and failures_of(pod)[0] >= int(self._per_index or 0)

    # Whether it ends

    def decide(self) -> None:
        """Find whether the Job has failed, or has succeeded by its policy."""
        met, lost = condition_of(self.job, "SuccessCriteriaMet"), condition_of(self.job, "FailureTarget")
        if met is not None:
            self.outcome = ("SuccessCriteriaMet", met["reason"])
        elif lost is not None:
            self.outcome = ("FailureTarget", lost["reason"])
        elif any(is_failed(self.job, pod) and failure_of(self.job, pod).action == "FailJob" for pod in self._pods):
            self.outcome = ("FailureTarget", "PodFailurePolicy")
        elif self._failed > self._limit or self._restarted_too_often():
            self.outcome = ("FailureTarget", "BackoffLimitExceeded")
        elif self._is_late():
            self.outcome = ("FailureTarget", "DeadlineExceeded")
        elif self._indexed:
            self._decide_by_index()

    @property
    def _limit(self) -> int:
        limit = self._spec.get("backoffLimit")
        return _LIMIT if limit is None else int(limit)

    def _restarted_too_often(self) -> bool:
        if (self._spec["template"].get("spec") or {}).get("restartPolicy") != "OnFailure":
            return False
        restarts = sum(sum(restarts_of(pod)) for pod in self._pods if phase_of(pod) in {"Running", "Pending"})
        return restarts > 0 if not self._limit else restarts >= self._limit

    def _is_late(self) -> bool:
        seconds = self._spec.get("activeDeadlineSeconds")
        if seconds is None or self._suspended or self._start is None:
            return False
        left = self._start + seconds - self._now
        if left > 0:
            self.deadline = left
        return bool(left <= 0)

    def _decide_by_index(self) -> None:
        most = self._spec.get("maxFailedIndexes")
        if self._per_index is not None:
            if most is not None and len(self._lost) > most:
                self.outcome = ("FailureTarget", "MaxFailedIndexesExceeded")
            elif self._lost and len(self._lost) + len(self._done) >= self._spec["completions"]:
                self.outcome = ("FailureTarget", "FailedIndexes")
        if self.outcome is None and meets_success_policy(self.job, self._done):
            self.outcome = ("SuccessCriteriaMet", "SuccessPolicy")

    def decide_completion(self) -> None:
        """Find whether enough pods have succeeded, with nothing running any more."""
        completions = self._spec.get("completions")
        enough = self._succeeded > 0 if completions is None else self._succeeded >= completions
        if enough and not self._active_count:
            self.outcome = ("SuccessCriteriaMet", "CompletionsReached")

    # Which pods there should be

    def surplus(self) -> list[KubernetesObject]:
        """Pods that are too many: all of them while the Job is suspended."""
        at_least = len(self.active) if self._suspended else max(0, len(self.active) - self._wanted)
        if not self._indexed:
            return in_order_of_deletion(self.active, Counter(), self._now)[:at_least]
        remove, keep = self._repeated()
        if len(remove) < at_least:
            remove += in_order_of_deletion(keep, Counter(), self._now)[: at_least - len(remove)]
        return remove

    def _repeated(self) -> tuple[list[KubernetesObject], list[KubernetesObject]]:
        """Pods without an index, with one beyond the last, or with that of another pod; and the others."""
        remove: list[KubernetesObject] = []
        keep: list[KubernetesObject] = []
        by_index: dict[int, list[KubernetesObject]] = {}
        for pod in self.active:
            index = index_of(pod)
            if index is None or index >= self._spec["completions"]:
                remove.append(pod)
            else:
                by_index.setdefault(index, []).append(pod)
        for pods in by_index.values():
            ordered = in_order_of_deletion(pods, Counter(), self._now)
            remove += ordered[:-1]
            keep.append(ordered[-1])
        return remove, keep

    @property
    def _wanted(self) -> int:
        """How many pods should be active."""
        parallelism, completions = int(self._spec.get("parallelism", 1)), self._spec.get("completions")
        if completions is None:
            return len(self.active) if self._succeeded else parallelism
        return max(0, min(parallelism, int(completions) - int(self._succeeded)))

    def missing(self) -> tuple[list[dict[str, Any]], float]:
        """The pods to make, or the seconds to wait before any may be made."""
        coming = self._terminating if replaces_failed_only(self.job) else 0
        count = self._wanted - coming - len(self.active)
        if count <= 0 or self._suspended:
            return [], 0.0
        if self._per_index is None:
            wait = wait_after(self.backoff.failures, self.backoff.last, self._now)
            if wait > 0:
                return [], wait
        if not self._indexed:
            return [self._pod(None) for _ in range(count)], 0.0
        return self._missing_indexes(count)

    def _missing_indexes(self, count: int) -> tuple[list[dict[str, Any]], float]:
        taken = {index_of(pod) for pod in self.active} | self._done | self._lost
        if replaces_failed_only(self.job):
            taken |= {index_of(pod) for pod in self._pods if is_deleting(pod) and not is_terminal(pod)}
        free = (index for index in range(self._spec["completions"]) if index not in taken)
        indexes = [index for index, _ in zip(free, range(count), strict=False)]
        waits = {index: self._wait_of(index) for index in indexes}
        now = [index for index in indexes if waits[index] <= 0]
        if indexes and not now:
            return [], min(waits.values())
        return [self._pod(index) for index in now], 0.0

    def _wait_of(self, index: int) -> float:
        last = self._delayed.get(index)
        if last is None:
            return 0.0
        return wait_after(sum(failures_of(last)) + 1, finished_at(last), self._now)

    def _pod(self, index: int | None) -> dict[str, Any]:
        pod = pod_from(self._spec["template"], self.job, None if index is None else self._prefix(index))
        metadata = {**pod["metadata"], "finalizers": [FINALIZER]}
        if index is not None:
            notes = {**metadata["annotations"], INDEX: str(index)}
            if self._per_index is not None:
                last = self._delayed.get(index)
                counted, ignored = failures_after(self.job, last) if last is not None else (0, 0)
                notes |= {FAILURES: str(counted), **({IGNORED: str(ignored)} if ignored else {})}
            metadata |= {"annotations": notes, "labels": {**metadata["labels"], INDEX: str(index)}}
        return {**pod, "metadata": metadata}

    def _prefix(self, index: int) -> str:
        return f"{self.job['metadata']['name']}-{index}-"

    # What was done

    def note_created(self, count: int) -> None:
        """So many pods were made."""
        self._active_count += count

    def note_waiting(self) -> None:
        """None may be made yet. The controller then counts no pod as active, and counts again at its next look."""
        self._active_count = 0

    def note_deleted(self, pods: Sequence[KubernetesObject]) -> None:
        """These pods were deleted."""
        self._active_count -= len(pods)
        self._ready_count -= sum(is_ready(pod) for pod in pods)
        self._terminating += len(pods)

    # What is told

    def to_count(self) -> list[KubernetesObject]:
        """The pods that are counted now, and then let go."""
        return [pod for pod in self._pods if FINALIZER in finalizers_of(pod) and self._may_go(pod)]

    def _may_go(self, pod: KubernetesObject) -> bool:
        if is_deleting(self.job) or self.outcome is not None or phase_of(pod) == "Succeeded":
            return True
        if not is_failed(self.job, pod):
            return False
        kept = self._delayed.get(_index(pod)) if self._per_index is not None and index_of(pod) is not None else None
        return kept is None or uid_of(kept) != uid_of(pod)

    def interim_status(self) -> dict[str, Any]:
        """What is written before pods are let go: with the condition that ends the Job, but before it has ended."""
        status = {
            **status_of(self.job),
            "active": self._active_count,
            "ready": self._ready_count,
            "terminating": self._terminating,
        }
        if self._start is not None:
            status["startTime"] = self._start
        self._note_suspension(status)
        if self._indexed:
            status |= {"succeeded": len(self._done), "completedIndexes": written(self._done)}
            if self._per_index is not None:
                status["failedIndexes"] = written(self._lost)
        if self.outcome is not None:
            self._add(status, self.outcome[0], self.outcome[1])
        names = [uid_of(pod) for pod in self.to_count()]
        return {**status, "uncountedTerminatedPods": names} if names else status

    def _note_suspension(self, status: dict[str, Any]) -> None:
        old = condition_among(status.get("conditions") or (), "Suspended")
        if self.outcome is not None:
            return
        if self._suspended and (old is None or old["status"] != "True"):
            self._add(status, "Suspended", "JobSuspended")
        elif not self._suspended and old is not None and old["status"] == "True":
            others = without_condition(status["conditions"], "Suspended")
            status["conditions"] = [*others, {"type": "Suspended", "status": "False", "reason": "JobResumed"}]
            status["startTime"] = self._stamp

    def _add(self, status: dict[str, Any], kind: str, reason: str) -> None:
        conditions = status.get("conditions") or []
        if condition_among(conditions, kind) is None or kind == "Suspended":
            new = {"type": kind, "status": "True", "reason": reason, "lastTransitionTime": self._stamp}
            status["conditions"] = [*without_condition(conditions, kind), new]

    def final_status(self) -> dict[str, Any]:
        """What is written when they have been let go: counted, and with the Job's end unless a pod still terminates."""
        status = {name: value for name, value in self.interim_status().items() if name != "uncountedTerminatedPods"}
        counting = [pod for pod in self.to_count() if self._is_valid(pod)]
        if not self._indexed:
            status["succeeded"] = status.get("succeeded", 0) + sum(phase_of(pod) == "Succeeded" for pod in counting)
        status["failed"] = status.get("failed", 0) + sum(self._counts_as_failed(pod) for pod in counting)
        if self.outcome is not None and not self._terminating:
            kind = "Complete" if self.outcome[0] == "SuccessCriteriaMet" else "Failed"
            self._add(status, kind, self.outcome[1])
            if kind == "Complete":
                status["completionTime"] = self._stamp
        return status

    def _counts_as_failed(self, pod: KubernetesObject) -> bool:
        """A failed pod, and where the Job has failed, any that has not ended."""
        if phase_of(pod) == "Succeeded":
            return False
        lost = self.outcome is not None and self.outcome[0] == "FailureTarget"
        return (lost or is_failed(self.job, pod)) and failure_of(self.job, pod).counts


def _index(pod: KubernetesObject) -> int:
    index = index_of(pod)
    return -1 if index is None else index


def _is_later(last: KubernetesObject, pod: KubernetesObject) -> bool:
    return sum(failures_of(last)) <= sum(failures_of(pod)) and finished_at(pod) >= finished_at(last)
