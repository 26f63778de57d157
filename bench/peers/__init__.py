"""Other simulators on the same work. What is not installed is skipped by name."""
