"""What a scenario's controls and their values are called on a page."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from sim import __version__
from sim.catalog import load
from sim.loading import Control, controls
from sim.outcome import Outcome
from sim.report.style import Language
from sim.report.texts import has, messages_of, tr
from sim.scenario import Scenario


def title(control: Control, scenario: Scenario, language: Language) -> str:
    """A control's label: the parameter's name, and whose it is where it belongs to one label."""
    owner = control.path.rpartition(".")[0]
    text = parameter_title(control, language)
    label = owner.rpartition(".")[2]
    if not label or label.isdigit():
        return text
    said = scenario.labels[label].read(language) if label in scenario.labels else label
    return f"{said}: {text}"


def parameter_title(control: Control, language: Language) -> str:
    """The name of a control's parameter alone."""
    name = control.path.rpartition(".")[2]
    text = tr(f"parameter.{name}", language) if has(f"parameter.{name}", language) else name.replace("_", " ")
    return text[:1].upper() + text[1:]


def options(control: Control, language: Language) -> dict[str, str]:
    """What may be chosen of a flag or a choice, by its written form.

    To leave it open is among it where the scenario does.
    """
    if control.kind == "flag":
        offered = {"true": tr("figure.yes", language), "false": tr("figure.no", language)}
    else:
        offered = {option: _option(control, option, language) for option in control.choices}
    return offered if control.written in offered else {control.written: tr("ui.varied", language), **offered}


def _option(control: Control, option: str, language: Language) -> str:
    """An option's name: translated where it is a word of the model, the catalog's own where it is a thing."""
    name = control.path.rpartition(".")[2]
    if has(f"parameter.{name}.{option}", language):
        return tr(f"parameter.{name}.{option}", language)
    if name == "host" and option in load.hosts():
        return load.hosts()[option].name.read(language)
    return option or tr("ui.varied", language)


def example(control: Control) -> str:
    """How a quantity may be written. "" where that needs no example."""
    return {"B": "512 MiB", "s": "3.2 s", "1/s": "5 /s", "1": "1.5", "core": "500m"}.get(control.unit, "")


def about(control: Control, language: Language) -> str:
    """What a control means, in a sentence or two."""
    message = _descriptions().get(control.description)
    return tr(message, language) if message else control.description


@functools.cache
def _descriptions() -> Mapping[str, str]:
    """The descriptions of all studies' parameters, each with the id of its text."""
    return {text: message for message, text in messages_of("about.").items()}


def called(control: Control, value: str, language: Language) -> str:
    """What a value of a control is called, as the reader sees it."""
    return options(control, language).get(value, value) if control.kind in ("choice", "flag") else value


def differences(scenario: Scenario, changes: Mapping[str, str], language: Language) -> str:
    """What was changed, in a line: "instances = 50, image = must be pulled"."""
    parts = [
        f"{title(control, scenario, language)} = {called(control, changes[control.path], language)}"
        for control in controls(scenario)
        if control.path in changes
    ]
    return tr("ui.conditions.changed", language, list=", ".join(parts)) if parts else ""


def provenance(scenario: Scenario, outcome: Outcome, language: Language) -> str:
    """One line on what made a figure: scenario, model, seed, replications."""
    made: dict[str, str | int] = {"scenario": scenario.id, "version": __version__, "seed": outcome.seed}
    if outcome.replications == 1:
        return tr("ui.provenance.one", language, **made)
    return tr("ui.provenance", language, **made, replications=outcome.replications)
