# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What CloudFormation says of a stack, in the user's words: a change set line by line, and why a change failed. Pure."""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.aws._refusals import CHOOSE_CREDENTIALS, REFUSED_CREDENTIALS, sentence
from ansible_collections.accelerated.nodes.plugins.module_utils.common._text import shorten

# Replacement of a change -> what becomes of the resource.
REPLACEMENTS = {
    "True": "; it is replaced: a new one is made, and the old one deleted",
    "Conditional": "; it may be replaced, which CloudFormation knows only when it does it",
}
# Resources that CloudFormation gave up because another failed; they are no cause.
NO_CAUSE = "cancelled"


def stack_changes(changes: Any) -> list[str]:
    """A sentence for each resource that the change set would change; what is not a list of changes has none.

    :param changes: ``Changes`` of cloudformation:DescribeChangeSet.
    """
    found = changes if isinstance(changes, list) else []
    return [_sentence(each["ResourceChange"]) for each in found if "ResourceChange" in each]


def _sentence(change: dict[str, Any]) -> str:
    words = [change["Action"], change["ResourceType"], change["LogicalResourceId"]]
    if change.get("PhysicalResourceId"):
        words.append(f"({change['PhysicalResourceId']})")
    text = " ".join(words)
    if change["Action"] == "Modify":
        text += f": {', '.join(_touched(change)) or 'what it refers to'}{REPLACEMENTS.get(change.get('Replacement', ''), '')}"
    return f"{text}."


def _touched(change: dict[str, Any]) -> list[str]:
    """Names of the properties that change, each once; or of the attributes, such as Tags, that are not properties."""
    targets = [detail.get("Target", {}) for detail in change.get("Details", [])]
    return list(dict.fromkeys(target.get("Name") or target.get("Attribute", "") for target in targets))


def stack_failure(result: dict[str, Any], stack: str, region: str) -> str:
    """One sentence or two for a failed result of amazon.aws.cloudformation: the stack, CloudFormation's reasons, the next step.

    :param result: with ``log`` (failed events) where CloudFormation itself failed, with ``msg`` where the request was refused.
    :param stack: name of the stack.
    """
    events = result.get("log") or [result.get("msg") or result.get("output") or "no reason was given"]
    reasons = [shorten(str(event), limit=1000) for event in events if NO_CAUSE not in str(event).lower()] or [
        shorten(str(events[0]), limit=1000)
    ]
    subject = f"Stack '{stack}' (eks_prerequisites_stack_name) in region '{region}'"
    code = refused_credentials(" ".join((*reasons, str(result.get("msg", "")))))
    if code:
        return (
            f"{subject}: AWS refused the credentials ({code}): {sentence(reasons[-1])} {CHOOSE_CREDENTIALS} What was begun is not lost:"
            " CloudFormation goes on with it by itself. Run this again, and it goes on from there."
        )
    return f"{subject} could not be changed: {sentence('; '.join(reasons))} Remove that cause and run this again."


def refused_credentials(text: str) -> str:
    """The error code by which AWS refused the credentials, such as ``ExpiredToken``; empty where it did not."""
    return next((word for word in re.findall(r"\w+", text) if word in REFUSED_CREDENTIALS), "")
