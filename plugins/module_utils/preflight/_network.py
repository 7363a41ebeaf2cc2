# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the pools' classes find subnets with free addresses and security groups, and an isolated VPC its endpoints: pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.pools._node_class import DISCOVERY_TAG
from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._check import (
    ERROR,
    WARNING,
    Check,
    Facts,
    Finding,
    Judgement,
    of_pool,
    of_pools,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._plan import Plan, PlannedPool

# A subnet with fewer has no room for a node and its pods; EC2 keeps five of each subnet's addresses for itself.
FEW_ADDRESSES = 16
ZONE = "topology.kubernetes.io/zone"
# Where all else is routed.
DEFAULTS = frozenset({"0.0.0.0/0", "::/0"})

# Service -> who calls it. Source: https://karpenter.sh/docs/getting-started/getting-started-with-karpenter/#private-clusters and
# https://docs.aws.amazon.com/eks/latest/userguide/private-clusters.html
ENDPOINTS = {
    "ec2": "Karpenter launches instances, and nodes attach network interfaces",
    "ecr.api": "nodes ask for images",
    "ecr.dkr": "nodes pull images",
    "s3": "nodes pull the layers of images",
    "sts": "credentials are exchanged",
    "ssm": "Karpenter looks up images",
    "sqs": "Karpenter reads the interruption queue",
    "eks": "Karpenter and nodes look up the cluster",
    "eks-auth": "Karpenter gets its credentials by Pod Identity",
}


def subnets(plan: Plan, facts: Facts) -> Judgement:
    """Whether each class selects subnets of the cluster's VPC, with free addresses."""
    found, findings = {}, []
    for pool in plan.pools:
        chosen = subnets_of(pool, plan, facts)
        found.update({each["SubnetId"]: each for each in chosen})
        findings += [of_pool(pool.name, *problem) for problem in _subnet_problems(pool, chosen, plan, facts)]
    free = sum(each.get("AvailableIpAddressCount", 0) for each in found.values())
    return Judgement(f"{len(found)} subnets, {free} free addresses", of_pools(findings))


def security_groups(plan: Plan, facts: Facts) -> Judgement:
    """Whether each class selects security groups of the cluster's VPC."""
    found, findings = set(), []
    live, vpc = facts["node_classes"], facts["cluster"]["vpc_id"]
    for pool in plan.pools:
        chosen = [each for each in _groups(plan, facts) if _selected(each, _terms(pool, live, "securityGroupSelectorTerms"))]
        found |= {each["id"] for each in chosen}
        if pool.class_in(live) is None:
            continue
        elsewhere = [each["id"] for each in chosen if each["vpc"] != vpc]
        if not chosen:
            terms = _shown(_terms(pool, live, "securityGroupSelectorTerms"))
            step = f"Tag the cluster's security group, {facts['cluster']['cluster_security_group_id']}, or correct security_group_selector."
            findings.append(
                of_pool(pool.name, ERROR, f"No security group in {plan.region} matches {terms}: nodes cannot be launched.", step)
            )
        elif elsewhere:
            what = f"The security groups {', '.join(elsewhere)} match, and are of another VPC than the cluster's ({vpc})."
            findings.append(of_pool(pool.name, ERROR, what, "Make the selector match groups of that VPC only."))
    return Judgement(f"{len(found)} security groups", of_pools(findings))


def endpoints(plan: Plan, facts: Facts) -> Judgement:
    """Whether a VPC without a way out has the endpoints that Karpenter and its nodes call."""
    there = {_service(each["ServiceName"], plan.region): each for each in facts["endpoints"] if _is_available(each)}
    isolated = _without_way_out(plan, facts)
    saw = f"{len(there)} endpoints, {len(isolated)} subnets without a way out"
    if not (plan.isolated_vpc or isolated):
        return Judgement(saw, [])
    where = f"VPC {facts['cluster']['vpc_id']}"
    return Judgement(saw, [Finding(severity, what, where, step) for severity, what, step in _endpoint_problems(plan, there, isolated)])


def _endpoint_problems(plan: Plan, there: Mapping[str, Any], isolated: list[str]) -> Iterator[tuple[str, str, str]]:
    if isolated and not plan.isolated_vpc:
        what = f"The nodes' subnets {', '.join(isolated)} have no route out of the VPC, and karpenter_isolated_vpc is false."
        yield WARNING, what, "Set karpenter_isolated_vpc to true, or give them a NAT gateway."
    unused = {"sqs": not plan.queue, "eks-auth": not plan.pod_identity}
    missing = [f"{name} ({use})" for name, use in ENDPOINTS.items() if name not in there and not unused.get(name)]
    if missing:
        step = f"Make an endpoint for each, named com.amazonaws.{plan.region}.<service> (cn.com.amazonaws... in China)."
        yield ERROR if plan.isolated_vpc else WARNING, f"Endpoints are missing: {'; '.join(missing)}.", step
    public = [name for name, each in there.items() if name in ENDPOINTS and _leads_astray(each)]
    if public:
        what = f"Private DNS is off for the endpoints {', '.join(public)}, so that the services' names lead out of the VPC."
        yield WARNING, what, "Switch private DNS on for them."


def _is_available(endpoint: Mapping[str, Any]) -> bool:
    return bool(endpoint.get("State", "available").lower() == "available")


def _leads_astray(endpoint: Mapping[str, Any]) -> bool:
    """Whether an interface endpoint does not answer to the service's own name."""
    return endpoint.get("VpcEndpointType") == "Interface" and not endpoint.get("PrivateDnsEnabled", True)


def subnets_of(pool: PlannedPool, plan: Plan, facts: Facts) -> list[Mapping[str, Any]]:
    """The subnets that a pool's class selects, those that the install is about to tag among them."""
    terms = _terms(pool, facts["node_classes"], "subnetSelectorTerms")
    own, zones = planned_subnets(plan, facts), pool.values(ZONE)
    chosen = [
        each for each in facts["subnets"] if _selected({"id": each["SubnetId"], "tags": _tags(each, each["SubnetId"] in own, plan)}, terms)
    ]
    return [each for each in chosen if not zones or each["AvailabilityZone"] in zones]


def planned_subnets(plan: Plan, facts: Facts) -> set[str]:
    """The subnets that the role eks_prerequisites tags: as named, else the cluster's private ones, else all of its."""
    if not plan.discovery_tags:
        return set()
    of_cluster = facts["cluster"]["subnets"]
    private = [each["subnet_id"] for each in of_cluster if not each["public"]]
    return set(plan.subnet_ids or private or [each["subnet_id"] for each in of_cluster])


def planned_groups(plan: Plan, facts: Facts) -> set[str]:
    """The security groups that the role eks_prerequisites tags: as named, else the one that EKS made, else those of the cluster's maker."""
    if not plan.discovery_tags:
        return set()
    cluster = facts["cluster"]
    made = [cluster["cluster_security_group_id"]] if cluster["cluster_security_group_id"] else []
    return set(plan.security_group_ids or made or cluster["security_group_ids"])


def _groups(plan: Plan, facts: Facts) -> list[dict[str, Any]]:
    own = planned_groups(plan, facts)
    return [
        {"id": each["GroupId"], "name": each["GroupName"], "vpc": each.get("VpcId"), "tags": _tags(each, each["GroupId"] in own, plan)}
        for each in facts["security_groups"]
    ]


def _tags(resource: Mapping[str, Any], will_be_tagged: bool, plan: Plan) -> dict[str, str]:
    """The tags that a resource has, and the one that it is about to get."""
    tags = {each["Key"]: each["Value"] for each in resource.get("Tags", [])}
    return {DISCOVERY_TAG: plan.cluster_name, **tags} if will_be_tagged else tags


def _terms(pool: PlannedPool, live: Mapping[str, Any], field: str) -> list[Mapping[str, Any]]:
    return list((pool.class_in(live) or {}).get(field) or [])


def _selected(resource: Mapping[str, Any], terms: list[Mapping[str, Any]]) -> bool:
    """Whether one of the terms matches: all of its tags (``*`` is any value), its id and its name."""
    return any(_matches(resource, term) for term in terms)


def _matches(resource: Mapping[str, Any], term: Mapping[str, Any]) -> bool:
    tags = term.get("tags") or {}
    by_tags = all(key in resource["tags"] and value in ("*", resource["tags"][key]) for key, value in tags.items())
    return bool(term) and by_tags and all(term[part] == resource.get(part) for part in ("id", "name") if term.get(part))


def _subnet_problems(pool: PlannedPool, chosen: list[Mapping[str, Any]], plan: Plan, facts: Facts) -> Iterator[tuple[str, str, str]]:
    if pool.class_in(facts["node_classes"]) is None:
        what = f"{pool.class_key.replace('/', ' ')}, which the pool uses, does not exist in the cluster."
        yield ERROR, what, "Make it, or leave node_class out, so that the pool gets a class of its own."
        return
    if not chosen:
        terms = _shown(_terms(pool, facts["node_classes"], "subnetSelectorTerms"))
        zones = pool.values(ZONE)
        within = f" in zones {', '.join(zones)}" if zones else f" in {plan.region}"
        tagged = sorted({each["Value"] for subnet in facts["subnets"] for each in subnet.get("Tags", []) if each["Key"] == DISCOVERY_TAG})
        near = f" The tag {DISCOVERY_TAG} has the values {', '.join(tagged)} there." if tagged else ""
        yield (
            ERROR,
            f"No subnet{within} matches {terms}: nodes cannot be launched.{near}",
            "Tag the nodes' subnets, or correct subnet_selector or zones.",
        )
        return
    vpc = facts["cluster"]["vpc_id"]
    elsewhere = [each["SubnetId"] for each in chosen if each["VpcId"] != vpc]
    if elsewhere:
        what = f"The subnets {', '.join(elsewhere)} match, and are of another VPC than the cluster's ({vpc})."
        yield ERROR, what, "Make the selector match subnets of that VPC only."
    full = [each for each in chosen if each.get("AvailableIpAddressCount", FEW_ADDRESSES) < FEW_ADDRESSES]
    if full:
        listed = ", ".join(f"{each['SubnetId']} ({each['AvailableIpAddressCount']} in {each['AvailabilityZone']})" for each in full)
        what = f"Subnets have fewer than {FEW_ADDRESSES} free addresses: {listed}."
        yield ERROR if len(full) == len(chosen) else WARNING, what, "Free addresses there, or have the pools use larger subnets."


def _without_way_out(plan: Plan, facts: Facts) -> list[str]:
    """IDs of the nodes' subnets that have no default route."""
    chosen = {each["SubnetId"] for pool in plan.pools for each in subnets_of(pool, plan, facts)}
    return sorted(each for each in chosen if not _leads_out(each, facts["route_tables"]))


def _leads_out(subnet_id: str, tables: list[Mapping[str, Any]]) -> bool:
    """Whether a subnet's routes, its own table's or else the VPC's main one's, have a default."""
    own = [each for each in tables if any(one.get("SubnetId") == subnet_id for one in each.get("Associations", []))]
    main = [each for each in tables if any(one.get("Main") for one in each.get("Associations", []))]
    routes = [route for table in own or main for route in table.get("Routes", [])]
    return any(DEFAULTS & {route.get("DestinationCidrBlock"), route.get("DestinationIpv6CidrBlock")} for route in routes)


def _service(name: str, region: str) -> str:
    """``ecr.api`` of com.amazonaws.us-west-2.ecr.api."""
    return name.partition(f".{region}.")[2]


def _shown(terms: list[Mapping[str, Any]]) -> str:
    """Selector terms as a person writes them: 'karpenter.sh/discovery=demo' or 'id=subnet-1'."""
    pairs = [{**(term.get("tags") or {}), **{key: value for key, value in term.items() if key != "tags"}} for term in terms]
    return (
        " or ".join("'" + "+".join(f"{key}={value}" for key, value in each.items()) + "'" for each in pairs) or "a selector without terms"
    )


CHECKS = (
    Check(
        "subnets",
        "Does each pool find subnets of the cluster's VPC, with free addresses?",
        ("cluster", "subnets", "node_classes"),
        "no subnet matches, one is of another VPC, or none of a pool's has 16 free addresses",
        "some of a pool's subnets have fewer than 16 free addresses",
        ("ec2:DescribeSubnets",),
        subnets,
    ),
    Check(
        "security_groups",
        "Does each pool find security groups of the cluster's VPC?",
        ("cluster", "security_groups", "node_classes"),
        "no group matches, or one is of another VPC",
        "",
        ("ec2:DescribeSecurityGroups",),
        security_groups,
    ),
    Check(
        "endpoints",
        "Has a VPC without a way out the endpoints that Karpenter and its nodes call?",
        ("cluster", "subnets", "node_classes", "route_tables", "endpoints"),
        "karpenter_isolated_vpc is true and endpoints are missing",
        "the nodes' subnets have no default route and karpenter_isolated_vpc is false; private DNS of an endpoint is off",
        ("ec2:DescribeRouteTables", "ec2:DescribeVpcEndpoints"),
        endpoints,
    ),
)
