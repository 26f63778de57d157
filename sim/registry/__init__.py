"""Registries: what they keep, what a push sends and a pull fetches, and how a fleet of nodes shares them."""
