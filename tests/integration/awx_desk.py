"""What the tests of AWX's jobs launch from: the templates of extensions/awx, the lab as their inventory, and credentials as AWX fills them in."""

from __future__ import annotations

import base64
import itertools
import uuid
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from tests.integration.awx_job import Credential, Job
from tests.lab.nodes.api import Api, ApiError
from tests.lab.state import AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY
from tests.unit.awx.awx_data import answers, items, template

Json = dict[str, Any]
ACCOUNTS = "/api/v1/namespaces/kube-system/serviceaccounts"
BINDINGS = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"


class Desk:
    """Launches jobs on a lab."""

    def __init__(self, lab: Mapping[str, str], directory: Path) -> None:
        self._lab, self._directory = lab, directory
        self._numbers = itertools.count()
        self._account = f"awx-jobs-{uuid.uuid4().hex[:6]}"
        self._kubeconfig = yaml.safe_load(Path(lab["KUBECONFIG"]).read_text())
        (host,) = yaml.safe_load((Path(lab["LAB_DIR"]) / "inventory.yml").read_text())["all"]["hosts"].values()
        #: The variables of a host that is the lab: those of the inventory that a team loads, and where the lab is.
        self.host: Json = {**items("controller_inventories")[0]["variables"], **host}
        self.secrets = [AWS_SECRET_ACCESS_KEY, *self._keys(self._kubeconfig)]

    def job(self, name: str, hosts: Mapping[str, Json] | None = None, credentials: list[Credential] | None = None, **given: Any) -> Job:
        """A job of the template of that name, its survey answered by its defaults where ``answers`` has nothing else."""
        item = template(name)
        given["answers"] = {**answers(item), **given.get("answers", {})}
        directory = self._directory / f"{next(self._numbers)}-{name.replace(' ', '-')}"
        by_default = [self.aws(), self.kubeconfig()] if item["credentials"] else []
        return Job(directory, item, hosts or {"lab": self.host}, by_default if credentials is None else credentials, **given)

    def aws(self) -> Credential:
        """The built-in credential of AWS. The endpoint is the lab's; with AWS itself there is none."""
        variables = {"AWS_ACCESS_KEY_ID": AWS_ACCESS_KEY_ID, "AWS_SECRET_ACCESS_KEY": AWS_SECRET_ACCESS_KEY}
        return Credential({**variables, "AWS_ENDPOINT_URL": self._lab["AWS_ENDPOINT_URL"], "AWS_EC2_METADATA_DISABLED": "true"})

    def kubeconfig(self, **others: Path) -> Credential:
        """A credential of the collection's type, with a context for the lab and for each of the others."""
        merged: Json = {"apiVersion": "v1", "kind": "Config", "current-context": "lab", "clusters": [], "users": [], "contexts": []}
        for name, config in {"lab": self._kubeconfig, **{name: yaml.safe_load(path.read_text()) for name, path in others.items()}}.items():
            merged["clusters"].append({"name": name, "cluster": config["clusters"][0]["cluster"]})
            merged["users"].append({"name": name, "user": config["users"][0]["user"]})
            merged["contexts"].append({"name": name, "context": {"cluster": name, "user": name}})
            self.secrets += self._keys(config)
        (kind,) = items("controller_credential_types")
        assert kind["injectors"]["file"]["template"] == "{{ kubeconfig }}"
        variables = {name: value.replace("{{ tower.filename }}", "{file}") for name, value in kind["injectors"]["env"].items()}
        return Credential(variables, yaml.safe_dump(merged))

    def bearer(self, verify_ssl: bool = True) -> Credential:
        """The built-in credential "OpenShift or Kubernetes API Bearer Token", of an account that `account` made."""
        cluster = self._kubeconfig["clusters"][0]["cluster"]
        api = Api(Path(self._lab["KUBECONFIG"]))
        token = api.request("POST", f"{ACCOUNTS}/{self._account}/token", {"spec": {"expirationSeconds": 7200}})["status"]["token"]
        self.secrets.append(token)
        variables = {"K8S_AUTH_HOST": cluster["server"], "K8S_AUTH_API_KEY": token, "K8S_AUTH_VERIFY_SSL": str(verify_ssl)}
        if not verify_ssl:
            return Credential(variables)
        return Credential({**variables, "K8S_AUTH_SSL_CA_CERT": "{file}"}, _decoded(cluster["certificate-authority-data"]))

    def account(self) -> None:
        """Make the account of the bearer token, an administrator: what rights are needed is shown elsewhere."""
        api = Api(Path(self._lab["KUBECONFIG"]))
        subject = {"kind": "ServiceAccount", "name": self._account, "namespace": "kube-system"}
        role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}
        api.request("POST", ACCOUNTS, {"metadata": {"name": self._account}})
        api.request("POST", BINDINGS, {"metadata": {"name": self._account}, "subjects": [subject], "roleRef": role})

    def close(self) -> None:
        """Remove that account."""
        api = Api(Path(self._lab["KUBECONFIG"]))
        for path in (f"{BINDINGS}/{self._account}", f"{ACCOUNTS}/{self._account}"):
            with suppress(ApiError):
                api.request("DELETE", path)

    @staticmethod
    def _keys(config: Json) -> list[str]:
        return [value for user in config["users"] for key, value in user["user"].items() if key in ("client-key-data", "token")]


def _decoded(text: str) -> str:
    return base64.b64decode(text).decode()
