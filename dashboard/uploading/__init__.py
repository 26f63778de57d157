"""Files that a reader brings, within bounds."""
