"""A peer: lists the NodeClaims that a label selector selects with the kubernetes package's dynamic client, as plain values."""

from __future__ import annotations

import sys

from kubernetes import config
from kubernetes.dynamic import DynamicClient

client = DynamicClient(config.new_client_from_config())
nodeclaims = client.resources.get(api_version="karpenter.sh/v1", kind="NodeClaim")
found = nodeclaims.get(label_selector=sys.argv[1]).to_dict()
print(len(found["items"]))
