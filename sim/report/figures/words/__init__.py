"""Figures whose cells are words, and what frames them."""
