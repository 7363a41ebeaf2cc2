# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.aws._leftovers import (
    KINDS,
    Scope,
    instance_profiles,
    instances,
    launch_templates,
    leftover,
    report,
    summary,
    volumes,
)

SCOPE = Scope("demo", "us-west-2", "KarpenterNodeRole-demo", "demo", "accelerated-nodes-demo")


def test_an_instance_is_known_again_by_its_type_state_and_pool() -> None:
    found = {
        "InstanceId": "i-1",
        "InstanceType": "g5.xlarge",
        "State": {"Name": "running"},
        "Tags": [{"Key": "karpenter.sh/nodepool", "Value": "gpu"}],
    }
    (each,) = instances([{"Instances": [found]}, {"Instances": []}], SCOPE)
    assert (each.words, each.billed, each.blocks) == ("instance i-1 (g5.xlarge, running, node pool gpu)", True, True)
    assert each.next_step == "aws ec2 terminate-instances --region us-west-2 --instance-ids i-1"


def test_karpenters_profiles_are_removed_and_those_of_others_block() -> None:
    own = {"InstanceProfileName": "demo_1", "Path": SCOPE.profile_path}
    other = {"InstanceProfileName": "mine", "Path": "/"}
    found = list(instance_profiles([own], [own, other], SCOPE))
    assert [(each.kind, each.id, each.blocks) for each in found] == [
        ("instance profile", "demo_1", False),
        ("instance profile of somebody else", "mine", True),
    ]
    assert "--role-name KarpenterNodeRole-demo" in found[1].next_step
    assert {each.where for each in found} == {"IAM"}


def test_a_profile_of_a_cluster_whose_name_begins_alike_is_not_karpenters_for_this_one() -> None:
    other = {"InstanceProfileName": "demo2_1", "Path": "/karpenter/us-west-2/demo2/"}
    assert [each.kind for each in instance_profiles([], [other], SCOPE)] == ["instance profile of somebody else"]


def test_the_report_begins_with_what_is_billed_most() -> None:
    found = [
        leftover("queue", "https://sqs/demo", SCOPE),
        *launch_templates([{"LaunchTemplateId": "lt-1", "LaunchTemplateName": "karpenter/1"}], SCOPE),
        *volumes([{"VolumeId": "vol-1", "Size": 100, "State": "available"}], SCOPE),
        *instances([{"Instances": [{"InstanceId": "i-1"}]}], SCOPE),
    ]
    result = report(found, SCOPE)
    assert [each["kind"] for each in result["leftovers"]] == ["instance", "volume", "launch template", "queue"]
    assert result["counts"]["volume"] == 1 and result["counts"]["rule"] == 0
    assert "still has 4 thing(s) in us-west-2, 3 of them billed: instance i-1; volume vol-1 (100 GiB, available);" in result["summary"]


def test_nothing_left_is_said_in_one_sentence() -> None:
    assert summary([], SCOPE) == "Nothing is left of cluster 'demo' in us-west-2."


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_next_step_with_its_id(kind: str) -> None:
    step = leftover(kind, "the-id", SCOPE).next_step
    assert "the-id" in step and "{" not in step
