"""Sweeps: a scenario at many points of its parameters, run anywhere, kept in one file."""
