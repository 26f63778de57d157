"""Technologies, boot plans, and the one start process."""
