"""What a recorded case of registry traffic expects, beside what its commands came to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sim.evidence.replays.counting import CountedItem
from sim.evidence.replays.fields import is_number
from sim.evidence.replays.registry.names import shown_name
from sim.evidence.replays.registry.recording import RegistryCase
from sim.registry.exchange.command import ExchangeResult
from sim.registry.exchange.exchange import ENGINE_LOST, Exchanged, GivenCommand

SAME_BYTES = 16
"""How far apart bytes on a disk may be: configurations differ by build."""

_FINAL = ("Pull complete", "Download complete", "Already exists", "Pushed", "Layer already exists", "Retrying")
"""Words that stand as they are, beside "Mounted from". What is before them is "unfinished"."""


def expected_items(case: RegistryCase) -> list[CountedItem]:
    """Every counted item of a case of which nothing is predicted."""
    return list(_items(case, None))


def case_items(case: RegistryCase, exchanged: Exchanged) -> list[CountedItem]:
    """Every counted item of a case. A kind of request that came and is not expected is one more, and wrong."""
    return [*_items(case, exchanged), *_more_requests(case, exchanged)]


def _items(case: RegistryCase, exchanged: Exchanged | None) -> Iterator[CountedItem]:
    predicted = _predicted(case, exchanged) if exchanged is not None else {}
    for key, recorded in case.expect.values.items():
        if key == "commands":
            yield from _command_items(predicted.get(key, []), recorded)
        elif isinstance(recorded, dict) and recorded:
            told = predicted.get(key)
            found = told if isinstance(told, dict) else {}
            for name, value in recorded.items():
                near = SAME_BYTES if name == "bytes" else 0
                default = 0 if key == "requests" and exchanged is not None else None
                yield _item(f"{key}.{name}", found.get(name, default), value, near)
        else:  # An object without an entry is one item: nothing may have come.
            yield _item(key, predicted.get(key), recorded)


def _command_items(predicted: list[dict[str, Any]], recorded: Any) -> Iterator[CountedItem]:
    for number, expected in enumerate(recorded if isinstance(recorded, list) else []):
        found = predicted[number] if number < len(predicted) else {}
        for key, value in expected.items() if isinstance(expected, dict) else ():
            path = f"commands.{number}.{key}"
            if key == "layers" and isinstance(value, dict):
                for layer, word in value.items():
                    yield _item(f"{path}.{layer}", found.get("layers", {}).get(layer), word)
            elif key == "images" and isinstance(value, list):
                yield _item(path, found.get(key), sorted(map(str, value)))
            else:
                yield _item(path, found.get(key), value)


def _item(path: str, predicted: Any, recorded: Any, near: int = 0) -> CountedItem:
    return CountedItem(path, predicted, recorded, _agrees(predicted, recorded, near))


def _agrees(predicted: Any, recorded: Any, near: int) -> bool:
    if isinstance(recorded, list) and len(recorded) == 2 and all(map(is_number, recorded)):
        return is_number(predicted) and bool(recorded[0] <= predicted <= recorded[1])
    if near and is_number(predicted) and is_number(recorded):
        return bool(abs(predicted - recorded) <= near)
    return type(predicted) is type(recorded) and bool(predicted == recorded)


def _more_requests(case: RegistryCase, exchanged: Exchanged) -> Iterator[CountedItem]:
    named = case.expect.values.get("requests")
    if not isinstance(named, dict) or not named or any("requests" in field.split() for field in case.left_out):
        return
    more = {kind: count for kind, count in exchanged.traffic.requests.items() if kind not in named}
    if more:
        yield CountedItem("requests", more, {}, agrees=False)


def _predicted(case: RegistryCase, exchanged: Exchanged) -> dict[str, Any]:
    traffic, growth = exchanged.traffic, exchanged.growth
    return {
        "commands": [_command(command) for command in exchanged.commands],
        "requests": dict(traffic.requests),
        "layer_bytes_sent": traffic.layer_bytes["upload"],
        "layer_bytes_received": traffic.layer_bytes["download"],
        "registry_growth": {"blobs": growth.blobs, "bytes": growth.bytes, "layer_links": growth.links},
        "engine_after": exchanged.kept,
        "most_layers_at_once": traffic.most_at_once,
        "kept": _kept(case, exchanged),
    }


def _command(command: ExchangeResult) -> Mapping[str, Any]:
    told: dict[str, Any] = {
        "rc": "interrupted" if command.interrupted else int(bool(command.error)),
        "layers": {layer: _word(word) for layer, word in command.layers.items()},
    }
    if command.error:
        told["error"] = command.error
    elif command.status is not None and not command.interrupted:
        told["status"] = command.status
    if command.images is not None:
        told["images"] = sorted(map(shown_name, command.images))
    return told


def _word(word: str) -> str:
    return word if word in _FINAL or word.startswith("Mounted from ") else "unfinished"


def _kept(case: RegistryCase, exchanged: Exchanged) -> str:
    """What stays of the first command that was stopped, in the recording's words."""
    pairs = list(zip(case.commands, exchanged.commands, strict=True))
    given, stopped = next((pair for pair in pairs if pair[1].interrupted or pair[1].error), (None, None))
    if given is None or stopped is None:
        return "nothing"
    if given.verb in ("push", "push_all"):
        return "the uploads go on without the client" if stopped.interrupted else "finished layers"
    if any(_goes_on(given, other) for other, command in pairs if command is not stopped and not command.error):
        return "the pull goes on for the other client"
    if case.store == "overlay2" or not (stopped.interrupted or stopped.error == ENGINE_LOST):
        return "nothing"
    begun = any(_word(word) == "unfinished" for word in stopped.layers.values())
    return "finished layers" + (", and the begun ones up to where they were" if begun else "")


def _goes_on(stopped: GivenCommand, other: GivenCommand) -> bool:
    """Whether another pull of the same was on its way when one was interrupted."""
    until = stopped.at + (stopped.interrupted_after or 0.0)
    return other.verb == stopped.verb and other.names == stopped.names and other.at < until
