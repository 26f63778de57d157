"""Outcomes as figures, tables and words, and as JSON, JUnit XML and Markdown."""
