"""Dockerfiles, build graphs, caches, and what a build costs."""
