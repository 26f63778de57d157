"""`build`: a build and the one after an edit, step by step, and what would be cheaper."""
