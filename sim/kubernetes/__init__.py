"""Kubernetes 1.32: manifests, the scheduler, the controllers.

An object is the plain mapping of its manifest, as the API server stores it as JSON, with the defaults of
`sim.kubernetes.defaults`.
"""
