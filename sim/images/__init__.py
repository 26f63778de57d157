"""Dockerfiles, build graphs, caches, layers and archives."""
