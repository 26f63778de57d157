"""Layered graph layout and its drawing as SVG. Knows no build."""
