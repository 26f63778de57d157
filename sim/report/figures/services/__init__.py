"""Figures of services: how they come up, serve, are updated and fail."""
