"""Parameters that several studies ask for with one meaning."""
