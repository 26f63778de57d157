"""Compose files, read, merged and checked as docker compose does it."""
