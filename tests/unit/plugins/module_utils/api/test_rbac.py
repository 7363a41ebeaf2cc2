# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.api._rbac import rule_for


@pytest.mark.parametrize(
    ("method", "path", "query", "rule"),
    [
        ("GET", "/apis/karpenter.sh/v1/nodeclaims", None, "apiGroups [karpenter.sh], resources [nodeclaims], verbs [list]"),
        ("GET", "/apis/karpenter.sh/v1/nodeclaims", {"watch": "true"}, "apiGroups [karpenter.sh], resources [nodeclaims], verbs [watch]"),
        ("GET", "/apis/karpenter.sh/v1/nodeclaims/a", None, "apiGroups [karpenter.sh], resources [nodeclaims], verbs [get]"),
        ("GET", "/api/v1/nodes", None, 'apiGroups [""], resources [nodes], verbs [list]'),
        ("GET", "/api/v1/namespaces/ml", None, 'apiGroups [""], resources [namespaces], verbs [get]'),
        ("POST", "/api/v1/namespaces", None, 'apiGroups [""], resources [namespaces], verbs [create]'),
        ("GET", "/api/v1/namespaces/ml/pods/a/log", None, 'apiGroups [""], resources [pods/log], verbs [get]'),
        ("DELETE", "/apis/batch/v1/namespaces/ml/jobs/a", None, "apiGroups [batch], resources [jobs], verbs [delete]"),
        ("POST", "/apis/batch/v1/namespaces/ml/jobs", None, "apiGroups [batch], resources [jobs], verbs [create]"),
    ],
)
def test_rule_for_names_group_resource_and_verb(method, path, query, rule):
    assert rule_for(method, path, query) == rule
