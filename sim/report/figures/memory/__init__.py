"""Figures of memory: the ledger, memory as time passes, and how many fit."""
