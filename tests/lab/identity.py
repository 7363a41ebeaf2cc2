"""Whether AWS would give a ServiceAccount's pods credentials: by EKS Pod Identity, or by a role for service accounts.

On EKS a webhook puts them into the pod when it is created; a pod without either has none, and its AWS calls fail.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import boto3

from tests.lab.state import AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, CLUSTER_NAME, REGION, State

ROLE_ANNOTATION = "eks.amazonaws.com/role-arn"


def has_credentials(state: State, account: Mapping[str, Any]) -> bool:
    """Whether the ServiceAccount object has a role.

    Raises:
        botocore.exceptions.BotoCoreError: the lab's AWS does not answer.
        botocore.exceptions.ClientError: it refuses.
    """
    meta = account["metadata"]
    if ROLE_ANNOTATION in (meta.get("annotations") or {}):
        return True
    session = boto3.Session(AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, region_name=REGION)
    eks = session.client("eks", endpoint_url=state.aws_endpoint)
    found = eks.list_pod_identity_associations(clusterName=CLUSTER_NAME, namespace=meta["namespace"], serviceAccount=meta["name"])
    return bool(found["associations"])
