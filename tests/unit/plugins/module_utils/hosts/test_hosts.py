"""Of module_utils/hosts/_hosts.py."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import CollectionError
from ansible_collections.accelerated.nodes.plugins.module_utils.hosts._hosts import (
    address_of,
    clusters_of,
    groups_of,
    hosts_of,
    named,
    verdicts_of,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._verification import Scope, subjects
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._nodeclaims import NodeClaim

PLACE = Path("/inventories")
LABELS = {
    "karpenter.sh/nodepool": "gpu",
    "karpenter.sh/capacity-type": "spot",
    "node.kubernetes.io/instance-type": "g4dn.xlarge",
    "topology.kubernetes.io/zone": "us-west-2a",
}


def node(name, offered=1, labels=None):
    status = {"allocatable": {"nvidia.com/gpu": str(offered)}, "addresses": [{"type": "InternalIP", "address": "10.0.0.7"}]}
    spec = {"providerID": "aws:///us-west-2a/i-0abc"}
    return {"metadata": {"name": name, "labels": LABELS if labels is None else labels}, "spec": spec, "status": status}


def claim(name, node_name=""):
    status = {"nodeName": node_name, "capacity": {"nvidia.com/gpu": "1"}}
    return NodeClaim.from_object({"metadata": {"name": name, "labels": LABELS}, "spec": {}, "status": status})


def hosts(nodes, claims=(), verdicts=(), cluster="production"):
    return hosts_of(cluster, subjects(Scope(), nodes, claims), dict(verdicts))


def test_a_node_says_what_it_is_and_has():
    (host,) = hosts([node("n1", offered=0)], [claim("gpu-x", "n1")], {"n1": "failed"})
    assert host == {
        "node_cluster": "production",
        "node_name": "n1",
        "node_pool": "gpu",
        "node_claim": "gpu-x",
        "node_phase": "Pending",
        "node_instance_type": "g4dn.xlarge",
        "node_accelerator": "nvidia",
        "node_resource": "nvidia.com/gpu",
        "node_promised": 1,
        "node_registered": {},
        "node_capacity_type": "spot",
        "node_zone": "us-west-2a",
        "node_address": "10.0.0.7",
        "node_instance_id": "i-0abc",
        "node_verdict": "failed",
    }
    assert json.loads(json.dumps(host)) == host


def test_what_has_no_accelerators_or_no_node_is_no_host():
    assert hosts([node("plain", labels={"node.kubernetes.io/instance-type": "m5.large"})], [claim("gpu-y")]) == []


def test_a_node_that_karpenter_did_not_make_is_a_host():
    (host,) = hosts([node("n1", labels={"node.kubernetes.io/instance-type": "g4dn.xlarge"})])
    assert (host["node_pool"], host["node_claim"], host["node_phase"]) == ("", "", "")
    assert list(groups_of(host)) == ["cluster_production", "instance_type_g4dn.xlarge", "accelerator_nvidia"]


def test_groups_are_by_all_that_there_is():
    (host,) = hosts([node("n1")], [claim("gpu-x", "n1")], {"n1": "passed"})
    assert list(groups_of(host)) == [
        "cluster_production",
        "node_pool_gpu",
        "instance_type_g4dn.xlarge",
        "accelerator_nvidia",
        "capacity_type_spot",
        "zone_us-west-2a",
        "verdict_passed",
    ]


def test_two_nodes_of_one_name_need_their_cluster_before_it():
    both = [*hosts([node("n1")]), *hosts([node("n1")], cluster="training")]
    with pytest.raises(CollectionError, match=r"Clusters production and training both have a node n1. Set host_names to cluster_node"):
        named(both, with_cluster=False)
    assert list(named(both, with_cluster=True)) == ["production.n1", "training.n1"]


def test_paths_begin_at_the_inventory():
    near, far = clusters_of(
        [{"name": "a", "kubeconfig": "a.kubeconfig", "report": "a.json"}, {"name": "b", "kubeconfig": "/b", "context": "c"}], PLACE
    )
    assert (near.options, near.report) == ({"kubeconfig": "/inventories/a.kubeconfig"}, PLACE / "a.json")
    assert (far.options, far.report) == ({"kubeconfig": "/b", "context": "c"}, None)


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        ([], "clusters is empty"),
        (None, "clusters is empty"),
        (["production"], r"clusters\[0\] is str, but must be a mapping with a name"),
        ([{"kubeconfig": "x"}], r"clusters\[0\] is .*must be a mapping with a name"),
        ([{"name": "a", "kubeconfg": "x"}], r"clusters\[0\] \(a\): kubeconfg is not a known option. Did you mean 'kubeconfig'\?"),
        ([{"name": "a"}, {"name": "a"}], "clusters names a twice"),
    ],
)
def test_bad_clusters_are_refused(entries, sentence):
    with pytest.raises(CollectionError, match=sentence):
        clusters_of(entries, PLACE)


def test_verdicts_are_those_that_there_are():
    report = {"nodes": [{"name": "n1", "verdict": "passed"}, {"name": "n2", "verdict": "{{ 1 }}"}]}
    assert verdicts_of(json.dumps(report), "Report r") == {"n1": "passed"}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"nodes": [{}]}', '{"nodes": 3}', '{"nodes": [{"name": 1, "verdict": []}]}'])
def test_what_is_no_report_is_refused(text):
    with pytest.raises(CollectionError, match="Report r is no report of the role accelerator_verify"):
        verdicts_of(text, "Report r")


@pytest.mark.parametrize("address", ["{{ 7 * 7 }}", "host.example", "", None, 7, "10.0.0.7; reboot"])
def test_what_is_no_address_is_none(address):
    assert address_of({"status": {"addresses": [{"type": "InternalIP", "address": address}]}}) == ""


def test_the_first_address_that_is_one_counts():
    found = [
        {"type": "Hostname", "address": "10.0.0.1"},
        {"type": "InternalIP", "address": "x"},
        {"type": "InternalIP", "address": "fd00::7"},
    ]
    assert address_of({"status": {"addresses": found}}) == "fd00::7"


def test_an_entry_without_a_name_is_refused_and_its_token_not_told(tmp_path):
    with pytest.raises(
        CollectionError, match=r"clusters\[0\] is a mapping with api_key, host, but must be a mapping with a name"
    ) as raised:
        clusters_of([{"host": "https://x", "api_key": "hidden"}], tmp_path)
    assert "hidden" not in str(raised.value)
