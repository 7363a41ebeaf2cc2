# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads what the preflight's checks need of AWS and of the cluster, and keeps why something could not be read; decides nothing.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, NamedTuple, cast

from ansible_collections.accelerated.nodes.plugins.module_utils.api._again import get
from ansible_collections.accelerated.nodes.plugins.module_utils.api._client import Client
from ansible_collections.accelerated.nodes.plugins.module_utils.aws._aws import AwsError, fetch, fetch_or_none
from ansible_collections.accelerated.nodes.plugins.module_utils.aws._cluster_reading import read_cluster
from ansible_collections.accelerated.nodes.plugins.module_utils.aws._refusals import MISSING_PERMISSION
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError, CollectionError
from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._capacity import wanted_images
from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._check import Facts
from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._plan import Plan
from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._quotas import SUCCESSORS, needs
from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._rights import questions
from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._usage import filters

# Kind -> where its objects are. Karpenter's own are not there before it is installed.
OBJECTS = {
    "Deployment": "/apis/apps/v1/deployments",
    "DaemonSet": "/apis/apps/v1/daemonsets",
    "NodePool": "/apis/karpenter.sh/v1/nodepools",
    "EC2NodeClass": "/apis/karpenter.k8s.aws/v1/ec2nodeclasses",
}
# The classes of EKS Auto Mode, which are read only where a pool uses one of them.
AUTO_MODE_CLASSES = "/apis/eks.amazonaws.com/v1/nodeclasses"
DEFAULT_QUOTA = "get_aws_default_service_quota"
SPOT_PATH = "/aws-service-role/spot.amazonaws.com/"


class Sources(NamedTuple):
    """Gives the boto3 client of a service, and the client of the API server (which may raise CollectionError)."""

    aws: Callable[[str], Any]
    kubernetes: Callable[[], Client]
    kubeconfig: str = ""


class Reader(NamedTuple):
    """How a fact is read, and the facts that are needed for it."""

    needs: tuple[str, ...]
    read: Callable[[Sources, Plan, dict], Any]


def read(plan: Plan, sources: Sources, wanted: Collection[str]) -> Facts:
    """The facts that are ``wanted``, and those that they need.

    :raises CollectionError: AWS takes no credentials or gives no answer, or there is no such cluster, so that nothing can be said.
    """
    values: dict[str, Any] = {}
    unread: dict[str, str] = {}
    for name in _with_needs(wanted):
        missing = next((each for each in READERS[name].needs if each in unread), None)
        if missing:
            unread[name] = unread[missing]
            continue
        try:
            values[name] = READERS[name].read(sources, plan, values)
        except (AwsError, ApiError) as error:
            if name == "cluster" and not _only_a_right(error):
                raise
            unread[name] = error.message
    return Facts(values, unread)


def _with_needs(wanted: Collection[str]) -> list[str]:
    """The names in the order of the table, which has what a fact needs before it."""
    names = set(wanted)
    for name, reader in reversed(READERS.items()):
        names |= set(reader.needs) if name in names else set()
    return [name for name in READERS if name in names]


def _only_a_right(error: CollectionError) -> bool:
    return isinstance(error, AwsError) and error.code in MISSING_PERMISSION


def _cluster(sources: Sources, plan: Plan, values: dict) -> dict:
    # With must_exist there is one, or an error.
    return cast(dict, read_cluster(sources.aws("eks"), sources.aws("ec2"), plan.cluster_name, must_exist=True))


def _server(sources: Sources, plan: Plan, values: dict) -> dict[str, Any]:
    """The API server's version, or as ``problem`` why there is none to be had."""
    try:
        client = sources.kubernetes()
        return {"host": client.host, "version": client.get("/version")["gitVersion"].lstrip("v"), "problem": ""}
    except ApiError as error:
        if error.status == 403:
            raise
        return {"host": "", "version": "", "problem": f"{sources.kubeconfig}: {error.message}"}
    except CollectionError as error:
        return {"host": "", "version": "", "problem": f"{sources.kubeconfig}: {error.message}"}


def _reached(sources: Sources, values: dict) -> Client:
    """The client of an API server that has answered."""
    if values["server"]["problem"]:
        raise ApiError("The cluster's API server does not answer (see the check kubernetes_version).")
    return sources.kubernetes()


def _nodes(sources: Sources, plan: Plan, values: dict) -> list[dict]:
    """Those without Karpenter's label: of thousands that it has made, none is of interest."""
    return get(_reached(sources, values), "/api/v1/nodes", {"labelSelector": "!karpenter.sh/nodepool"})["items"]


def _objects(sources: Sources, plan: Plan, values: dict) -> list[dict]:
    client = _reached(sources, values)
    return [{**each, "kind": kind} for kind, path in OBJECTS.items() for each in _list(client, path)]


def _node_classes(sources: Sources, plan: Plan, values: dict) -> dict[str, dict]:
    """Specs by kind and name; none where they cannot be read and no pool uses one that is not its own."""
    used = {pool.class_key.partition("/")[0] for pool in plan.pools if pool.class_spec is None}
    places = {"EC2NodeClass": OBJECTS["EC2NodeClass"], **({"NodeClass": AUTO_MODE_CLASSES} if "NodeClass" in used else {})}
    try:
        client = _reached(sources, values)
        return {f"{kind}/{each['metadata']['name']}": each["spec"] for kind, path in places.items() for each in _list(client, path)}
    except ApiError:
        if used:
            raise
        return {}


def _list(client: Client, path: str) -> list[dict]:
    try:
        return get(client, path)["items"]
    except ApiError as error:
        if error.status == 404:
            return []
        raise


def _route_tables(sources: Sources, plan: Plan, values: dict) -> list[dict]:
    return fetch(sources.aws("ec2"), "describe_route_tables", Filters=_in_vpc(values))["RouteTables"]


def _subnets(sources: Sources, plan: Plan, values: dict) -> list[dict]:
    """All of the region, as Karpenter looks for them."""
    return fetch(sources.aws("ec2"), "describe_subnets")["Subnets"]


def _security_groups(sources: Sources, plan: Plan, values: dict) -> list[dict]:
    return fetch(sources.aws("ec2"), "describe_security_groups")["SecurityGroups"]


def _endpoints(sources: Sources, plan: Plan, values: dict) -> list[dict]:
    return fetch(sources.aws("ec2"), "describe_vpc_endpoints", Filters=_in_vpc(values))["VpcEndpoints"]


def _in_vpc(values: dict) -> list[dict]:
    return [{"Name": "vpc-id", "Values": [values["cluster"]["vpc_id"]]}]


def _offerings(sources: Sources, plan: Plan, values: dict) -> dict[str, list[str]]:
    """Zone -> the instance types that are offered there."""
    answer = fetch(sources.aws("ec2"), "describe_instance_type_offerings", LocationType="availability-zone")
    by_zone: dict[str, list[str]] = {}
    for each in answer["InstanceTypeOfferings"]:
        by_zone.setdefault(each["Location"], []).append(each["InstanceType"])
    return by_zone


def _images(sources: Sources, plan: Plan, values: dict) -> dict[str, str]:
    """SSM parameter -> image ID, empty where AWS has not published it."""
    wanted = wanted_images(plan, values["cluster"]["version"], values["node_classes"])
    return {name: _parameter(sources.aws("ssm"), name) for name in dict.fromkeys(each.parameter for each in wanted)}


def _parameter(ssm: Any, name: str) -> str:
    found = fetch_or_none(ssm, "get_parameter", ("ParameterNotFound",), Name=name)
    return found["Parameter"]["Value"] if found else ""


def _quotas(sources: Sources, plan: Plan, values: dict) -> dict[str, dict[str, Any]]:
    """Code -> name and value of the quota, and the code of the one that counts in its place."""
    return {code: _quota(sources.aws("service-quotas"), code) for code in dict.fromkeys(need.code for need in needs(plan))}


def _quota(client: Any, code: str) -> dict[str, Any]:
    """The quota as it was raised for the account, else AWS' default; else the one that has come in its place."""
    asked = [(operation, each) for each in (code, SUCCESSORS.get(code)) if each for operation in ("get_service_quota", DEFAULT_QUOTA)]
    for operation, each in asked:
        try:
            found = fetch(client, operation, ServiceCode="ec2", QuotaCode=each)["Quota"]
        except AwsError as error:
            if error.code != "NoSuchResourceException" or (operation, each) == asked[-1]:
                raise
        else:
            return {"name": found["QuotaName"], "value": found["Value"], "code": each}
    raise AssertionError("The last question is answered or raises.")


def _instances(sources: Sources, plan: Plan, values: dict) -> list[dict]:
    """Those that count against the quotas that the pools need."""
    asked = filters(plan)
    answer = fetch(sources.aws("ec2"), "describe_instances", Filters=asked) if asked else {}
    return [instance for reservation in answer.get("Reservations", []) for instance in reservation["Instances"]]


def _spot_role(sources: Sources, plan: Plan, values: dict) -> bool:
    return bool(fetch(sources.aws("iam"), "list_roles", PathPrefix=SPOT_PATH)["Roles"])


def _simulation(sources: Sources, plan: Plan, values: dict) -> Any:
    """The results of iam:SimulatePrincipalPolicy; None where the role does not exist, or none is named."""
    if not plan.controller_role:
        return None
    iam, arn = sources.aws("iam"), values["cluster"]["arn"]
    _arn, partition, _eks, _region, account, _rest = arn.split(":", 5)
    # One from outside may have a path, and be given by its ARN.
    is_arn = plan.controller_role.startswith("arn:")
    role = plan.controller_role if is_arn else f"arn:{partition}:iam::{account}:role/{plan.controller_role}"
    results = []
    for each in questions(plan, arn):
        context = [{"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": "string"} for key, value in each.context.items()]
        asked = {"ActionNames": list(each.actions), "ResourceArns": [each.resource], "ContextEntries": context}
        found = fetch_or_none(iam, "simulate_principal_policy", ("NoSuchEntity",), PolicySourceArn=role, **asked)
        if found is None:
            return None
        results += [{**result, "asked": each.context} for result in found["EvaluationResults"]]
    return results


# In an order in which what a fact needs comes before it.
READERS = {
    "cluster": Reader((), _cluster),
    "server": Reader((), _server),
    "nodes": Reader(("server",), _nodes),
    "objects": Reader(("server",), _objects),
    "node_classes": Reader(("server",), _node_classes),
    "route_tables": Reader(("cluster",), _route_tables),
    "subnets": Reader((), _subnets),
    "security_groups": Reader((), _security_groups),
    "endpoints": Reader(("cluster",), _endpoints),
    "offerings": Reader((), _offerings),
    "images": Reader(("cluster", "node_classes"), _images),
    "quotas": Reader((), _quotas),
    "instances": Reader((), _instances),
    "spot_role": Reader((), _spot_role),
    "simulation": Reader(("cluster",), _simulation),
}
