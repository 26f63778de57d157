"""Pods of four sizes on nodes of three, by kube-scheduler's rules, beside a bare heap loop with the same formulas.

`python -m bench.placement` prints microseconds a pod. Before that it asserts that the loop and the scheduler put every
pod on the same node, where both look at all nodes and the first of equals wins.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from functools import partial
from heapq import heapify, heappop, heappush

from bench.measure import Rival, contest, ratio
from sim.kubernetes.scheduler.cache import ClusterCache
from sim.kubernetes.scheduler.nodes import HOSTNAME, ZONE, NodeInfo
from sim.kubernetes.scheduler.pods import OwnerKey, PodInfo, PodShape, pod_shape
from sim.kubernetes.scheduler.profile import SchedulerProfile
from sim.kubernetes.scheduler.scheduler import Scheduler
from sim.kubernetes.selectors import label_selector

GIB = 2**30
SIZES = ((250, GIB // 2), (500, GIB), (1000, 2 * GIB), (500, 4 * GIB))
"""Milli-cores and bytes of the pods."""

NODES = ((16_000, 64 * GIB), (32_000, 128 * GIB), (64_000, 256 * GIB))
"""The same of the nodes, each of which takes 110 pods."""

ALL = SchedulerProfile(percentage=100)
"""Looks at every node for every pod, as the loop does."""


def capacities(nodes: int) -> list[tuple[int, int]]:
    """What so many nodes have."""
    chance = random.Random(2)
    return [chance.choice(NODES) for _ in range(nodes)]


def cluster(nodes: int) -> ClusterCache:
    """So many nodes in three zones."""
    made = ClusterCache()
    for number, (cpu, memory) in enumerate(capacities(nodes)):
        labels = {HOSTNAME: f"n{number}", ZONE: "abc"[number % 3]}
        made.set_node(NodeInfo(f"n{number}", labels, allocatable={"cpu": cpu, "memory": memory}, most_pods=110))
    return made


def template(size: int, rule: str) -> PodShape:
    """Pods of one size. rule: "" for pods alone, "replicas" for those of a ReplicaSet, "spread" for a hard rule."""
    cpu, memory = SIZES[size]
    requests = {"cpu": f"{cpu}m", "memory": memory}
    metadata: dict[str, object] = {"namespace": "default", "labels": {"app": f"s{size}"}}
    spec: dict[str, object] = {"containers": [{"name": "c", "image": "app:v1", "resources": {"requests": requests}}]}
    if rule == "replicas":
        metadata["ownerReferences"] = [{"kind": "ReplicaSet", "name": f"s{size}", "controller": True}]
    if rule == "spread":
        constraint = {"maxSkew": 1, "topologyKey": ZONE, "whenUnsatisfiable": "DoNotSchedule"}
        spec["topologySpreadConstraints"] = [{**constraint, "labelSelector": {"matchLabels": {"app": f"s{size}"}}}]
    return pod_shape({"metadata": metadata, "spec": spec})


def order(pods: int) -> list[int]:
    """The size of each pod, as they come."""
    chance = random.Random(3)
    return [chance.randrange(len(SIZES)) for _ in range(pods)]


def scheduled(
    nodes: int, pods: int, profile: SchedulerProfile | None = None, rule: str = "", chance: random.Random | None = None
) -> Callable[[], list[str]]:
    """The scheduler, ready to place so many pods, which are made already as the loop's are; it gives their nodes."""
    made = cluster(nodes)
    shapes = [template(size, rule) for size in range(len(SIZES))]
    for size in range(len(SIZES)):
        made.set_owner(
            "default", OwnerKey("ReplicaSet", f"s{size}"), label_selector({"matchLabels": {"app": f"s{size}"}})
        )
    scheduler = Scheduler(made, profile, chance)
    asking = [PodInfo(f"p{number}", shapes[size]) for number, size in enumerate(order(pods))]

    def run() -> list[str]:
        placed = []
        for pod in asking:
            node = scheduler.schedule(pod).node
            if node is None:
                raise SystemExit(f"pod {pod.name} fits nowhere")
            scheduler.cluster.add_pod(pod, node)
            placed.append(node)
        return placed

    return run


def loop(nodes: int, pods: int) -> Callable[[], list[str]]:
    """The same formulas in one function: a heap of scores for each size, and an entry more whenever a node changed."""
    there, sizes = capacities(nodes), order(pods)
    turns = sorted(range(nodes), key=lambda number: (number // 3, number % 3))  # zones take turns
    place = {number: turn for turn, number in enumerate(turns)}

    def run() -> list[str]:
        used = [[0, 0, 0] for _ in there]
        heaps: list[list[tuple[int, int, int]]] = []
        newest: list[list[int]] = []

        def score(number: int, size: int) -> int:
            (cpu, memory), (cpu_used, memory_used, count) = there[number], used[number]
            more_cpu, more_memory = SIZES[size]
            cpu_used, memory_used = cpu_used + more_cpu, memory_used + more_memory
            if cpu_used > cpu or memory_used > memory or count >= 110:
                return -1
            left = (cpu - cpu_used) * 100 // cpu + (memory - memory_used) * 100 // memory
            return left // 2 + int((1 - abs((cpu_used / cpu - memory_used / memory) / 2)) * 100.0)

        for size in range(len(SIZES)):
            scores = [score(number, size) for number in range(nodes)]
            heap = [(-value, place[number], number) for number, value in enumerate(scores) if value >= 0]
            heapify(heap)
            heaps.append(heap)
            newest.append(scores)
        placed = []
        for size in sizes:
            heap, scores = heaps[size], newest[size]
            while -heap[0][0] != scores[heap[0][2]]:
                heappop(heap)
            number = heap[0][2]
            mine = used[number]
            mine[0] += SIZES[size][0]
            mine[1] += SIZES[size][1]
            mine[2] += 1
            for other in range(len(SIZES)):
                value = newest[other][number] = score(number, other)
                if value >= 0:
                    heappush(heaps[other], (-value, place[number], number))
            placed.append(f"n{number}")
        return placed

    return run


def rivals(nodes: int, pods: int) -> dict[str, Rival]:
    """The loop, and the scheduler in four ways."""
    return {
        "heap loop": (partial(loop, nodes, pods), pods),
        "scheduler, all nodes": (partial(scheduled, nodes, pods, ALL), pods),
        "scheduler": (partial(scheduled, nodes, pods, None, "", random.Random(1)), pods),
        "scheduler, replicas": (partial(scheduled, nodes, pods, None, "replicas", random.Random(1)), pods),
        "scheduler, hard spread": (partial(scheduled, nodes, pods, None, "spread", random.Random(1)), pods),
    }


def main() -> None:
    """Print the tables. `--quick` places a tenth."""
    pods, rounds = (10_000, 3) if "--quick" in sys.argv else (100_000, 3)
    if scheduled(500, 10_000, ALL)() != loop(500, 10_000)():
        raise SystemExit("the scheduler and the loop put pods on different nodes")
    nodes = pods // 20
    few, thin, many = (
        contest(rivals(50, 1000), 7), contest(rivals(nodes, 1000), rounds), contest(rivals(nodes, pods), rounds),
    )  # fmt: skip
    print("us a pod, medians of rounds in turn, and pods a second of the last")
    print(f"| | 1,000 on 50 nodes | 1,000 on {nodes:,} | {pods:,} on {nodes:,} | a second |")
    for name, timing in many.items():
        figures = (few[name].each, thin[name].each, timing.each)
        print(f"| {name} | {' | '.join(f'{each * 1e6:.1f}' for each in figures)} | {1 / timing.each:,.0f} |")
    both = {name: rival for name, rival in rivals(pods // 100, pods // 2).items() if name in ("heap loop", "scheduler")}
    contests = {
        "1,000 on 50 nodes": few,
        f"{pods // 2:,} on {pods // 100:,} nodes": contest(both, rounds),
        f"1,000 on {nodes:,} nodes": thin,
        f"{pods:,} on {nodes:,} nodes": many,
    }
    print("\nthe scheduler's rate against the loop's, of the least over rounds; target 0.4")
    for name, timings in contests.items():
        print(f"| {name} | {ratio(timings, 'scheduler', 'heap loop'):.2f} |")


if __name__ == "__main__":
    main()
