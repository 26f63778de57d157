"""Every limit on what comes from outside is one constant with a reason, and docs/limits.md lists them all."""

import ast
import re
from pathlib import Path

from sim import limits

ROOT = Path(__file__).parents[1]
UNITS = {"KIB", "MIB", "GIB"}


def stated():
    """Name, number and docstring of each constant of sim/limits.py, in order."""
    body = ast.parse((ROOT / "sim" / "limits.py").read_text(encoding="utf-8")).body
    for one, after in zip(body, [*body[1:], None], strict=True):
        if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name):
            text = after.value.value if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) else ""
            yield one.targets[0].id, getattr(limits, one.targets[0].id), " ".join(text.split())


def rows():
    return [f"| `{name}` | {number:,} | {text} |" for name, number, text in stated()]


def test_each_limit_says_what_it_is_a_limit_on():
    assert len(rows()) > 30
    assert all(number > 0 and len(text) > 10 for _, number, text in stated())


def test_the_documentation_lists_every_limit_with_its_number():
    page = (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `.*$", page, re.MULTILINE) == rows()


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
    "sim/builds/causes.py: MOST": "what is told of a step",
    "sim/builds/history.py: LONGEST": "a duration that is believed of a recorded step",
    "sim/builds/selection.py: _MAX_LINKS": "Linux's own",
    "sim/builds/depth.py: MAX_DEPTH": "overlay2's own",
    "sim/report/graph/texts.py: LONGEST": "wording",
    "sim/report/words.py: _MOST_DIFFERENCES": "wording",
    "sim/report/figures/columns.py: MOST_COLUMNS": "a drawing's room",
    "sim/report/figures/build.py: MOST_COLUMNS": "a drawing's room",
    "sim/report/building.py: MOST_CAUSES": "what a table shows",
    "sim/studies/density.py: MOST": "where the search for a limit ends; the model's own",
    "dashboard/teasers.py: _MOST_LANES": "a drawing's room",
    "dashboard/figures/build.py: _MOST_IN_LECTURE": "a drawing's room",
    "dashboard/uploads.py: _MOST_HOPS": "Linux's own",
    "dashboard/lab.py: _MOST_BASES": "what the page offers",
    "dashboard/lab.py: _MOST_ARGUMENTS": "what the page offers",
    "dashboard/advice.py: _MOST": "what the page shows",
    "dashboard/pages/layers.py: _MOST_OF_TEXT": "what the page shows",
    "dashboard/pages/layers.py: _MOST_ON_PAGE": "what the page shows",
    "dashboard/pages/images.py: _MOST": "what the page shows",
}
"""Numbers that bound no input, and why each stands where it is."""
