"""The account of the role automation_rbac: it can do all that the collection does, and hardly anything else.

That it can is shown by what shares the fixture ``installed``, which it makes and removes; the long proof below runs every playbook with
it and holds what it was given against what the API server's audit log says that it used.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.access._chart_needs import release_needs
from ansible_collections.accelerated.nodes.plugins.module_utils.access._needs import NEEDS, PARTS, VERIFY_NAMESPACE
from ansible_collections.accelerated.nodes.plugins.module_utils.access._rights import Right, rights_of

from tests.integration.audit_log import AuditLog, uses
from tests.lab.cluster import kubectl
from tests.lab.nodes.api import Api
from tests.lab.state import LabError, State

pytestmark = pytest.mark.lab

ROOT = Path(__file__).resolve().parents[2]
RBAC = "/apis/rbac.authorization.k8s.io/v1"
LABEL = "accelerated.nodes/automation"
RELEASE = "meta.helm.sh/release-name"
VERIFY = "accelerated-nodes-verify"
ME = "system:serviceaccount:accelerated-nodes:accelerated-nodes"
ALL_BUT = ("verify_actions",)


def given(api: Api, marks: str, key: str) -> set[Right]:
    """The rights of roles that have a key among their ``labels`` or ``annotations``."""
    found: set[Right] = set()
    for resource in ("clusterroles", "roles"):
        for role in api.request("GET", f"{RBAC}/{resource}")["items"]:
            if key in (role["metadata"].get(marks) or {}):
                found |= set(rights_of(role.get("rules") or (), role["metadata"].get("namespace", "")))
    return found


def may(api: Api, right: Right) -> bool:
    attributes = {"verb": right.verb, "group": right.group, "resource": right.resource, "name": right.name, "namespace": right.namespace}
    spec = {"user": ME, "groups": ["system:authenticated"], "resourceAttributes": attributes}
    return bool(api.request("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", {"spec": spec})["status"]["allowed"])


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    "right",
    [
        Right("", "rbac.authorization.k8s.io", "clusterroles", "escalate", "karpenter"),
        Right("", "rbac.authorization.k8s.io", "clusterroles", "bind", "cluster-admin"),
        Right("", "", "users", "impersonate", "admin"),
        Right("", "", "namespaces", "create"),
        Right("default", "", "secrets", "get", "any"),
        Right("default", "apps", "deployments", "create"),
        Right("accelerated-nodes", "", "serviceaccounts/token", "create", "accelerated-nodes"),
        Right("kube-system", "apps", "deployments", "patch", "coredns"),
        Right("kube-system", "", "configmaps", "patch", "kube-root-ca.crt"),
    ],
    ids=lambda right: f"{right.verb} {right.resource}",
)
def test_what_nothing_of_the_collection_needs_it_may_not(right: Right) -> None:
    assert not may(Api(State.load().kubeconfig), right)


@pytest.mark.usefixtures("installed")
def test_it_cannot_give_what_it_does_not_hold() -> None:
    """Though it may make ClusterRoles: the API server refuses what would be more than it has."""
    state = State.load()
    assert may(Api(state.kubeconfig), Right("", "rbac.authorization.k8s.io", "clusterroles", "create"))
    tried = ("create", "clusterrole", "too-much", "--dry-run=server", f"--as={ME}", "--resource=pods")
    kubectl(state, *tried, "--verb=list")
    with pytest.raises(LabError, match=r'Resources:\["pods"\], Verbs:\["create"\]'):
        kubectl(state, *tried, "--verb=create")


@pytest.fixture
def inventory(request: pytest.FixtureRequest, run: Callable[..., str], lab: dict[str, str], tmp_path: Path) -> Iterator[Callable[..., str]]:
    """A function that runs a playbook with an example's inventory, as an administrator or as the account."""
    example, parts = request.param
    sources = ("-i", str(ROOT / example), "-i", str(Path(lab["LAB_DIR"]) / "inventory.yml"), "--limit", "lab")
    account = json.dumps({"automation_rbac_kubeconfig": str(tmp_path / "kubeconfig"), "automation_rbac_parts": parts})
    nowhere = {"KUBECONFIG": "/nowhere", "K8S_AUTH_KUBECONFIG": "/nowhere"}
    as_account = ("-e", json.dumps({"eks_kubeconfig": str(tmp_path / "kubeconfig")}))

    def play(playbook: str, *options: str, admin: bool = False) -> str:
        program = ("ansible-playbook", f"accelerated.nodes.{playbook}", *sources, *options)
        return run(*program, "-e", account) if admin else run(*program, *as_account, **nowhere)

    yield play
    play("teardown", admin=True)
    play("automation_rbac", "-e", "automation_rbac_state=absent", admin=True)


# What Helm's releases need only where something has gone wrong, as group, resource and verb.
A_RELEASE = {"option": "karpenter", "namespace": "", "objects": [], "mend_option": "karpenter_mend_pending_release"}
SELDOM_OF_RELEASES = {right[1:4] for need in release_needs(A_RELEASE, remove=True) if need.seldom for right in need.rights({})}
WITHOUT_LLMAZ = [part for part in PARTS if part not in ("llmaz", *ALL_BUT)]
WITH_LLMAZ = [part for part in PARTS if part not in ("neuron", "verify", *ALL_BUT)]


@pytest.mark.proof
@pytest.mark.parametrize(
    ("inventory", "playbooks"),
    [
        pytest.param(("examples/inventory", WITHOUT_LLMAZ), ("preflight", "install", "upgrade", "verify", "teardown"), id="install"),
        pytest.param(("examples/llmaz/inventory", WITH_LLMAZ), ("llmaz", "teardown"), id="llmaz"),
    ],
    indirect=["inventory"],
)
def test_every_playbook_runs_with_it_and_no_right_is_superfluous(
    inventory: Callable[..., str], playbooks: tuple[str, ...], later_charts: str, tmp_path: Path
) -> None:
    api, log = Api(State.load().kubeconfig), AuditLog(State.load())
    skipped = ("--skip-tags", "neuron,accelerator_verify") if "llmaz" in playbooks else ()
    later = {"karpenter_chart_version": later_charts, "karpenter_backup_dir": str(tmp_path / "backups")}
    inventory("automation_rbac", admin=True)
    held = given(api, "labels", LABEL)
    from_charts: set[Right] = set()
    for playbook in playbooks:
        output = inventory(playbook, *skipped, *(("-e", json.dumps(later)) if playbook == "upgrade" else ()))
        from_charts |= given(api, "annotations", RELEASE)
        assert not re.search(r"[Ff]orbidden|verbs \[", output), output
    assert log.denied() == set()
    if "llmaz" in playbooks:
        # What its chart brings is read off it, and not held against use: Helm leaves the definitions of a crds folder, which the account may remove.
        return
    used = log.used()
    unused = {right for right in held if not uses(right, used)}
    # Held, as Kubernetes lets nobody give what they do not hold.
    unused -= from_charts
    # Of what not every run needs, the table says when; of a list, that a watch begins with it on other API servers.
    unused -= {right for need in NEEDS if need.seldom for right in need.rights({VERIFY_NAMESPACE: VERIFY})}
    unused = {right for right in unused if right[1:4] not in SELDOM_OF_RELEASES}
    unused = {right for right in unused if not (right.verb == "list" and uses(right._replace(verb="watch"), used))}
    assert unused == set()
