"""A group of virtual machines that do one job: size, health checks, replacement, scaling by load, blue and green."""
