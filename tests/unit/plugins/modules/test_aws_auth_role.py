# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options of aws_auth_role: those that a node needs are the defaults, and the documentation says the same."""

from __future__ import annotations

import pytest
import yaml
from ansible_collections.accelerated.nodes.plugins.modules.aws_auth_role import DOCUMENTATION, OPTIONS, ROLE_ARN


def test_the_username_keeps_its_braces_to_the_letter():
    assert OPTIONS["username"]["default"] == "system:node:" + "{" * 2 + "EC2PrivateDNSName" + "}" * 2


def test_the_documentation_says_the_same_defaults():
    documented = yaml.safe_load(DOCUMENTATION)["options"]
    assert {name: option.get("default") for name, option in documented.items()} == {
        name: option.get("default") for name, option in OPTIONS.items()
    }


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_arns_of_every_partition_are_taken(partition):
    assert ROLE_ARN.fullmatch(f"arn:{partition}:iam::111122223333:role/path/nodes")


@pytest.mark.parametrize("text", ["nodes", "arn:aws:iam::111122223333:user/a", "arn:aws:iam::1:role/a", "arn:aws:iam::111122223333:role/"])
def test_what_is_no_arn_of_a_role_is_not(text):
    assert not ROLE_ARN.fullmatch(text)
