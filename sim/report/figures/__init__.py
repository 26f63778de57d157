"""Figures from an outcome and a `Style` alone: Vega-Lite dicts and SVG strings, each with a table and a sentence.

The same dict is shown in the dashboard, exported without a browser and asserted in tests.
"""
