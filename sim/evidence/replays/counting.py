"""Items of recorded cases, counted: in how many do the model and the recorded engine agree?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sim.errors import InputError, Problem


class CountedItem(NamedTuple):
    """One thing that a recording expects: its path in the case ("steps.2.rc"), what either side says, the verdict."""

    path: str
    predicted: Any
    recorded: Any
    agrees: bool


@dataclass(frozen=True, slots=True)
class CaseDisagreement:
    """One item of a case that the model and the recorded engine differ on. Values are as JSON has them."""

    case: str
    item: str
    predicted: Any
    recorded: Any


@dataclass
class Tally:
    """Items and whole cases of one kind of recording, how many of them agree, and what does not.

    A case agrees where all of its items do. A case without a counted item is no case.
    """

    kind: str
    items: int = 0
    agree: int = 0
    cases: int = 0
    cases_agree: int = 0
    disagreements: list[CaseDisagreement] = field(default_factory=list)
    stumbled: int = 0
    """Cases that the model could not play to their end."""

    def count(self, case: str, items: Iterable[CountedItem]) -> None:
        """Add the counted items of a case."""
        counted = list(items)
        wrong = [item for item in counted if not item.agrees]
        self.items += len(counted)
        self.agree += len(counted) - len(wrong)
        self.cases += bool(counted)
        self.cases_agree += bool(counted) and not wrong
        self.disagreements += [CaseDisagreement(case, item.path, item.predicted, item.recorded) for item in wrong]

    def stumble(self, case: str, error: Exception, items: Iterable[CountedItem] = ()) -> None:
        """Count a case that the model stumbled over as wrong in all of its items, each saying why.

        The other cases of its file still count.

        Args:
            case: Its name.
            error: What the model stumbled over.
            items: The case's items, where they are known. Else it counts as one.
        """
        reason = f"not played: {type(error).__name__}: {error}"
        lost = [item._replace(predicted=reason, agrees=False) for item in items]
        self.count(case, lost or [CountedItem("case", reason, "played", agrees=False)])
        self.stumbled += 1

    @contextmanager
    def playing(self, name: Callable[[], str], problems: list[Problem]) -> Iterator[None]:
        """Play a case in here. What is wrong with it is gathered, and what the model stumbles over is counted.

        Args:
            name: Gives the case's name.
            problems: Of all cases.
        """
        try:
            yield
        except InputError as error:
            problems += error.problems
        except Exception as error:  # noqa: BLE001 -- whatever the model stumbles over is told of the case
            self.stumble(name(), error)

    def add(self, other: Tally) -> None:
        """Add what another file of the same kind gave."""
        self.items += other.items
        self.agree += other.agree
        self.cases += other.cases
        self.cases_agree += other.cases_agree
        self.disagreements += other.disagreements
        self.stumbled += other.stumbled

    def plain(self) -> dict[str, int]:
        """The counts, as `replay --format json` prints them under the kind's name."""
        return {"items": self.items, "agree": self.agree, "cases": self.cases, "cases_agree": self.cases_agree}
