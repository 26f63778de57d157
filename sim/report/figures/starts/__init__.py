"""Figures of starts: the race, many instances at once, and the lanes that both are made of."""
