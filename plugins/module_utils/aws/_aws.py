# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Requests to AWS that answer with data or with one sentence; decides nothing.

Credentials, region and endpoint are amazon.aws' own options and environment variables (``AnsibleAWSModule``).
"""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import CollectionError

try:
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        HTTPClientError,
        NoCredentialsError,
        PartialCredentialsError,
        TokenRetrievalError,
    )
    from botocore.exceptions import (
        ConnectionError as NoConnection,
    )
    from botocore.parsers import ResponseParserError
except ImportError:
    # AnsibleAWSModule names the missing package before any of these is needed.
    pass

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
MISSING_PERMISSION = frozenset(("AccessDenied", "AccessDeniedException", "UnauthorizedOperation"))
CHOOSE_CREDENTIALS = (
    "Renew them, or choose others by the option profile or the variables AWS_PROFILE or AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY"
    " and AWS_SESSION_TOKEN."
)


class AwsError(CollectionError):
    """AWS refused a request, or gave no answer; ``code`` is its error code, empty when there was no answer."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


def fetch(client: Any, operation: str, **arguments: Any) -> dict:
    """The whole answer (every page) of ``operation``, a method name of the boto3 ``client``; raises AwsError."""
    try:
        if client.can_paginate(operation):
            return client.get_paginator(operation).paginate(**arguments).build_full_result()
        return getattr(client, operation)(**arguments)
    # Something that is not of AWS, such as a proxy's page, is no answer either.
    except (BotoCoreError, ClientError, ResponseParserError) as error:
        meta = client.meta
        action = f"{meta.service_model.signing_name}:{meta.method_to_api_mapping[operation]}"
        raise explain(error, action, meta.region_name) from error


def fetch_or_none(client: Any, operation: str, absent: Container[str], **arguments: Any) -> dict | None:
    """As :func:`fetch`; None where AWS says, by one of the codes ``absent``, that there is no such thing."""
    try:
        return fetch(client, operation, **arguments)
    except AwsError as error:
        if error.code not in absent:
            raise
        return None


def explain(error: Exception, action: str, region: str) -> AwsError:
    """Says in one sentence why AWS did not answer ``action`` (such as ``eks:DescribeCluster``), and the next step."""
    if isinstance(error, ClientError):
        return _explain_refusal(error.response.get("Error", {}), action, region)
    if isinstance(error, (NoCredentialsError, PartialCredentialsError, TokenRetrievalError)):
        return AwsError(f"There are no usable AWS credentials for {action}: {_sentence(error)} {CHOOSE_CREDENTIALS}")
    if isinstance(error, (NoConnection, HTTPClientError)):
        return AwsError(
            f"AWS gave no answer to {action} in region '{region}': {_sentence(error)} Check the option region (eks_region), the network"
            " and AWS_ENDPOINT_URL."
        )
    return AwsError(f"{action} in region '{region}' could not be asked of AWS: {_sentence(error)}")


def _explain_refusal(answer: dict, action: str, region: str) -> AwsError:
    code = answer.get("Code", "")
    reason = _sentence(answer.get("Message") or code)
    if code in REFUSED_CREDENTIALS:
        return AwsError(f"AWS refused the credentials in region '{region}' ({code}): {reason} {CHOOSE_CREDENTIALS}", code)
    if code in MISSING_PERMISSION:
        return AwsError(f"The AWS credentials lack the right to {action} ({code}): {reason} Allow that action to them.", code)
    return AwsError(f"AWS refused {action} in region '{region}' ({code}): {reason}", code)


def _sentence(reason: object) -> str:
    """``reason`` on one line, ended as a sentence."""
    text = " ".join(str(reason).split())
    return text if text.endswith((".", "!", "?")) else f"{text}."
