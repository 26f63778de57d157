"""What a lesson's title speaks of, so that its figure shows that and not another metric of the same run."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sim.scenario import Scenario

_PLACEHOLDER = re.compile(r"\{([^}]*)\}")


def titled(scenario: Scenario, measures: Sequence[str], default: str) -> str:
    """The measure whose number is in the title: in the first finding that names any, else in the prediction.

    Args:
        measures: Names of metrics that a figure can show.
        default: Where the lesson names none of them, or there is no lesson.
    """
    lesson = scenario.lesson
    if lesson is None:
        return default
    texts = [" ".join(_PLACEHOLDER.findall(finding.text.en)) for finding in lesson.findings]
    predict = lesson.predict
    texts.append(" ".join((predict.rank, predict.guess, *(choice.holds for choice in predict.choices))))
    for text in texts:
        places = {name: match.start() for name in measures if (match := re.search(rf"\b{name}\b", text))}
        if places:
            return min(places, key=lambda name: places[name])
    return default
