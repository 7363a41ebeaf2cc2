# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads how an EKS cluster lets nodes in, and as which role those of an EC2NodeClass come; decides nothing.

boto3 takes a fifth of a second to import, so it is imported where a node does not join and a cluster's name was given.
Credentials and endpoint are those of the environment (AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL, ...).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.aws._aws import AwsError, fetch
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._question import Access, Question
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._reading import AWS_AUTH, Reading

API = "API"
CONFIG_MAP = "CONFIG_MAP"
NODE_GROUP = "system:nodes"
SECONDS = 2  # For an answer of AWS; nothing is tried twice.
MOST_ENTRIES = 30  # Each is one request.


def read_access(reading: Reading, question: Question, classes: dict[str, dict]) -> Optional[Access]:
    """How the cluster lets nodes in; None where even that could not be read."""
    wanted = {claim.node_class for claim in question.behind if claim.blocking and claim.blocking.reason == "NodeNotFound"}
    aws = _Aws(reading, question)
    cluster = aws.fetch("eks", "describe_cluster", name=question.cluster_name)
    if cluster is None:
        return None
    mode = (cluster["cluster"].get("accessConfig") or {}).get("authenticationMode", CONFIG_MAP)
    roles = {name: _role(aws, classes[name]) for name in sorted(wanted) if name in classes}
    return Access(
        mode=mode,
        roles=roles,
        entries=None if mode == CONFIG_MAP else _entries(aws, question.cluster_name, set(roles.values())),
        mapped=None if mode == API else _mapped(reading),
    )


class _Aws:
    """Requests to AWS that note a failure instead of raising it."""

    def __init__(self, reading: Reading, question: Question) -> None:
        self._reading, self._region = reading, question.region or None
        self._clients: dict[str, Any] = {}

    def fetch(self, service: str, operation: str, **arguments: Any) -> Optional[dict]:
        """The answer; None where there was none."""
        if not self._reading.deadline.remaining:
            self._reading.note("there was no time to ask AWS how the cluster lets nodes in.")
            return None
        try:
            if service not in self._clients:
                self._clients[service] = self._client(service)
            return fetch(self._clients[service], operation, **arguments)
        except AwsError as error:
            self._reading.note(error.message)
        except ImportError:
            self._reading.note("boto3 is not installed, so AWS was not asked how the cluster lets nodes in.")
        return None

    def _client(self, service: str) -> Any:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError

        config = Config(connect_timeout=SECONDS, read_timeout=SECONDS, retries={"max_attempts": 0})
        try:
            return boto3.client(service, region_name=self._region, config=config)
        except BotoCoreError as error:
            raise AwsError(f"AWS could not be asked how the cluster lets nodes in: {error}. Give the option region.") from error


def _role(aws: _Aws, node_class: dict) -> str:
    """ARN of the role of the class' nodes; its name alone where the instance profile could not be read."""
    profile = (node_class.get("status") or {}).get("instanceProfile") or node_class["spec"].get("instanceProfile")
    found = aws.fetch("iam", "get_instance_profile", InstanceProfileName=profile) if profile else None
    arns = [role["Arn"] for role in found["InstanceProfile"]["Roles"]] if found else []
    return str(arns[0] if arns else node_class["spec"].get("role", ""))


def _entries(aws: _Aws, cluster: str, roles: Collection[str]) -> Optional[dict[str, str]]:
    """Type of each access entry of a role by ARN, of the nodes' roles alone where all have one; None where they could not be read."""
    listed = aws.fetch("eks", "list_access_entries", clusterName=cluster)
    if listed is None:
        return None
    arns = [arn for arn in listed["accessEntries"] if ":role/" in arn and ":role/aws-service-role/" not in arn]
    if set(roles) <= set(arns):
        arns = sorted(roles)
    found = [aws.fetch("eks", "describe_access_entry", clusterName=cluster, principalArn=arn) for arn in arns[:MOST_ENTRIES]]
    if None in found or len(arns) > MOST_ENTRIES:
        return None
    return {arn: str(entry["accessEntry"].get("type", "STANDARD")) for arn, entry in zip(arns, found) if entry}


def _mapped(reading: Reading) -> Optional[list[str]]:
    """The roles that aws-auth lets in as nodes; None where it could not be read. A cluster without the ConfigMap maps none."""
    import yaml

    found = reading.get(AWS_AUTH, absent={})
    if found is None:
        return None
    try:
        mappings = yaml.safe_load((found.get("data") or {}).get("mapRoles") or "[]")
    except yaml.YAMLError as error:
        reading.note(f"mapRoles of the ConfigMap kube-system/aws-auth is not YAML: {' '.join(str(error).split())}.")
        return None
    rows = [row for row in mappings if isinstance(row, dict)] if isinstance(mappings, list) else []
    return [str(row.get("rolearn")) for row in rows if NODE_GROUP in (row.get("groups") or [])]
