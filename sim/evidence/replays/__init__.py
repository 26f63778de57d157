"""Recordings of real engines, each kind replayed through the model by a module of its own."""
