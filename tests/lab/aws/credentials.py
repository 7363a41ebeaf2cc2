"""Credentials that AWS refuses: every access key that starts with ``AKIAREFUSED``."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

REFUSED = "AKIAREFUSED"
SCOPE = re.compile(r"Credential=([^/]+)/[^/]+/[^/]+/([^/]+)/")

#: Error code, status and words by service; others answer as STS does.
#: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html and each service's common errors.
REFUSALS = {
    "ec2": ("AuthFailure", 401, "AWS was not able to validate the provided access credentials"),
    "eks": ("UnrecognizedClientException", 403, "The security token included in the request is invalid."),
    "events": ("UnrecognizedClientException", 400, "The security token included in the request is invalid."),
    "ssm": ("UnrecognizedClientException", 400, "The security token included in the request is invalid."),
}
DEFAULT = ("InvalidClientTokenId", 403, "The security token included in the request is invalid.")
JSON_SERVICES = ("eks", "events", "sqs", "ssm")
EC2_BODY = "<Response><Errors><Error><Code>{}</Code><Message>{}</Message></Error></Errors><RequestID>lab</RequestID></Response>"
QUERY_BODY = (
    "<ErrorResponse><Error><Type>Sender</Type><Code>{}</Code><Message>{}</Message></Error><RequestId>lab</RequestId></ErrorResponse>"
)

App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def refusing(app: App) -> App:
    """``app`` behind a door that AWS' refused credentials do not pass."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        scope = SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
        if scope is None or not scope.group(1).startswith(REFUSED):
            return app(environ, start_response)
        status, kind, code, body = refusal(scope.group(2))
        start_response(f"{status} Refused", [("Content-Type", kind), ("x-amzn-ErrorType", code), ("Content-Length", str(len(body)))])
        return [body]

    return answer


def refusal(service: str) -> tuple[int, str, str, bytes]:
    """HTTP status, content type, error code and body with which ``service`` refuses a key."""
    code, status, message = REFUSALS.get(service, DEFAULT)
    if service in JSON_SERVICES:
        return status, "application/x-amz-json-1.1", code, json.dumps({"__type": code, "message": message}).encode()
    template = EC2_BODY if service == "ec2" else QUERY_BODY
    return status, "text/xml", code, template.format(code, message).encode()
