# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from ansible_collections.accelerated.nodes.plugins.module_utils.api._objects import RESOURCES, brief, found, is_known, path_of
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError

ROOT = Path(__file__).resolve().parents[5]
POOLS = {"api_version": "karpenter.sh/v1", "kind": "NodePool"}


class Server:
    """Answers each request the same, and keeps what was asked."""

    def __init__(self, answer: dict | ApiError) -> None:
        self.answer, self.asked = answer, []

    def get(self, path: str, query: dict | None = None) -> dict:
        self.asked.append((path, query))
        if isinstance(self.answer, ApiError):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        (POOLS, "/apis/karpenter.sh/v1/nodepools"),
        ({**POOLS, "name": "gpu"}, "/apis/karpenter.sh/v1/nodepools/gpu"),
        ({"api_version": "v1", "kind": "Namespace", "name": "a"}, "/api/v1/namespaces/a"),
        ({"api_version": "apps/v1", "kind": "Deployment", "namespace": "a"}, "/apis/apps/v1/namespaces/a/deployments"),
    ],
)
def test_paths_are_kubernetes(wanted: dict, path: str) -> None:
    assert path_of(wanted) == path


def test_items_of_a_list_say_their_kind() -> None:
    server = Server({"kind": "NodePoolList", "items": [{"metadata": {"name": "gpu"}}]})
    assert found(server, {**POOLS, "label_selectors": ["a=b", "c in (d, e)"]}) == [
        {"apiVersion": "karpenter.sh/v1", "kind": "NodePool", "metadata": {"name": "gpu"}}
    ]
    assert server.asked == [("/apis/karpenter.sh/v1/nodepools", {"labelSelector": "a=b,c in (d, e)"})]


def test_one_by_its_name_is_a_list_of_one_and_none_an_empty_one() -> None:
    assert found(Server({"kind": "NodePool"}), {**POOLS, "name": "gpu"}) == [{"kind": "NodePool"}]
    assert found(Server(ApiError("no such thing", status=404)), {**POOLS, "name": "gpu"}) == []


def test_a_refusal_is_no_empty_answer() -> None:
    with pytest.raises(ApiError, match="forbidden"):
        found(Server(ApiError("forbidden", status=403)), POOLS)


def test_a_definition_comes_without_its_schemas() -> None:
    versions = [{"name": "v1", "storage": True, "schema": {"openAPIV3Schema": {}}}]
    definition = {"kind": "CustomResourceDefinition", "metadata": {"name": "x"}, "spec": {"group": "g", "versions": versions}}
    assert brief(definition)["spec"] == {"group": "g", "versions": [{"name": "v1", "storage": True}]}
    assert "schema" in versions[0]


def test_each_resource_is_what_the_definitions_and_the_api_server_call_it() -> None:
    """Names in paths are the plural of the kind; a wrong one would look like a kind that the server does not know."""
    for (_version, kind), resource in RESOURCES.items():
        assert resource == re.sub(r"ss$", "sse", kind.lower()) + "s"


def test_kinds_that_the_roles_ask_for_by_objects_info_are_known() -> None:
    """Others would be asked for by k8s_info, a second each."""
    literal = re.compile(r"\{api_version: [^}]*\}")
    asked = [
        yaml.safe_load(match[0])
        for path in sorted(ROOT.glob("roles/*/tasks/*.yml"))
        if "objects_info" in path.read_text()
        for match in literal.finditer(re.sub(r"\"?\{\{.*?\}\}\"?", "x", path.read_text()))
    ]
    assert asked
    assert [each for each in asked if not is_known(each)] == []
