"""Predicted against published and recorded."""
