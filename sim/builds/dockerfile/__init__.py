"""What a Dockerfile says: its text, instructions, mounts and stages."""
