"""Puts the lab's backends in the place of moto's, before moto makes any."""

from __future__ import annotations

import os
from typing import Any

# moto reads these while it is imported.
os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"  # 600 images that nobody asks for
os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"  # AmazonEKSWorkerNodePolicy and its like

from moto.cloudformation import urls as cloudformation_urls
from moto.cloudformation.models import cloudformation_backends
from moto.cloudformation.parsing import get_model_list, get_model_map, get_name_type_map
from moto.ec2.models import ec2_backends
from moto.eks.models import eks_backends
from moto.iam import urls as iam_urls
from moto.iam.models import iam_backends
from moto.servicequotas.models import servicequotas_backends
from moto.ssm.models import ssm_backends

from tests.lab.state import State

from . import faults
from .cloudformation import types  # noqa: F401  registers the resource types
from .cloudformation.backend import LabCloudFormationBackend
from .cloudformation.responses import LabCloudFormationResponse
from .ec2.backend import LabEC2Backend
from .eks.backend import LabEKSBackend
from .iam import LabIAMBackend, LabIamResponse
from .service_quotas import LabServiceQuotasBackend
from .ssm import LabSSMBackend

BACKENDS: dict[Any, type] = {
    cloudformation_backends: LabCloudFormationBackend,
    ec2_backends: LabEC2Backend,
    eks_backends: LabEKSBackend,
    iam_backends: LabIAMBackend,
    servicequotas_backends: LabServiceQuotasBackend,
    ssm_backends: LabSSMBackend,
}


def install(state: State) -> None:
    """Make moto use the lab's classes, with the faults of ``state``; what moto held before is gone."""
    faults.use(state)
    for backends, lab_class in BACKENDS.items():
        backends.clear()
        backends.backend = lab_class
    cloudformation_urls.url_paths["{0}/$"] = LabCloudFormationResponse.dispatch
    iam_urls.url_paths["{0}/$"] = LabIamResponse.dispatch
    for registry in (get_model_list, get_model_map, get_name_type_map):
        registry.cache_clear()
