"""The SSM backend: moto's, with AMI releases that lack a variant on demand."""

from __future__ import annotations

from moto.ssm import urls
from moto.ssm.models import Parameter, SimpleSystemManagerBackend

from .ec2.images import PARAMETERS
from .faults import named


class LabSSMBackend(SimpleSystemManagerBackend):
    """One region's parameters."""

    _url_module = urls

    def get_parameter(self, name: str) -> Parameter | None:
        """GetParameter; the fault ``ami-variant-missing`` hides a variant of the EKS optimized AMIs, as if never published."""
        hidden = any(f"/{fault['variant']}/" in name and fault["release"] in name for fault in named("ami-variant-missing"))
        return None if hidden and name.startswith(PARAMETERS) else super().get_parameter(name)
