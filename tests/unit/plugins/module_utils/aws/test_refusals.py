"""Of module_utils/aws/_refusals.py: what becomes of the failed results of amazon.aws' modules. That of each code is in modules/test_aws_refusals.py."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.aws._refusals import module_failure

DENIED = "An error occurred (AccessDenied) when calling the DescribeStacks operation: User: me is not authorized"
THROTTLED = "An error occurred (Throttling) when calling the DescribeStacks operation (reached max retries: 4): Rate exceeded"


# The forms of amazon.aws 11: fail_json_aws with and without its own words before, an error that never was an answer, and a loop.
@pytest.mark.parametrize(
    ("result", "said"),
    [
        (
            {"msg": f"Error describing stack demo: {DENIED}", "error": {"code": "AccessDenied", "message": "User: me is not authorized"}},
            "The AWS credentials lack the right to cloudformation:DescribeStacks (AccessDenied): User: me is not authorized. Allow",
        ),
        (
            {"msg": THROTTLED},
            "AWS limits how often cloudformation:DescribeStacks may be asked in region 'us-west-2' (Throttling): Rate exceeded. Run",
        ),
        (
            {
                "msg": "All items completed",
                "results": [{"msg": "fine"}, {"failed": True, "msg": THROTTLED}, {"failed": True, "msg": DENIED}],
            },
            "AWS limits how often cloudformation:DescribeStacks",
        ),
        (
            {"msg": 'Could not connect to the endpoint URL: "https://nowhere/"'},
            "AWS gave no answer to cloudformation:ListStacks in region 'us-west-2': Could not connect to the endpoint URL: \"https://nowhere/\".",
        ),
        ({}, "AWS gave no answer to cloudformation:ListStacks in region 'us-west-2': no reason was given."),
    ],
)
def test_failed_results_of_modules(result: dict[str, Any], said: str) -> None:
    assert module_failure(result, "cloudformation:ListStacks", "us-west-2").startswith(said)


def test_words_of_aws_are_words() -> None:
    """Braces in them are no fields, and a page in place of an answer is cut."""
    assert "{region}" in module_failure({"error": {"code": "X", "message": "no {region}"}}, "ec2:RunInstances", "us-west-2")
    assert len(module_failure({"msg": "<html>" * 1000}, "ec2:RunInstances", "us-west-2")) < 1500
