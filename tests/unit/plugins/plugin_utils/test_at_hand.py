# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from ansible_collections.accelerated.nodes.plugins.plugin_utils._at_hand import client_at_hand, plain, runs_here

KUBECONFIG = {
    "current-context": "a",
    "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
    "clusters": [{"name": "a", "cluster": {"server": "https://127.0.0.1:1"}}],
    "users": [{"name": "a", "user": {"token": "t"}}],
}


def action(transport: str = "local", become: bool = False, environment: list | None = None) -> SimpleNamespace:
    """As much of an action plugin as is looked at."""
    return SimpleNamespace(
        _connection=SimpleNamespace(transport=transport),
        _play_context=SimpleNamespace(become=become),
        _task=SimpleNamespace(environment=environment),
    )


@pytest.fixture
def kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "KUBERNETES_SERVICE_HOST", "K8S_AUTH_KUBECONFIG"):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "config"
    path.write_text(yaml.safe_dump(KUBECONFIG))
    return str(path)


def test_a_local_task_runs_here(kubeconfig: str) -> None:
    assert runs_here(action())
    assert client_at_hand(action(environment=[{}]), {"kubeconfig": kubeconfig}).host == "https://127.0.0.1:1"


@pytest.mark.parametrize("other", [{"transport": "ssh"}, {"become": True}, {"environment": [{}, {"AWS_PROFILE": "b"}]}])
def test_another_host_user_or_environment_is_not_here(other: dict, kubeconfig: str) -> None:
    assert not runs_here(action(**other))
    assert client_at_hand(action(**other), {"kubeconfig": kubeconfig}) is None


@pytest.mark.parametrize(
    "auth",
    [{"kubeconfig": "/nowhere"}, {"context": "b"}, {"proxy": "http://127.0.0.1:1"}, {"kubeconfig": KUBECONFIG}],
    ids=["no file", "no context", "proxy", "content"],
)
def test_what_is_not_plain_is_left_to_a_module(auth: dict, kubeconfig: str) -> None:
    assert client_at_hand(action(), {"kubeconfig": kubeconfig, **auth}) is None


def test_a_kubeconfig_that_is_no_yaml_is_left_to_a_module(tmp_path: Path) -> None:
    (tmp_path / "broken").write_text("a: [")
    assert client_at_hand(action(), {"kubeconfig": str(tmp_path / "broken")}) is None


def test_plain_makes_values_that_yaml_can_write() -> None:
    class Tagged(str):
        """As ansible-core marks a text with its origin."""

    assert yaml.safe_dump(plain({Tagged("a"): [Tagged("b"), 1, True, None]})) == "a:\n- b\n- 1\n- true\n- null\n"
