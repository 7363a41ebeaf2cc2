#!/usr/bin/python
# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
module: service_account_kubeconfig
short_description: Write a kubeconfig with a short-lived token of a ServiceAccount
version_added: 0.1.0
description:
  - Asks the API server for a token of the ServiceAccount that ends by itself (TokenRequest), and writes a kubeconfig with it that only its
    owner can read. The token is in no result, no diff and no log.
  - A file that serves the same account on the same cluster, and whose token has half of O(seconds) left, is kept.
  - The file is written where the module runs, for these roles the machine of ansible-playbook.
author:
  - accelerated.nodes contributors (@accelerated-nodes)
extends_documentation_fragment:
  - kubernetes.core.k8s_auth_options
options:
  name:
    description: Name of the ServiceAccount.
    type: str
    required: true
  namespace:
    description: Its namespace.
    type: str
    required: true
  path:
    description: The file. Its folder has to be there.
    type: path
    required: true
  seconds:
    description: How long the token is to be good for, at least 600. The API server may shorten it, EKS to 24 hours.
    type: int
    default: 3600
attributes:
  check_mode:
    description: Says whether a token would be asked for; asks for none.
    support: full
  diff_mode:
    description: Shows the path, the account, and when the token ends, never the token.
    support: full
requirements:
  - kubernetes >= 24.2.0
notes:
  - Needs the right to C(create) C(serviceaccounts/token) of the account, which the account itself is not given.
"""

EXAMPLES = r"""
- name: Let the next hour's jobs run as the account
  accelerated.nodes.service_account_kubeconfig:
    name: accelerated-nodes
    namespace: accelerated-nodes
    path: ./automation.kubeconfig
"""

RETURN = r"""
path:
  description: The file.
  returned: success
  type: str
  sample: /home/ops/automation.kubeconfig
expires:
  description: When its token ends; empty in check mode where a new one would be asked for.
  returned: success
  type: str
  sample: "2026-03-01T12:00:00Z"
"""

import base64
import json
import os
import tempfile
import time
from pathlib import Path

from ansible_collections.accelerated.nodes.plugins.module_utils.access._account_kubeconfig import (
    SHORTEST,
    Holder,
    expiry,
    kubeconfig,
    serves,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.api._client import Client
from ansible_collections.accelerated.nodes.plugins.module_utils.api._kubeconfig import cluster_entry
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError, CollectionError
from ansible_collections.accelerated.nodes.plugins.module_utils.common._module import AcceleratorModule

OPTIONS = {
    "name": {"type": "str", "required": True},
    "namespace": {"type": "str", "required": True},
    "path": {"type": "path", "required": True},
    "seconds": {"type": "int", "default": 3600},
}


def ensure(module: AcceleratorModule) -> dict:
    """Brings the file into its state."""
    params, client = module.params, module.client()
    if params["seconds"] < SHORTEST:
        raise CollectionError(f"seconds is {params['seconds']}, but the API server gives no token for less than {SHORTEST}.")
    holder, path = Holder(params["namespace"], params["name"]), Path(params["path"])
    if not path.parent.is_dir():
        raise CollectionError(f"path is {path}, but there is no folder {path.parent}. Make it, or name another.")
    cluster = cluster_of(module, client, holder)
    until = expiry(read(path), cluster, holder)
    kept = serves(until, time.time(), params["seconds"]) and private(path)
    after = until
    if not kept and module.check_mode:
        after = 0.0
    elif not kept:
        document = kubeconfig(cluster, holder, token_of(client, holder, params["seconds"]))
        write(path, json.dumps(document, indent=2))  # Which is YAML too.
        after = expiry(document, cluster, holder)
    shown = [f"{path}: {holder.subject}, until {spelled(each) or 'a new token ends'}\n" for each in (until, after)]
    return {
        "changed": not kept,
        "path": str(path),
        "expires": spelled(after),
        "diff": {"before": shown[0] if until else "", "after": shown[1]},
    }


def cluster_of(module: AcceleratorModule, client: Client, holder: Holder) -> dict:
    """The cluster as a kubeconfig has it: from the one in use, else by what the cluster says of itself in every namespace."""
    found = cluster_entry(module.params)
    if found:
        return found
    path = f"/api/v1/namespaces/{holder.namespace}/configmaps/kube-root-ca.crt"
    authority = client.get(path)["data"]["ca.crt"]
    return {"server": client.host, "certificate-authority-data": encoded(authority)}


def encoded(text: str) -> str:
    """As a kubeconfig has certificates."""
    return base64.b64encode(text.encode("ascii")).decode("ascii")


def token_of(client: Client, holder: Holder, seconds: int) -> str:
    """A new token.

    :raises CollectionError: there is no such account, or no right to ask.
    """
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": seconds}}
    try:
        return client.create(f"/api/v1/namespaces/{holder.namespace}/serviceaccounts/{holder.name}/token", request)["status"]["token"]
    except ApiError as error:
        if error.status != 404:
            raise
        raise CollectionError(
            f"There is no ServiceAccount {holder.namespace}/{holder.name} (options namespace and name). Make it by the role automation_rbac."
        ) from error


def read(path: Path) -> object:
    """What is in the file; None where it is not there, or not one of ours.

    :raises CollectionError: it cannot be read.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    except OSError as error:
        raise CollectionError(f"{path} (option path) cannot be read: {error.strerror}. Name another file.") from error


def private(path: Path) -> bool:
    """Whether nobody else can read the file."""
    return path.stat().st_mode & 0o077 == 0


def write(path: Path, text: str) -> None:
    """Replaces the file as a whole; nobody else could read it for a moment.

    :raises CollectionError: it cannot be written.
    """
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(path)
    except OSError as error:
        raise CollectionError(f"{path} (option path) cannot be written: {error.strerror}. Name another file.") from error


def spelled(moment: float) -> str:
    """As people and Kubernetes write a moment; empty for none."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment)) if moment else ""


def main() -> None:
    AcceleratorModule(OPTIONS).run(ensure)


if __name__ == "__main__":
    main()
