"""Image archives and layouts: layers, their files, what they share and waste."""
