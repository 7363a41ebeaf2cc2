# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Requests to AWS that answer with data or with one sentence; decides nothing.

Credentials, region and endpoint are amazon.aws' own options and environment variables (``AnsibleAWSModule``).
"""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.aws._refusals import CHOOSE_CREDENTIALS, refusal, sentence
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import CollectionError

try:
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        CredentialRetrievalError,
        HTTPClientError,
        NoCredentialsError,
        PartialCredentialsError,
        SSOError,
        TokenRetrievalError,
    )
    from botocore.exceptions import (
        ConnectionError as NoConnection,
    )
    from botocore.parsers import ResponseParserError
except ImportError:
    # AnsibleAWSModule names the missing package before any of these is needed.
    pass


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
        answer = error.response.get("Error", {})
        code = answer.get("Code", "")
        return AwsError(refusal(code, answer.get("Message", ""), _asked(error.operation_name, action), region), code)
    if isinstance(error, (CredentialRetrievalError, NoCredentialsError, PartialCredentialsError, SSOError, TokenRetrievalError)):
        return AwsError(f"There are no usable AWS credentials for {action}: {sentence(error)} {CHOOSE_CREDENTIALS}")
    if isinstance(error, (NoConnection, HTTPClientError)):
        return AwsError(
            f"AWS gave no answer to {action} in region '{region}': {sentence(error)} Check the option region (eks_region), the network"
            " and AWS_ENDPOINT_URL."
        )
    return AwsError(
        f"{action} in region '{region}' could not be asked of AWS: {sentence(error)} Check AWS_ENDPOINT_URL and the proxies on the way, and run"
        " this again."
    )


def _asked(operation: str, action: str) -> str:
    """What was refused: the action, or what boto3 asks before it by itself, such as AssumeRole for credentials that have ended."""
    return action if action.endswith(f":{operation}") else f"{operation} (needed before {action})"
