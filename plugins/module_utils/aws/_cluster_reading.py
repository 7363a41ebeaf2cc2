# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads an EKS cluster with its addons, subnets, access entry and OIDC provider, and says which clusters there are where it is unknown; decides nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.aws._aws import AwsError, fetch, fetch_or_none
from ansible_collections.accelerated.nodes.plugins.module_utils.aws._eks import (
    access_entry_facts,
    cluster_facts,
    oidc_provider_arn,
    oidc_provider_facts,
    role_arn,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import CollectionError

# What EKS and IAM answer about a thing that is not there.
UNKNOWN = ("ResourceNotFoundException", "NoSuchEntity")


def read_cluster(eks: Any, ec2: Any, name: str, must_exist: bool) -> Optional[dict]:
    """The facts of the cluster ``name``; None when it is unknown and need not exist, else CollectionError."""
    found = fetch_or_none(eks, "describe_cluster", UNKNOWN, name=name)
    if found is None:
        if must_exist:
            raise CollectionError(unknown_cluster(name, eks.meta.region_name, known_clusters(eks)))
        return None
    cluster = found["cluster"]
    addons = fetch(eks, "list_addons", clusterName=name)["addons"]
    subnets = fetch(ec2, "describe_subnets", SubnetIds=cluster["resourcesVpcConfig"]["subnetIds"])["Subnets"]
    vpc = {"Name": "vpc-id", "Values": [subnets[0]["VpcId"]]}
    return cluster_facts(cluster, addons, subnets, fetch(ec2, "describe_route_tables", Filters=[vpc])["RouteTables"])


def read_access_entry(eks: Any, cluster: dict, role_name: Optional[str]) -> Optional[dict]:
    """The access entry of the role in the ``cluster`` (its facts); None where there is none, or can be none."""
    if not role_name or cluster["authentication_mode"] == "CONFIG_MAP":
        return None
    principal = role_arn(cluster["arn"], role_name)
    return found_or_none(eks, "describe_access_entry", access_entry_facts, clusterName=cluster["name"], principalArn=principal)


def read_oidc_provider(iam: Any, cluster: dict) -> Optional[dict]:
    """The provider in IAM of the cluster's OIDC issuer; None where there is none."""
    arn = oidc_provider_arn(cluster)
    return found_or_none(iam, "get_open_id_connect_provider", oidc_provider_facts, OpenIDConnectProviderArn=arn) if arn else None


def found_or_none(client: Any, operation: str, facts: Callable[..., dict], **named: Any) -> Optional[dict]:
    """The ``facts`` of AWS' answer about what is ``named``; None where AWS knows no such thing, else CollectionError."""
    found = fetch_or_none(client, operation, UNKNOWN, **named)
    return None if found is None else facts(found, **named)


def known_clusters(eks: Any) -> list[str]:
    """Names of the region's clusters; empty as well when they may not be listed: they only help the reader."""
    try:
        return fetch(eks, "list_clusters").get("clusters", [])
    except AwsError:
        return []


def unknown_cluster(name: str, region: str, known: list[str]) -> str:
    """Says that there is no such cluster, and what there is."""
    there = f"The clusters there: {', '.join(sorted(known))}." if known else "No cluster could be seen there."
    return (
        f"There is no EKS cluster '{name}' (option name) in region '{region}' (option region). {there}"
        " Correct eks_cluster_name or eks_region, or use the credentials of the account that has it."
    )
