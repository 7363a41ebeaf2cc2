# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What modules/service_account_kubeconfig.py writes, keeps and refuses; that the token is in nothing it returns."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError, CollectionError
from ansible_collections.accelerated.nodes.plugins.modules.service_account_kubeconfig import DOCUMENTATION, OPTIONS, ensure

SUBJECT = "system:serviceaccount:automation:ci"
TOKENS = "/api/v1/namespaces/automation/serviceaccounts/ci/token"


class Server:
    """An API server that gives tokens."""

    host = "https://cluster.example"

    def __init__(self, there: bool = True) -> None:
        self.there, self.given = there, []

    def get(self, path: str) -> dict:
        assert path == "/api/v1/namespaces/automation/configmaps/kube-root-ca.crt"
        return {"data": {"ca.crt": "authority of the cluster"}}

    def create(self, path: str, body: dict) -> dict:
        assert path == TOKENS
        if not self.there:
            raise ApiError("not found", 404)
        claims = {"sub": SUBJECT, "exp": time.time() + body["spec"]["expirationSeconds"], "number": len(self.given)}
        token = f"secret.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.signature"
        self.given.append(token)
        return {"status": {"token": token}}


@pytest.fixture(autouse=True)
def admin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("HTTPS_PROXY", "https_proxy", "KUBERNETES_SERVICE_HOST", "K8S_AUTH_KUBECONFIG", "KUBECONFIG"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "ca.crt").write_text("authority")
    document = {
        "clusters": [{"name": "c", "cluster": {"server": "https://cluster.example", "certificate-authority": "ca.crt"}}],
        "users": [{"name": "admin", "user": {"token": "of-the-admin"}}],
        "contexts": [{"name": "a", "context": {"cluster": "c", "user": "admin"}}],
        "current-context": "a",
    }
    path = tmp_path / "admin"
    path.write_text(yaml.safe_dump(document))
    return path


def run(admin: Path, server: Server, seconds: int = 3600, check_mode: bool = False, **options: Any) -> dict:
    path = str(admin.parent / "account")
    params = {"kubeconfig": str(admin), "name": "ci", "namespace": "automation", "path": path, "seconds": seconds, **options}
    result = ensure(SimpleNamespace(params=params, check_mode=check_mode, client=lambda: server))
    assert not [token for token in server.given if token in json.dumps(result)], "a token is shown"
    return result


def test_only_its_owner_can_read_it_and_it_is_whole(admin: Path) -> None:
    server = Server()
    assert run(admin, server)["changed"]
    file = admin.parent / "account"
    assert file.stat().st_mode & 0o777 == 0o600
    document = yaml.safe_load(file.read_text())
    authority = base64.b64encode(b"authority").decode()
    assert document["clusters"][0]["cluster"] == {"server": "https://cluster.example", "certificate-authority-data": authority}
    assert document["users"][0]["user"] == {"token": server.given[0]}
    assert sorted(path.name for path in admin.parent.iterdir()) == ["account", "admin", "ca.crt"]


def test_one_that_still_serves_is_kept(admin: Path) -> None:
    server = Server()
    run(admin, server)
    again = run(admin, server)
    assert (again["changed"], len(server.given)) == (False, 1)
    assert again["expires"].endswith("Z")


def test_one_that_others_can_read_is_written_anew(admin: Path) -> None:
    server = Server()
    run(admin, server)
    (admin.parent / "account").chmod(0o644)
    assert run(admin, server)["changed"]
    assert (admin.parent / "account").stat().st_mode & 0o777 == 0o600


def test_one_that_ends_too_soon_is_written_anew(admin: Path) -> None:
    server = Server()
    run(admin, server, seconds=600)
    assert run(admin, server, seconds=7200)["changed"]


def test_check_mode_asks_for_no_token(admin: Path) -> None:
    server = Server()
    result = run(admin, server, check_mode=True)
    assert (result["changed"], result["expires"], server.given) == (True, "", [])
    assert not (admin.parent / "account").exists()


def test_in_a_pod_the_cluster_is_as_it_says_of_itself(admin: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(admin.parent / "nowhere"))
    run(admin, Server(), kubeconfig=None)
    document = yaml.safe_load((admin.parent / "account").read_text())
    authority = base64.b64encode(b"authority of the cluster").decode()
    assert document["clusters"][0]["cluster"] == {"server": Server.host, "certificate-authority-data": authority}


def test_no_account_no_folder_and_no_time_are_refused(admin: Path) -> None:
    with pytest.raises(CollectionError, match="There is no ServiceAccount automation/ci"):
        run(admin, Server(there=False))
    with pytest.raises(CollectionError, match="there is no folder"):
        run(admin, Server(), path=str(admin.parent / "nowhere" / "account"))
    with pytest.raises(CollectionError, match="seconds is 599"):
        run(admin, Server(), seconds=599)


def test_the_documentation_says_the_same_defaults() -> None:
    documented = yaml.safe_load(DOCUMENTATION)["options"]
    assert {name: option.get("default") for name, option in documented.items()} == {
        name: option.get("default") for name, option in OPTIONS.items()
    }
