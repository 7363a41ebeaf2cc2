"""Of plugins/inventory/nodes.py, by ansible-inventory's own loading, against an API server that answers two lists."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import yaml
from ansible.errors import AnsibleParserError
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader, inventory_loader
from ansible.template import Templar

from tests.trust import template

LABELS = {"karpenter.sh/nodepool": "gpu", "node.kubernetes.io/instance-type": "g4dn.xlarge", "topology.kubernetes.io/zone": "us-west-2a"}
NODE = {"metadata": {"name": "n1", "uid": "1", "labels": LABELS}, "status": {"allocatable": {"nvidia.com/gpu": "1"}}}
ANSWERS = {"/api/v1/nodes": [NODE], "/apis/karpenter.sh/v1/nodeclaims": []}


@pytest.fixture
def server():
    """The URL of the API server, and the paths that it was asked for."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            path = self.path.partition("?")[0]
            asked.append(path)
            known = path in ANSWERS
            body = json.dumps({"kind": "List", "metadata": {"resourceVersion": "1"}, "items": ANSWERS.get(path, [])}).encode()
            self.send_response(200 if known else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments):
            """Say nothing."""

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_port}", asked
    httpd.shutdown()
    thread.join()
    httpd.server_close()


@pytest.fixture(scope="module", autouse=True)
def _plugins():
    init_plugin_loader()


def kubeconfig(path, url):
    cluster = {"clusters": [{"name": "c", "cluster": {"server": url}}], "users": [{"name": "u", "user": {"token": "t"}}]}
    path.write_text(
        yaml.safe_dump({**cluster, "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}], "current-context": "x"})
    )


def loaded(folder, **options):
    """The inventory that a file with these options makes."""
    path = folder / "clusters.accelerated_nodes.yml"
    path.write_text(yaml.safe_dump({"plugin": "accelerated.nodes.nodes", **options}))
    plugin = inventory_loader.get("accelerated.nodes.nodes")
    assert plugin.verify_file(str(path))
    inventory = InventoryData()
    plugin.parse(inventory, DataLoader(), str(path))
    plugin.update_cache_if_changed()  # As Ansible's inventory manager does.
    inventory.reconcile_inventory()
    return inventory


def test_a_node_is_a_host_in_its_groups_with_its_verdict(server, tmp_path):
    kubeconfig(tmp_path / "k", server[0])
    (tmp_path / "r.json").write_text(json.dumps({"nodes": [{"name": "n1", "verdict": "failed"}]}))
    inventory = loaded(
        tmp_path,
        clusters=[{"name": "production", "kubeconfig": "k", "report": "r.json"}],
        compose={"ansible_host": "node_name ~ '.example'"},
        groups={"whole": "node_registered.values() | sum == node_promised"},
        keyed_groups=[{"key": "node_resource", "prefix": "resource"}],
    )
    groups = {each.name for each in inventory.hosts["n1"].get_groups()} - {"all", "ungrouped"}
    assert groups == {
        "cluster_production",
        "node_pool_gpu",
        "instance_type_g4dn_xlarge",
        "accelerator_nvidia",
        "zone_us_west_2a",
        "verdict_failed",
        "whole",
        "resource_nvidia_com_gpu",
    }
    assert inventory.hosts["n1"].vars["ansible_host"] == "n1.example"


TEMPLATE = "{{ lookup('ansible.builtin.pipe', 'echo evaluated') }}"


@pytest.mark.parametrize("cached", [False, True])
def test_what_a_cluster_says_is_never_a_template(server, tmp_path, monkeypatch, cached):
    """An API server of somebody else's: the real one takes no such label, but any address."""
    status = {**NODE["status"], "addresses": [{"type": "InternalIP", "address": TEMPLATE}]}
    hostile = {"metadata": {**NODE["metadata"], "labels": {**LABELS, "topology.kubernetes.io/zone": TEMPLATE}}, "status": status}
    monkeypatch.setitem(ANSWERS, "/api/v1/nodes", [hostile])
    kubeconfig(tmp_path / "k", server[0])
    options = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(tmp_path / "cache")} if cached else {}
    for _time in range(1 + cached):
        compose = {"ansible_host": "node_zone", "both": "node_zone ~ '.example'"}
        found = loaded(tmp_path, clusters=[{"name": "a", "kubeconfig": "k"}], compose=compose, **options).hosts["n1"].vars
    assert found["node_address"] == ""
    seen = Templar(DataLoader(), variables=found)
    for name in ("node_zone", "ansible_host", "both"):
        assert seen.template(template(f"{{{{ {name} }}}}")) == TEMPLATE + (".example" if name == "both" else "")


def test_two_clusters_of_one_name_space(server, tmp_path):
    kubeconfig(tmp_path / "k", server[0])
    clusters = [{"name": "a", "kubeconfig": "k"}, {"name": "b", "kubeconfig": "k"}]
    assert set(loaded(tmp_path, clusters=clusters, host_names="cluster_node").hosts) == {"a.n1", "b.n1"}
    with pytest.raises(AnsibleParserError, match="Set host_names to cluster_node"):
        loaded(tmp_path, clusters=clusters)


def test_what_is_cached_is_not_asked_for_again(server, tmp_path):
    kubeconfig(tmp_path / "k", server[0])
    options = {
        "clusters": [{"name": "a", "kubeconfig": "k"}],
        "cache": True,
        "cache_plugin": "ansible.builtin.jsonfile",
        "cache_connection": str(tmp_path / "cache"),
    }
    first = loaded(tmp_path, **options)
    asked = len(server[1])
    again = loaded(tmp_path, **options)
    assert again.hosts["n1"].vars == first.hosts["n1"].vars
    assert len(server[1]) == asked


def test_a_cluster_that_does_not_answer_is_named_or_left_out(server, tmp_path):
    kubeconfig(tmp_path / "k", server[0])
    kubeconfig(tmp_path / "gone", "http://127.0.0.1:9")
    clusters = [{"name": "here", "kubeconfig": "k"}, {"name": "away", "kubeconfig": "gone"}]
    with pytest.raises(AnsibleParserError, match=r"clusters\.accelerated_nodes\.yml: Cluster away: "):
        loaded(tmp_path, clusters=clusters, timeout=1)
    assert set(loaded(tmp_path, clusters=clusters, timeout=1, skip_unreachable=True).hosts) == {"n1"}


def test_a_kubeconfig_that_is_not_there_is_named(tmp_path):
    with pytest.raises(AnsibleParserError, match=r"Cluster a: .*nowhere"):
        loaded(tmp_path, clusters=[{"name": "a", "kubeconfig": "nowhere"}], skip_unreachable=True)


def test_other_files_are_not_its_own(tmp_path):
    path = tmp_path / "hosts.yml"
    path.write_text("plugin: accelerated.nodes.nodes")
    assert not inventory_loader.get("accelerated.nodes.nodes").verify_file(str(path))
