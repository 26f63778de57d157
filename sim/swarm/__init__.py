"""Docker's Swarm mode: services, their tasks, and the managers and agents that keep them.

The rules are those of swarmkit as Docker 26.1 carries it. Nothing here knows how a file describes a service.
"""
