"""A service of many replicas on many nodes, whoever runs it: Kubernetes, Swarm mode, or a group of virtual machines."""
