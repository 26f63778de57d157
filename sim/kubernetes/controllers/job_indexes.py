"""The indexes of an indexed Job, and what a Job makes of pods that failed.

Source: Kubernetes 1.32, pkg/controller/job/indexed_job_utils.go, pod_failure_policy.go, success_policy.go and
backoff_utils.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sim.kubernetes.objects import KubernetesObject, annotations_of, created_at, is_deleting, spec_of, status_of
from sim.kubernetes.pods import phase_of, ready_condition

INDEX = "batch.kubernetes.io/job-completion-index"
FAILURES = "batch.kubernetes.io/job-index-failure-count"
IGNORED = "batch.kubernetes.io/job-index-ignored-failure-count"
FIRST_WAIT, LONGEST_WAIT = 10.0, 600.0
"""Seconds after a failure before the next pod: doubled with each failure since the last success."""


def index_of(pod: KubernetesObject) -> int | None:
    """The pod's completion index."""
    written = annotations_of(pod).get(INDEX, "")
    return int(written) if written.isdecimal() else None


def written(indexes: Iterable[int]) -> str:
    """Indexes as a status has them.

    >>> written([0, 1, 2, 5, 7, 8])
    '0-2,5,7,8'
    """
    runs: list[list[int]] = []
    for index in sorted(indexes):
        if runs and runs[-1][-1] == index - 1:
            runs[-1].append(index)
        else:
            runs.append([index])
    parts = [f"{run[0]}-{run[-1]}" if len(run) > 2 else ",".join(map(str, run)) for run in runs]
    return ",".join(parts)


def parsed(text: str, completions: int) -> set[int]:
    """Indexes that a status or a policy has, below the number of completions.

    >>> sorted(parsed("0-2,5", 5))
    [0, 1, 2]
    """
    result: set[int] = set()
    for part in text.split(",") if text else ():
        first, _, last = part.partition("-")
        if first.isdecimal() and (not last or last.isdecimal()):
            result |= set(range(int(first), min(int(last or first), completions - 1) + 1))
    return result


class FailureMatch(NamedTuple):
    """What a Job's failure policy makes of a failed pod."""

    action: str | None
    """FailJob, FailIndex, Count or Ignore; None where no rule fits."""

    @property
    def counts(self) -> bool:
        """Whether the failure counts against the limits."""
        return self.action != "Ignore"


def failure_of(job: KubernetesObject, pod: KubernetesObject) -> FailureMatch:
    """What the first rule that fits says of a failed pod."""
    for rule in (spec_of(job).get("podFailurePolicy") or {}).get("rules") or ():
        codes, conditions = rule.get("onExitCodes"), rule.get("onPodConditions")
        if (codes and _ended_with(pod, codes)) or (not codes and conditions and _has(pod, conditions)):
            return FailureMatch(rule["action"])
    return FailureMatch(None)


def _ended_with(pod: KubernetesObject, codes: Mapping[str, Any]) -> bool:
    values = set(codes.get("values") or ())
    for status in status_of(pod).get("containerStatuses") or ():
        ended = (status.get("state") or {}).get("terminated")
        if not ended or not ended["exitCode"] or codes.get("containerName") not in {None, status["name"]}:
            continue
        if (ended["exitCode"] in values) == (codes.get("operator") == "In"):
            return True
    return False


def _has(pod: KubernetesObject, patterns: Sequence[Mapping[str, Any]]) -> bool:
    wanted = {(one["type"], one.get("status", "True")) for one in patterns}
    return any((one["type"], one["status"]) in wanted for one in status_of(pod).get("conditions") or ())


def meets_success_policy(job: KubernetesObject, succeeded: set[int]) -> bool:
    """Whether enough indexes have succeeded for the Job, by one of its rules."""
    completions = spec_of(job).get("completions") or 0
    for rule in (spec_of(job).get("successPolicy") or {}).get("rules") or ():
        count = rule.get("succeededCount")
        if rule.get("succeededIndexes") is None:
            if count is not None and succeeded and len(succeeded) >= count:
                return True
            continue
        required = parsed(rule["succeededIndexes"], completions)
        met = len(required & succeeded)
        if required and succeeded and (met == len(required) or (count is not None and met >= count)):
            return True
    return False


def is_failed(job: KubernetesObject, pod: KubernetesObject) -> bool:
    """Whether a pod counts as failed: ended so, or deleted before its end unless only failed ones are replaced."""
    if phase_of(pod) == "Failed":
        return True
    return not replaces_failed_only(job) and is_deleting(pod) and phase_of(pod) != "Succeeded"


def replaces_failed_only(job: KubernetesObject) -> bool:
    """Whether a pod that is being deleted is replaced only when it has ended."""
    return bool(spec_of(job).get("podReplacementPolicy") == "Failed")


def finished_at(pod: KubernetesObject) -> float:
    """When a pod ended, in whole seconds: from its containers, its readiness, or its deletion."""
    ends = [(one.get("state") or {}).get("terminated") for one in status_of(pod).get("containerStatuses") or ()]
    if ends and all(ends):
        return max(float(one["finishedAt"]) for one in ends if one)
    condition = ready_condition(pod)
    if condition is not None and condition["status"] == "False":
        return float(condition["lastTransitionTime"])
    if is_deleting(pod):
        metadata = pod["metadata"]
        return float(metadata["deletionTimestamp"] - metadata.get("deletionGracePeriodSeconds", 0))
    return created_at(pod)


def failures_of(pod: KubernetesObject) -> tuple[int, int]:
    """How many pods of its index failed before it: those that count, and those that do not."""
    notes = annotations_of(pod)
    return int(notes.get(FAILURES, 0)), int(notes.get(IGNORED, 0))


def failures_after(job: KubernetesObject, pod: KubernetesObject) -> tuple[int, int]:
    """The same for the pod that replaces it."""
    counted, ignored = failures_of(pod)
    return (counted + 1, ignored) if failure_of(job, pod).counts else (counted, ignored + 1)


def wait_after(failures: int, last: float | None, now: float) -> float:
    """Seconds until the next pod may be made, after so many failures in a row."""
    if not failures or last is None:
        return 0.0
    wait = FIRST_WAIT
    for _ in range(1, failures):
        wait = min(wait * 2, LONGEST_WAIT)
        if wait >= LONGEST_WAIT:
            break
    return max(0.0, wait - (now - last))


class BackoffRecord(NamedTuple):
    """How often pods failed since the last success, and when the last one did."""

    failures: int = 0
    last: float | None = None

    def after(self, succeeded: Iterable[KubernetesObject], failed: Iterable[KubernetesObject]) -> BackoffRecord:
        """The record with pods that ended since. Failures that no rule counts are here too."""
        ends = sorted(finished_at(pod) for pod in failed)
        successes = [finished_at(pod) for pod in succeeded]
        if not successes:
            return BackoffRecord(self.failures + len(ends), ends[-1]) if ends else self
        later = [end for end in ends if end > max(successes)]
        return BackoffRecord(len(later), later[-1]) if later else BackoffRecord()
