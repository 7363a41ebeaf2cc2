# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible_collections.accelerated.nodes.plugins.module_utils.api._kubeconfig import (
    ENVIRONMENT,
    auth_options,
    impersonation,
    plain_connection,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import CollectionError
from ansible_collections.kubernetes.core.plugins.module_utils.args_common import AUTH_ARG_MAP


@pytest.fixture(autouse=True)
def bare(monkeypatch, tmp_path):
    """No settings but the test's."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in (*ENVIRONMENT, "KUBECONFIG", *(f"K8S_AUTH_{option.upper()}" for option in AUTH_ARG_MAP)):
        monkeypatch.delenv(name, raising=False)


def kubeconfig(path: Path, user: dict | None = None, cluster: dict | None = None) -> str:
    document = {
        "current-context": "one",
        "contexts": [{"name": "one", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:6443/", **(cluster or {})}}],
        "users": [{"name": "u", "user": {"token": "from-file"} if user is None else user}],
    }
    path.write_text(yaml.safe_dump(document))
    return str(path)


def test_plain_connection_reads_a_token(tmp_path):
    found = plain_connection({"kubeconfig": kubeconfig(tmp_path / "config")})
    assert (found.host, found.credentials.header) == ("https://127.0.0.1:6443", "Bearer from-file")


def test_plain_connection_reads_a_token_again_when_it_is_refused(tmp_path):
    found = plain_connection({"kubeconfig": kubeconfig(tmp_path / "config")})
    assert found.credentials.header == "Bearer from-file"
    kubeconfig(tmp_path / "config", {"token": "renewed"})
    assert found.credentials.renew("Bearer from-file")
    assert found.credentials.header == "Bearer renewed"


def test_plain_connection_of_a_token_file_beside_the_kubeconfig(tmp_path):
    (tmp_path / "token").write_text("beside")
    found = plain_connection({"kubeconfig": kubeconfig(tmp_path / "config", {"tokenFile": "token"})})
    assert found.credentials.header == "Bearer beside"


@pytest.mark.parametrize("variable", ["K8S_AUTH_KUBECONFIG", "KUBECONFIG"])
def test_plain_connection_takes_the_environments_kubeconfig(tmp_path, monkeypatch, variable):
    monkeypatch.setenv(variable, kubeconfig(tmp_path / "config"))
    assert plain_connection({}).host == "https://127.0.0.1:6443"


def test_plain_connection_of_options_alone_reads_no_file():
    found = plain_connection({"host": "https://h/", "api_key": "key", "validate_certs": False})
    assert (found.host, found.credentials.header) == ("https://h", "Bearer key")


def test_plain_connection_of_a_host_alone_has_no_credentials():
    found = plain_connection({"host": "http://127.0.0.1:8001"})
    assert (found.host, found.credentials.header) == ("http://127.0.0.1:8001", None)


def test_plain_connection_prefers_the_options_to_the_kubeconfig(tmp_path):
    found = plain_connection({"kubeconfig": kubeconfig(tmp_path / "config"), "host": "https://h", "api_key": "key"})
    assert (found.host, found.credentials.header) == ("https://h", "Bearer key")


@pytest.mark.parametrize(
    ("params", "user", "cluster"),
    [
        ({"username": "me"}, None, None),
        ({"proxy": "http://proxy"}, None, None),
        ({}, {"auth-provider": {"name": "oidc"}}, None),
        ({}, {"username": "me", "password": "x"}, None),
        ({}, None, {"proxy-url": "http://proxy"}),
    ],
)
def test_plain_connection_leaves_the_rest_to_the_library(tmp_path, params, user, cluster):
    assert plain_connection({"kubeconfig": kubeconfig(tmp_path / "config", user, cluster), **params}) is None


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "KUBERNETES_SERVICE_HOST"])
def test_plain_connection_leaves_proxies_and_pods_to_the_library(tmp_path, monkeypatch, variable):
    monkeypatch.setenv(variable, "x")
    assert plain_connection({"kubeconfig": kubeconfig(tmp_path / "config")}) is None


def test_plain_connection_leaves_merged_and_inline_kubeconfigs_to_the_library(tmp_path):
    path = kubeconfig(tmp_path / "config")
    assert plain_connection({"kubeconfig": f"{path}:{path}"}) is None
    assert plain_connection({"kubeconfig": {"clusters": []}}) is None


def test_plain_connection_names_a_context_that_is_not_there(tmp_path):
    with pytest.raises(CollectionError, match="no entry 'two' in contexts; it has one"):
        plain_connection({"kubeconfig": kubeconfig(tmp_path / "config"), "context": "two"})


def test_auth_options_take_the_variables_of_kubernetes_core(monkeypatch):
    monkeypatch.setenv("K8S_AUTH_VERIFY_SSL", "no")
    monkeypatch.setenv("K8S_AUTH_HOST", "https://variable")
    assert auth_options({"host": "https://option"}) == {"validate_certs": False, "host": "https://option"}


def test_impersonation_is_a_header_a_group(monkeypatch):
    monkeypatch.setenv("K8S_AUTH_IMPERSONATE_GROUPS", "a,b")
    assert impersonation({"impersonate_user": "me"}) == (
        ("Impersonate-User", "me"),
        ("Impersonate-Group", "a"),
        ("Impersonate-Group", "b"),
    )
