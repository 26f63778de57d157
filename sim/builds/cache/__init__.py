"""Which vertices hit, and what files the others leave."""
