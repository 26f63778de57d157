"""What a recorded compose project expects, beside what the model gave: steps, containers, the order of events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sim.evidence.replays.compose.bench import ComposeBench, StepResult
from sim.evidence.replays.counting import CountedItem
from sim.evidence.replays.fields import RecordedFields
from sim.evidence.replays.lifecycle.cases import in_range
from sim.evidence.replays.lifecycle.inputs import process_of
from sim.lifecycle.container import Container, LifecycleEvent

_LOOP = "restart loop"
_LOOPING = ("running", "restarting")


def project_items(case: RecordedFields, bench: ComposeBench) -> Iterator[CountedItem]:
    """Every field that the recording expects and that counts."""
    left_out = case.object("not_counted", default={}).values
    if "*" in left_out:
        return
    expected = case.object("expect")
    for number, step in enumerate(expected.objects("steps")):
        if number < len(bench.results):
            yield from _step_items(number, step, bench, left_out)
    containers = expected.object("containers", default={})
    for name in containers.values:
        yield from _container_items(name, containers.object(name), bench, left_out)
    for number, entry in enumerate(expected.listed("order")):
        yield _order_item(number, entry, expected, bench)
    yield from _still_running(expected, bench)


def _step_items(
    number: int, step: RecordedFields, bench: ComposeBench, left_out: Mapping[str, Any]
) -> Iterator[CountedItem]:
    found = bench.results[number]
    for key in step.values:
        if f"steps.{key}" in left_out:
            continue
        path, recorded = f"steps.{number}.{key}", step.values[key]
        if key == "took":
            seconds = round(found.result.seconds, 3)
            yield CountedItem(path, seconds, recorded, in_range(step, key, seconds))
            continue
        predicted = _given_back(key, recorded, found, bench)
        if key == "ps" and isinstance(predicted, dict):
            predicted = {name: states for name, states in predicted.items() if f"steps.ps.{name}" not in left_out}
            yield CountedItem(path, predicted, recorded, _same_states(predicted, recorded))
        else:
            yield CountedItem(path, predicted, recorded, predicted == recorded)


def _given_back(key: str, recorded: Any, found: StepResult, bench: ComposeBench) -> Any:
    if key == "rc":
        return found.result.code
    if key == "error":
        return found.result.error
    if key == "ps":
        return found.ps
    if key == "left":
        return found.left
    return _printed(recorded, found, bench) if key == "prints" else None


def _printed(recorded: Any, found: StepResult, bench: ComposeBench) -> Any:
    """What was printed: counts of lines by file, or variables in brackets as the recorded commands print them."""
    if isinstance(recorded, dict):
        counts: dict[str, str] = {}
        for name in bench.processes.values:
            actions = process_of(bench.processes.object(name)).files
            paths = [action[1] for action in actions if action[0] == "count"]
            counts |= dict(zip(paths, found.result.prints.split()[-len(paths) :], strict=False))
        return {path: int(count) for path, count in counts.items()}
    if found.result.prints:
        return found.result.prints
    begun, ended = found.events
    lines = []
    for event in bench.engine.events[begun:ended]:
        if event.kind == "start":
            lines += _variables(event.container, bench)
    return "\n".join(lines) if lines else found.result.prints


def _variables(container: str, bench: ComposeBench) -> list[str]:
    """What a container prints of its variables when it starts."""
    service = bench.host.members.labels[container][0]
    if service not in bench.processes.values:
        return []
    process = bench.processes.object(service)
    names = process.texts("prints_env")
    member = next(one for one in reversed(bench.host.members.made) if one.container.name == container)
    values = [member.service.environment.get(name) for name in names]
    unset = process.text("if_unset", "")
    return [" ".join(f"[{unset if value is None else value}]" for value in values)] if names else []


def _same_states(predicted: Mapping[str, list[str]], recorded: Any) -> bool:
    if not isinstance(recorded, dict) or predicted.keys() != recorded.keys():
        return False
    return all(
        isinstance(recorded[name], list)
        and len(states) == len(recorded[name])
        and all(map(_same_state, sorted(states), sorted(map(str, recorded[name]))))
        for name, states in predicted.items()
    )


def _same_state(predicted: str, recorded: str) -> bool:
    return predicted == recorded or (recorded == _LOOP and predicted in _LOOPING)


def _container_items(
    name: str, expected: RecordedFields, bench: ComposeBench, left_out: Mapping[str, Any]
) -> Iterator[CountedItem]:
    service, _, number = name.rpartition(".")
    skipped = {
        key for path in left_out if path.startswith(f"containers.{name}.") for key in path.rpartition(".")[2].split("/")
    }
    known = [
        one.container
        for one in bench.host.members.made
        if one.service.name == service and number in ("*", "run" if one.one_off else str(one.number))
    ]
    for key in expected.values:
        if key in skipped:
            continue
        recorded = expected.values[key]
        predicted = _of_containers(key, known, bench, every=number == "*")
        yield CountedItem(f"containers.{name}.{key}", predicted, recorded, _agrees(key, predicted, expected))


def _agrees(key: str, predicted: Any, expected: RecordedFields) -> bool:
    recorded = expected.values[key]
    if key in ("starts", "restart_count", "probes", "failing_streak"):
        return in_range(expected, key, predicted)
    if key == "exits" and isinstance(recorded, dict):
        return bool(predicted) and all(code == recorded.get("every") for code in predicted)
    if key == "state" and isinstance(recorded, list):
        return (
            isinstance(predicted, list)
            and len(predicted) == len(recorded)
            and all(map(_same_state, predicted, sorted(map(str, recorded))))
        )
    return _same_state(predicted, recorded) if isinstance(recorded, str) else bool(predicted == recorded)


def _of_containers(key: str, known: list[Container], bench: ComposeBench, *, every: bool) -> Any:
    """What became of the containers of one number, or of all of a service: those made anew add up."""
    there = [container for container in known if container.state != "removed"]
    last = there[-1] if there else known[-1] if known else None
    if key == "creates":
        return len(known)
    if key == "starts":
        return sum(len(container.starts) for container in known)
    if key == "exits":
        codes = [one.code for one in sorted((end for container in known for end in container.exits), key=_when)]
        return sorted(codes) if every else codes
    if key == "state":
        if every and there:
            return sorted(container.state for container in there)
        return last.state if last is not None else "never made"
    if key == "health_changes":
        names = {container.name for container in known}
        changes = [event.detail for event in bench.engine.events if event.kind == "health" and event.container in names]
        return sorted(changes) if every else changes
    simple = {
        "exit_code": "exit_code",
        "health": "health",
        "restart_count": "restart_count",
        "oom_killed": "oom_killed",
    }
    return getattr(last, simple[key], None) if key in simple and last is not None else None


def _when(end: Any) -> float:
    return float(end.at)


def _order_item(number: int, entry: Any, expected: RecordedFields, bench: ComposeBench) -> CountedItem:
    path = f"order.{number}"
    if not (isinstance(entry, list) and len(entry) == 3 and isinstance(entry[0], int)):
        expected.refuse(path, "expected a step, and two events")
    step, first, then = entry
    begun, ended = bench.results[step].events if 0 <= step < len(bench.results) else (0, 0)
    events = list(enumerate(bench.engine.events))[begun:ended]
    firsts, thens = (_positions(str(words), events, bench) for words in (first, then))
    if not firsts or not thens:
        return CountedItem(path, "not seen", f"{first} before {then}", False)
    one_is_enough = str(first).endswith(" die") and str(then).endswith(" start")
    held = (min(firsts) if one_is_enough else max(firsts)) < min(thens)
    return CountedItem(path, f"{first} before {then}" if held else "not before", f"{first} before {then}", held)


def _positions(words: str, events: list[tuple[int, LifecycleEvent]], bench: ComposeBench) -> list[int]:
    """Where events of a service stand: "db start", "db healthy"."""
    service, _, kind = words.rpartition(" ")
    labels = bench.host.members.labels
    return [
        at
        for at, event in events
        if labels.get(event.container, ("", ""))[0] == service
        and (event.kind == kind or (event.kind == "health" and event.detail == kind))
    ]


def _still_running(expected: RecordedFields, bench: ComposeBench) -> Iterator[CountedItem]:
    """How many containers of what a service depends on ran when its first began."""
    key = "dependency_containers_still_running_at_start"
    for name, recorded in expected.object(key, default={}).values.items():
        service = next((p.services[name] for p in bench.projects if name in p.services), None)
        members = bench.host.members.made
        starts = [at for one in members if one.service.name == name for at in one.container.starts]
        awaited = [one.container for one in members if service and one.service.name in service.depends_on]
        running = sum(_ran_at(container, min(starts)) for container in awaited) if starts else None
        yield CountedItem(f"{key}.{name}", running, recorded, running == recorded)


def _ran_at(container: Container, moment: float) -> bool:
    begun = sum(start <= moment for start in container.starts)
    return begun > sum(one.at <= moment for one in container.exits)
