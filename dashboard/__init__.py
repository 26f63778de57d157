"""What a browser shows: pages, controls and components. No model in it."""
