"""The lab's node side: EC2 instances become Nodes, and their kubelets, device plugins and tools are played.

Everything here is simulated: no container runs. What is real is whom it talks to: the API server, the scheduler,
Karpenter, and the EC2, IAM and EKS of the lab's AWS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .side import NodeSide

__all__ = ["NodeSide"]


def __getattr__(name: str) -> Any:
    # Late, so that the ``fault`` command does not wait for the Kubernetes and AWS clients to load.
    if name == "NodeSide":
        from .side import NodeSide

        return NodeSide
    raise AttributeError(name)
