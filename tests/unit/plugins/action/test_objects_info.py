# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible.errors import AnsibleActionFail
from ansible_collections.accelerated.nodes.plugins.action.objects_info import ActionModule
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError

POOLS = {"api_version": "karpenter.sh/v1", "kind": "NodePool"}


class Server:
    """Has one NodePool, or refuses everything."""

    def __init__(self, refuses: bool = False) -> None:
        self.refuses = refuses

    def get(self, path: str, query: dict | None = None) -> dict:
        if self.refuses:
            raise ApiError("forbidden", status=403)
        return {"gitVersion": "v1.36.3"} if path == "/version" else {"items": [{"metadata": {"name": "direct"}}]}


def action(outcome: dict) -> tuple[ActionModule, list[str]]:
    """The action, and which modules it has run."""
    ran: list[str] = []
    made = ActionModule.__new__(ActionModule)
    made._auth, made._vars = {}, {}

    def execute(module_name: str, module_args: dict, task_vars: dict) -> dict:
        ran.append(module_name)
        return outcome

    made._execute_module = execute
    return made, ran


def test_what_it_may_ask_itself_it_asks() -> None:
    made, ran = action({})
    assert [each["metadata"]["name"] for each in made._read(Server(), POOLS)] == ["direct"]
    assert made._version(Server()) == {"gitVersion": "v1.36.3"}
    assert ran == []


@pytest.mark.parametrize(
    ("client", "wanted"),
    [(None, POOLS), (Server(refuses=True), POOLS), (Server(), {"api_version": "example.com/v1", "kind": "Unheard"})],
    ids=["elsewhere", "refused", "unknown kind"],
)
def test_everything_else_is_the_modules(client: Server | None, wanted: dict) -> None:
    made, ran = action({"resources": [{"metadata": {"name": "by module"}}]})
    assert [each["metadata"]["name"] for each in made._read(client, wanted)] == ["by module"]
    assert ran == ["kubernetes.core.k8s_info"]


def test_a_module_that_fails_says_why() -> None:
    made, _ran = action({"failed": True, "msg": "Invalid kube-config file."})
    with pytest.raises(AnsibleActionFail, match=r"Invalid kube-config file\."):
        made._read(None, POOLS)
