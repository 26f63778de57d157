"""The vertices that a builder makes of a Dockerfile."""
