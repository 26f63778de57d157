"""What would have made a build cheaper."""
