"""The lab: a real Kubernetes control plane and the real Karpenter on one machine, with AWS and the nodes simulated.

``python -m tests.lab up`` starts it, ``down`` ends it; docs/ says what in it is real and what is simulated.
"""
