# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.accelerated.nodes.plugins.plugin_utils.filters._workloads import unready_workload

DAEMONSET = {"kind": "DaemonSet", "metadata": {"name": "plugin", "generation": 1}, "spec": {}}


def test_unready_workload_explains() -> None:
    status = {"observedGeneration": 1, "desiredNumberScheduled": 1}
    assert unready_workload({**DAEMONSET, "status": status})[0]["reason"] == "NoPods"


def test_unready_workload_is_empty_for_a_plugin_without_nodes() -> None:
    assert unready_workload({**DAEMONSET, "status": {"observedGeneration": 1, "desiredNumberScheduled": 0}}) == []


@pytest.mark.parametrize(("given", "kind"), [({"kind": "Pod"}, "'Pod'"), ("text", "'text'")])
def test_unready_workload_refuses_other_kinds(given, kind: str) -> None:
    with pytest.raises(AnsibleFilterError, match=f"not {kind}"):
        unready_workload(given)
