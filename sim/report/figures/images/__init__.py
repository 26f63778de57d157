"""Figures of images: a build, layers and their files, and how they reach nodes."""
