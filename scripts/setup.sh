#!/usr/bin/env bash
# Makes .venv with what is in a requirements file, once, and again when the file changes.
# Sourced by dashboard.sh and test.sh, which then call: make_environment requirements.txt
# Works on a fresh Debian, whose own Python refuses pip outside a virtual environment and may lack venv.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '%s\n' "$*" >&2; }

# install_packages NAME...: Debian packages, as root or through sudo.
install_packages() {
    local as=()
    if [ "$(id -u)" != 0 ]; then
        if ! command -v sudo >/dev/null; then
            say "These Debian packages are needed: $*. Install them as root (apt-get install $*), then run this again."
            return 1
        fi
        as=(sudo)
    fi
    say "Installing Debian packages: $*"
    "${as[@]}" apt-get update -qq
    "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# make_environment REQUIREMENTS: .venv holds them when it returns.
make_environment() {
    local requirements=$1 python=${PYTHON:-python3}
    if ! command -v "$python" >/dev/null; then install_packages python3 python3-venv; fi
    if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
        say "$("$python" --version) is too old: Python 3.11 or newer is needed. Name one with PYTHON=python3.13 $0"
        return 1
    fi
    if [ ! -x .venv/bin/pip ]; then
        rm -rf .venv
        if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then install_packages python3-venv; fi
        "$python" -m venv .venv
    fi
    local stamp=".venv/installed-${requirements%.txt}" wanted
    wanted=$(cat requirements*.txt | sha256sum)
    if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$wanted" ]; then
        say "Installing $requirements into .venv (a minute or two, once)"
        .venv/bin/python -m pip install --quiet --disable-pip-version-check -r "$requirements"
        # Compiled once here, not at every start where PYTHONDONTWRITEBYTECODE is set: import streamlit 0.9 s -> 0.3 s.
        .venv/bin/python -m compileall -q -j 0 "$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')" >/dev/null || true
        printf '%s\n' "$wanted" >"$stamp"
    fi
}
