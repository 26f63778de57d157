"""The controllers of Kubernetes' controller manager: each watches objects and writes towards what they ask for."""
