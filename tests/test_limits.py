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
    named = re.compile(r"^_?(?:MAX_[A-Z_]+|[A-Z_]+_LIMIT|LARGEST|MOST_FILES)\b(?=[^\n]*= *[0-9])", re.MULTILINE)
    files = [*(ROOT / "sim").rglob("*.py"), *(ROOT / "dashboard").rglob("*.py")]
    found = {
        f"{path.relative_to(ROOT).as_posix()}: {name}"
        for path in files
        for name in named.findall(path.read_text(encoding="utf-8"))
    }
    assert found <= {
        "sim/builds/builders.py: MAX_DEPTH",  # overlay2's own
        "sim/builds/selection.py: _MAX_LINKS",  # Linux's own
        "dashboard/uploads.py: LARGEST",
    }
