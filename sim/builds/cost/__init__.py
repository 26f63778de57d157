"""What steps take: seconds, bytes, and when each starts and ends."""
