"""Side-by-side benchmarks: the engine as the model uses it against other ways of doing the same work.

`python -m bench` prints them as a table. Every contest asserts equal results first. It compares CPU time of interleaved
runs in one process. So what it reports is a ratio, and not a property of the machine.
"""
