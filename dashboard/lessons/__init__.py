"""A lesson on a page: the question, the run, the answers and what they come to."""
