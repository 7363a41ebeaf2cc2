# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import base64
import gzip
import json

import pytest
from ansible.errors import AnsibleActionFail
from ansible_collections.accelerated.nodes.plugins.action.helm_release import SPEC, ActionModule, _normalised, _without_noise
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError

# kubernetes.core 6.6.0's own words.
STATUS_VALUES = "The 'status.values' return value is deprecated and will be removed in version 8.0.0. Use 'status.release_values' instead."
HELM_DIFF = "The default idempotency check can fail to report changes in certain cases. Install helm diff >= 3.4.1 for better results."


def options(**given) -> dict:
    return dict.fromkeys(SPEC) | {"option": "nvidia"} | given


@pytest.fixture(autouse=True)
def _no_kubeconfig_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("K8S_AUTH_KUBECONFIG", raising=False)


def test_noise_goes_and_other_warnings_stay() -> None:
    answer = {"changed": True, "warnings": [HELM_DIFF, "mind this"], "deprecations": [{"msg": STATUS_VALUES}, {"msg": "old option"}]}
    cleaned = json.loads(_without_noise({"rc": 0, "stdout": json.dumps(answer)})["stdout"])
    assert cleaned == {"changed": True, "warnings": ["mind this"], "deprecations": [{"msg": "old option"}]}


def test_noise_in_an_answer_that_is_no_json_is_left_to_ansible() -> None:
    assert _without_noise({"stdout": "Traceback"}) == {"stdout": "Traceback"}


def test_normalised_drops_the_v_and_takes_empty_for_none() -> None:
    normal = _normalised(options(chart_version="v0.20.0", chart_repo_url="", context=""))
    assert (normal["chart_version"], normal["chart_repo_url"], normal["context"]) == ("0.20.0", None, None)
    assert normal["chart_ref_option"] == "nvidia_chart_ref"


def test_normalised_keeps_the_v_of_a_chart_that_is_published_with_it() -> None:
    assert _normalised(options(chart_version="v26.7.0", exact_version=True))["chart_version"] == "v26.7.0"


def test_normalised_refuses_a_kubeconfig_that_is_not_there() -> None:
    with pytest.raises(AnsibleActionFail, match="eks_kubeconfig '/nowhere': there is no such file"):
        _normalised(options(kubeconfig="/nowhere"))


def test_normalised_refuses_the_one_of_the_environment_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("K8S_AUTH_KUBECONFIG", "/nowhere/else")
    with pytest.raises(AnsibleActionFail, match="'/nowhere/else'"):
        _normalised(options())


def test_normalised_takes_a_kubeconfig_by_its_content() -> None:
    assert _normalised(options(kubeconfig={"kind": "Config"}))["kubeconfig"] == {"kind": "Config"}


PENDING = {"name": "karpenter", "revision": 2, "status": "pending-upgrade", "updated": "today"}


def release_of(**given) -> tuple[ActionModule, list[tuple[str, dict]]]:
    """An action on one release, and what it asks of kubernetes.core's modules."""
    asked = []
    revision = base64.b64encode(base64.b64encode(gzip.compress(json.dumps({"info": {"status": "pending-upgrade"}}).encode()))).decode()
    secret = {"metadata": {"name": "sh.helm.release.v1.karpenter.v2", "namespace": "kube-system"}, "data": {"release": revision}}

    def answer(module: str, arguments: dict) -> dict:
        asked.append((module, arguments))
        return {"resources": [secret]}

    action = ActionModule.__new__(ActionModule)
    named = {"name": "karpenter", "namespace": "kube-system", "kubeconfig": "/k", "binary_path": "/helm", "mend_option": "karpenter_mend"}
    action._options = {**options(**named), "mend_pending": False, **given}
    action._helm = answer
    return action, asked


@pytest.mark.parametrize("state", ["present", "checked"])
def test_a_release_that_a_cut_off_run_has_locked_is_refused(state: str) -> None:
    action, asked = release_of(state=state)
    with pytest.raises(AnsibleActionFail, match=r"state pending-upgrade since today.*set karpenter_mend to true"):
        action._unlocked(PENDING)
    assert asked == []


def test_it_is_mended_when_asked() -> None:
    action, asked = release_of(state="present", mend_pending=True)
    assert action._unlocked(PENDING) == PENDING
    (_read, looked), (module, changed) = asked
    assert (looked["name"], looked["kubeconfig"]) == ("sh.helm.release.v1.karpenter.v2", "/k")
    assert (module, changed["state"], changed["definition"]["metadata"]["labels"]) == ("k8s", "patched", {"status": "failed"})
    assert "binary_path" not in changed


@pytest.mark.parametrize(("state", "mend"), [("checked", True), ("absent", False), ("absent", True)])
def test_a_check_and_a_removal_leave_it_as_it_is(state: str, mend: bool) -> None:
    action, asked = release_of(state=state, mend_pending=mend)
    assert action._unlocked(PENDING) == PENDING
    assert asked == []


class Cluster:
    """A client that has the record of one release, and its workloads; or refuses."""

    def __init__(self, records: list[dict], refuses: bool = False, **workloads: dict) -> None:
        self.records, self.refuses, self.workloads = records, refuses, workloads

    def get(self, path: str, query: dict | None = None) -> dict:
        if self.refuses or path.rpartition("/")[2] not in ("secrets", *self.workloads):
            raise ApiError("refused", status=403)
        return {"items": self.records} if path.endswith("/secrets") else self.workloads[path.rpartition("/")[2]]


def deployed(client: Cluster | None, **given) -> tuple[ActionModule, list[tuple[str, dict]]]:
    """An action on a release that is wanted as its record has it, and what it asks of kubernetes.core's modules."""
    wanted = {"state": "present", "chart_ref": "oci://r/karpenter", "chart_version": "1.14.3", "values": {"replicas": 2}}
    action, asked = release_of(**{**wanted, **given})
    action._client = client
    return action, asked


RECORD = {
    "name": "karpenter",
    "namespace": "kube-system",
    "version": 3,
    "info": {"status": "deployed"},
    "chart": {"metadata": {"name": "karpenter", "version": "1.14.3"}},
    "config": {"replicas": 2},
    "manifest": "kind: Deployment\nmetadata: {name: karpenter}\n",
}


def record_of(**given) -> dict:
    packed = base64.b64encode(base64.b64encode(gzip.compress(json.dumps({**RECORD, **given}).encode()))).decode()
    return {"metadata": {"labels": {"version": "3"}}, "data": {"release": packed}}


def test_a_release_that_is_as_wanted_takes_no_run_of_helm() -> None:
    action, asked = deployed(Cluster([record_of()]))
    assert action._is_wanted(action._release())
    assert asked == []


@pytest.mark.parametrize("given", [{"values": {"replicas": 3}}, {"chart_version": "1.14.4"}, {"state": "absent"}])
def test_one_that_is_not_is_helms_to_change(given: dict) -> None:
    action, _asked = deployed(Cluster([record_of()]), **given)
    assert not action._is_wanted(action._release())


@pytest.mark.parametrize(
    "client", [None, Cluster([], refuses=True), Cluster([record_of(chart={})])], ids=["elsewhere", "refused", "unread"]
)
def test_what_cannot_be_seen_here_is_asked_of_the_module(client: Cluster | None) -> None:
    action, asked = deployed(client)
    action._release()
    assert [module for module, _arguments in asked] == ["helm_info"]
    assert not action._is_wanted({"status": "deployed"}), "and is left to Helm"


def test_only_what_is_seen_to_be_complete_is_not_waited_for() -> None:
    done = {"metadata": {"generation": 1}, "spec": {"replicas": 1}, "status": {"observedGeneration": 1}}
    done["status"] |= dict.fromkeys(("replicas", "updatedReplicas", "availableReplicas"), 1)
    workloads = [{"kind": "Deployment", "name": name, "namespace": "kube-system"} for name in ("done", "going", "unseen")]
    action, _asked = deployed(Cluster([], done=done, going={**done, "status": {}}))
    assert [each["name"] for each in action._rolling(workloads)] == ["going", "unseen"]
    action._client = None
    assert action._rolling(workloads) == workloads
