"""Running scenarios: replications, design points, executors."""
