"""Outcomes as figures, tables and words; JSON, JUnit XML and Markdown."""
