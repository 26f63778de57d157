"""The layer lab on a page."""
