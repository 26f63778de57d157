"""A run in time, for viewers of traces: what its records tell as spans, moments and levels.

`sim.report.trace.timed` makes them of an outcome, `chrome` writes Chrome's JSON, which Perfetto opens, and `columns`
writes CSV.
"""
