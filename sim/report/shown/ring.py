"""Where in the drawings of an outcome a corrected answer is to be seen: found, ringed, and told in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from sim.catalog.tables.assemblies import components
from sim.catalog.tables.isolation import aspects
from sim.records.images import StepRecord
from sim.report.figures.memory.density import constraint_name
from sim.report.figures.words.portability import image_name
from sim.report.ring import FigurePlace, ringed_chart, ringed_picture, ringed_table
from sim.report.shown.drawing import Drawing, DrawingRequest, ShownStudy
from sim.report.style import Language, Style
from sim.report.texts import has, tr
from sim.report.words import metric_name

_SAID = {
    "owner": ("owner.{}.short",), "accident": ("figure.accident.{}",), "thing": ("figure.left.{}",),
    "asked": ("figure.parts.asked.{}",), "part": ("owner.{}.short", "figure.pressure.part.{}"), "event": ("metric.{}",),
    "state": ("figure.bringup.{}", "figure.life.{}", "figure.radius.cause.{}"),
}  # fmt: skip
"""The messages that may name a value of a place's key."""


_CALLED: Mapping[str, Callable[[str, Language], str]] = {
    "metric": metric_name,
    "constraint": constraint_name,
    "image": image_name,
    "aspect": lambda aspect, language: aspects()[aspect].name.read(language),
    "component": lambda component, language: components()[component].name.read(language),
}
"""What names the values of a key that no message names."""


@dataclass(frozen=True, slots=True)
class RingFound:
    """A ring in the drawings of an outcome.

    Attributes:
        places: What it encloses. Empty where nothing was found.
        picked: What must be chosen about the drawings so that they have it, by the names of `FigureChoice`.
        said: The same in a sentence.
    """

    places: tuple[FigurePlace, ...] = ()
    picked: Mapping[str, str] = field(default_factory=dict)
    said: str = ""


def told_of_rings(said: Iterable[str], language: Language, *, before: bool) -> str:
    """Where to look on a page, in sentences. "" where nothing is ringed.

    Args:
        said: What is said of the ring in each part's drawings, "" where a part has none.
        before: The figure shows the place as it was before the change that the answer is about.
    """
    sentences = [one for one in said if one]
    if sentences and before:
        sentences.append(tr("figure.ring.before", language))
    return ("" if language == "ja" else " ").join(sentences)


def ringed(drawing: Drawing, places: Sequence[FigurePlace], style: Style) -> Drawing:
    """The drawing with rings round the places that it has."""
    if not places:
        return drawing
    if drawing.kind == "vega":
        spec, count = ringed_chart(drawing.content, places, style)
        return replace(drawing, content=spec) if count else drawing
    draw = ringed_picture if drawing.kind == "svg" else ringed_table
    content, count = draw(drawing.content, places, style)
    if not count:
        return drawing
    narrow = draw(drawing.narrow, places, style)[0] if drawing.narrow else ""
    return replace(drawing, content=content, narrow=narrow)


def with_rings(drawings: Sequence[Drawing], places: Sequence[FigurePlace], style: Style) -> tuple[Drawing, ...]:
    """All drawings with their rings."""
    return tuple(ringed(drawing, places, style) for drawing in drawings)


def encloses(drawing: Drawing, place: FigurePlace, style: Style) -> bool:
    """Whether a drawing has a mark of the place."""
    return ringed(drawing, (place,), style) is not drawing


def find(request: DrawingRequest, study: ShownStudy, wanted: Sequence[Sequence[FigurePlace]]) -> RingFound:
    """Where the drawings have what is wanted.

    Args:
        wanted: For each thing its places, the most exact first. The first that the drawings have is taken.

    Where the drawings as they are chosen now lack a place, it is looked for in the others that may be chosen.
    """

    @cache
    def drawn(picks: tuple[tuple[str, str], ...]) -> tuple[Drawing, ...]:
        return tuple(study.after(replace(request, picked={**request.picked, **dict(picks)})))

    found: list[FigurePlace] = []
    picked: tuple[tuple[str, str], ...] | None = None
    for candidates in wanted:
        for place in candidates:
            tried = _picks(request, study, place) if picked is None else iter([picked])
            there = (p for p in tried if any(encloses(one, place, request.style) for one in drawn(p)))
            picks = next(there, None)
            if picks is not None:
                found, picked = [*found, place], picks
                break
    return RingFound(tuple(found), dict(picked or ()), _told(request, found) if found else "")


def _picks(request: DrawingRequest, study: ShownStudy, place: FigurePlace) -> Iterator[tuple[tuple[str, str], ...]]:
    """What may be chosen about the drawings so that they have a place: nothing else first."""
    yield ()
    named = [one for key in ("metric", "label") for one in place.get(key, ())]
    for choice in study.choices(request):
        yield from (((choice.name, one),) for one in named if one in choice.options)


def _told(request: DrawingRequest, places: Sequence[FigurePlace]) -> str:
    """Where to look, in a sentence."""
    language = request.language
    labels: dict[tuple[str, ...], dict[str, None]] = {}
    for place in places:
        rest = tuple(_value(key, one, request) for key, values in place.items() if key != "label" for one in values)
        labels.setdefault(rest, {}).update(dict.fromkeys(map(request.called, place.get("label", ()))))
    comma = "、" if language == "ja" else ", "
    told = (" · ".join(filter(None, (comma.join(of), *rest))) for rest, of in labels.items())
    return tr("figure.ring.look", language, place="; ".join(told))


def _value(key: str, value: str, request: DrawingRequest) -> str:
    """What a value of a place is called."""
    language = request.language
    if key in _CALLED:
        return _CALLED[key](value, language)
    if key == "node":
        texts = (record.text for record in request.outcome.of_type(StepRecord) if record.step == value)
        return " ".join(next(texts, value).split())
    messages = (message.format(value) for message in _SAID.get(key, ()))
    known = next((message for message in messages if has(message, language)), "")
    return tr(known, language) if known else value.replace("_", " ")
