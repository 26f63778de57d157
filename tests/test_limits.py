"""Every limit on what comes from outside is one constant with a reason."""

import re
from pathlib import Path

from scripts.generate import stated_limits

ROOT = Path(__file__).parents[1]


def test_each_limit_says_what_it_is_a_limit_on():
    assert len(list(stated_limits())) > 30
    assert all(number > 0 and len(text) > 10 for _, number, text in stated_limits())


def test_no_other_module_states_a_limit_of_that_kind():
    """Constants named as limits are: what is left elsewhere is a builder's own limit, or one of wording."""
    named = re.compile(
        r"^((?:_?(?:MOST|LONGEST|LARGEST|MAX)(?:_[A-Z_]+)?|[A-Z_]+_LIMIT))\b[^\n=]*= *[0-9]", re.MULTILINE
    )
    files = [*(ROOT / "sim").rglob("*.py"), *(ROOT / "dashboard").rglob("*.py")]
    found = {
        f"{path.relative_to(ROOT).as_posix()}: {name}"
        for path in files
        for name in named.findall(path.read_text(encoding="utf-8"))
    }
    assert found == ELSEWHERE.keys()


ELSEWHERE = {
    "sim/builds/reasons/causes.py: MOST": "what is told of a step",
    "sim/builds/cost/history.py: LONGEST": "a duration that is believed of a recorded step",
    "sim/builds/context/selection.py: _MAX_LINKS": "Linux's own",
    "sim/builds/builders.py: MAX_DEPTH": "overlay2's own",
    "sim/report/graph/texts.py: LONGEST": "wording",
    "sim/report/words.py: _MOST_DIFFERENCES": "wording",
    "sim/report/catalogtexts.py: _MOST": "wording, of what the model puts together",
    "sim/report/figures/memory/columns.py: MOST_COLUMNS": "a drawing's room",
    "sim/report/figures/images/build.py: MOST_COLUMNS": "a drawing's room",
    "sim/report/building/rebuilds.py: MOST_CAUSES": "what a table shows",
    "sim/studies/density.py: MOST": "where the search for a limit ends; the model's own",
    "sim/report/previews.py: _MOST_LANES": "a drawing's room",
    "dashboard/figures/build.py: _MOST_IN_LECTURE": "a drawing's room",
    "dashboard/uploading/unpacked.py: _MOST_HOPS": "Linux's own",
    "sim/studies/once.py: MOST": "what is kept, of what the model made itself",
    "dashboard/layers/lab.py: _MOST_BASES": "what the page offers",
    "dashboard/layers/lab.py: _MOST_ARGUMENTS": "what the page offers",
    "dashboard/layers/advice.py: _MOST": "what the page shows",
    "dashboard/layers/lab_shown.py: _MOST_OF_TEXT": "what the page shows",
    "dashboard/layers/lab_shown.py: _MOST_ON_PAGE": "what the page shows",
    "dashboard/pages/images.py: _MOST": "what the page shows",
}
"""Numbers that bound no input, and why each stands where it is."""
