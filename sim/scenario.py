"""What every scenario has, whatever its study: texts, parts, expectations, a lesson.

`sim.loading` makes these from YAML files and checks them. The model is handed the finished thing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from annotated_types import Ge, Le, MaxLen, MinLen

from sim.errors import InputError, Problem

_STRICT = {"extra": "forbid"}
"""Read by pydantic where a dataclass is checked: unknown keys are errors."""


_NO_DOT = "\u3000-\u30fa\u30fc-\u9fff\uff00-\uffef"
_FOLD = re.compile(
    "(?<=[\u3000-\u9fff\uff00-\uffef])(?: +| *\n *)(?=[\u3000-\u9fff\uff00-\uffef])"
    f"|(?<=[{_NO_DOT}]) +(?=[A-Za-z0-9{{`])"
    r"|(?<=[。、]) +(?=\*\*\w)"
)
"""Blanks or one line's end between two characters of Japanese writing (kana, kanji, full-width forms).

Blanks too before a Latin letter, a digit, a value or code that follows one, other than a middle dot, and before strong
text that follows a stop. An empty line is none of these. It ends a paragraph."""


_ADDRESS = re.compile(r"https://[A-Za-z0-9][^\s<>()\[\]\\\"`]*")

_NAMED = 8
"""Labels that a line has room for."""


def listed(labels: Sequence[str]) -> str:
    """Labels in a line, the first few where they are many.

    >>> listed(["docker", "kvm"]), listed([f"l{number}" for number in range(10)])
    ('docker, kvm', 'l0, l1, l2, l3, l4, l5, l6, l7 and 2 more')
    """
    more = len(labels) - _NAMED
    return ", ".join(labels[:_NAMED]) + (f" and {more} more" if more > 0 else "")


@dataclass(frozen=True, kw_only=True)
class Text:
    """A text in English and, where there is one, in Japanese.

    `{label.metric.statistic}` in it stands for that number, written with its unit.

    A Japanese text may be folded over lines in a file. Folding leaves a space beside a full-width character. It is
    taken out, because Japanese is written without spaces. An empty line is kept.

    Attributes:
        en: The English text.
        ja: The Japanese text. "" where there is none.
    """

    __pydantic_config__ = _STRICT
    en: Annotated[str, MinLen(1)]
    ja: Annotated[str, MinLen(1)] = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "ja", _FOLD.sub("", self.ja))

    def read(self, language: str) -> str:
        """The text in a language, "en" or "ja". The English one where there is no other."""
        return (self.ja or self.en) if language == "ja" else self.en


@dataclass(frozen=True, slots=True)
class _PlainToo:
    """Lets a file write plain text for a `Text`. It is then the English text."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic_core import PydanticKnownError, core_schema

        def read(value: Any) -> Any:
            if not isinstance(value, str | dict):
                raise PydanticKnownError("string_type")
            return {"en": value} if isinstance(value, str) else value

        return core_schema.no_info_before_validator_function(read, handler(source))

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        return {"anyOf": [{"type": "string", "minLength": 1}, handler(schema)]}


WrittenText = Annotated[Text, _PlainToo()]
"""A text as a scenario file writes it: `Who is first?` or `{en: Who is first?, ja: 先に準備が整うのは?}`."""


PLACE_KEYS = (
    "label", "metric", "owner", "constraint", "part", "event", "service", "state", "step", "node", "component", "asked",
    "image", "thing", "accident", "aspect", "server", "kind",
)  # fmt: skip
"""What the marks of a figure may be of: what `where` filters by."""


WrittenValue = str | int | float | bool | tuple[str | int | float, ...] | None
"""A parameter's value as a scenario file writes it: `50`, `512 MiB`, `docker`."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One answer of a question. It is right where its expression holds for the outcome, so the key cannot be wrong.

    Attributes:
        text: The answer.
        holds: The expression.
        feedback: What is said to those who chose it where it is wrong. None for a general word.
        where: The place in the figure that is ringed for those who answered wrong: which of its marks, by `PLACE_KEYS`.
            Of a wrong choice it stands for those who chose it, of the right one for all others. Without one the place
            is that of the metrics by which the right choice holds.
    """

    __pydantic_config__ = _STRICT
    text: WrittenText
    holds: Annotated[str, MinLen(1)]
    feedback: WrittenText | None = None
    where: dict[str, str | tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question with its choices, and why the right one is right.

    Attributes:
        ask: The question.
        choices: Its answers.
        explain: Why the right one is right.
        change: Parameters that the scenario is run with for this question alone, each by its path: "What if there were
            100 of them?" is run, not derived.
    """

    __pydantic_config__ = _STRICT
    ask: WrittenText
    choices: Annotated[tuple[Choice, ...], MinLen(2), MaxLen(26)]
    explain: WrittenText
    change: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """What a student says before the run. Exactly one of `rank`, `guess`, `choices` and `steps` is given.

    Attributes:
        ask: The question.
        rank: The "metric.statistic" by which the labels are to be ordered, smallest first.
        guess: The "label.metric.statistic" whose value is to be guessed.
        choices: Answers to choose from.
        steps: Whether the build steps that will run again are to be clicked.
    """

    __pydantic_config__ = _STRICT
    ask: WrittenText
    rank: str = ""
    guess: str = ""
    choices: tuple[Choice, ...] = ()
    steps: bool = False


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A title that a run may earn. The first finding whose expression holds is shown."""

    __pydantic_config__ = _STRICT
    when: Annotated[str, MinLen(1)]
    text: WrittenText


@dataclass(frozen=True, kw_only=True)
class Minutes:
    """How long a lesson takes, for a lecturer who plans."""

    __pydantic_config__ = _STRICT
    demonstration: Annotated[int, Ge(1), Le(240)] = 5
    lab: Annotated[int, Ge(1), Le(480)] = 20


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a reader can check a sentence of the lesson.

    Attributes:
        text: Which sentence, and of which version it holds.
        url: The address.
    """

    __pydantic_config__ = _STRICT
    text: Text
    url: Annotated[str, MaxLen(500)]

    def __post_init__(self) -> None:
        """Raise `InputError` where the address is none that a page can link to."""
        _linkable(self.url, "url")


def _linkable(address: str, key: str) -> None:
    """Raise `InputError` where an address is none that a page can link to."""
    if not _ADDRESS.fullmatch(address):
        raise InputError(Problem(f"{address!r} is not an address as https://example.org/page", path=key))


@dataclass(frozen=True, kw_only=True)
class LessonCommand:
    """A command to try on a real engine, and what it shows there.

    Attributes:
        run: The command line.
        shows: What to look at, with the range to expect, and of which version and machine it holds.
    """

    __pydantic_config__ = _STRICT
    run: Annotated[str, MinLen(1), MaxLen(500)]
    shows: WrittenText


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """What is taught with a scenario, and how.

    Attributes:
        objectives: What a student can do afterwards.
        predict: What is asked before the run.
        findings: Titles that a run may earn.
        explain: How the figure comes about.
        quiz: Questions after the run.
        half_true: Popular claims that are half true, each with what is true of it.
        next: What to change and try next.
        commands: The same on a real engine.
        sources: Where its sentences can be checked.
        minutes: How long it takes.
        vary: Parameters by their path, each with the values that a student's seed chooses from.
    """

    __pydantic_config__ = _STRICT
    objectives: Annotated[tuple[WrittenText, ...], MinLen(1)]
    predict: Prediction
    findings: Annotated[tuple[Finding, ...], MinLen(1)]
    explain: WrittenText
    quiz: tuple[Question, ...] = ()
    half_true: tuple[WrittenText, ...] = ()
    next: tuple[WrittenText, ...] = ()
    commands: tuple[LessonCommand, ...] = ()
    sources: tuple[Source, ...] = ()
    minutes: Minutes = field(default_factory=Minutes)
    vary: dict[str, Annotated[tuple[WrittenValue, ...], MinLen(1)]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class OwnSource:
    """What a figure was published in, where the catalog has no fact of it.

    Attributes:
        citation: Authors, where and year. Figures of one citation up to its year are of one source.
        address: Where it can be read.
    """

    __pydantic_config__ = _STRICT
    citation: Annotated[str, MinLen(1), MaxLen(500)]
    address: Annotated[str, MaxLen(500)]

    def __post_init__(self) -> None:
        """Raise `InputError` where the address is none that a page can link to."""
        _linkable(self.address, "address")


@dataclass(frozen=True, slots=True)
class _FactToo:
    """Lets a file write the id of a fact for an `OwnSource`."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        own = handler(OwnSource)
        return core_schema.tagged_union_schema(
            {"fact": core_schema.str_schema(min_length=1), "own": own},
            discriminator=lambda value: "fact" if isinstance(value, str) else "own",
        )

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        return {"anyOf": [handler(choice) for choice in schema["choices"].values()]}


@dataclass(frozen=True, kw_only=True)
class Published:
    """A published figure that a scenario is held against.

    Attributes:
        source: The id of a fact of the catalog, or the publication itself.
        apart: Why the figure does not count, though its own fact set no number: which figures it restates, or that
            the run failed. It is shown, and counted apart.
        assumed: "host" where the case's host is assumed: what was seen of the publication names neither a processor nor
            an instance type, and the figure was not taken on a host of the catalog. It counts in the median of all
            figures, and not in that of figures with a stated host.
    """

    __pydantic_config__ = _STRICT
    metric: Annotated[str, MinLen(1)]
    of: Annotated[str, MinLen(1)]
    at: str = ""
    interval: Annotated[str, MinLen(1)]
    statistic: Annotated[str, MinLen(1)]
    value: str | float
    unit: Annotated[str, MinLen(1)]
    source: Annotated[str | OwnSource, _FactToo()]
    use: Literal["calibrate", "check"]
    apart: Annotated[str, MaxLen(500)] = ""
    assumed: Literal["", "host"] = ""


@dataclass(frozen=True)
class Part:
    """One study of a scenario.

    Attributes:
        study: The study's name.
        variants: The study's checked parameters by label, in the file's order.
        controls: The parameters that a page shows.
        maxima: The most that a page offers of some of them, in SI units.
    """

    study: str
    variants: Mapping[str, Any]
    controls: tuple[str, ...] = ()
    maxima: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Scenario:
    """A checked scenario.

    Attributes:
        id: Its id, which is also the name of a shipped file.
        concept: What it teaches, for lists.
        title: The question it asks.
        summary: One line about it.
        parts: Its studies.
        lesson: What is taught with it, and how.
        seed: Where all randomness comes from.
        replications: How often each label runs.
        expect: Expressions that must hold.
        published: Published figures that it is held against.
        labels: What some labels are called for a reader. The others are called by their technology or their own id.
        file: Where it was read from. "" if nowhere.
        folder: Where its files are looked up.
        document: The scenario as it was written, in plain mappings, lists, texts and numbers. Changes start from it.
    """

    id: str
    concept: str
    title: Text
    summary: Text
    parts: tuple[Part, ...]
    lesson: Lesson | None = None
    seed: int = 1
    replications: int = 1
    expect: tuple[str, ...] = ()
    published: tuple[Published, ...] = ()
    labels: Mapping[str, Text] = field(default_factory=dict)
    file: str = ""
    folder: str = ""
    document: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def __repr__(self) -> str:
        """In a line, for a notebook."""
        parts = " + ".join(f"{part.study} of {listed(tuple(part.variants))}" for part in self.parts)
        return (
            f"<Scenario {self.id}: {self.title.en!r}, {parts}; "
            f"seed {self.seed}, replications {self.replications}, {len(self.expect)} expectations>"
        )
