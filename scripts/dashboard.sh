#!/usr/bin/env bash
# Installs what the dashboard needs and opens it: http://localhost:8501.
# Arguments go to Streamlit: scripts/dashboard.sh --server.port 8600
. "$(dirname "$0")/setup.sh"
make_environment requirements.txt
exec .venv/bin/streamlit run app.py "$@"
