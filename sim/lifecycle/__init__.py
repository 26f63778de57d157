"""A container's life under an engine: processes, signals, restarts, health checks, and what removal leaves behind."""
