#!/usr/bin/env bash
# Installs what the tests need and runs them: quick checks, tests on all cores, then the dashboard in a real Chromium.
# Arguments go to pytest and run only that: scripts/test.sh tests/engine -k lock
. "$(dirname "$0")/setup.sh"
make_environment requirements-dev.txt
export PATH="$PWD/.venv/bin:$PATH"

if [ $# -gt 0 ]; then exec python -m pytest "$@"; fi

# The system packages of the browser tests: the browser, and fonts with Latin and Japanese letters.
if ! command -v "${CHROMIUM:-chromium}" >/dev/null; then
    install_packages chromium fonts-dejavu-core fonts-noto-cjk
fi

# Live pages are built from Pyodide, which npm brings. Without npm their tests say why they skip.
if ! { command -v npm && command -v node; } >/dev/null; then
    install_packages npm || say "no npm: the tests of live pages skip"
fi

# Container runtimes whose start is measured and predicted (tests/laboratory/calibrate). Elsewhere those tests say why they skip.
if [ "$(id -u)" = 0 ] && ! { command -v crun && command -v runc; } >/dev/null; then
    install_packages crun runc
fi

step() { say "== $1 ($SECONDS s)"; shift; "$@"; }

step "lint" ruff check .
step "format" ruff format --check .
# What is compiled is kept: the tests start hundreds of processes, and pytest rewrites the asserts of each test file. While
# one core checks types, the other one does that, for all processes and steps that follow.
unset PYTHONDONTWRITEBYTECODE
python -m pytest --collect-only -q >/dev/null &
compiling=$!
trap 'kill "$compiling" 2>/dev/null || true' EXIT
step "types" mypy
wait "$compiling" || true  # what cannot be collected is told by the tests
trap - EXIT
step "tests" python -m pytest -n auto --dist loadgroup -m "not browser"
SPEED=tests/dashboard/test_browser_speed.py  # compares times, so nothing runs beside it
step "dashboard in Chromium" python -m pytest -n auto --dist loadgroup -m browser --deselect="$SPEED" \
    tests/dashboard/test_browser*.py
step "its speed" python -m pytest -m browser "$SPEED"
say "== all passed in $SECONDS s"
