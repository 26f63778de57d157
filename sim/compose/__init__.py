"""Compose projects: their files read as docker compose reads them, and what its commands do to one engine."""
