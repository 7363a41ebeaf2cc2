# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Nodes with accelerators as hosts; what is read and how it is named is in module_utils/hosts."""

from __future__ import annotations

DOCUMENTATION = r"""
name: nodes
short_description: Nodes with accelerators, of one or many clusters, as hosts
version_added: 0.1.0
author:
  - accelerated.nodes contributors (@accelerated-nodes)
description:
  - Reads the Nodes and NodeClaims of Kubernetes clusters, and makes a host of each Node that should have accelerators. As with
    M(accelerated.nodes.accelerator_verify), that is decided by NodeClaims, instance types and labels, never by what a Node offers to pods, so
    that a node without its device plugin is a host too.
  - Hosts are in groups by cluster, node pool, instance type, accelerator, capacity type and zone, named such as C(cluster_production),
    C(node_pool_gpu), C(instance_type_g5_xlarge), C(accelerator_nvidia), C(capacity_type_spot) and C(zone_us_west_2a); with a report of the last
    verification also by verdict, such as C(verdict_failed).
  - A NodeClaim without a Node is no host. O(compose), O(groups) and O(keyed_groups) see the variables below.
  - The name of the file must end in C(accelerated_nodes.yml) or C(accelerated_nodes.yaml).
notes:
  - "Variables of a host: C(node_cluster), C(node_name), C(node_pool), C(node_claim) and C(node_phase) (both empty for a node that is not
    Karpenter's), C(node_instance_type), C(node_accelerator) (C(nvidia) or C(neuron)), C(node_resource) (such as C(nvidia.com/gpu)),
    C(node_promised) (devices that it should have, null if nothing tells), C(node_registered) (what it offers to pods, by resource),
    C(node_capacity_type), C(node_zone), C(node_address) (in its VPC), C(node_instance_id) (of EC2) and C(node_verdict) (of the last
    verification, empty if there is none)."
  - A variable is text as the cluster has it, and never a template.
  - Needs the rights to list nodes and nodeclaims (apiGroup karpenter.sh).
  - No variable says how to reach a host. See the examples.
requirements:
  - the Python package kubernetes, as kubernetes.core needs it
extends_documentation_fragment:
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
options:
  plugin:
    description: The name of this plugin.
    type: str
    required: true
    choices: [accelerated.nodes.nodes]
  clusters:
    description:
      - The clusters, each with a C(name), and as much of kubernetes.core's authentication as it takes (C(kubeconfig), C(context), C(host),
        C(api_key), C(ca_cert), C(client_cert), C(client_key), C(validate_certs)). What is not there comes from the environment
        (E(K8S_AUTH_KUBECONFIG), E(KUBECONFIG)), as for modules.
      - C(report) is the path of the JSON report of its last verification, from which C(node_verdict) comes; a report that is not there is none.
      - Relative paths begin at the folder of this file.
    type: list
    elements: dict
    required: true
  node_pools:
    description: Only the nodes of these NodePools.
    type: list
    elements: str
    default: []
  host_names:
    description:
      - Whether a host is called as its Node is, or C(<cluster>.<node>).
      - In clusters whose networks have the same addresses, Nodes have the same names.
    type: str
    choices: [node, cluster_node]
    default: node
  skip_unreachable:
    description: Whether a cluster that does not answer is left out with a warning, in place of an error.
    type: bool
    default: false
  timeout:
    description: Seconds within which each cluster has to answer.
    type: int
    default: 30
"""

EXAMPLES = r"""
# clusters.accelerated_nodes.yml
plugin: accelerated.nodes.nodes
clusters:
  - name: production
    kubeconfig: production.kubeconfig
    report: reports/accelerators-production.json
  - name: training
    kubeconfig: training.kubeconfig
host_names: cluster_node
compose:
  # By SSH from within the VPC. By AWS Systems Manager: ansible_host: node_instance_id and ansible_connection: "'amazon.aws.aws_ssm'".
  ansible_host: node_address
groups:
  missing_devices: node_promised and node_registered.values() | sum < node_promised
keyed_groups:
  - key: node_phase
    prefix: phase
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.utils.unsafe_proxy import wrap_var
from ansible_collections.accelerated.nodes.plugins.module_utils.api._client import client_from
from ansible_collections.accelerated.nodes.plugins.module_utils.api._watch import Deadline, Source, read
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError, CollectionError
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._reading import NODES
from ansible_collections.accelerated.nodes.plugins.module_utils.hosts._hosts import (
    Cluster,
    clusters_of,
    groups_of,
    hosts_of,
    named,
    verdicts_of,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._verification import Scope, subjects
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._nodeclaims import (
    NODECLAIMS,
    NODEPOOL_LABEL,
    NodeClaim,
    without_karpenter,
)

ENDINGS = ("accelerated_nodes.yml", "accelerated_nodes.yaml")


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """The plugin, as Ansible calls it."""

    NAME = "accelerated.nodes.nodes"

    def verify_file(self, path: str) -> bool:
        """Whether a file is of this plugin, by its name."""
        return bool(super().verify_file(path)) and path.endswith(ENDINGS)

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Add the hosts that a file describes."""
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        try:
            clusters = clusters_of(self.get_option("clusters"), Path(path).parent)
            hosts = named(self._hosts(clusters, path, cache), self.get_option("host_names") == "cluster_node")
        except CollectionError as error:
            raise AnsibleParserError(f"{path}: {error.message}") from error
        for name, variables in hosts.items():
            # Also where they come from a cache, which may not keep what is no template apart.
            self._add(name, wrap_var(dict(variables)))

    def _hosts(self, clusters: list[Cluster], path: str, cache: bool) -> list[dict[str, Any]]:
        """The hosts as they are kept, or else as they are now."""
        self.load_cache_plugin()
        key, used = self.get_cache_key(path), self.get_option("cache")
        if used and cache and key in self._cache:
            kept: list[dict[str, Any]] = self._cache[key]
            return kept
        hosts = [host for cluster in clusters for host in self._of(cluster)]
        if used:
            self._cache[key] = hosts
        return hosts

    def _of(self, cluster: Cluster) -> list[dict[str, Any]]:
        """The hosts of one cluster; none, with a warning, where it does not answer and may be left out."""
        try:
            return hosts_of(cluster.name, self._subjects(cluster), verdicts(cluster))
        except CollectionError as error:
            sentence = f"Cluster {cluster.name}: {error.message}"
            silent = isinstance(error, ApiError) and not error.status
            if not (silent and self.get_option("skip_unreachable")):
                raise CollectionError(sentence) from error
            self.display.warning(f"{sentence} Its nodes are left out.")
            return []

    def _subjects(self, cluster: Cluster) -> Iterator[Any]:
        pools = tuple(self.get_option("node_pools"))
        query = {"labelSelector": f"{NODEPOOL_LABEL} in ({','.join(pools)})"} if pools else {}
        sources = {"nodes": Source(NODES, query), "claims": Source(NODECLAIMS, query, NodeClaim.from_object)}
        try:
            found = read(client_from(Options(cluster)), sources, Deadline(self.get_option("timeout")))
        except ApiError as error:
            raise without_karpenter(error) from error
        return iter(subjects(Scope(), found["nodes"], found["claims"]))

    def _add(self, name: str, variables: dict[str, Any]) -> None:
        self.inventory.add_host(name)
        for key, value in variables.items():
            self.inventory.set_variable(name, key, value)
        for group in groups_of(variables):
            self.inventory.add_child(self.inventory.add_group(self._sanitize_group_name(group)), name)
        strict = self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), variables, name, strict=strict)
        self._add_host_to_composed_groups(self.get_option("groups"), variables, name, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, name, strict=strict)


class Options:
    """What takes a module's options finds a cluster's here."""

    def __init__(self, cluster: Cluster) -> None:
        self.params = dict(cluster.options)

    def fail_json(self, msg: str, **_more: Any) -> None:
        """End as a module would."""
        raise CollectionError(msg)


def verdicts(cluster: Cluster) -> dict[str, str]:
    """The verdicts of a cluster's last verification."""
    if cluster.report is None or not cluster.report.exists():
        return {}
    return verdicts_of(cluster.report.read_text(encoding="utf-8"), f"Report {cluster.report} of cluster {cluster.name}")
