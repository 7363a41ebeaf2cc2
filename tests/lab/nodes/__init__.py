"""The lab's node side: EC2 instances become Nodes, and their kubelets, device plugins and tools are played.

Everything here is simulated: no container runs. What is real is whom it talks to: the API server, the scheduler,
Karpenter, and the EC2, IAM and EKS of the lab's AWS.
"""

from __future__ import annotations

from .side import NodeSide

__all__ = ["NodeSide"]
