"""Servers that grow apart, or are replaced before they can: what is installed where, week by week."""
