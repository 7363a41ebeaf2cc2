"""The simulated AWS answers what never changes from memory, and nothing else."""

from __future__ import annotations

import io
from typing import Any

import pytest

from tests.lab.aws.pages import remembering

SIGNED = "AWS4-HMAC-SHA256 Credential=LABKEY/20261122/{region}/{service}/aws4_request, SignedHeaders=host, Signature=0"


class Service:
    """Counts the requests that reach it."""

    def __init__(self, status: str = "200 OK") -> None:
        self.status = status
        self.asked = 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        self.asked += 1
        start_response(self.status, [("Content-Type", "text/xml")])
        return [environ["wsgi.input"].read()]


def ask(app: Any, body: str, region: str = "us-west-2", service: str = "ec2") -> bytes:
    data = body.encode()
    environ = {
        "HTTP_AUTHORIZATION": SIGNED.format(region=region, service=service),
        "CONTENT_LENGTH": str(len(data)),
        "wsgi.input": io.BytesIO(data),
    }
    return b"".join(app(environ, lambda status, headers, exc_info=None: None))


@pytest.mark.parametrize(
    ("first", "second", "asked"),
    [
        ("Action=DescribeInstanceTypes&Version=1", "Action=DescribeInstanceTypes&Version=1", 1),
        ("Action=DescribeSpotPriceHistory&StartTime=1", "Action=DescribeSpotPriceHistory&StartTime=2", 1),
        ("Action=DescribeInstanceTypes&NextToken=a", "Action=DescribeInstanceTypes&NextToken=b", 2),
        ("Action=DescribeInstances", "Action=DescribeInstances", 2),
    ],
)
def test_remembering_asks_once_for_what_is_constant(first: str, second: str, asked: int) -> None:
    service = Service()
    app = remembering(service)
    assert ask(app, first) == first.encode()
    ask(app, second)
    assert service.asked == asked


def test_remembering_keeps_regions_and_services_apart() -> None:
    service = Service()
    app = remembering(service)
    for region, name in (("us-west-2", "ec2"), ("eu-west-1", "ec2"), ("us-west-2", "sts")):
        ask(app, "Action=DescribeInstanceTypes", region, name)
    assert service.asked == 3


def test_remembering_does_not_keep_failures() -> None:
    service = Service("503 Service Unavailable")
    app = remembering(service)
    ask(app, "Action=DescribeInstanceTypes")
    ask(app, "Action=DescribeInstanceTypes")
    assert service.asked == 2
