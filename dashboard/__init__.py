"""What a browser shows: pages, controls and wording. No model in it."""
