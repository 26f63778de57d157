"""Requests to a service whose replicas come and go: a load over time, a balancer, and what is lost and late."""
