#!/usr/bin/python
# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
module: karpenter_finalizers
short_description: Explain, and if asked take off, finalizers that a Karpenter which is gone has left
version_added: 0.1.0
description:
  - Karpenter holds a finalizer on NodeClaims, their Nodes and EC2NodeClasses, so that none goes before its instance has. After Karpenter was
    uninstalled, or scaled to zero, nobody takes it off, and their deletion never ends.
  - With O(state=checked) it says what is held so, and which instances run on behind it. With O(state=removed) it deletes the NodeClaims and
    takes Karpenter's finalizers off; those of others stay. It is refused while Karpenter's Deployment is there with replicas.
  - It ends no instance. End those of RV(instance_ids) before O(state=removed), or nothing in the cluster knows of them any more.
  - What EKS Auto Mode manages is left alone, as its controller is not in the cluster.
author:
  - accelerated.nodes contributors (@accelerated-nodes)
extends_documentation_fragment:
  - kubernetes.core.k8s_auth_options
options:
  state:
    description: Whether the finalizers are looked at or taken off.
    type: str
    choices: [checked, removed]
    default: checked
  node_pools:
    description: Names of NodePools whose objects are meant. All, if not given.
    type: list
    elements: str
  node_classes:
    description: Names of the EC2NodeClasses that are meant. All, if not given.
    type: list
    elements: str
attributes:
  check_mode:
    description: Says what would be taken off.
    support: full
  diff_mode:
    description: Shows the objects with a finalizer of Karpenter's before and after.
    support: full
requirements:
  - kubernetes >= 24.2.0
notes:
  - Needs the right to list Deployments, NodeClaims, NodePools, EC2NodeClasses and Nodes; with O(state=removed) also to delete NodeClaims and to
    patch what is held.
"""

EXAMPLES = r"""
- name: Look for what nobody finishes
  accelerated.nodes.karpenter_finalizers:
  register: finalizers

- name: Show why
  ansible.builtin.debug:
    msg: "{{ finalizers.explanation }}"
"""

RETURN = r"""
controller_gone:
  description: Why nobody takes the finalizers off; empty where Karpenter's Deployment has replicas.
  returned: success
  type: str
  sample: no Deployment has the label app.kubernetes.io/name=karpenter
held:
  description: What Karpenter's finalizers hold, as kind and name.
  returned: success
  type: list
  elements: str
  sample: [NodeClaim gpu-x7k2p (instance i-0a1b2c3d4e5f67890), EC2NodeClass gpu]
instance_ids:
  description: The instances behind them.
  returned: success
  type: list
  elements: str
  sample: [i-0a1b2c3d4e5f67890]
explanation:
  description: What holds what, what it costs, and what can be done. Empty where Karpenter runs, or nothing is held.
  returned: success
  type: str
  sample: Karpenter's finalizers hold NodeClaim gpu-x7k2p, and nobody is there to take them off.
"""

from ansible_collections.accelerated.nodes.plugins.module_utils.api._again import get, until_first
from ansible_collections.accelerated.nodes.plugins.module_utils.api._client import Client
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError, CollectionError
from ansible_collections.accelerated.nodes.plugins.module_utils.common._module import AcceleratorModule
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._controller_causes import CONTROLLER_SELECTOR
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._finalizers import (
    PATHS,
    Held,
    Scope,
    controller_gone,
    explanation,
    held,
    let_go,
)

OPTIONS = {
    "state": {"type": "str", "choices": ["checked", "removed"], "default": "checked"},
    "node_pools": {"type": "list", "elements": "str"},
    "node_classes": {"type": "list", "elements": "str"},
}
DEPLOYMENTS = "/apis/apps/v1/deployments"


def ensure(module: AcceleratorModule) -> dict:
    """Looks at the finalizers, and takes them off if that is wanted."""
    params, client = module.params, module.client()
    gone = controller_gone(get(client, DEPLOYMENTS, {"labelSelector": CONTROLLER_SELECTOR})["items"])
    # While Karpenter runs its finalizers are its own business: nothing more is read.
    scope = Scope(params["node_pools"], params["node_classes"])
    found = held(listed(client), scope) if gone or params["state"] == "removed" else []
    if params["state"] == "removed" and found:
        if not gone:
            raise CollectionError(
                "state is 'removed', but Karpenter's Deployment is there and has replicas: its finalizers are taken off by itself once the"
                " instances are gone. Delete the NodePools and wait."
            )
        if not module.check_mode:
            for each in found:
                take_off(client, each)
    names = [each.words for each in found]
    changed = bool(found) and params["state"] == "removed"
    return {
        "changed": changed,
        "controller_gone": gone,
        "held": names,
        "instance_ids": [each.instance for each in found if each.instance],
        "explanation": explanation(gone, found),
        "diff": {"before": {"held": names}, "after": {"held": [] if changed else names}},
    }


def listed(client: Client) -> dict:
    """Objects by kind; none of a kind whose definition is gone."""
    found = {}
    for kind, path in PATHS.items():
        try:
            found[kind] = get(client, path)["items"]
        except ApiError as error:
            if error.status != 404:
                raise
            found[kind] = []
    return found


def take_off(client: Client, each: Held) -> None:
    """Takes Karpenter's finalizers off; a claim is deleted before, so that none stays behind without its node."""
    try:
        if each.kind == "NodeClaim" and not each.deleting:
            client.delete(each.path)
        # A kubelet changes its Node at any time.
        until_first(lambda: client.patch(each.path, let_go(get(client, each.path))))
    except ApiError as error:
        # Gone meanwhile, which is what was wanted.
        if error.status != 404:
            raise


def main() -> None:
    AcceleratorModule(OPTIONS).run(ensure)


if __name__ == "__main__":
    main()
