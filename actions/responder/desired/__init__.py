"""Reads a desired-state repository as Flux and Kustomize would, as far as it takes to find a workload and its home."""
