"""Benchmarks of the modules that wait and read, side by side with kubectl, kubernetes.core and the Python client.

``python -m tests.bench`` runs them all, ``--quick`` in short; docs/benchmarks.md holds the last whole run.
"""
