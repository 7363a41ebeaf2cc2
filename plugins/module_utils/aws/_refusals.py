# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why AWS refused a request, in one sentence with the next step. Pure.

This file is internal to the collection and may change in any release. A row of ``KINDS`` for each kind of error code; **to explain another
code, add it to a row**. A sentence names the call, AWS' own reason and what to do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.common._text import shorten

CHOOSE_CREDENTIALS = (
    "Renew them, or choose others by the option profile or the variables AWS_PROFILE or AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY"
    " and AWS_SESSION_TOKEN."
)


@dataclass(frozen=True)
class Kind:
    """Error codes that mean the same, whichever service says them.

    In ``says`` ``{action}``, ``{region}``, ``{code}`` and ``{reason}`` (a sentence of AWS') take their values.
    """

    codes: frozenset[str]
    says: str


REFUSED_CREDENTIALS = frozenset(
    (
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "IncompleteSignatureException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    )
)
MISSING_PERMISSION = frozenset(
    ("AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException", "UnauthorizedOperation")
)
THROTTLED = frozenset(
    (
        "PriorRequestNotComplete",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    )
)
UNAVAILABLE = frozenset(
    (
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        "InternalServerException",
        "InternalServiceErrorException",
        "ServerException",
        "ServiceException",
        "ServiceFailure",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "Unavailable",
    )
)
SWITCHED_OFF = frozenset(("OptInRequired", "SubscriptionRequiredException"))

KINDS = (
    Kind(
        REFUSED_CREDENTIALS,
        f"AWS refused the credentials in region '{{region}}' ({{code}}) for {{action}}: {{reason}} {CHOOSE_CREDENTIALS}",
    ),
    Kind(MISSING_PERMISSION, "The AWS credentials lack the right to {action} ({code}): {reason} Allow that action to them."),
    Kind(
        THROTTLED,
        "AWS limits how often {action} may be asked in region '{region}' ({code}): {reason} Run this again in a minute; where many hosts or jobs"
        " share the account, run fewer at a time (serial, forks), or let requests be tried more often by AWS_MAX_ATTEMPTS=10 and"
        " AWS_RETRY_MODE=adaptive.",
    ),
    Kind(
        UNAVAILABLE,
        "AWS failed to answer {action} in region '{region}' ({code}): {reason} That is AWS' own and passes: run this again, and see AWS Health if"
        " it stays.",
    ),
    Kind(
        SWITCHED_OFF,
        "The AWS account may not use {action} in region '{region}' ({code}): {reason} Enable the region or the service for the account, or correct"
        " the option region (eks_region).",
    ),
)
OTHERS = "AWS refused {action} in region '{region}' ({code}): {reason} Correct what it names, and run this again."
NO_ANSWER = (
    "AWS gave no answer to {action} in region '{region}': {reason} Check the credentials, the option region (eks_region), the network and"
    " AWS_ENDPOINT_URL, and run this again."
)
# As boto3 words it, wherever amazon.aws puts it.
_WORDS = re.compile(
    r"An error occurred \((?P<code>[\w.]+)\) when calling the (?P<operation>\w+) operation(?: \([^)]*\))?: (?P<reason>.*)", re.DOTALL
)


def refusal(code: str, reason: str, action: str, region: str) -> str:
    """The sentence for an error code.

    :param reason: AWS' own words.
    :param action: such as ``eks:DescribeCluster``.
    """
    says = next((kind.says for kind in KINDS if code in kind.codes), OTHERS)
    return says.format(action=action, region=region, code=code, reason=sentence(reason or code))


def module_failure(result: Mapping[str, Any], action: str, region: str) -> str:
    """The sentence for a failed result of one of amazon.aws' modules.

    :param result: of a task, or of a task with a loop.
    :param action: what the module asks, such as ``iam:DeleteInstanceProfile``; where the result names another operation, that counts.
    """
    failed = next((each for each in result.get("results") or () if each.get("failed")), result)
    message = str(failed.get("msg") or "no reason was given")
    words, error = _WORDS.search(message), failed.get("error") or {}
    if words:
        action = f"{action.partition(':')[0]}:{words['operation']}"
    code = error.get("code") or (words["code"] if words else "")
    reason = shorten(str(error.get("message") or (words["reason"] if words else message)), limit=1000)
    return refusal(code, reason, action, region) if code else NO_ANSWER.format(action=action, region=region, reason=sentence(reason))


def sentence(reason: object) -> str:
    """``reason`` on one line, ended as a sentence."""
    text = " ".join(str(reason).split())
    return text if text.endswith((".", "!", "?")) else f"{text}."
