"""What is an engine assembled from, and what still works where one component is left out?

Left out means that its program was stopped, and is not there for the next start.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import doc

from sim.catalog.tables.assemblies import (
    PROCESS,
    PURPOSES,
    Assembly,
    ComponentCall,
    Purpose,
    assemblies,
    calls,
    components,
)
from sim.outcome import MetricSpec
from sim.records.assemblies import AssemblyRecord, CallRecord, ComponentRecord, ComponentState
from sim.records.record import Record
from sim.studies.base import Context, Study, StudyRun, Subject

AssemblyId = Literal[
    "docker-engine",
    "mirantis",
    "docker-desktop",
    "kubernetes-containerd",
    "kubernetes-cri-o",
    "kubernetes-docker",
    "podman",
]
LeftOut = Literal[
    "nothing",
    "docker-cli",
    "buildx",
    "dockerd",
    "buildkit",
    "containerd",
    "ctr",
    "containerd-shim",
    "runc",
    "kubelet",
    "cri-dockerd",
    "cri-o",
    "cni",
    "podman",
    "netavark",
    "conmon",
    "crun",
    "linuxkit",
    "desktop-vmm",
]


@dataclass(frozen=True, kw_only=True)
class Components:
    """Which assembly, and what is left out of it."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - pydantic reads this name from the class

    assembly: Annotated[AssemblyId, Subject(), doc("What is assembled.")] = "docker-engine"
    left_out: Annotated[
        LeftOut, doc("The component that was stopped and is not there for the next start, where the assembly has it.")
    ] = "nothing"
    live_restore: Annotated[
        bool, doc("Whether dockerd leaves its containers running when it ends (--live-restore).")
    ] = False


def made(assembly: Assembly) -> tuple[ComponentCall, ...]:
    """The calls that an assembly makes: both ends are in it."""
    there = {*assembly.members, PROCESS}
    return tuple(
        call
        for call in calls()
        if call.caller in there and call.called in there and (not call.only or assembly.id in call.only)
    )


def works(component: str, purpose: Purpose, made: Collection[ComponentCall], present: Collection[str]) -> bool:
    """Whether a component can do its part: it is there, and so is all that it calls. Of alternatives one is enough."""
    if component == PROCESS:
        return True
    if component not in present:
        return False
    mine = [call for call in made if call.caller == component and purpose in call.purposes]
    found = {call: works(call.called, call.asks or purpose, made, present) for call in mine}
    groups = {call.either or call.called for call in mine}
    return all(any(found[call] for call in mine if (call.either or call.called) == group) for group in groups)


def on_way(component: str, purpose: Purpose, made: Collection[ComponentCall]) -> tuple[ComponentCall, ...]:
    """The calls that a purpose makes from a component on, each once."""
    found: dict[ComponentCall, None] = {}
    for call in made:
        if call.caller == component and purpose in call.purposes:
            found |= {call: None, **dict.fromkeys(on_way(call.called, call.asks or purpose, made))}
    return tuple(found)


def hand_overs(component: str, purpose: Purpose, made: Collection[ComponentCall]) -> int:
    """The calls from a component to the container's first process, by the shortest way. 0 where there is none."""
    if component == PROCESS:
        return 0
    found = []
    for call in made:
        if call.caller == component and purpose in call.purposes:
            further = hand_overs(call.called, call.asks or purpose, made)
            if further or call.called == PROCESS:
                found.append(1 + further)
    return min(found, default=0)


def keeps(params: Components, assembly: Assembly) -> bool:
    """Whether containers that run go on once the component is stopped."""
    if params.left_out not in assembly.members:
        return True
    ends = components()[params.left_out].ends
    return ends == "" or (ends == "without live-restore" and params.live_restore)


def shared(assembly: Assembly) -> int:
    """How many of its components another assembly takes too."""
    others = {member for other in assemblies().values() if other.id != assembly.id for member in other.members}
    return len(others & {*assembly.members})


def run(params: Components, context: Context) -> StudyRun:
    """Leave the component out of the assembly, and ask for everything. One run is all there is."""
    assembly = assemblies()[params.assembly]
    present = {*assembly.members} - {params.left_out}
    made_calls = made(assembly)
    served = {purpose: works(command, purpose, made_calls, present) for purpose, command in assembly.commands.items()}
    beside = any(works(client, "run", made_calls, present) for client in assembly.beside)
    states = dict(_states(params, assembly, made_calls, present))
    records: list[Record] = [
        *_component_records(context.label, states),
        *_call_records(context.label, assembly, states),
    ]
    kept = keeps(params, assembly)
    asked = [*served.items(), ("keep", kept), *([("beside", beside)] if assembly.beside else [])]
    records += [AssemblyRecord(context.label, assembly.id, what, works=yes) for what, yes in asked]
    homes = {components()[member].home for member in assembly.members}
    return StudyRun(
        samples={
            "starts_container": [float(served["run"])],
            "starts_beside": [float(beside)],
            "keeps_running": [float(kept)],
            "builds_image": [float(served.get("build", False))],
            "pulls_image": [float(served.get("pull", False))],
            "broken": [sum(state == "broken" for state in states.values())],
            "components": [len(assembly.members)],
            "homes": [len(homes)],
            "shared": [shared(assembly)],
            "hand_overs": [hand_overs(assembly.commands["run"], "run", made_calls)],
        },
        records=tuple(records),
    )


def _states(
    params: Components, assembly: Assembly, made: Collection[ComponentCall], present: Collection[str]
) -> Iterator[tuple[str, ComponentState]]:
    """Of each member, whether it still does all that it did."""
    for member in assembly.members:
        if member == params.left_out:
            yield member, "left_out"
            continue
        broken = any(
            works(member, purpose, made, assembly.members) and not works(member, purpose, made, present)
            for purpose in PURPOSES
        )
        yield member, "broken" if broken else "works"


def _component_records(label: str, states: dict[str, ComponentState]) -> Iterator[ComponentRecord]:
    for name, state in states.items():
        component = components()[name]
        yield ComponentRecord(label, name, component.home, component.owner, state, " ".join(component.sources))


def _call_records(label: str, assembly: Assembly, states: dict[str, ComponentState]) -> Iterator[CallRecord]:
    """Each call, whether it is on the way from the command to the process, and whether both ends still work."""
    way = on_way(assembly.commands["run"], "run", made(assembly))
    for call in made(assembly):
        broken = states[call.caller] == "left_out" or states.get(call.called, "works") != "works"
        yield CallRecord(label, call.caller, call.called, call.by, call in way, broken, call.source)


STUDY = Study(
    name="components",
    parameters=Components,
    metrics=(
        MetricSpec(
            "starts_container",
            "1",
            "after it is left out",
            "Whether its own command starts a container: 1 or 0",
            headline=True,
        ),
        MetricSpec("starts_beside", "1", "after it is left out", "Whether another client beside it starts one: 1 or 0"),
        MetricSpec("keeps_running", "1", "after it is left out", "Whether containers that run go on: 1 or 0"),
        MetricSpec("builds_image", "1", "after it is left out", "Whether its own command builds an image: 1 or 0"),
        MetricSpec("pulls_image", "1", "after it is left out", "Whether its own command pulls an image: 1 or 0"),
        MetricSpec("broken", "1", "after it is left out", "Other components that no longer do all that they did"),
        MetricSpec("components", "1", "of the assembly", "Components that it takes"),
        MetricSpec("homes", "1", "of the assembly", "Projects and firms that they come from"),
        MetricSpec("shared", "1", "of the assembly", "Components that another assembly takes too"),
        MetricSpec("hand_overs", "1", "command to process", "Calls from its command to the container's first process"),
    ),
    run=run,
    random=False,
    named_by_technology=False,
)
