"""What happened in a run, as records: flat, immutable, one class for each kind of thing that is told.

A study hands them on with its metrics (`sim.outcome`). Charts, tables and reasons are made from them alone. They are
modules by subject, so that a command makes no classes of what it does not run.
"""
