"""Recorded rollouts of Deployments: ReplicaSets step by step, pods, conditions and times."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sim.evidence.replays.counting import CountedItem
from sim.evidence.replays.kubernetes.actions import CaseActions
from sim.evidence.replays.kubernetes.cases import USUAL_CLUSTER, Case, cluster_for, named_nodes, only_expected, set_up
from sim.evidence.replays.kubernetes.expectations import counted
from sim.evidence.replays.kubernetes.names import RecordedNames
from sim.evidence.replays.kubernetes.shape import checked, one_deployment
from sim.kubernetes.controllers.progress import TIMED_OUT, is_complete
from sim.kubernetes.objects import (
    KubernetesObject,
    condition_of,
    is_deleting,
    key_of_either,
    replicas_of,
    status_of,
    uid_of,
)
from sim.kubernetes.pods import is_active, is_ready

HELD = 0.3
"""Seconds that a state has to stand to be one that a rollout settles in."""
_GIVEN_UP = 1800.0
"""Seconds after which a rollout that is to complete counts as one that never does."""
_STATUS = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")


def replay_case(case: Case) -> Iterator[CountedItem]:
    """The counted items of a case."""
    checked(case, ends="end", more=one_deployment)
    predicted = RolloutRun(case).predicted()
    yield from counted(case["expect"], only_expected(predicted, case["expect"]))


class RolloutRun:
    """A case on the model, watched from its time 0 on."""

    def __init__(self, case: Case) -> None:
        self._case = case
        about = case.get("cluster") or USUAL_CLUSTER
        self._cluster = cluster_for(named_nodes(about["nodes"]), about, case.get("wall_fraction_at_t0", 0.0))
        self._api = self._cluster.api
        self._env = self._cluster.env
        self._actions = CaseActions(self._cluster, RecordedNames(self._api), list(about["nodes"]))
        self._zero = set_up(self._cluster, case["manifests"])
        self._sets: list[str] = [uid_of(one) for one in self._api.all("ReplicaSet")]
        self._sizes: dict[str, int] = {uid_of(one): replicas_of(one) for one in self._api.all("ReplicaSet")}
        self.steps: list[tuple[float, list[int | None]]] = [(float("-inf"), self._state())]
        self._active = {uid_of(pod) for pod in self._api.all("Pod") if is_active(pod)}
        self._ready = {uid_of(pod) for pod in self._api.all("Pod") if is_active(pod) and is_ready(pod)}
        self._terminating: set[str] = set()
        self._most, self._least = len(self._active), len(self._ready)
        self._reasons: list[str] = []
        self._reason = self._progressing(self._deployment())
        self._timed_out: float | None = None
        for kind, handler in (
            ("ReplicaSet", self._set_changed), ("Pod", self._pod_changed), ("Deployment", self._deployment_changed),
        ):  # fmt: skip
            self._api.watch(kind, handler)

    def predicted(self) -> dict[str, Any]:
        """Run the case; its fields as the recording has them."""
        self._actions.plan(self._zero, self._case["actions"])
        complete = self._run()
        deployment = self._deployment()
        return {
            "steps": [state for _, state in self.steps],
            "n_steps": len(self.steps),
            "settled": self._settled(),
            "max_total": self._most,
            "min_ready": self._least,
            "final_rs": {f"rs{self._sets.index(uid) + 1}": size for uid, size in self._sizes.items()},
            "final": {
                "spec.replicas": replicas_of(deployment),
                **{name: status_of(deployment).get(name, 0) for name in _STATUS},
            },
            "conditions": {one["type"]: one["reason"] for one in status_of(deployment).get("conditions") or ()},
            "reasons": self._reasons,
            "deadline_t": self._timed_out,
            "t_complete": complete,
        }

    def _run(self) -> float | None:
        """Run to the end of the case; when the rollout was complete and nothing ended any more, where that is asked."""
        last = max((action["at"] for action in self._case["actions"]), default=0)
        if self._case["end"] != "complete":
            self._env.run(until=self._zero + self._case["end"])
            return None
        while self._env.peek() < self._zero + _GIVEN_UP:
            self._env.step()
            deployment = self._deployment()
            if (
                self._env.now > self._zero + last
                and not self._terminating
                and is_complete(deployment, status_of(deployment))
            ):
                return float(self._env.now - self._zero)
        return None

    def _settled(self) -> list[list[int | None]]:
        """States that stood for a while, and the last one."""
        ends = [*(moment for moment, _ in self.steps[1:]), float("inf")]
        return [state for (moment, state), end in zip(self.steps, ends, strict=True) if end - moment >= HELD]

    def _deployment(self) -> KubernetesObject:
        return self._api.all("Deployment")[0]

    def _state(self) -> list[int | None]:
        return [self._sizes.get(uid) for uid in self._sets]

    def _set_changed(self, old: KubernetesObject | None, new: KubernetesObject | None) -> None:
        if new is None:
            assert old is not None
            del self._sizes[uid_of(old)]
        else:
            if uid_of(new) not in self._sizes:
                self._sets.append(uid_of(new))
            self._sizes[uid_of(new)] = replicas_of(new)
        if self._state() != self.steps[-1][1]:
            self.steps.append((self._env.now, self._state()))

    def _pod_changed(self, old: KubernetesObject | None, new: KubernetesObject | None) -> None:
        assert key_of_either(old, new)
        uid = uid_of(new if new is not None else old or {})
        for names, holds in (
            (self._active, new is not None and is_active(new)),
            (self._ready, new is not None and is_active(new) and is_ready(new)),
            (self._terminating, new is not None and is_deleting(new)),
        ):
            if holds:
                names.add(uid)
            else:
                names.discard(uid)
        self._most, self._least = max(self._most, len(self._active)), min(self._least, len(self._ready))

    def _deployment_changed(self, _: KubernetesObject | None, new: KubernetesObject | None) -> None:
        if new is None:
            return
        reason = self._progressing(new)
        if reason is not None and reason != self._reason:
            self._reasons.append(reason)
            if reason == TIMED_OUT and self._timed_out is None:
                self._timed_out = self._env.now - self._zero
        self._reason = reason

    def _progressing(self, deployment: KubernetesObject) -> str | None:
        found = condition_of(deployment, "Progressing")
        return None if found is None else str(found["reason"])
