"""Tasks of one version over the nodes that may have them (swarmkit, `scheduler.go`, `decision_tree.go`)."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cmp_to_key

from sim.swarm.filters import NodeFilters
from sim.swarm.nodeinfo import FAILING_OFTEN, NodeLoad
from sim.swarm.objects import SwarmTask


@dataclass(slots=True)
class _Branch:
    """Nodes of one label value; with further preferences, divided again.

    Attributes:
        tasks: Tasks of the service in it.
        next: The branches by label value; empty at the last preference.
        loads: The nodes, of a last branch.
    """

    tasks: int = 0
    next: dict[str, _Branch] = field(default_factory=dict)
    loads: list[NodeLoad] = field(default_factory=list)


class _Group:
    """The placing of one group of equal tasks."""

    def __init__(self, tasks: Sequence[SwarmTask], filters: NodeFilters, now: float) -> None:
        self.left = list(tasks)
        self.placed: dict[int, str] = {}
        self._filters, self._now, self._first = filters, now, tasks[0]

    def tree(self, loads: Sequence[NodeLoad]) -> _Branch:
        """The nodes, divided by the preferences; of each last branch as many of the best as there are tasks."""
        root = _Branch()
        leaves: list[_Branch] = []
        for load in loads:
            branch = root
            for label in self._first.spec.placement.spread:
                value = load.node.traits.label(label)
                if value is None:
                    continue
                branch.tasks += load.by_service[self._first.service]
                branch = branch.next.setdefault(value, _Branch())
            branch.tasks += load.by_service[self._first.service]
            if self._filters.passes(load):
                branch.loads.append(load)
                if len(branch.loads) == 1:
                    leaves.append(branch)
        for leaf in leaves:
            leaf.loads = sorted(leaf.loads, key=cmp_to_key(self._compare))[: len(self.left)]
        return root

    def spread(self, count: int, branch: _Branch) -> int:
        """Place up to so many tasks in a branch, so that those below it become even; how many were placed."""
        if not branch.next:
            return self._fill(count, branch)
        done, tasks, full, moving = 0, branch.tasks, set[str](), True
        while done != count and len(full) != len(branch.next) and moving:
            each, rest = divmod(tasks + count - done, len(branch.next) - len(full))
            moving = False
            for value, below in branch.next.items():
                if value in full or not (below.tasks < each or (below.tasks == each and rest > 0)):
                    continue
                moving = True
                wanted = each - below.tasks + (rest > 0)
                placed = self.spread(wanted, below)
                done += placed
                if placed < wanted:
                    full.add(value)
                    tasks -= below.tasks
                elif rest > 0:
                    rest -= 1
        return done

    def _fill(self, count: int, branch: _Branch) -> int:
        """Place tasks on a last branch's nodes: first up to an equal number, then one after the other."""
        loads = [load for load in branch.loads if self._filters.passes(load)]
        loads.sort(key=cmp_to_key(self._compare))
        done, at = 0, 0
        while loads and self.left and done < count:
            load = loads[at % len(loads)]
            self._assign(load)
            done += 1
            if done == count or not self.left:
                break
            if at + 1 >= len(loads) or self._compare(loads[(at + 1) % len(loads)], load) < 0:
                at += 1
            tried = 0
            while not self._filters.passes(loads[at % len(loads)]):
                at, tried = at + 1, tried + 1
                if tried == len(loads):
                    return done
        return done

    def _assign(self, load: NodeLoad) -> None:
        task = copy.copy(self.left.pop(0))
        task.node = load.node.id
        load.add(task)
        self.placed[task.id] = task.node

    def _compare(self, one: NodeLoad, other: NodeLoad) -> int:
        """Below 0 where the first node is the better one."""
        failures = [load.recent_failures(self._first, self._now) for load in (one, other)]
        if max(failures) >= FAILING_OFTEN and failures[0] != failures[1]:
            return failures[0] - failures[1]
        service = self._first.service
        return (one.by_service[service] - other.by_service[service]) or (one.active - other.active)


def place_tasks(
    tasks: Sequence[SwarmTask], loads: Sequence[NodeLoad], filters: NodeFilters, now: float
) -> dict[int, str]:
    """The node of each task that fits somewhere. The loads are charged with it.

    Args:
        tasks: Tasks of one version of a service.
        loads: The nodes, in the order in which equals are taken.
        filters: What the tasks ask of a node. Afterwards it explains why the rest fits nowhere.
        now: The time, for failures that count.
    """
    group = _Group(tasks, filters, now)
    group.spread(len(group.left), group.tree(loads))
    return group.placed
