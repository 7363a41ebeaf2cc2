# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Nodes with accelerators as hosts of an inventory: their names, variables and groups. Pure."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._accelerators import ACCELERATORS
from ansible_collections.accelerated.nodes.plugins.module_utils.common._checks import Check, anything, check_fields
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import CollectionError
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._finalizers import instance_of
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report import BUSY, EXCLUDED, FAILED, PASSED, UNKNOWN
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._verification import Subject

VERDICTS = frozenset({PASSED, FAILED, BUSY, UNKNOWN, EXCLUDED})
#: Variables of a host that are groups as well, each with what the group's name begins with.
GROUPS = {
    "node_cluster": "cluster",
    "node_pool": "node_pool",
    "node_instance_type": "instance_type",
    "node_accelerator": "accelerator",
    "node_capacity_type": "capacity_type",
    "node_zone": "zone",
    "node_verdict": "verdict",
}
# What a cluster's entry may have beside its name and its report: kubernetes.core's options of the same names.
AUTHENTICATION = frozenset({"kubeconfig", "context", "host", "api_key", "ca_cert", "client_cert", "client_key", "validate_certs"})
# Looked at only for what they are called: kubernetes.core checks its options itself.
ENTRY: Mapping[str, Check] = dict.fromkeys(sorted(AUTHENTICATION | {"name", "report"}), anything)


@dataclass(frozen=True)
class Cluster:
    """One cluster whose nodes become hosts.

    :param options: kubernetes.core's authentication options.
    :param report: the JSON report of its last verification; None for none.
    """

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    report: Path | None = None


def clusters_of(entries: Any, place: Path) -> list[Cluster]:
    """The clusters of the option of that name; paths begin at ``place``, the folder of the inventory's file.

    :raises CollectionError: an entry cannot be used.
    """
    if not isinstance(entries, list) or not entries:
        raise CollectionError("clusters is empty, so that there are no hosts: name at least one cluster, such as {name: production}.")
    found = [_cluster(number, entry, place) for number, entry in enumerate(entries)]
    names = [each.name for each in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise CollectionError(f"clusters names {', '.join(twice)} twice: give each cluster a name of its own.")
    return found


def _cluster(number: int, entry: Any, place: Path) -> Cluster:
    where = f"clusters[{number}]"
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str) or not entry["name"]:
        # Not what it holds, which may be a token.
        found = f"a mapping with {', '.join(sorted(map(str, entry))) or 'nothing'}" if isinstance(entry, dict) else type(entry).__name__
        raise CollectionError(f"{where} is {found}, but must be a mapping with a name, such as {{name: production}}.")
    problem = next(check_fields(f"{where} ({entry['name']}): ", entry, ENTRY), "")
    if problem:
        raise CollectionError(problem)
    options = {key: entry[key] for key in AUTHENTICATION & set(entry)}
    if "kubeconfig" in options:
        options["kubeconfig"] = str(place / Path(str(options["kubeconfig"])).expanduser())
    return Cluster(entry["name"], options, place / Path(entry["report"]).expanduser() if entry.get("report") else None)


def verdicts_of(text: str, where: str) -> dict[str, str]:
    """The verdicts of a verification's JSON report, by node.

    :param where: names the report in the sentence.
    :raises CollectionError: it is none.
    """
    try:
        nodes = json.loads(text)["nodes"]
        return {str(each["name"]): each["verdict"] for each in nodes if each["verdict"] in VERDICTS}
    except (ValueError, KeyError, TypeError) as error:
        raise CollectionError(
            f"{where} is no report of the role accelerator_verify (accelerators-<cluster>.json in accelerator_verify_report_dir): {error!r}."
        ) from error


def variables_of(cluster: str, subject: Subject, verdicts: Mapping[str, str]) -> dict[str, Any]:
    """What a host's variables say of its node; JSON-able.

    ``node_promised`` is the number of devices that the node should have, None where nothing tells; ``node_registered`` what the Node
    offers to pods, numbers by resource.
    """
    claim, accelerator = subject.claim, ACCELERATORS[subject.expected.accelerator]
    return {
        "node_cluster": cluster,
        "node_name": subject.name,
        "node_pool": subject.node_pool,
        "node_claim": claim.name if claim else "",
        "node_phase": claim.phase if claim else "",
        "node_instance_type": subject.expected.instance_type,
        "node_accelerator": accelerator.name,
        "node_resource": accelerator.resource,
        "node_promised": subject.expected.count,
        "node_registered": subject.offers,
        "node_capacity_type": subject.capacity_type,
        "node_zone": subject.zone,
        "node_address": address_of(subject.node or {}),
        "node_instance_id": instance_of(str(((subject.node or {}).get("spec") or {}).get("providerID") or "")),
        "node_verdict": verdicts.get(subject.name, ""),
    }


def address_of(node: Mapping[str, Any]) -> str:
    """The Node's address in its VPC; empty where it has none. A kubelet may write any text there, so what is no address is none."""
    found = (node.get("status") or {}).get("addresses") or []
    return next((each["address"] for each in found if each.get("type") == "InternalIP" and _is_address(each.get("address"))), "")


def _is_address(text: Any) -> bool:
    try:
        ipaddress.ip_address(text if isinstance(text, str) else "")
    except ValueError:
        return False
    return True


def hosts_of(cluster: str, subjects: Iterable[Subject], verdicts: Mapping[str, str]) -> list[dict[str, Any]]:
    """The variables of each host. What has no Node yet is none: there is nothing to reach."""
    return [variables_of(cluster, each, verdicts) for each in subjects if each.node is not None]


def named(hosts: Iterable[Mapping[str, Any]], with_cluster: bool) -> dict[str, Mapping[str, Any]]:
    """The hosts by name: the Node's, or ``<cluster>.<node>``.

    :raises CollectionError: two clusters have a Node of the same name.
    """
    found: dict[str, Mapping[str, Any]] = {}
    for host in hosts:
        name = f"{host['node_cluster']}.{host['node_name']}" if with_cluster else host["node_name"]
        if name in found:
            raise CollectionError(
                f"Clusters {found[name]['node_cluster']} and {host['node_cluster']} both have a node {name}. Set host_names to cluster_node."
            )
        found[name] = host
    return found


def groups_of(host: Mapping[str, Any]) -> Iterator[str]:
    """The groups that a host is in; their names may have characters that a group's must not."""
    return (f"{prefix}_{host[variable]}" for variable, prefix in GROUPS.items() if host[variable])
