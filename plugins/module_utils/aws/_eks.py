# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an EKS cluster is, out of AWS' answers; pure."""

from __future__ import annotations

POD_IDENTITY_AGENT = "eks-pod-identity-agent"


def cluster_facts(cluster: dict, addons: list[str], subnets: list[dict], route_tables: list[dict]) -> dict:
    """The facts that the collection needs, in flat snake case.

    :param cluster: ``cluster`` of eks:DescribeCluster; fields that AWS left out become None or empty.
    :param addons: names of the installed EKS addons.
    :param subnets: ``Subnets`` of ec2:DescribeSubnets, those of the cluster, which has two at least.
    :param route_tables: ``RouteTables`` of ec2:DescribeRouteTables, those of the cluster's VPC.
    """
    network = cluster.get("resourcesVpcConfig", {})
    auto_mode = bool((cluster.get("computeConfig") or {}).get("enabled"))
    return {
        "name": cluster["name"],
        "arn": cluster.get("arn"),
        "status": cluster.get("status"),
        "version": cluster.get("version"),
        "endpoint": cluster.get("endpoint"),
        # Clusters older than access entries have no accessConfig, and know nothing but the ConfigMap.
        "authentication_mode": (cluster.get("accessConfig") or {}).get("authenticationMode", "CONFIG_MAP"),
        "oidc_issuer": ((cluster.get("identity") or {}).get("oidc") or {}).get("issuer"),
        "auto_mode": auto_mode,
        "vpc_id": subnets[0]["VpcId"],
        "subnets": [subnet_facts(subnet, route_tables) for subnet in subnets],
        "security_group_ids": network.get("securityGroupIds", []),
        "cluster_security_group_id": network.get("clusterSecurityGroupId"),
        "addons": sorted(addons),
        # Auto Mode runs the agent itself, and shows no addon for it.
        "pod_identity_agent": auto_mode or POD_IDENTITY_AGENT in addons,
    }


def subnet_facts(subnet: dict, route_tables: list[dict]) -> dict:
    """``subnet_id``, ``availability_zone``, ``public`` (bool) and ``tags`` (dict) of one of ``Subnets``."""
    return {
        "subnet_id": subnet["SubnetId"],
        "availability_zone": subnet.get("AvailabilityZone"),
        "public": is_public(subnet["SubnetId"], route_tables),
        "tags": {tag["Key"]: tag["Value"] for tag in subnet.get("Tags", [])},
    }


def is_public(subnet_id: str, route_tables: list[dict]) -> bool:
    """Whether the subnet's routes lead to an internet gateway, as AWS defines a public subnet.

    A subnet without a route table of its own has the VPC's main one.
    """
    own = [table for table in route_tables if any(each.get("SubnetId") == subnet_id for each in table.get("Associations", []))]
    main = [table for table in route_tables if any(each.get("Main") for each in table.get("Associations", []))]
    return any(route.get("GatewayId", "").startswith("igw-") for table in own or main for route in table.get("Routes", []))


def role_arn(cluster_arn: str, name: str) -> str:
    """ARN of the IAM role ``name`` in the account and partition of a cluster."""
    _arn, partition, _service, _region, account = cluster_arn.split(":")[:5]
    return f"arn:{partition}:iam::{account}:role/{name}"


def oidc_provider_arn(cluster: dict) -> str:
    """ARN that the provider of the cluster's OIDC issuer has in IAM, which names it without its scheme; empty without an issuer."""
    issuer = (cluster.get("oidc_issuer") or "").split("://")[-1]
    partition, account = cluster["arn"].split(":")[1], cluster["arn"].split(":")[4]
    return f"arn:{partition}:iam::{account}:oidc-provider/{issuer}" if issuer else ""


def access_entry_facts(answer: dict, **_named: str) -> dict:
    """``type``, ``username`` and ``kubernetes_groups`` out of eks:DescribeAccessEntry's answer."""
    entry = answer["accessEntry"]
    return {"type": entry["type"], "username": entry.get("username"), "kubernetes_groups": entry.get("kubernetesGroups", [])}


def oidc_provider_facts(answer: dict, **named: str) -> dict:
    """``arn`` and ``audiences`` out of iam:GetOpenIDConnectProvider's answer."""
    return {"arn": named["OpenIDConnectProviderArn"], "audiences": answer.get("ClientIDList", [])}
