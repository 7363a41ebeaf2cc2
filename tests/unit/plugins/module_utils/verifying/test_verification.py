# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import CollectionError
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._diagnosis import Verdict
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._wishes import wishes_from
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._demand import accelerator_of_pool
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._job_states import JobState
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._request import request_from
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._verification import Scope, conclude, excluded, obstacle, subjects
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._nodeclaims import NodeClaim

FIXTURES = Path(__file__).parents[3] / "fixtures"
GOOD = (FIXTURES / "nvidia_smi_g4dn_xlarge_driver_580.xml").read_text()


def node(name="node-1", instance_type="g4dn.xlarge", gpus="1", ready="True", pool="gpu", **spec):
    labels = {"node.kubernetes.io/instance-type": instance_type, "karpenter.sh/nodepool": pool}
    return {
        "metadata": {"name": name, "uid": name, "labels": labels},
        "spec": spec,
        "status": {"allocatable": {"nvidia.com/gpu": gpus}, "conditions": [{"type": "Ready", "status": ready}]},
    }


def claim(name="gpu-1", node_name="", instance_type="g4dn.xlarge", requests=None):
    labels = {"karpenter.sh/nodepool": "gpu", "node.kubernetes.io/instance-type": instance_type}
    return NodeClaim.from_object(
        {
            "metadata": {"name": name, "uid": name, "labels": labels},
            "spec": {"resources": {"requests": requests or {}}},
            "status": {"nodeName": node_name},
        }
    )


def subject(**changes):
    (found,) = subjects(Scope(), [node(**changes)], [])
    return found


def ended(log=GOOD, exit_code=0):
    return JobState("ended", "Completed", exit_code=exit_code, pod="p", log=log)


def said(status: str) -> dict:
    """A node with the EKS node monitoring agent's condition."""
    base = node()
    base["status"]["conditions"].append({"type": "AcceleratedHardwareReady", "status": status, "reason": "DCGMError"})
    return base


def test_conclude_takes_nobodys_word_for_a_verdict_and_names_a_contradiction():
    doubted, praised = (subjects(Scope(), [said(status)], [])[0] for status in ("False", "True"))
    passed = conclude(doubted, ended(), 1.0, None)
    assert (passed.verdict, [each.check for each in passed.findings]) == ("passed", ["contradiction"])
    failed = conclude(praised, ended(exit_code=15), 1.0, None)
    assert (failed.verdict, [each.check for each in failed.findings]) == ("failed", ["tool", "contradiction"])
    assert failed.to_dict()["said_by_others"][0]["value"] == "True"


def test_subjects_hold_a_node_that_offers_nothing():
    (found,) = subjects(Scope(), [node(gpus="0")], [])
    assert found.expected.count == 1
    assert found.offered == 0


def test_subjects_hold_a_claim_whose_node_never_joined():
    found = subjects(Scope(), [node("node-1")], [claim("gpu-1", "node-1"), claim("gpu-2")])
    assert [(each.name, each.node is None) for each in found] == [("gpu-2", True), ("node-1", False)]


def test_subjects_hold_a_claim_that_has_no_instance_yet_by_what_it_requests():
    (found,) = subjects(Scope(), [], [claim(instance_type="", requests={"nvidia.com/gpu": "1"})])
    assert found.expected.accelerator == "nvidia"
    assert obstacle(found).verdict == "unknown"


def test_subjects_leave_out_nodes_without_accelerators_and_nodes_not_named():
    assert subjects(Scope(), [node(instance_type="m5.large"), node("amd", instance_type="g4ad.xlarge")], []) == ()
    assert [each.name for each in subjects(Scope(nodes=("a",)), [node("a"), node("b")], [])] == ["a"]


@pytest.mark.parametrize(
    ("changes", "verdict", "check"),
    [
        ({"ready": "False"}, "unknown", "node"),
        ({"ready": "Unknown"}, "unknown", "node"),
        ({"unschedulable": True}, "unknown", "node"),
        ({"gpus": "0"}, "failed", "allocatable"),
    ],
)
def test_obstacle_of_a_node_that_cannot_be_checked(changes, verdict, check):
    found = obstacle(subject(**changes))
    assert (found.verdict, found.findings[0].check) == (verdict, check)


def test_obstacle_of_a_type_that_nothing_is_known_of_is_unknown():
    odd = node(instance_type="g99.metal")
    odd["metadata"]["labels"]["karpenter.k8s.aws/instance-gpu-manufacturer"] = "nvidia"
    (found,) = subjects(Scope(), [odd], [])
    assert obstacle(found).verdict == "unknown"


def test_obstacle_tells_the_cause_that_the_claim_tells():
    cause = Verdict("NodeClaim gpu-1", "DevicePluginMissing", "not registered", "No device plugin runs there.", "Install it.")
    (finding,) = obstacle(subject(gpus="0"), cause).findings
    assert "No device plugin runs there." in finding.found
    assert finding.next_step == "Install it."


def test_obstacle_of_a_healthy_node_is_none():
    assert obstacle(subject()) is None


def test_conclude_of_a_good_list_passes():
    result = conclude(subject(), ended(), 3.2)
    assert (result.verdict, result.findings) == ("passed", ())
    assert result.to_dict()["devices"][0]["model"] == "Tesla T4"


@pytest.mark.parametrize(
    ("state", "verdict", "says"),
    [
        (ended(exit_code=14), "failed", "infoROM"),
        (ended("No devices were found\n", 6), "failed", "no usable GPU"),
        (ended("No devices were found\n", 0), "failed", "no usable GPU"),
        (ended(GOOD[:3000], 0), "failed", "cut off"),
        (ended("", 0), "failed", "printed nothing"),
        (JobState("stuck", "ImagePullBackOff", "Back-off"), "unknown", "ImagePullBackOff: Back-off"),
        (JobState("stopped", "Evicted", "low on memory"), "unknown", "Evicted"),
        (JobState("stopped", "DeadlineExceeded", ""), "unknown", "DeadlineExceeded"),
        (JobState("stopped", "LogUnreadable", "502"), "unknown", "LogUnreadable"),
        (JobState("running", "Running", log="still trying"), "unknown", "it printed: still trying"),
        (JobState("stopped", "Unschedulable", "0/3 nodes"), "unknown", "0/3 nodes"),
        (None, "unknown", "not started"),
    ],
)
def test_conclude_of_anything_else_is_no_pass(state, verdict, says):
    result = conclude(subject(), state, 1.0)
    assert result.verdict == verdict
    assert says in result.findings[0].found
    assert result.findings[0].next_step


def test_conclude_of_a_node_whose_devices_others_hold_is_busy():
    result = conclude(subject(), JobState("stopped", "Unschedulable", "0/3 nodes"), 20.0, ["team/train-1"])
    assert result.verdict == "busy"
    assert "team/train-1" in result.findings[0].found


def test_conclude_of_a_node_that_offers_too_few_fails_whatever_the_tool_says():
    result = conclude(subject(instance_type="g4dn.12xlarge", gpus="3"), ended(), 1.0)
    assert [each.check for each in result.findings] == ["allocatable", "count"]


@pytest.mark.parametrize(
    ("requirements", "expected"),
    [
        ([("karpenter.k8s.aws/instance-gpu-manufacturer", ["nvidia"]), ("karpenter.k8s.aws/instance-category", ["g"])], "nvidia"),
        ([("node.kubernetes.io/instance-type", ["trn1.2xlarge"])], "neuron"),
        ([("karpenter.k8s.aws/instance-family", ["inf2"])], "neuron"),
        ([("karpenter.k8s.aws/instance-category", ["p"])], "nvidia"),
        ([("karpenter.k8s.aws/instance-family", ["c5", "m5", "r5"])], None),
        ([("karpenter.k8s.aws/instance-family", ["g5", "inf2"])], None),
        ([], None),
    ],
)
def test_accelerator_of_pool_by_its_requirements(requirements, expected):
    spec = {"requirements": [{"key": key, "operator": "In", "values": values} for key, values in requirements]}
    found = accelerator_of_pool({"spec": {"template": {"spec": spec}}})
    assert (found.name if found else None) == expected


PARAMS = {
    "provision": {},
    "provision_each": 0,
    "images": {},
    "namespace": "verify",
    "max_parallel": 10,
    "wait_timeout": 60,
    "check_timeout": 30,
    "min_coverage": 100,
}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"wait_timeout": -5}, "wait_timeout is -5"),
        ({"max_parallel": 0}, "max_parallel is 0"),
        ({"provision_each": -1}, "provision_each is -1"),
        ({"provision": {"gpu": "two"}}, "NodePool gpu is two"),
        ({"provision": {"gpu": 0}}, "NodePool gpu is 0"),
        ({"node_pools": []}, "node_pools is empty"),
        ({"nodes": [" "]}, "nodes is empty"),
        ({"namespace": "Not_A_Name"}, "namespace is 'Not_A_Name'"),
        ({"images": {"amd": "x"}}, "images names 'amd'"),
        ({"images": {"nvidia": "two words"}}, "'two words'"),
        ({"images": {"nvidia": None}}, "for nvidia"),
        ({"min_coverage": 101}, "min_coverage is 101"),
        ({"min_coverage": 0}, "min_coverage is 0"),
        ({"exclude": [{"nodes": ["a"], "reason": " "}]}, r"exclude\[0\] has no reason"),
        ({"exclude": [{"nodes": ["a"], "reason": "x"}, {"reason": "x"}]}, r"exclude\[1\] names no nodes"),
        ({"expect": {"driver_version": "newest"}}, "expect.driver_version is 'newest'"),
        ({"registry": "https://mirror.example.com"}, "accelerated_registry 'https://mirror.example.com' is not the address of a registry"),
    ],
)
def test_request_from_refuses(changes, says):
    with pytest.raises(CollectionError, match=says):
        request_from({**PARAMS, **changes})


def test_request_from_takes_default_images_from_a_mirror_and_leaves_the_users():
    mirror = "mirror.example.com/a"
    assert request_from({**PARAMS, "registry": ""}).images == {}
    assert request_from({**PARAMS, "registry": mirror, "images": {"neuron": "r/i:1"}}).images == {
        "nvidia": f"{mirror}/amazonlinux/amazonlinux:2023-minimal",
        "neuron": "r/i:1",
    }


def test_excluded_by_name_or_by_all_of_its_labels():
    entries = [
        {"nodes": ["node-1"], "match_labels": None, "reason": "in repair"},
        {"nodes": None, "match_labels": {"karpenter.sh/nodepool": "gpu", "team": "ml"}, "reason": "another team's"},
    ]
    exclusions = request_from({**PARAMS, "exclude": entries}).scope.exclude
    found = excluded(subject(), exclusions)
    assert (found.verdict, found.to_dict()["reason"], found.findings) == ("excluded", "in repair", ())
    assert excluded(subject(name="node-2"), exclusions) is None
    labelled = node("node-3")
    labelled["metadata"]["labels"]["team"] = "ml"
    assert excluded(subjects(Scope(), [labelled], [])[0], exclusions).reason == "another team's"


def test_request_from_takes_numbers_as_text():
    request = request_from(
        {**PARAMS, "provision": {"gpu": "2"}, "node_pools": ["gpu", "gpu"], "expect": {"cuda_version": "12.8", "ecc": None}}
    )
    assert request.provision == {"gpu": 2}
    assert request.scope.node_pools == ("gpu",)


def test_obstacle_is_no_cordon_that_this_collection_has_set():
    place = node(unschedulable=True)
    assert obstacle(subjects(Scope(), [place], [])[0]).verdict == "unknown"
    place["metadata"]["annotations"] = {"accelerated.nodes/set": "cordon"}
    assert obstacle(subjects(Scope(), [place], [])[0]) is None


def test_conclude_fails_a_good_list_for_an_efa_interface_that_is_missing():
    place = node()
    place["status"]["capacity"] = {"vpc.amazonaws.com/efa": "1"}
    result = conclude(subjects(Scope(), [place], [])[0], ended(), 1.0)
    assert (result.verdict, [each.check for each in result.findings]) == ("failed", ["EFA"])


def test_obstacle_settles_only_where_the_cause_is_not_hopeless():
    hopes = [Verdict("NodeClaim gpu-1", "reason", "", "", "Do it.", hopeless=hopeless) for hopeless in (False, True)]
    assert [obstacle(subject(gpus="0"), cause).findings[0].remedy.settles_until for cause in hopes] == [600.0, 0.0]


MIG_7 = {"nvidia.com/mig-1g.10gb": "56"}


def mixed(offer, **wishes):
    found = node(instance_type="p5.48xlarge", gpus="0")
    found["status"]["allocatable"].update(offer)
    expect = wishes_from({"mig": True, **wishes})
    return subjects(Scope(expect=expect), [found], [])[0]


def test_a_node_that_offers_mig_devices_is_checked_by_a_request_for_all_of_them():
    divided = mixed(MIG_7, mig_devices={"1g.10gb": 7})
    assert obstacle(divided) is None
    assert (divided.resource, divided.offered, divided.expected.requestable) == ("nvidia.com/mig-1g.10gb", 56, 56)
    assert (subject().resource, subject().requested) == ("nvidia.com/gpu", 1)


@pytest.mark.parametrize("offer", [MIG_7, {"nvidia.com/gpu": "56"}])
@pytest.mark.parametrize("wishes", [{}, {"mig_devices": {"1g.10gb": 7}}])
def test_all_mig_devices_are_requested_though_nobody_says_how_many_there_should_be(offer, wishes):
    assert mixed(offer, **wishes).requested == 56


def test_a_node_that_offers_too_few_mig_devices_fails_by_their_name():
    result = conclude(mixed({"nvidia.com/mig-1g.10gb": "55"}, mig_devices={"1g.10gb": 7}), ended(), 1.0)
    (finding,) = [each for each in result.findings if each.check == "allocatable"]
    assert (finding.expected, finding.found) == ("56 nvidia.com/mig-1g.10gb (by instance type, p5.48xlarge)", "55")


@pytest.mark.parametrize("offer", [{**MIG_7, "nvidia.com/mig-3g.40gb": "8"}, {**MIG_7, "nvidia.com/gpu": "1"}])
def test_a_node_that_is_divided_in_different_ways_is_unknown_and_not_without_a_plugin(offer):
    result = obstacle(mixed(offer))
    assert (result.verdict, result.findings[0].check) == ("unknown", "resource")
    assert "56 nvidia.com/mig-1g.10gb" in result.findings[0].found
    assert obstacle(mixed({"nvidia.com/mig-1g.10gb": "0"})).verdict == "failed"
